// SPDX-License-Identifier: GPL-3.0-or-later
// Copyright (C) 2026 eventsgw contributors

#pragma once

#include "base/result.h"

#include <string>
#include <string_view>
#include <vector>

namespace eventsgw {

/// The lines of a module's state file that make variables: those with a `=` in them, as they are; a carriage return at
/// the end of a line is no part of it, and a line with a NUL is none that a process could be given.
std::vector<std::string> parse_state_file(std::string_view bytes);

/// parse_state_file() of a file; none when it is not there.
Result<std::vector<std::string>> load_state_file(const std::string& path);

} // namespace eventsgw
