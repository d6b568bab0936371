// SPDX-License-Identifier: GPL-3.0-or-later
// Copyright (C) 2026 eventsgw contributors

#pragma once

#include <string>
#include <string_view>

namespace eventsgw {

/// `text` as one word of sh(1) that stands for itself, in quotes where it needs them; in a pattern, too. It must have
/// no NUL.
std::string quote_for_shell(std::string_view text);

/// The same for people, who may copy it: without controls and what is not UTF-8, which are escaped and so stand for
/// something else.
std::string show_for_shell(std::string_view text);

/// Whether `line` is a plain call of a program: words without any syntax of the shell, the first of which is no
/// keyword, no builtin and no variable.
bool is_plain_call(std::string_view line);

} // namespace eventsgw
