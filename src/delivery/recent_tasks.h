// SPDX-License-Identifier: GPL-3.0-or-later
// Copyright (C) 2026 eventsgw contributors

#pragma once

#include "base/chrono.h"
#include "journal/task.h"
#include "loop/timers.h"

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <deque>
#include <functional>
#include <memory>
#include <utility>
#include <vector>

namespace eventsgw {

/// Keeps the tasks that the leader has confirmed, for a while: a leader may forget the last of what it has confirmed,
/// when it restarts from an older copy of its data or another node takes its place. A task that is taken back and
/// confirmed anew is kept no longer for that: somebody who keeps overwriting the cursor makes none run for ever.
class RecentTasks {
public:
    static constexpr std::chrono::seconds kKept{30};
    /// The oldest go early when all together cost more than this.
    static constexpr std::size_t kMaxCost = 8U << 20U;

    explicit RecentTasks(Timers& timers);

    void add(Task task);

    /// Takes back out the tasks after a number, oldest first.
    std::vector<Task> take_after(std::uint64_t number);

    /// Calls back for the newest tasks that no call has seen, up to `count`, oldest first. `since` is when a task was
    /// confirmed. Those that are passed over count as seen.
    void see(std::size_t count, const std::function<void(const Task& task, Clock::time_point since)>& look);
    std::size_t unseen() const;
    /// The oldest are forgotten first: if some of them were unseen, all that are left are.
    std::size_t unseen_cost() const { return std::min(added_cost_, cost_); }

    /// The greatest number of a task that is not kept any more; 0 when there is none.
    std::uint64_t forgotten() const { return forgotten_; }

private:
    struct Kept {
        Task task;
        Clock::time_point since;
    };
    Clock::time_point find_first_time(std::uint64_t number);
    void forget_first();
    std::deque<Kept>::const_iterator first_unseen() const;
    void expire();

    Timers& timers_;
    std::deque<Kept> tasks_; ///< in the order of their numbers
    std::size_t cost_ = 0;
    std::size_t added_cost_ = 0;   ///< since the last call of see(), be they there or not
    std::uint64_t seen_until_ = 0; ///< number of the last task that a call of see() has seen
    std::uint64_t forgotten_ = 0;
    std::deque<std::pair<std::uint64_t, Clock::time_point>> returned_; ///< numbers of tasks taken back, and since when
    std::unique_ptr<Timer> expiry_;
    bool expires_ = false; ///< the timer runs
};

} // namespace eventsgw
