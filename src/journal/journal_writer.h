// SPDX-License-Identifier: GPL-3.0-or-later
// Copyright (C) 2026 eventsgw contributors

#pragma once

#include "base/chrono.h"
#include "base/mailbox.h"
#include "journal/journal_file.h"
#include "journal/task.h"

#include <atomic>
#include <cstddef>
#include <cstdint>
#include <deque>
#include <optional>
#include <string>
#include <variant>
#include <vector>

namespace eventsgw {

/// What the loop asks of the journal's thread.
struct JournalOrder {
    struct Write {
        std::vector<Task> tasks;
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
        std::vector<Task> tasks;
        std::string reason;
    };
    struct Revive {
        std::uint64_t number; ///< of the dead task
        std::uint64_t new_number;
    };
    struct Load {
        std::uint64_t after;
        std::uint64_t until;
    };
    /// After JournalNews::Lost: what follows is for a new file. All before it is forgotten.
    struct Renew {
        JournalFile::Claim claim;
    };
    std::variant<Write, Confirm, Bury, Revive, Load, Renew> what;
};

/// What the journal's thread tells the loop.
struct JournalNews {
    struct Stored {
        std::uint64_t through;
        std::size_t returns; ///< orders of returning tasks among it
    };
    struct Measured {
        JournalFile::Extent confirmed; ///< tasks and bytes of the gap that do not wait any more
    };
    struct Buried {
        std::size_t count;
    };
    struct Loaded {
        std::vector<Task> tasks;
        std::uint64_t until; ///< as it was asked
        bool is_all;         ///< up to `until`
    };
    struct Counted {
        JournalFile::Extent dead; ///< dead ones and their bytes, after all that was told before
    };
    struct Retry {
        std::vector<JournalFile::Dead> dead; ///< that an administrator has asked to retry
    };
    struct Lost {
        std::string reason;
        std::string set_aside; ///< new name of the file, if it could be renamed
    };
    struct Displaced {
        std::string set_aside; ///< new name of a foreign file that was found at the journal's path
    };
    struct Problem {
        std::string reason; ///< empty: all is well again
    };
    std::variant<Stored, Measured, Buried, Loaded, Counted, Retry, Lost, Displaced, Problem> what;
};

/// The thread that waits for the disk, so that the loop does not. Owns the journal's file, and makes it for the first
/// order where there is none. Whatever lies in the inbox when it comes to look is one commit. What cannot be written
/// stays here and is tried again. A file that turns out to be damaged, or that somebody has removed or replaced, is
/// lost: it is set aside if it is there, and the thread does nothing before it is told to begin a new one.
class JournalWriter {
public:
    /// Between two looks for what another process has changed, and between two attempts to write.
    static constexpr std::chrono::milliseconds kTick{1000};
    /// Rows that are erased at a time.
    static constexpr std::int64_t kEraseRows = 20000;
    /// A commit of less than kQuietCost is followed by a checkpoint if the last one is kLogCost behind.
    static constexpr std::size_t kQuietCost = 1U << 20U;
    static constexpr std::size_t kLogCost = 32U << 20U;
    /// What is loaded at a time, of those that wait, and of the dead that are to be pushed again.
    static constexpr std::size_t kLoadCost = 2U << 20U;
    static constexpr std::size_t kRetryCost = 8U << 20U;

    /// Without a `file` it makes one for the first order, with the tasks' numbers as claimed.
    JournalWriter(std::string path, JournalFile::Claim claim, std::optional<JournalFile> file,
                  Mailbox<JournalOrder>& inbox, Mailbox<JournalNews>& outbox);

    /// Until end() was called, and what had been ordered before is done as far as it can be.
    void run();
    /// The three below from the other thread. To end needs no memory.
    void begin() { is_ending_ = false; }
    void end();
    void look_at_dead_from_now_on() { looks_at_dead_ = true; }

    /// Tasks that run() has left behind, dead ones too, because they could not be written; more than there are if all
    /// is lost.
    std::size_t unwritten() const;

private:
    void sort_orders();
    void sort(JournalOrder& order);
    void work();
    /// False when it cannot be made now.
    bool make_file();
    void load();
    void write();
    Result<void> apply();
    Result<void> apply_one(const JournalOrder& order);
    Result<void> apply_write(const JournalOrder::Write& write);
    Result<void> apply_confirm(const JournalOrder::Confirm& confirm);
    void report_done();
    void checkpoint(std::size_t written);
    bool look_around();
    void tidy_up();
    Result<bool> look_at_dead();
    void report_problem(const Error& error);
    void report_well();
    void lose(const std::string& reason);

    std::string path_;
    JournalFile::Claim claim_;
    std::optional<JournalFile> file_; ///< nothing before the first order where it is new, and once it is lost
    bool is_lost_ = false;            ///< until it is renewed
    Mailbox<JournalOrder>& inbox_;
    Mailbox<JournalNews>& outbox_;
    std::vector<JournalOrder> taken_; ///< from the inbox
    std::size_t sorted_ = 0;          ///< so many of them
    std::deque<JournalOrder> orders_; ///< to be written, oldest first
    std::deque<JournalOrder::Load> loads_;
    std::vector<JournalFile::Extent> measured_; ///< by the orders of the commit that is being made
    std::uint64_t confirmed_ = 0;               ///< tasks up to this number do not wait
    std::atomic<bool> is_ending_ = false;
    std::atomic<bool> looks_at_dead_ = false; ///< the loop has a receiver for them
    std::size_t log_cost_ = 0;                ///< of what has been written since the last checkpoint
    bool may_shrink_ = false;                 ///< something was erased since the last time
    std::int64_t version_ = -1; ///< of the file, when its dead were looked at; -1: they are to be looked at
    JournalFile::Extent dead_;  ///< as they were then, with those of later commits
    std::chrono::steady_clock::time_point looked_; ///< around
    std::string problem_;                          ///< as last told
};

} // namespace eventsgw
