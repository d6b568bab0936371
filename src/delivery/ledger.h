// SPDX-License-Identifier: GPL-3.0-or-later
// Copyright (C) 2026 eventsgw contributors

#pragma once

#include "journal/journal_file.h"
#include "journal/task.h"

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <deque>
#include <functional>
#include <optional>
#include <set>
#include <vector>

namespace eventsgw {

/// The books of the Backlog: where each task is, and every total that follows from it. A task that waits is in one
/// state:
///
///     kept       in memory alone                    its number is above submitted_until_
///     submitted  in memory, on its way to the disk  above stored_until_
///     stored     in memory and on disk              up to stored_until_
///     released   on disk alone: the gap             above gap_after_, up to gap_until_
///
/// The first front() tasks in memory are older than the gap, the rest is newer. When a task is confirmed, its row in
/// the journal, if it has one, is stale; when it is buried, it is dead.
///
/// Each verb below moves tasks from one state to another, and nothing else changes a total. The ledger decides nothing,
/// and never talks to the disk: the Backlog gives the orders that belong to a verb.
class Ledger {
public:
    struct Amount {
        std::size_t tasks = 0;
        std::size_t cost = 0;

        void add(const Task& task) { *this = *this + Amount{1, task.cost()}; }
        void remove(const Task& task) { *this = *this - Amount{1, task.cost()}; }
        Amount operator+(const Amount& other) const { return {tasks + other.tasks, cost + other.cost}; }
        /// Not less than nothing, for some amounts are estimates.
        Amount operator-(const Amount& other) const {
            return {tasks - std::min(tasks, other.tasks), cost - std::min(cost, other.cost)};
        }
        bool operator==(const Amount&) const = default;
    };

    /// With what a former run has left on disk: its tasks have numbers up to `floor`.
    Ledger(std::uint64_t floor, const JournalFile::Extent& extent);

    /// A new task, whose number is above last(), is kept.
    void append(Task task);
    /// Kept tasks are submitted, oldest first, until `flight_cost` is on its way to the disk. They are to be written.
    std::vector<Task> submit(std::size_t flight_cost);
    /// Submitted tasks are stored, and `returns` orders of take_back() are on disk.
    void note_stored(std::uint64_t through, std::size_t returns);
    /// Tasks are confirmed: those in memory go to `take`. If others may be in the gap, where a former run has pushed
    /// them, the number after which they begin: the journal is to measure them.
    std::optional<std::uint64_t> confirm_through(std::uint64_t number, const std::function<void(Task)>& take);
    /// So much of the gap was confirmed by that.
    void note_confirmed(const Amount& released);
    /// The journal learns what is confirmed, and is to erase at most this many stale rows.
    void tell_confirmed(std::size_t erased);
    /// The stored tasks behind the first `kept`, or behind the gap if there is one, are released.
    void release(std::size_t kept);
    /// Released tasks are stored, in memory again: the first of the gap, or all up to a number.
    void load(std::vector<Task> tasks, std::optional<std::uint64_t> all_until);
    /// Confirmed tasks wait again. Those that the journal may take for confirmed are to be written once more.
    std::vector<Task> take_back(std::vector<Task> tasks);
    /// The oldest tasks are dead, and to be buried in the journal.
    std::vector<Task> bury(std::size_t count);
    void note_buried(std::size_t count) { burials_ -= count; }
    /// Another process may have dropped dead tasks. A count that lacks what is on its way to the disk means nothing: it
    /// is followed by another one.
    void note_dead(const JournalFile::Extent& extent);
    /// A task that was dead or held is submitted, as the newest, once all others are. False if it has been already.
    bool revive(const JournalFile::Dead& dead, Task task);
    /// The file is gone, and what was in it alone; what is in memory is kept.
    void lose_file();

    /// All tasks in memory, oldest first.
    const std::deque<Task>& tasks() const { return tasks_; }
    /// Of these, the tasks that come before the gap.
    const Amount& front() const { return front_; }
    /// Of these, the tasks that are on disk if that is needed, and before any that was dead and is not on disk yet.
    std::size_t ready(bool is_on_disk_first) const;

    Amount waiting() const { return in_memory() + gap_; }
    Amount in_memory() const { return unstored() + stored_; }
    Amount unstored() const { return kept_ + submitted_; }
    Amount on_disk() const { return submitted_ + stored_ + gap_; } ///< or on its way to it
    const Amount& kept() const { return kept_; }
    const Amount& submitted() const { return submitted_; }
    const Amount& stale() const { return stale_; }
    const Amount& dead() const { return dead_; } ///< those that are held among them
    std::size_t held() const { return held_; }
    std::size_t burials() const { return burials_; } ///< dead tasks that are not on disk yet

    bool has_gap() const { return gap_.tasks > 0; }
    /// How many tasks it has is an estimate while a former run's confirmations are settled: at least one, until it has
    /// been loaded to its end.
    const Amount& gap() const { return gap_; }
    std::uint64_t gap_after() const { return gap_after_; }
    std::uint64_t gap_until() const { return gap_until_; }

    std::uint64_t last() const { return last_; } ///< number of the newest task
    std::uint64_t confirmed() const { return confirmed_; }
    /// The journal has rows of confirmed tasks that it takes for waiting.
    bool owes_confirm() const { return stale_.tasks > 0 && told_ != confirmed_; }

    /// For tests: walks through memory, and finds there what the totals say.
    bool is_consistent() const;

private:
    /// Of the tasks in memory that are in the same state as this one.
    Amount& amount_of(const Task& task);
    void discount_first();
    void close_gap();

    std::deque<Task> tasks_;
    Amount kept_; ///< of tasks_, as the next two
    Amount submitted_;
    Amount stored_;
    Amount front_; ///< of tasks_, before the gap
    Amount gap_;
    Amount stale_;
    Amount dead_;
    std::size_t held_ = 0; ///< of the dead
    std::size_t burials_ = 0;
    std::size_t returns_ = 0; ///< orders of take_back() that are not on disk yet

    std::uint64_t last_;
    std::uint64_t submitted_until_;
    std::uint64_t stored_until_;
    std::uint64_t gap_after_ = 0;
    std::uint64_t gap_until_;
    std::uint64_t confirmed_ = 0;
    std::uint64_t told_ = 0;          ///< what was confirmed when the journal was last told
    std::uint64_t revived_from_ = 0;  ///< the first revived task that is not on disk
    std::uint64_t revived_until_ = 0; ///< and the last one
    std::set<std::uint64_t> revived_; ///< numbers that they had as dead ones
};

} // namespace eventsgw
