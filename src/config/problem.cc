// SPDX-License-Identifier: GPL-3.0-or-later
// Copyright (C) 2026 eventsgw contributors

#include "config/problem.h"

#include "base/text.h"

namespace eventsgw {

std::string format_problem(std::string_view file, const Problem& problem) {
    std::string text = escape(file);
    if (problem.line > 0) {
        text.append(":").append(std::to_string(problem.line));
    }
    return text.append(": ").append(problem.message);
}

std::string show(std::string_view text) {
    constexpr std::size_t kMaxBytes = 80;
    return quote(shorten(text, kMaxBytes));
}

std::string comment_hint(std::string_view value) {
    const bool has_comment = value.find(" #") != std::string_view::npos || value.find(" ;") != std::string_view::npos;
    return has_comment ? "; a comment needs a line of its own" : "";
}

} // namespace eventsgw
