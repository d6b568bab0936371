// SPDX-License-Identifier: GPL-3.0-or-later
// Copyright (C) 2026 eventsgw contributors

#pragma once

#include "base/result.h"

#include <cstdint>
#include <ctime>
#include <string>

#include <sys/types.h>

namespace eventsgw {

/// Where the history's file and SQLite's log of writes beside it lie on disk: kept private, and watched, for others can
/// remove, replace or overwrite what is in use. Looks at names only and keeps no descriptor.
class HistoryPlace {
public:
    explicit HistoryPlace(std::string path) : path_(std::move(path)) {}

    /// Makes the file where there is none, and sees to it that none but its owner can read it or its log.
    /// Error::os_error is a StoreFault.
    Result<void> prepare() const;

    enum class State : std::uint8_t {
        same,
        touched, ///< the same file, but something has been written to it
        gone     ///< removed, replaced or emptied
    };
    /// Since note_file().
    State look() const;
    /// The file is as its owner has left it, of which the log of writes is no part.
    void note_file();
    /// So is the log.
    void note_log();

    /// False when somebody has removed the log that note_log() has seen.
    bool has_log() const { return look_at(log_path()).is_same_file(log_); }
    /// The room that the log takes.
    off_t log_size() const;
    /// Removes the log of a file that is gone, unless it is another's.
    void remove_log() const;
    /// Removes file and log.
    Result<void> remove_all() const;

    const std::string& path() const { return path_; }

private:
    /// What is known of one name; an inode of 0: nothing has it.
    struct Look {
        dev_t device = 0;
        ino_t inode = 0;
        off_t size = 0;
        std::timespec written{};

        bool is_same_file(const Look& other) const { return device == other.device && inode == other.inode; }
    };
    static Look look_at(const std::string& path);
    std::string log_path() const { return path_ + "-wal"; }
    std::string index_path() const { return path_ + "-shm"; }

    std::string path_;
    Look file_;
    Look log_;
};

} // namespace eventsgw
