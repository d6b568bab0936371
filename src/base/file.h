// SPDX-License-Identifier: GPL-3.0-or-later
// Copyright (C) 2026 eventsgw contributors

#pragma once

#include "base/result.h"

#include <cstddef>
#include <string>
#include <string_view>

namespace eventsgw {

/// The whole of a regular file. Never waits: a FIFO, a directory, a socket or a device in the file's place is an error,
/// and so is a file of more than `max_bytes`. Errors do not repeat the path; the caller knows it.
Result<std::string> read_file(const std::string& path, std::size_t max_bytes);

/// An error where what has this name is no regular file: to open a FIFO could wait for ever. That nothing has it is
/// none.
Result<void> check_regular(const std::string& path);

/// Takes from group and others what rights they have to a regular file. That nothing has this name is no error, and
/// what is no regular file is left alone.
Result<void> close_to_others(const std::string& path);

/// Makes a directory, and those above it that are missing, which nobody but their owner can write to.
Result<void> make_directories(const std::string& path);

enum class IfPresent : bool { fail, replace };

/// Writes a whole executable file (0755), so that nobody ever sees a part of it; it is on the disk when this returns.
/// What has its name is replaced, or left alone: then the error is EEXIST.
Result<void> write_program(const std::string& path, std::string_view content, IfPresent if_present);

} // namespace eventsgw
