// SPDX-License-Identifier: GPL-3.0-or-later
// Copyright (C) 2026 eventsgw contributors

#pragma once

#include "base/result.h"

#include <string>
#include <vector>

#include <sys/types.h>

namespace eventsgw {

/// Starts a process in a group of its own, with default signals, nothing blocked, `stdin_fd` as its standard input,
/// this process's standard output and error, and no other descriptor. `environment` holds "NAME=value" strings. Error:
/// of posix_spawn(3), including that of execve(2) in the child.
Result<pid_t> spawn(const std::vector<std::string>& command, const std::vector<std::string>& environment, int stdin_fd);

} // namespace eventsgw
