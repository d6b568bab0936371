// SPDX-License-Identifier: GPL-3.0-or-later
// Copyright (C) 2026 eventsgw contributors

#include "config/ini_grammar.h"

#include "base/utf8.h"

#include <array>
#include <cstdio>
#include <string>
#include <utility>

namespace eventsgw {
namespace {

/// A file with more errors than this is something else than a configuration.
constexpr std::size_t kMaxErrors = 1000;

constexpr std::string_view kByteOrderMark = "\xEF\xBB\xBF";

bool is_comment(std::string_view text) {
    return text[0] == '#' || text[0] == ';';
}

} // namespace

IniGrammar::IniGrammar(std::string_view bytes, std::vector<Problem>& errors) : lines_(bytes), errors_(errors) {
    if (bytes.substr(0, kByteOrderMark.size()) == kByteOrderMark) {
        errors_.push_back({1, "the file begins with a byte order mark; save it as UTF-8 without one"});
        lines_ = PythonLines(bytes.substr(kByteOrderMark.size()));
    }
}

std::optional<IniStatement> IniGrammar::next() {
    std::string_view line;
    while (lines_.next(line)) {
        if (errors_.size() >= kMaxErrors) {
            add_error("too many errors; the file is not read from here on");
            return std::nullopt;
        }
        check_utf8(line);
        if (std::optional<IniStatement> statement = read_line(line)) {
            return statement;
        }
    }
    return std::nullopt;
}

std::optional<IniStatement> IniGrammar::read_line(std::string_view line) {
    const std::string_view text = python_rstrip(python_lstrip(line));
    if (text.empty()) {
        // A blank line inside a value is one of its lines; at the value's end it is dropped when the value is complete.
        return has_key_ ? std::optional(IniStatement{IniStatement::Kind::continuation, {}, {}}) : std::nullopt;
    }
    if (is_comment(text)) {
        return std::nullopt;
    }
    const std::size_t indent = python_indent(line);
    if (has_key_ && indent > indent_) {
        return IniStatement{IniStatement::Kind::continuation, {}, text};
    }
    indent_ = indent;
    if (std::optional<IniStatement> section = read_section(text)) {
        return section;
    }
    return read_key(text);
}

/// A section's name is all up to the line's last bracket, and has at least one character.
std::optional<IniStatement> IniGrammar::read_section(std::string_view text) {
    const std::size_t close = text.rfind(']');
    if (text[0] != '[' || close == std::string_view::npos || close < 2) {
        return std::nullopt;
    }
    in_section_ = true;
    has_key_ = false;
    return IniStatement{IniStatement::Kind::section, text.substr(1, close - 1), text.substr(close + 1)};
}

std::optional<IniStatement> IniGrammar::read_key(std::string_view text) {
    const std::size_t equals = text.find('=');
    if (text[0] == '[' && equals == std::string_view::npos && text.find(']') == std::string_view::npos) {
        add_error("no \"]\" behind the name of this section: " + show(text));
        text_before_section_ = true; // what follows it was meant to stand in it
        return std::nullopt;
    }
    if (!in_section_) {
        if (!text_before_section_) {
            add_error("no [section] begins before this line: " + show(text));
        }
        text_before_section_ = true; // one missing header, one error
        return std::nullopt;
    }
    if (equals == std::string_view::npos) {
        const bool has_colon = text.find(':') != std::string_view::npos;
        add_error("no \"=\" in this line" + std::string(has_colon ? " (a colon does not separate): " : ": ") +
                  show(text));
        return std::nullopt;
    }
    const std::string_view key = python_rstrip(text.substr(0, equals));
    has_key_ = !key.empty();
    if (!has_key_) {
        add_error("no key before the \"=\": " + show(text));
        return std::nullopt;
    }
    return IniStatement{IniStatement::Kind::key, key, python_lstrip(text.substr(equals + 1))};
}

void IniGrammar::check_utf8(std::string_view line) {
    const std::size_t offset = find_invalid_utf8(line);
    if (offset == std::string_view::npos) {
        return;
    }
    std::array<char, 8> byte{};
    std::snprintf(byte.data(), byte.size(), "0x%02x", static_cast<unsigned>(static_cast<unsigned char>(line[offset])));
    add_error("not UTF-8: byte " + std::string(byte.data()) + " at column " + std::to_string(offset + 1));
}

void IniGrammar::add_error(std::string message) {
    errors_.push_back({line(), std::move(message)});
}

} // namespace eventsgw
