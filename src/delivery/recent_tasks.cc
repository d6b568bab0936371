// SPDX-License-Identifier: GPL-3.0-or-later
// Copyright (C) 2026 eventsgw contributors

#include "delivery/recent_tasks.h"

#include <algorithm>
#include <utility>

namespace eventsgw {

RecentTasks::RecentTasks(Timers& timers) : timers_(timers), expiry_(timers.make_timer([this] { expire(); })) {}

void RecentTasks::add(Task task) {
    const std::size_t cost = task.cost();
    cost_ += cost;
    added_cost_ += cost;
    const Clock::time_point since = find_first_time(task.number);
    tasks_.push_back({std::move(task), since});
    while (cost_ > kMaxCost) {
        forget_first();
    }
    if (!std::exchange(expires_, true)) {
        expiry_->start(kKept);
    }
}

void RecentTasks::forget_first() {
    cost_ -= tasks_.front().task.cost();
    forgotten_ = tasks_.front().task.number;
    tasks_.pop_front();
}

std::deque<RecentTasks::Kept>::const_iterator RecentTasks::first_unseen() const {
    return std::upper_bound(tasks_.begin(), tasks_.end(), seen_until_,
                            [](std::uint64_t number, const Kept& kept) { return number < kept.task.number; });
}

std::size_t RecentTasks::unseen() const {
    return static_cast<std::size_t>(tasks_.end() - first_unseen());
}

void RecentTasks::see(std::size_t count, const std::function<void(const Task&, Clock::time_point)>& look) {
    const std::size_t skipped = unseen() - std::min(unseen(), count);
    for (auto kept = first_unseen() + static_cast<std::ptrdiff_t>(skipped); kept != tasks_.end(); ++kept) {
        look(kept->task, kept->since);
    }
    seen_until_ = tasks_.empty() ? seen_until_ : tasks_.back().task.number;
    added_cost_ = 0;
}

Clock::time_point RecentTasks::find_first_time(std::uint64_t number) {
    while (!returned_.empty() && returned_.front().first < number) {
        returned_.pop_front();
    }
    return returned_.empty() || returned_.front().first != number ? timers_.now() : returned_.front().second;
}

std::vector<Task> RecentTasks::take_after(std::uint64_t number) {
    returned_.clear();
    std::size_t kept = tasks_.size();
    for (; kept > 0 && tasks_[kept - 1].task.number > number; --kept) {
    }
    std::vector<Task> taken;
    for (std::size_t i = kept; i < tasks_.size(); ++i) {
        const std::size_t cost = tasks_[i].task.cost();
        cost_ -= cost;
        added_cost_ -= tasks_[i].task.number > seen_until_ ? cost : 0;
        returned_.emplace_back(tasks_[i].task.number, tasks_[i].since);
        taken.push_back(std::move(tasks_[i].task));
    }
    tasks_.erase(tasks_.begin() + static_cast<std::ptrdiff_t>(kept), tasks_.end());
    seen_until_ = std::min(seen_until_, number); // they will be confirmed again
    return taken;
}

void RecentTasks::expire() {
    const Clock::time_point limit = timers_.now() - kKept;
    while (!tasks_.empty() && tasks_.front().since <= limit) {
        forget_first();
    }
    expires_ = !tasks_.empty();
    if (expires_) {
        expiry_->start(tasks_.front().since + kKept - timers_.now());
    }
}

} // namespace eventsgw
