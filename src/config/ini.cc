// SPDX-License-Identifier: GPL-3.0-or-later
// Copyright (C) 2026 eventsgw contributors

#include "config/ini.h"

#include "config/ini_builder.h"
#include "config/ini_grammar.h"
#include "config/ini_wire.h"

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include <ini.h>

namespace eventsgw {
namespace {

/// Stands on both sides of libinih: hands it each statement as one or more harmless lines, and takes sections, keys and
/// values back from it. Lines read
///   [section]        key=value        >=next line of the value        +=what did not fit into the line before
/// with texts encoded (ini_wire.h). Names are cut to what libinih keeps of them, since they come back for comparison
/// only.
class LibinihBridge {
public:
    LibinihBridge(std::string_view bytes, IniDocument& document)
        : grammar_(bytes, document.errors), builder_(document), errors_(document.errors) {}

    void parse() {
        const int status = ini_parse_stream(read_line, this, handle, this);
        if ((status != 0 || awaits_pair_) && errors_.empty()) {
            errors_.push_back({grammar_.line(), "libinih does not take this line, which is a fault of this program"});
        }
        builder_.finish();
    }

private:
    static constexpr std::size_t kMaxName = 49; // MAX_NAME and MAX_SECTION in ini.c, without the NUL

    static char* read_line(char* buffer, int size, void* self) {
        return static_cast<LibinihBridge*>(self)->write_next_line(buffer, static_cast<std::size_t>(size)) ? buffer
                                                                                                          : nullptr;
    }

    // A build of libinih with INI_HANDLER_LINENO has one argument more; its value is of no use here.
    template <typename... LineNumber>
    static int handle(void* self, const char* section, const char* name, const char* value, LineNumber... /*unused*/) {
        return static_cast<LibinihBridge*>(self)->take_pair(section, name, value) ? 1 : 0;
    }

    bool write_next_line(char* buffer, std::size_t size) {
        if (awaits_pair_) {
            return false; // libinih has dropped the line before this one
        }
        if (!rest_.empty()) {
            head_ = "+=";
        } else if (!take_statement()) {
            return false;
        }
        constexpr std::size_t kLineEnd = 2; // \n and NUL
        constexpr std::size_t kShortestPiece = 3;
        if (size < head_.size() + kShortestPiece + kLineEnd) {
            errors_.push_back({grammar_.line(), "libinih was compiled with a line buffer that is too short"});
            return false;
        }
        const std::string line = head_ + take_encoded(rest_, size - head_.size() - kLineEnd) + "\n";
        buffer[line.copy(buffer, line.size())] = '\0';
        awaits_pair_ = line[0] != '[';
        return true;
    }

    bool take_statement() {
        const std::optional<IniStatement> statement = grammar_.next();
        if (!statement) {
            return false;
        }
        switch (statement->kind) {
        case IniStatement::Kind::section:
            builder_.open_section(statement->name, statement->text, grammar_.line());
            section_tag_ = make_tag(statement->name);
            head_ = "[" + section_tag_ + "]";
            break;
        case IniStatement::Kind::key:
            key_ = statement->name;
            key_tag_ = make_tag(key_);
            head_ = key_tag_ + "=";
            rest_ = statement->text;
            break;
        case IniStatement::Kind::continuation:
            head_ = ">=";
            rest_ = statement->text;
            break;
        }
        return true;
    }

    static std::string make_tag(std::string_view name) { return take_encoded(name, kMaxName); }

    /// False, which makes ini_parse_stream() fail, when libinih understood something else than it was told.
    bool take_pair(std::string_view section, const char* name, const char* value) {
        if (section != section_tag_) {
            return false;
        }
        if (name == nullptr) {
            return true; // INI_CALL_HANDLER_ON_NEW_SECTION announces sections too
        }
        awaits_pair_ = false;
        const std::string_view tag = name;
        const std::string text = decode(value == nullptr ? "" : value);
        if (tag == "+") {
            builder_.append(text);
        } else if (tag == ">") {
            builder_.add_line(text, grammar_.line());
        } else if (tag == key_tag_) {
            builder_.add_entry(key_, text, grammar_.line());
        } else {
            return false;
        }
        return true;
    }

    IniGrammar grammar_;
    IniBuilder builder_;
    std::vector<Problem>& errors_;
    std::string head_;      ///< of the line that libinih gets next
    std::string_view rest_; ///< what is left to hand over of the statement's text
    std::string section_tag_;
    std::string key_tag_;
    std::string_view key_;
    bool awaits_pair_ = false; ///< libinih has a line that it has not given back
};

} // namespace

IniDocument parse_ini(std::string_view bytes) {
    IniDocument document;
    LibinihBridge(bytes, document).parse();
    return document;
}

} // namespace eventsgw
