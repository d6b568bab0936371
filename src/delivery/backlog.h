// SPDX-License-Identifier: GPL-3.0-or-later
// Copyright (C) 2026 eventsgw contributors

#pragma once

#include "base/chrono.h"
#include "base/log.h"
#include "delivery/ledger.h"
#include "event/outcome.h"
#include "journal/journal.h"
#include "journal/task.h"
#include "loop/timers.h"

#include <cstddef>
#include <cstdint>
#include <deque>
#include <functional>
#include <memory>
#include <string>
#include <vector>

namespace eventsgw {

/// All tasks that wait for the leader, in the order of their numbers, and the rule of what is on disk: nothing while
/// the leader takes tasks as they come, and everything when it does not.
///
/// The oldest tasks are in memory, ready to be pushed. When more wait than memory is meant for, those behind them are
/// in the journal alone (the gap), and the newest are in memory again until they are written. What is loaded from the
/// journal closes the gap from the front. Where each task is, and how many there are, stands in the Ledger.
class Backlog {
public:
    struct Options {
        std::uint64_t tasks; ///< that may be in memory and not on disk, and
        std::uint64_t bytes; ///< what they may cost
        std::uint64_t journal_bytes;
        bool stores_always; ///< a task is pushed only when it is on disk
    };
    struct Callbacks {
        std::function<void()> on_pushable; ///< there may be tasks in next() that were not there before
        /// The journal cannot be written, or empty: it can be again.
        std::function<void(const std::string& problem)> on_problem;
        /// The journal was lost with the tasks that were in it alone, and another one has this instance.
        std::function<void(const std::string& instance)> on_new_instance;
    };

    /// Longer than this no task waits for the leader's answer without being written.
    static constexpr std::chrono::milliseconds kPatience{200};
    /// Longer than this no task waits to be written together with others.
    static constexpr std::chrono::milliseconds kGroup{40};
    /// So much later the disk learns of what the leader has confirmed. Until then the cursor counts for it.
    static constexpr std::chrono::milliseconds kSweep{200};
    /// So often a journal without a thread is tried again.
    static constexpr std::chrono::seconds kRetry{1};
    /// Rows of confirmed tasks are erased when all are stale, which is cheap; or when they come to this much and little
    /// else is there; or when the journal would grow beyond its limit.
    static constexpr std::size_t kStaleCost = 8U << 20U;
    /// In memory at most, while the leader is behind.
    static constexpr std::size_t kHandTasks = 10000;
    static constexpr std::size_t kHandCost = 8U << 20U;
    /// The same while the leader answers in time: a burst that comes faster than it can be pushed is over before the
    /// disk would have been of use.
    static constexpr std::size_t kBurstTasks = 50000;
    static constexpr std::size_t kBurstCost = 24U << 20U;
    /// What of it is ready to be pushed while the rest is on disk.
    static constexpr std::size_t kWindowTasks = 2000;
    static constexpr std::size_t kWindowCost = 2U << 20U;
    /// What may be on its way to the disk at a time.
    static constexpr std::size_t kFlightCost = 8U << 20U;

    /// The journal is the caller's, and outlives this; what it tells comes here.
    Backlog(Timers& timers, const Log& log, Options options, Journal& journal, Callbacks callbacks);

    /// Why the task is refused; Outcome::Reason::none if it is taken.
    Outcome::Reason add(const std::shared_ptr<KeptEvent>& event, std::string action, const Uuid& id);

    /// Sets whether the leader is away. `reason` is stored in the journal for `eventsgw spool`.
    void set_away(bool is_away, const std::string& reason);

    /// Tasks in memory, oldest first. The first `pushable()` of them may be pushed.
    const std::deque<Task>& tasks() const { return ledger_.tasks(); }
    std::size_t pushable() const;

    /// Tasks up to this number are on their way to the leader, or were: they stay in memory.
    void note_pushing(std::uint64_t through) { pushing_ = through; }
    bool is_pushing(const Task& task) const { return task.number <= pushing_; }
    /// Lets go of tasks up to a number, and gives those to `take` that were in memory.
    void confirm_through(std::uint64_t number, const std::function<void(Task)>& take);
    /// Tasks that had been confirmed and wait again.
    void take_back(std::vector<Task> tasks);
    /// Moves the first `count` tasks to the dead ones. None is pushable until that is on disk, unless the disk fails.
    void bury(std::size_t count, const std::string& reason);

    /// The time by which tasks have arrived: the time of day as it was at the start, and what has passed since. Whoever
    /// sets the clock makes no task older or younger.
    WallTime now() const;

    std::size_t waiting() const { return ledger_.waiting().tasks; }
    std::size_t waiting_cost() const { return ledger_.waiting().cost; }
    std::size_t on_disk() const { return ledger_.on_disk().tasks; } ///< of those that wait
    std::uint64_t dead() const { return ledger_.dead().tasks - ledger_.held(); }
    const Ledger& ledger() const { return ledger_; }

    /// Writes all that waits and waits for the disk. How many tasks are not on disk then.
    std::size_t finish();

private:
    bool is_full() const;
    std::size_t journal_size(const Ledger::Amount& waiting) const;
    bool is_behind() const { return is_away_ || is_late_ || ledger_.has_gap(); }
    bool is_too_much() const;
    bool has_to_store() const { return options_.stores_always || is_behind() || is_too_much(); }

    void schedule();
    void on_patience_over();
    void note_progress();
    /// Gives to the journal what it has not been given, as much as may be on its way; or all of it.
    void submit(bool all);
    void trim();
    void load_more();
    void confirm_on_disk();

    void on_news(JournalNews& news);
    void on_stored(const JournalNews::Stored& stored);
    void on_loaded(JournalNews::Loaded& loaded);
    void on_retry(const std::vector<JournalFile::Dead>& dead);
    void on_problem(const JournalNews::Problem& problem);
    void on_lost();

    Timers& timers_;
    const Log& log_;
    Options options_;
    Journal& journal_;
    Callbacks callbacks_;
    std::chrono::nanoseconds wall_offset_; ///< from the loop's clock to the time of day

    Ledger ledger_;
    std::uint64_t pushing_ = 0; ///< the leader may have the tasks up to this number

    bool is_away_ = true;
    bool is_late_ = false;
    bool is_loading_ = false;
    bool is_failing_ = false;   ///< the journal cannot be written at present
    bool is_disk_full_ = false; ///< nearly, and that is why
    std::size_t losses_ = 0;    ///< of the journal
    std::string reason_;

    std::unique_ptr<Timer> flush_;    ///< gives to the journal what has come meanwhile
    std::unique_ptr<Timer> patience_; ///< with the leader
    std::unique_ptr<Timer> retry_;    ///< of the journal, while it fails
    std::unique_ptr<Timer> sweep_;    ///< tells the journal what is confirmed
};

} // namespace eventsgw
