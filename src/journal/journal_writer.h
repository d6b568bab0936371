// SPDX-License-Identifier: GPL-3.0-or-later
// Copyright (C) 2026 eventsgw contributors

#pragma once

#include "base/chrono.h"
#include "base/mailbox.h"
#include "journal/history_table.h"
#include "journal/journal_file.h"
#include "journal/run_record.h"
#include "journal/run_row.h"
#include "journal/task.h"

#include <algorithm>
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
        Task task;            ///< with its new number
    };
    struct Load {
        std::uint64_t after;
        std::uint64_t until;
    };
    /// After JournalNews::Lost: what follows is for a new file. All before it is forgotten.
    struct Renew {
        JournalFile::Claim claim;
    };
    /// Work that has ended. It is written when no task waits for the disk.
    struct Keep {
        std::vector<RunRecord> runs;
    };
    /// The event of work that has ended has been replayed. The same holds for it.
    struct MarkReplayed {
        std::string id;
    };
    /// What is kept of such runs from now on, and of those that are there.
    struct Retain {
        HistorySettings settings;
    };
    /// Sets the file's time of change.
    struct Touch {};
    /// What has changed of runs that have not ended, and which have.
    struct SaveRuns {
        std::uint64_t ticket; ///< rises with each of these orders
        std::vector<RunRow> rows;
        std::vector<std::uint64_t> ended;
    };
    struct LoadEvent {
        std::uint64_t run;
    };
    struct Pause {
        std::string keys; ///< for JournalFile::set_paused()
    };
    std::variant<Write, Confirm, Bury, Revive, Load, Renew, Keep, Retain, Touch, MarkReplayed, SaveRuns, LoadEvent,
                 Pause>
        what;
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
        JournalFile::Extent dead; ///< dead ones, those held, and their bytes, after all that was told before
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
        std::string reason; ///< why tasks cannot be written; empty: all is well again
        bool is_disk_full = false;
    };
    /// Whenever it has changed.
    struct Log {
        std::size_t bytes = 0; ///< of the log of writes that are not in the file yet
        std::size_t cost = 0;  ///< of the tasks in it
        bool is_held = false;  ///< a program that reads the file has kept it from shrinking for long
        bool operator==(const Log&) const = default;
    };
    struct Kept {
        std::size_t cost; ///< of the runs that do not wait for the disk any more
    };
    struct NotKept {
        std::string reason; ///< why runs cannot be written for now
    };
    struct Erased {}; ///< the history is off, and nothing is left of it
    struct Expired {  ///< what was held longer than the history's age
        std::uint64_t tasks;
        std::uint64_t runs;
    };
    struct RunsStored {
        std::uint64_t ticket; ///< of the last such order that is on disk
    };
    struct EventLoaded {
        std::uint64_t run;
        std::shared_ptr<KeptEvent> event; ///< nothing: it is not in the file any more
    };
    /// After another process has changed the file.
    struct HeldRuns {
        std::vector<std::uint64_t> held;     ///< all that are still there
        std::vector<std::uint64_t> released; ///< of these, those that an administrator wants to start
    };
    std::variant<Stored, Measured, Buried, Loaded, Counted, Retry, Lost, Displaced, Problem, Log, Kept, NotKept, Erased,
                 Expired, RunsStored, EventLoaded, HeldRuns>
        what;
};

/// The thread that waits for the disk, so that the loop does not. Owns the journal's file, and makes it for the first
/// order where there is none. Whatever lies in the inbox when it comes to look is one commit. What cannot be written
/// stays here and is tried again. A file that turns out to be damaged, or that somebody has removed or replaced, is
/// lost: it is set aside if it is there, and the thread does nothing before it is told to begin a new one.
///
/// Runs that have ended are written when all else is. A file in which nothing waits is closed until the next order, and
/// the thread sleeps.
class JournalWriter {
public:
    /// Between two looks for what another process has changed, and between two attempts to write.
    static constexpr std::chrono::milliseconds kTick{1000};
    /// So long runs that have ended are gathered for one commit.
    static constexpr std::chrono::milliseconds kGather{500};
    /// Runs become too old without a new one, too.
    static constexpr std::chrono::hours kForgetEvery{1};
    /// So long after a write the log is brought into the file, which ends what was erased.
    static constexpr std::chrono::seconds kLogAge{5};
    /// Rows that are erased at a time.
    static constexpr std::int64_t kEraseRows = 20000;
    /// A commit of less than kQuietCost is followed by a checkpoint if the log has this size.
    static constexpr std::size_t kQuietCost = 1U << 20U;
    static constexpr std::size_t kLogSize = 32U << 20U;
    /// The same after a commit of runs, which come by no flood.
    static constexpr std::size_t kHistoryLogSize = 4U << 20U;
    /// A log of this size, or of twice what is wanted, that cannot be brought into the file is reported.
    static constexpr std::size_t kHeldLog = 64U << 20U;
    /// So much of the disk, or of so many parts of it one, is left to others; whichever is less.
    static constexpr std::uint64_t kReserve = 512U << 20U;
    static constexpr std::uint64_t kReserveParts = 20;
    /// Beside what may be ordered before the loop knows.
    static constexpr std::uint64_t kOnItsWay = 10U << 20U;
    static constexpr std::uint64_t kOnItsWayParts = 8;
    /// What is loaded at a time, of those that wait, and of the dead that are to be pushed again.
    static constexpr std::size_t kLoadCost = 2U << 20U;
    static constexpr std::size_t kRetryCost = 8U << 20U;

