// SPDX-License-Identifier: GPL-3.0-or-later
// Copyright (C) 2026 eventsgw contributors

#include "config/python_text.h"

#include "base/utf8.h"

namespace eventsgw {
namespace {

constexpr std::size_t kLongestUtf8 = 4;

struct Margin {
    std::size_t bytes = 0;
    std::size_t characters = 0;
};

Margin measure_left_margin(std::string_view text) {
    Margin margin;
    while (margin.bytes < text.size()) {
        const Utf8Step step = read_utf8(text, margin.bytes);
        if (!is_python_space(step.code_point)) {
            break;
        }
        margin.bytes += step.length;
        ++margin.characters;
    }
    return margin;
}

/// Where the last character of a text that is not empty begins.
std::size_t find_last_character(std::string_view text) {
    std::size_t first = text.size() - 1;
    while (first > 0 && text.size() - first < kLongestUtf8 &&
           (static_cast<unsigned char>(text[first]) & 0xC0U) == 0x80U) {
        --first;
    }
    return first;
}

} // namespace

bool PythonLines::next(std::string_view& line) {
    if (rest_.empty()) {
        return false;
    }
    ++number_;
    const std::size_t end = rest_.find_first_of("\r\n");
    line = rest_.substr(0, end);
    if (end == std::string_view::npos) {
        rest_ = {};
        return true;
    }
    rest_.remove_prefix(end);
    rest_.remove_prefix(rest_.substr(0, 2) == "\r\n" ? 2 : 1);
    return true;
}

// Source: the bidirectional types WS, B and S and the category Zs of Unicode, as str.isspace() is documented; none was
// added or removed between the Unicode versions of Python 3.9 and 3.13.
bool is_python_space(char32_t c) {
    if (c < 0x80) {
        return (c >= 0x09 && c <= 0x0D) || (c >= 0x1C && c <= 0x20);
    }
    return c == 0x85 || c == 0xA0 || c == 0x1680 || (c >= 0x2000 && c <= 0x200A) || c == 0x2028 || c == 0x2029 ||
           c == 0x202F || c == 0x205F || c == 0x3000;
}

std::string_view python_lstrip(std::string_view text) {
    return text.substr(measure_left_margin(text).bytes);
}

std::string_view python_rstrip(std::string_view text) {
    while (!text.empty()) {
        const std::size_t last = find_last_character(text);
        const Utf8Step step = read_utf8(text, last);
        if (last + step.length != text.size() || !is_python_space(step.code_point)) {
            break;
        }
        text.remove_suffix(step.length);
    }
    return text;
}

bool has_blank_or_control(std::string_view text) {
    for (std::size_t i = 0; i < text.size();) {
        const Utf8Step step = read_utf8(text, i);
        const char32_t c = step.code_point;
        if (!step.valid || c < 0x20 || (c >= 0x7F && c <= 0x9F) || is_python_space(c)) {
            return true;
        }
        i += step.length;
    }
    return false;
}

std::size_t python_indent(std::string_view line) {
    return measure_left_margin(line).characters;
}

} // namespace eventsgw
