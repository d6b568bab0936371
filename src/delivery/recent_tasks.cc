// SPDX-License-Identifier: GPL-3.0-or-later
// Copyright (C) 2026 eventsgw contributors

#include "delivery/recent_tasks.h"

#include <utility>

namespace eventsgw {

RecentTasks::RecentTasks(Timers& timers) : timers_(timers), expiry_(timers.make_timer([this] { expire(); })) {}

void RecentTasks::add(Task task) {
    cost_ += task.cost();
    const Clock::time_point since = find_first_time(task.number);
    tasks_.push_back({std::move(task), since});
    for (; cost_ > kMaxCost; tasks_.pop_front()) {
        cost_ -= tasks_.front().task.cost();
        forgotten_ = tasks_.front().task.number;
    }
    if (!std::exchange(expires_, true)) {
        expiry_->start(kKept);
    }
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
        cost_ -= tasks_[i].task.cost();
        returned_.emplace_back(tasks_[i].task.number, tasks_[i].since);
        taken.push_back(std::move(tasks_[i].task));
    }
    tasks_.erase(tasks_.begin() + static_cast<std::ptrdiff_t>(kept), tasks_.end());
    return taken;
}

void RecentTasks::expire() {
    const Clock::time_point limit = timers_.now() - kKept;
    for (; !tasks_.empty() && tasks_.front().since <= limit; tasks_.pop_front()) {
        cost_ -= tasks_.front().task.cost();
        forgotten_ = tasks_.front().task.number;
    }
    expires_ = !tasks_.empty();
    if (expires_) {
        expiry_->start(tasks_.front().since + kKept - timers_.now());
    }
}

} // namespace eventsgw
