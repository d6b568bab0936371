// SPDX-License-Identifier: GPL-3.0-or-later
// Copyright (C) 2026 eventsgw contributors

#include "delivery/backlog.h"

#include <algorithm>
#include <iterator>
#include <utility>

namespace eventsgw {

void Backlog::submit(bool all) {
    if ((is_failing_ && !all)) {
        return;
    }
    JournalOrder::Write write{{}, reason_, false};
    for (const std::deque<Task>* tasks : {&front_, &tail_}) {
        for (auto task = find_after(*tasks, submitted_); task != tasks->end(); ++task) {
            if (in_flight_cost_ >= kFlightCost && !all) {
                break;
            }
            in_flight_cost_ += task->cost();
            disk_cost_ += task->cost();
            write.tasks.push_back(*task);
        }
    }
    if (write.tasks.empty()) {
        return;
    }
    submitted_ = write.tasks.back().number;
    disk_tasks_ += write.tasks.size();
    journal_.order(std::move(write));
}

void Backlog::on_stored(std::uint64_t through) {
    for (const std::deque<Task>* tasks : {&front_, &tail_}) {
        const auto end = find_after(*tasks, through);
        for (auto task = find_after(*tasks, stored_); task < end; ++task) {
            --unstored_;
            unstored_cost_ -= task->cost();
            in_flight_cost_ -= task->cost();
        }
    }
    stored_ = std::max(stored_, through);
    trim();
    if (submitted_ < last_) {
        schedule();
    }
    callbacks_.on_pushable();
}

/// Lets memory go of what is on disk, if there is too much of it.
void Backlog::trim() {
    const auto is_over = [this] { return in_memory() > kHandTasks || front_cost_ + tail_cost_ > kHandCost; };
    if (returns_ > 0) {
        return; // their numbers are no proof that they are on disk
    }
    if (is_over() && gap_ == 0) {
        open_gap();
    }
    while (is_over() && gap_ > 0 && !tail_.empty() && tail_.front().number <= stored_) {
        tail_cost_ -= tail_.front().cost();
        gap_until_ = tail_.front().number;
        ++gap_;
        tail_.pop_front();
    }
}

void Backlog::open_gap() {
    std::size_t kept = 0;
    std::size_t kept_cost = 0;
    const auto is_kept = [&] {
        return kept == 0 || front_[kept].number <= pushing_ || (kept < kWindowTasks && kept_cost < kWindowCost);
    };
    for (; kept < front_.size() && is_kept(); ++kept) {
        kept_cost += front_[kept].cost();
    }
    const auto first = front_.begin() + static_cast<std::ptrdiff_t>(kept);
    if (first == front_.end() || first->number > stored_) {
        return;
    }
    gap_after_ = front_[kept - 1].number;
    const auto rest = find_after(front_, stored_);
    gap_ = static_cast<std::size_t>(rest - first);
    gap_until_ = std::prev(rest)->number;
    std::for_each(rest, front_.end(), [this](const Task& task) { tail_cost_ += task.cost(); });
    std::move(rest, front_.end(), std::back_inserter(tail_));
    front_.erase(first, front_.end());
    front_cost_ = kept_cost;
}

void Backlog::load_more() {
    const bool has_room = front_.size() < kWindowTasks && front_cost_ < kWindowCost;
    if (gap_ > 0 && !is_loading_ && !is_away_ && has_room) {
        is_loading_ = true;
        journal_.order(JournalOrder::Load{gap_after_, gap_until_});
    }
}

void Backlog::on_loaded(JournalNews::Loaded& loaded) {
    is_loading_ = false;
    gap_ -= std::min(gap_, loaded.tasks.size());
    gap_after_ = std::max(gap_after_, loaded.is_all ? loaded.until : loaded.tasks.back().number);
    for (Task& task : loaded.tasks) {
        if (task.number > confirmed_) {
            front_cost_ += task.cost();
            front_.push_back(std::move(task));
        }
    }
    if (loaded.is_all && loaded.until >= gap_until_) {
        close_gap();
    } else {
        gap_ = std::max<std::size_t>(gap_, 1);
        load_more();
    }
    callbacks_.on_pushable();
}

void Backlog::close_gap() {
    gap_ = 0;
    std::move(tail_.begin(), tail_.end(), std::back_inserter(front_));
    tail_.clear();
    front_cost_ += std::exchange(tail_cost_, 0);
}

/// What a former run has pushed does not wait any more. That the gap is empty is known only when it is loaded to its
/// end.
void Backlog::on_measured(const JournalFile::Extent& confirmed) {
    disk_tasks_ -= std::min<std::size_t>(disk_tasks_, confirmed.tasks);
    disk_cost_ -= std::min<std::size_t>(disk_cost_, confirmed.bytes);
    if (gap_ > 0) {
        gap_ = std::max<std::size_t>(gap_ - std::min<std::size_t>(gap_, confirmed.tasks), 1);
    }
    load_more();
    callbacks_.on_pushable();
}

void Backlog::confirm_on_disk() {
    if (!owes_confirm_ || is_failing_) {
        return;
    }
    owes_confirm_ = false;
    journal_.order(JournalOrder::Confirm{confirmed_, choose_rows(), std::nullopt});
}

JournalOrder::Confirm::Rows Backlog::choose_rows() {
    using Rows = JournalOrder::Confirm::Rows;
    if (disk_tasks_ == 0) {
        stale_tasks_ = stale_cost_ = 0;
        return Rows::erase_all;
    }
    const bool is_steady = stale_cost_ >= kStaleCost && disk_cost_ < kStaleCost;
    const bool is_large = stale_cost_ + disk_cost_ + dead_cost_ >= options_.journal_bytes;
    if (stale_tasks_ == 0 || !(is_steady || is_large)) {
        return Rows::keep;
    }
    const std::size_t erased = std::min<std::size_t>(stale_tasks_, JournalWriter::kEraseRows);
    stale_cost_ -= stale_cost_ / stale_tasks_ * erased;
    stale_tasks_ -= erased;
    return Rows::erase_some;
}

} // namespace eventsgw
