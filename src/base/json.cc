// SPDX-License-Identifier: GPL-3.0-or-later
// Copyright (C) 2026 eventsgw contributors

#include "base/json.h"

#include "base/text.h"
#include "base/utf8.h"

#include <array>
#include <vector>

namespace eventsgw {
namespace {

bool is_digit(char c) {
    return c >= '0' && c <= '9';
}

bool is_hex_digit(char c) {
    return is_digit(c) || (c >= 'a' && c <= 'f') || (c >= 'A' && c <= 'F');
}

/// The bytes that stand for themselves inside a string and need no second look: printable ASCII but the quote and the
/// backslash.
constexpr std::array<bool, 256> make_plain_table() {
    std::array<bool, 256> plain{};
    for (std::size_t c = 0x20; c < 0x7F; ++c) {
        plain[c] = c != '"' && c != '\\';
    }
    return plain;
}
constexpr std::array<bool, 256> kPlain = make_plain_table();

bool is_plain(char c) {
    return kPlain[static_cast<unsigned char>(c)];
}

/// Walks over one JSON text without recursion: what is open stands in a stack of one bit a level.
/// Each take_ function consumes what it names and tells whether it was there.
class JsonScanner {
public:
    JsonScanner(std::string_view text, std::size_t max_depth) : text_(text), max_depth_(max_depth) {}

    bool take_document() {
        for (;;) {
            bool opened = false;
            if (!take_value_or_opening(opened)) {
                return false;
            }
            if (opened) {
                continue;
            }
            if (!take_closings()) {
                return false;
            }
            if (open_.empty()) {
                return at_ == text_.size();
            }
        }
    }

private:
    enum Container : bool { kArray = false, kObject = true };

    bool at_end() const { return at_ >= text_.size(); }

    bool take(char wanted) {
        if (at_end() || text_[at_] != wanted) {
            return false;
        }
        ++at_;
        return true;
    }

    bool take_word(std::string_view word) {
        if (text_.substr(at_, word.size()) != word) {
            return false;
        }
        at_ += word.size();
        return true;
    }

    void skip_blanks() {
        while (!at_end() && (text_[at_] == ' ' || text_[at_] == '\n' || text_[at_] == '\r' || text_[at_] == '\t')) {
            ++at_;
        }
    }

    /// A scalar, an empty container, or the opening of a container up to its first value (`opened`).
    bool take_value_or_opening(bool& opened) {
        skip_blanks();
        if (at_end()) {
            return false;
        }
        switch (text_[at_]) {
        case '{': return take_opening(kObject, '}', opened);
        case '[': return take_opening(kArray, ']', opened);
        case '"': return take_string();
        case 't': return take_word("true");
        case 'f': return take_word("false");
        case 'n': return take_word("null");
        default: return take_number();
        }
    }

    bool take_opening(Container container, char closing, bool& opened) {
        if (open_.size() >= max_depth_) {
            return false;
        }
        ++at_;
        skip_blanks();
        if (take(closing)) {
            return true;
        }
        open_.push_back(container);
        opened = true;
        return container == kArray || take_key();
    }

    bool take_key() {
        skip_blanks();
        if (!take_string()) {
            return false;
        }
        skip_blanks();
        return take(':');
    }

    /// After a value: all closings that follow, then a comma (and an object's next key) or the end of the text.
    bool take_closings() {
        for (;;) {
            skip_blanks();
            if (open_.empty()) {
                return true;
            }
            const bool in_object = open_.back();
            if (take(',')) {
                return !in_object || take_key();
            }
            if (!take(in_object ? '}' : ']')) {
                return false;
            }
            open_.pop_back();
        }
    }

    bool take_string() {
        if (!take('"')) {
            return false;
        }
        for (;;) {
            while (!at_end() && is_plain(text_[at_])) {
                ++at_;
            }
            if (at_end()) {
                return false;
            }
            if (take('"')) {
                return true;
            }
            if (!(text_[at_] == '\\' ? take_escape() : take_other())) {
                return false;
            }
        }
    }

    bool take_escape() {
        ++at_;
        if (at_end()) {
            return false;
        }
        const char kind = text_[at_++];
        if (kind != 'u') {
            return std::string_view("\"\\/bfnrt").find(kind) != std::string_view::npos;
        }
        for (int i = 0; i < 4; ++i) {
            if (at_end() || !is_hex_digit(text_[at_])) {
                return false;
            }
            ++at_;
        }
        return true;
    }

    /// DEL or what is not ASCII; but no raw control character.
    bool take_other() {
        if (static_cast<unsigned char>(text_[at_]) < 0x20) {
            return false;
        }
        const Utf8Step step = read_utf8(text_, at_);
        at_ += step.length;
        return step.valid;
    }

    bool take_digits() {
        const std::size_t first = at_;
        while (!at_end() && is_digit(text_[at_])) {
            ++at_;
        }
        return at_ > first;
    }

    bool take_number() {
        take('-');
        if (!take('0') && !take_digits()) {
            return false;
        }
        if (take('.') && !take_digits()) {
            return false;
        }
        if (take('e') || take('E')) {
            if (!take('+')) {
                take('-');
            }
            return take_digits();
        }
        return true;
    }

    std::string_view text_;
    std::size_t max_depth_;
    std::size_t at_ = 0;
    std::vector<bool> open_;
};

/// A quote, a backslash or a control character, escaped.
void append_escape(std::string& out, char c) {
    switch (c) {
    case '"': out += "\\\""; break;
    case '\\': out += "\\\\"; break;
    case '\n': out += "\\n"; break;
    case '\r': out += "\\r"; break;
    case '\t': out += "\\t"; break;
    default: append_hex(out += "\\u00", static_cast<unsigned char>(c));
    }
}

/// The controls that terminals may obey beside those of ASCII.
bool is_c1(char32_t code_point) {
    return code_point >= 0x80 && code_point <= 0x9F;
}

} // namespace

bool is_strict_json(std::string_view text, std::size_t max_depth) {
    return JsonScanner(text, max_depth).take_document();
}

std::string escape_c1(std::string_view json) {
    constexpr char kFirstByte = '\xC2';
    std::string out;
    for (std::size_t i = 0; i < json.size(); ++i) {
        if (json[i] == kFirstByte && i + 1 < json.size() && is_c1(static_cast<unsigned char>(json[i + 1]))) {
            append_hex(out += "\\u00", static_cast<unsigned char>(json[++i]));
        } else {
            out += json[i];
        }
    }
    return out;
}

void append_json_string(std::string& out, std::string_view bytes) {
    constexpr std::string_view kReplacementCharacter = "\xEF\xBF\xBD";
    std::size_t run = 0; // where the bytes begin that go out as they are
    out += '"';
    for (std::size_t i = 0; i < bytes.size();) {
        if (is_plain(bytes[i])) {
            ++i;
            continue;
        }
        const Utf8Step step = read_utf8(bytes, i);
        if (!step.valid || step.length == 1 || is_c1(step.code_point)) {
            out += bytes.substr(run, i - run);
            if (step.valid && step.length > 1) {
                append_hex(out += "\\u00", static_cast<unsigned char>(step.code_point));
            } else if (step.valid) {
                append_escape(out, bytes[i]);
            } else {
                out += kReplacementCharacter;
            }
            run = i + step.length;
        }
        i += step.length;
    }
    out += bytes.substr(run);
    out += '"';
}

std::string to_json_string(std::string_view bytes) {
    std::string out;
    out.reserve(bytes.size() + 2);
    append_json_string(out, bytes);
    return out;
}

} // namespace eventsgw
