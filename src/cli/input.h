// SPDX-License-Identifier: GPL-3.0-or-later
// Copyright (C) 2026 eventsgw contributors

#pragma once

#include "base/result.h"

#include <string>

namespace eventsgw {

/// Standard input up to its end. An error where it is more than Redis takes as one value.
Result<std::string> read_standard_input();

/// read_standard_input() for "-", else what the file of that name holds, or what comes from a pipe or a device.
Result<std::string> read_input(const std::string& file);

/// Whether a person types what standard input gives.
bool is_typed();

} // namespace eventsgw
