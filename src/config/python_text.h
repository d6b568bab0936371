// SPDX-License-Identifier: GPL-3.0-or-later
// Copyright (C) 2026 eventsgw contributors

#pragma once

#include <cstddef>
#include <string_view>

namespace eventsgw {

// Python's idea of lines and white space, which decides what an eventsgw.conf means. Text is UTF-8; an ill-formed byte
// counts as some character that is no white space.

/// Cuts a text into lines as Python's universal newlines do: at \n, at \r\n and at a lone \r.
class PythonLines {
public:
    explicit PythonLines(std::string_view text) : rest_(text) {}

    /// Takes the next line, without its end. False when there is none.
    bool next(std::string_view& line);

    /// The number of the line taken last, from 1.
    std::size_t number() const { return number_; }

private:
    std::string_view rest_;
    std::size_t number_ = 0;
};

/// str.isspace() for one character, which is also what \s matches.
bool is_python_space(char32_t c);

/// str.lstrip() and str.rstrip().
std::string_view python_lstrip(std::string_view text);
std::string_view python_rstrip(std::string_view text);

/// Whether there is white space, a control character or an ill-formed byte in `text`: no name of anything here may have
/// one.
bool has_blank_or_control(std::string_view text);

/// The number of characters (not bytes) before the first that is no white space.
std::size_t python_indent(std::string_view line);

} // namespace eventsgw
