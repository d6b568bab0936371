// SPDX-License-Identifier: GPL-3.0-or-later
// Copyright (C) 2026 eventsgw contributors

#pragma once

#include "config/problem.h"
#include "config/python_text.h"

#include <cstddef>
#include <optional>
#include <string_view>
#include <vector>

namespace eventsgw {

/// What a line of an INI file says. The texts point into the file's bytes.
struct IniStatement {
    enum class Kind {
        section,      ///< `name`, and in `text` what follows its bracket
        key,          ///< `name` and in `text` the first line of its value
        continuation, ///< `text` is the next line of the value; it may be empty
    };
    Kind kind;
    std::string_view name;
    std::string_view text;
};

/// Python's configparser, line by line: tells sections, keys and continued values apart. Lines that say nothing
/// (comments) are passed over; those that configparser refuses go to `errors`. What is given twice is not its business.
class IniGrammar {
public:
    /// Both arguments must outlive the grammar.
    IniGrammar(std::string_view bytes, std::vector<Problem>& errors);

    /// The next statement, or nothing at the end of the file.
    std::optional<IniStatement> next();

    /// The line of the statement taken last, from 1.
    std::size_t line() const { return lines_.number(); }

private:
    std::optional<IniStatement> read_line(std::string_view line);
    std::optional<IniStatement> read_section(std::string_view text);
    std::optional<IniStatement> read_key(std::string_view text);
    void check_utf8(std::string_view line);
    void add_error(std::string message);

    PythonLines lines_;
    std::vector<Problem>& errors_;
    bool in_section_ = false;
    bool has_key_ = false; ///< there is a value that a line can continue
    bool text_before_section_ = false;
    std::size_t indent_ = 0; ///< of the last line that was no continuation
};

} // namespace eventsgw
