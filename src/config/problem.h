// SPDX-License-Identifier: GPL-3.0-or-later
// Copyright (C) 2026 eventsgw contributors

#pragma once

#include <cstddef>
#include <string>
#include <string_view>

namespace eventsgw {

/// Something to tell the administrator about the configuration.
struct Problem {
    std::size_t line; ///< from 1; 0 when it is about the file as a whole
    std::string message;

    bool operator==(const Problem&) const = default;
};

/// "FILE:LINE: message", or "FILE: message", with FILE escaped.
std::string format_problem(std::string_view file, const Problem& problem);

/// A name or value from the file as messages show it: quoted, escaped, and cut where it is long.
std::string show(std::string_view text);

/// What to add about a refused value that seems to end in a comment; empty where none does.
std::string comment_hint(std::string_view value);

} // namespace eventsgw
