// SPDX-License-Identifier: GPL-3.0-or-later
// Copyright (C) 2026 eventsgw contributors

#pragma once

#include "base/file_identity.h"
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
    Result<void> prepare();

    enum class State : std::uint8_t {
        same,
        touched, ///< the same file, but something has been written to it
        gone     ///< removed, replaced or emptied
    };
    /// At the file of prepare(), since note_file().
    State look() const;
    /// The file is as its owner has left it, of which the log of writes is no part. Does not take in another that has
    /// come into its place.
    void note_file();
    /// The log and its index are those that are in use from now on.
    void note_log();

    /// False when somebody has removed or replaced the log that note_log() has seen.
    bool has_log() const { return FileIdentity::of(log_path()) == log_; }
    /// The same of the log's index.
    bool has_index() const { return FileIdentity::of(index_path()) == index_; }
    /// The room that the log takes.
    off_t log_size() const;
    /// Removes the log of a file that is gone, unless it is another's.
    void remove_log() const;
    /// Removes file and log.
    Result<void> remove_all() const;

    const std::string& path() const { return path_; }

private:
    struct Look {
        FileIdentity identity;
        off_t size = 0;
        std::timespec written{};
    };
    static Look look_at(const std::string& path);
    std::string log_path() const { return path_ + "-wal"; }
    std::string index_path() const { return path_ + "-shm"; }

    std::string path_;
    Look file_;
    FileIdentity log_;
    FileIdentity index_;
};

} // namespace eventsgw
