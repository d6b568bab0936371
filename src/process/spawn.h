// SPDX-License-Identifier: GPL-3.0-or-later
// Copyright (C) 2026 eventsgw contributors

#pragma once

#include "base/result.h"

#include <string>
#include <vector>

#include <sys/types.h>

namespace eventsgw {

/// The standard descriptors of a process. -1 as `output` leaves it those of this process.
struct Streams {
    int input;
    int output; ///< and error
};

/// Starts a process in a group of its own, with default signals, nothing blocked, the standard descriptors of
/// `streams` and no other descriptor. `environment` holds "NAME=value" strings. Error: of posix_spawn(3), including
/// that of execve(2) in the child.
Result<pid_t> spawn(const std::vector<std::string>& command, const std::vector<std::string>& environment,
                    Streams streams);

} // namespace eventsgw
