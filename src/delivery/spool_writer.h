// SPDX-License-Identifier: GPL-3.0-or-later
// Copyright (C) 2026 eventsgw contributors

#pragma once

#include "base/chrono.h"
#include "base/mailbox.h"
#include "delivery/pending_task.h"
#include "delivery/spool_file.h"
#include "delivery/spool_lock.h"

#include <array>
#include <atomic>
#include <cstddef>
#include <cstdint>
#include <deque>
#include <optional>
#include <string>
#include <variant>
#include <vector>

namespace eventsgw {

/// What the loop asks of the spool's thread.
struct SpoolOrder {
    struct Write {
        std::vector<PendingTask> tasks;
        std::string reason; ///< why they wait
        bool is_return;     ///< the tasks had been confirmed, and none before them waits
    };
    struct Confirm {
        enum class Rows : std::uint8_t { keep, erase_some, erase_all };
        std::uint64_t through;
        Rows rows;
        std::optional<std::uint64_t>
            gap_after; ///< if set: tell what of the tasks behind this number is confirmed by it
    };
    struct Bury {
        std::vector<PendingTask> tasks;
        std::string reason;
    };
    struct Revive {
        std::int64_t id;
        std::uint64_t number;
    };
    struct Load {
        std::uint64_t after;
        std::uint64_t until;
    };
    std::variant<Write, Confirm, Bury, Revive, Load> what;
};

/// What the spool's thread tells the loop.
struct SpoolNews {
    struct Stored {
        std::uint64_t through;
        std::size_t returns; ///< orders of returning tasks among it
    };
    struct Measured {
        SpoolFile::Extent confirmed; ///< tasks and bytes of the gap that do not wait any more
    };
    struct Buried {
        std::size_t count;
    };
    struct Loaded {
        std::vector<PendingTask> tasks;
        std::uint64_t until; ///< as it was asked
        bool is_all;         ///< up to `until`
    };
    struct Counted {
        SpoolFile::Extent dead; ///< dead ones and their bytes, after all that was told before
    };
    struct Retry {
        std::vector<SpoolFile::Dead> dead; ///< that somebody wants to be pushed again
    };
    struct Renewed {
        std::string set_aside; ///< the name of what was found in its place, if anything
    };
    struct Problem {
        Error error;           ///< without a message: all is well again
        bool is_lost;          ///< the spool is not used any more
        std::string set_aside; ///< the name that it has now, where it could be given one
    };
    std::variant<Stored, Measured, Buried, Loaded, Counted, Retry, Renewed, Problem> what;
};

/// The thread that waits for the disk, so that the loop does not. Owns the spool's file. Whatever lies in the inbox
/// when it comes to look is one commit. What cannot be written stays here and is tried again; a damaged file is set
/// aside. One that somebody removes, or puts another one in the place of, is still the thread's, and is written anew.
class SpoolWriter {
public:
    /// Between two looks for what another process has changed, and between two attempts to write.
    static constexpr std::chrono::milliseconds kTick{1000};
    /// Between two attempts to write the whole file anew: from kTick on, doubled at each failure.
    static constexpr std::chrono::milliseconds kLongestCopyDelay{60000};
    /// Rows that are erased at a time.
    static constexpr std::int64_t kEraseRows = 20000;
    /// A commit of less than kQuietCost is followed by a checkpoint if the last one is kLogCost behind.
    static constexpr std::size_t kQuietCost = 1U << 20U;
    static constexpr std::size_t kLogCost = 32U << 20U;
    /// What is loaded at a time, of those that wait, and of the dead that are to be pushed again.
    static constexpr std::size_t kLoadCost = 2U << 20U;
    static constexpr std::size_t kRetryCost = 8U << 20U;

    /// Without a `file` it makes one for the first order, with tasks numbered under `instance`.
    SpoolWriter(SpoolLock lock, std::string instance, std::optional<SpoolFile> file, Mailbox<SpoolOrder>& inbox,
                Mailbox<SpoolNews>& outbox);

    /// Until end() was called, and what had been ordered before is done as far as it can be.
    void run();
    /// From the other thread. Needs no memory.
    void end();

    /// Tasks that run() has left behind, dead ones too, because they could not be written; more than there are if all
    /// is lost.
    std::size_t unwritten() const;

private:
    void sort_orders();
    void work();
    /// SQLite's log of writes and its index, whose names are all that binds them to the file.
    using Beside = std::array<FileIdentity, 2>;
    Beside look_beside() const;
    bool is_in_place() const;
    /// False when the file has lost its place, and cannot have it again now.
    bool keep_place();
    Result<std::string> write_anew();
    /// False when it cannot be opened now.
    bool open_file();
    void load();
    void write();
    Result<void> apply();
    Result<void> apply_one(const SpoolOrder& order);
    Result<void> apply_write(const SpoolOrder::Write& write);
    Result<void> apply_confirm(const SpoolOrder::Confirm& confirm);
    void report_done();
    void make_room();
    void checkpoint(std::size_t written);
    bool look_around();
    Result<bool> look_at_dead();
    void report_problem(const Error& error);
    void report_well();
    void give_up(const Error& error);

    SpoolLock lock_;
    std::string instance_;
    std::optional<SpoolFile> file_; ///< nothing before the first order where it is new, and once it is given up
    std::optional<Beside> beside_;  ///< what belongs to the file, while it is open
    bool is_to_open_ = false;       ///< there is something in the file, which was written anew
    bool is_given_up_ = false;
    std::chrono::steady_clock::time_point next_copy_;
    std::chrono::milliseconds copy_delay_ = kTick;
    Mailbox<SpoolOrder>& inbox_;
    Mailbox<SpoolNews>& outbox_;
    std::vector<SpoolOrder> taken_; ///< from the inbox
    std::size_t sorted_ = 0;        ///< so many of them
    std::deque<SpoolOrder> orders_; ///< to be written, oldest first
    std::deque<SpoolOrder::Load> loads_;
    std::vector<SpoolFile::Extent> measured_; ///< by the orders of the commit that is being made
    std::uint64_t confirmed_ = 0;             ///< tasks up to this number do not wait
    std::atomic<bool> is_ending_ = false;
    std::size_t log_cost_ = 0;  ///< of what has been written since the last checkpoint
    bool may_shrink_ = false;   ///< something was erased since the last time
    std::int64_t version_ = -1; ///< of the file, when its dead were looked at; -1: they are to be looked at
    SpoolFile::Extent dead_;    ///< as they were then, with those of later commits
    std::string problem_;       ///< as last told
};

} // namespace eventsgw
