// SPDX-License-Identifier: GPL-3.0-or-later
// Copyright (C) 2026 eventsgw contributors

#pragma once

#include "base/fd.h"
#include "base/file_identity.h"
#include "base/result.h"

#include <string>
#include <utility>

namespace eventsgw {

/// In the working directory, which is the module's state directory.
inline constexpr const char* kSpoolName = "eventsgw.spool";
/// Behind the name of a spool: what is being written to take its place.
inline constexpr const char* kCopySuffix = ".new";

/// The right to push what a spool holds, for one process at a time. It is the file's and not its name's: whoever
/// removes or replaces the file leaves it with a file that nobody else can reach.
class SpoolLock {
public:
    /// Also makes the file, and closes what is there to all but its owner. Fault::busy when another process has it.
    static Result<SpoolLock> take(const std::string& path);

    /// Whether the name still leads to the file that is locked.
    bool is_in_place() const;
    bool is_empty() const;
    /// Copies the bytes of the file, which nobody has open as a database, to an empty one.
    Result<void> copy_to(SpoolLock& other) const;
    /// Waits until what was written to the file is on disk.
    Result<void> sync() const;

    /// Gives the file another name, from which a file that has it goes.
    Result<void> move_to(const std::string& path);

    const std::string& path() const { return path_; }

private:
    SpoolLock(UniqueFd fd, std::string path) : fd_(std::move(fd)), path_(std::move(path)) {}

    UniqueFd fd_;
    std::string path_;
};

} // namespace eventsgw