    /// Without a `file` it makes one for the first order, with the tasks' numbers as claimed.
    JournalWriter(std::string path, std::string agent, const JournalLock* lock, JournalFile::Claim claim,
                  std::optional<JournalFile> file, const JournalFile::Extent& extent, Mailbox<JournalOrder>& inbox,
                  Mailbox<JournalNews>& outbox);

    /// Until end() was called, and what had been ordered before is done as far as it can be.
    void run();
    /// The four below from the other thread. To end needs no memory.
    void begin() { is_ending_ = false; }
    void end();
    void look_at_dead_from_now_on();
    /// Where less than kLogSize is wanted.
    void limit_log(std::size_t bytes) { log_limit_ = std::min(bytes, kLogSize); }

    /// Tasks that run() has left behind, dead ones too, because they could not be written; more than there are if all
    /// is lost.
    std::size_t unwritten() const;
    /// The same of runs that have not ended.
    std::size_t unwritten_runs() const;

private:
    using Clock = std::chrono::steady_clock;

    /// Milliseconds until something is due; -1: nothing is before the next order.
    int patience() const;
    /// Whether the file must be looked at each kTick.
    bool is_watched() const;
    void sort_orders();
    void sort(JournalOrder& order);
    void work(bool is_last);
    /// Opens the file that was closed, or makes one.
    Result<void> open_file();
    Result<void> make_file();
    void load();
    void load_events();
    void write();
    Result<void> apply(bool keeps_history);
    bool ends_runs() const;
    Result<void> add_history();
    void note_settled();
    Result<void> apply_one(const JournalOrder& order, std::uint64_t settled);
    Result<void> apply_write(const JournalOrder::Write& write, std::uint64_t settled);
    Result<void> apply_confirm(const JournalOrder::Confirm& confirm);
    void report_done();
    /// When the log has reached the limit, it is brought into the file.
    void note_written(std::size_t cost, std::size_t log_limit);
    void note_checkpoint(const Result<bool>& done);
    void report_log();
    /// Fault::disk_full where others need what is left.
    Result<void> check_room() const;
    Result<void> check_room_for_history() const;
    bool look_around();
    void keep_history();
    /// Whether something was erased.
    Result<bool> write_history(bool has_room);
    std::size_t drop_runs();
    void tidy_up();
    Result<bool> look_at_dead();
    Result<void> look_at_held_runs();
    Result<void> apply_runs(const JournalOrder::SaveRuns& save);
    /// Whether the file is lost over it.
    bool loses_over(const Error& error);
    void report_problem(const Error& error);
    void report_not_kept(const Error& error);
    void report_well();
    void lose(const std::string& reason);

    std::string path_;
    std::string agent_;
    const JournalLock* lock_; ///< none if it could not be taken
    JournalFile::Claim claim_;
    std::optional<JournalFile> file_; ///< nothing before the first order where it is new, once it is lost, or closed
    bool is_closed_ = false;          ///< it has been, and may lie there
    bool is_lost_ = false;            ///< until it is renewed
    Mailbox<JournalOrder>& inbox_;
    Mailbox<JournalNews>& outbox_;
    std::vector<JournalOrder> taken_;    ///< from the inbox
    std::size_t sorted_ = 0;             ///< so many of them
    std::deque<JournalOrder> orders_;    ///< to be written, oldest first
    std::vector<std::uint64_t> settled_; ///< for each of them: tasks up to this number are confirmed by a later one
    std::deque<JournalOrder::Load> loads_;
    std::deque<std::uint64_t> event_loads_;     ///< runs whose events are wanted
    std::vector<JournalFile::Extent> measured_; ///< by the orders of the commit that is being made
    std::uint64_t confirmed_ = 0;               ///< tasks up to this number do not wait
    std::uint64_t last_ = 0;                    ///< none behind this one has been written
    std::atomic<bool> is_ending_ = false;
    std::atomic<bool> looks_at_dead_ = false; ///< the loop has a receiver for them
    std::size_t log_cost_ = 0;                ///< of what has been written since the last complete checkpoint
    std::atomic<std::size_t> log_limit_ = kLogSize;
    bool is_log_held_ = false;    ///< by a program that reads the file
    bool has_runs_ = false;       ///< that have not ended, in the file
    bool looked_at_dead_ = false; ///< when it was last looked around
    JournalNews::Log log_;        ///< as last told
    std::int64_t version_ = -1;   ///< of the file, when its dead were looked at; -1: they are to be looked at
    JournalFile::Extent dead_;    ///< as they were then, with those of later commits
    Clock::time_point looked_;    ///< around
    std::optional<Clock::time_point> tidy_due_;
    std::string problem_;       ///< as last told
    bool is_disk_full_ = false; ///< which was that

    HistorySettings history_;
    bool is_history_changed_ = false;   ///< the settings are, since something was forgotten by them
    std::vector<RunRecord> runs_;       ///< that have ended and are not on disk
    std::uint64_t last_run_;            ///< number of the last one on disk
    std::vector<std::string> replayed_; ///< ids to be marked
    std::optional<Clock::time_point> history_due_;
    std::string history_problem_; ///< as last told
};

} // namespace eventsgw
