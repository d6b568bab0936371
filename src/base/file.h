// SPDX-License-Identifier: GPL-3.0-or-later
// Copyright (C) 2026 eventsgw contributors

#pragma once

#include "base/result.h"

#include <cstddef>
#include <string>

namespace eventsgw {

/// The whole of a regular file. Never waits: a FIFO, a directory, a socket or a device in the file's place is an error,
/// and so is a file of more than `max_bytes`. Errors do not repeat the path; the caller knows it.
Result<std::string> read_file(const std::string& path, std::size_t max_bytes);

} // namespace eventsgw
