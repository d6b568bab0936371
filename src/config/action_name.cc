// SPDX-License-Identifier: GPL-3.0-or-later
// Copyright (C) 2026 eventsgw contributors

#include "config/action_name.h"

#include "base/text.h"
#include "base/utf8.h"
#include "config/problem.h"
#include "config/python_text.h"

#include <cstddef>

namespace eventsgw {
namespace {

/// NAME_MAX of Linux: an action is a directory of the module.
constexpr std::size_t kMaxFileName = 255;

std::string find_reason(std::string_view name) {
    if (name == "." || name == ".." || name.find('/') != std::string_view::npos) {
        return "a name, not a path, is wanted";
    }
    if (find_invalid_utf8(name) != std::string_view::npos) {
        return "a name is UTF-8";
    }
    if (has_blank_or_control(name)) {
        return "a name has no blanks, line ends or control characters" + comment_hint(name);
    }
    if (is_quoted(name)) {
        return "the quotes are part of the name";
    }
    if (name.size() > kMaxFileName) {
        return "a name has at most " + std::to_string(kMaxFileName) + " bytes";
    }
    return "";
}

} // namespace

std::string find_action_fault(std::string_view name) {
    const std::string reason = find_reason(name);
    return reason.empty() ? "" : "no agent can have the action " + show(name) + ": " + reason;
}

} // namespace eventsgw
