// SPDX-License-Identifier: GPL-3.0-or-later
// Copyright (C) 2026 eventsgw contributors

#pragma once

#include "base/result.h"

#include <cstddef>
#include <string>
#include <string_view>
#include <utility>

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

/// A whole executable file (0755) on the disk that waits, in a directory of its own, for the name that it is for: so
/// nobody ever sees a part of it. Move only; where it has got no other name it goes with its object.
class NewProgram {
public:
    /// It is for a name in `directory`, and waits in one below it: who lists the programs there does not see it.
    static Result<NewProgram> write(const std::string& directory, std::string_view content);

    NewProgram(NewProgram&& other) noexcept : waits_in_(std::exchange(other.waits_in_, {})) {}
    NewProgram& operator=(NewProgram&& other) noexcept {
        waits_in_.swap(other.waits_in_);
        return *this;
    }
    NewProgram(const NewProgram&) = delete;
    NewProgram& operator=(const NewProgram&) = delete;
    ~NewProgram();

    /// Gives it this name, once. What has the name is replaced, or left alone: then it is Fault::taken.
    Result<void> put_at(const std::string& path, IfPresent if_present);

private:
    explicit NewProgram(std::string waits_in) : waits_in_(std::move(waits_in)) {}

    std::string path() const { return waits_in_ + "/program"; }

    std::string waits_in_; ///< empty when there is no file
};

} // namespace eventsgw
