// SPDX-License-Identifier: GPL-3.0-or-later
// Copyright (C) 2026 eventsgw contributors

#include "delivery/backlog.h"

#include <algorithm>
#include <iterator>
#include <limits>
#include <utility>

namespace eventsgw {
namespace {

constexpr std::chrono::nanoseconds kNow = std::chrono::nanoseconds::zero();

/// The first of the tasks with a number above `number`.
template <typename Tasks> auto find_after(Tasks& tasks, std::uint64_t number) {
    return std::upper_bound(tasks.begin(), tasks.end(), number,
                            [](std::uint64_t limit, const PendingTask& task) { return limit < task.number(); });
}

} // namespace

Backlog::Backlog(Timers& timers, const Log& log, Options options, std::unique_ptr<Spool> spool, Callbacks callbacks)
    : timers_(timers), log_(log), options_(options), spool_(std::move(spool)), callbacks_(std::move(callbacks)),
      wall_offset_(std::chrono::system_clock::now().time_since_epoch() - timers.now().time_since_epoch()),
      flush_(timers.make_timer([this] {
          if (has_to_store()) {
              submit(false);
          } else {
              schedule();
          }
      })),
      patience_(timers.make_timer([this] { on_patience_over(); })),
      sweep_(timers.make_timer([this] { confirm_on_disk(); })) {
    if (spool_ == nullptr) {
        return;
    }
    const SpoolFile::Extent& extent = spool_->extent();
    last_ = submitted_ = stored_ = gap_until_ = spool_->claim().floor;
    gap_ = spool_tasks_ = extent.tasks;
    spool_cost_ = extent.bytes;
    dead_ = extent.dead;
    dead_cost_ = extent.dead_bytes;
    spool_->listen([this](SpoolNews& news) { on_news(news); });
}

WallTime Backlog::now() const {
    return std::chrono::floor<std::chrono::milliseconds>(
        std::chrono::sys_time<std::chrono::nanoseconds>(timers_.now().time_since_epoch() + wall_offset_));
}

bool Backlog::is_full() const {
    const bool is_for_disk = has_spool() && !is_failing_ && (options_.stores_always || is_behind());
    const std::size_t on_disk = spool_cost_ + dead_cost_ + unstored_cost_ - in_flight_cost_;
    return (is_for_disk && on_disk >= options_.spool_bytes) || unstored_ >= options_.tasks ||
           unstored_cost_ >= options_.bytes;
}

bool Backlog::add(std::string_view channel, std::string text) {
    if (is_full()) {
        return false;
    }
    append(PendingTask(++last_, channel, std::move(text), now()));
    schedule();
    return true;
}

void Backlog::append(PendingTask task) {
    const std::size_t cost = task.cost();
    ++unstored_;
    unstored_cost_ += cost;
    (gap_ > 0 ? tail_cost_ : front_cost_) += cost;
    (gap_ > 0 ? tail_ : front_).push_back(std::move(task));
}

void Backlog::schedule() {
    if (!has_spool() || is_failing_) {
        return;
    }
    if (has_to_store()) {
        const bool is_urgent = options_.stores_always || in_memory() > kHandTasks;
        if (!flush_->is_pending()) {
            flush_->start(is_urgent ? kNow : kGroup);
        }
    } else if (!patience_->is_pending()) {
        patience_->start(kPatience);
    }
}

void Backlog::on_patience_over() {
    if (front_.empty()) {
        return;
    }
    const std::chrono::milliseconds age = now() - front_.front().arrived();
    if (age < kPatience) {
        patience_->start(kPatience - std::max(age, std::chrono::milliseconds::zero()));
        return;
    }
    is_late_ = true;
    submit(false);
}

void Backlog::set_away(bool is_away, const std::string& reason) {
    is_away_ = is_away;
    reason_ = reason;
    if (!front_.empty() || !tail_.empty()) {
        schedule();
    }
    load_more();
}

std::size_t Backlog::pushable() const {
    if (burials_ > 0 && !is_failing_) {
        return 0;
    }
    const bool only_stored = has_spool() && ((options_.stores_always && !is_failing_) || stored_ < needed_);
    return only_stored ? static_cast<std::size_t>(find_after(front_, stored_) - front_.begin()) : front_.size();
}

void Backlog::submit(bool all) {
    if (!has_spool() || (is_failing_ && !all)) {
        return;
    }
    SpoolOrder::Write write{{}, reason_, false};
    for (const std::deque<PendingTask>* tasks : {&front_, &tail_}) {
        for (auto task = find_after(*tasks, submitted_); task != tasks->end(); ++task) {
            if (in_flight_cost_ >= kFlightCost && !all) {
                break;
            }
            in_flight_cost_ += task->cost();
            spool_cost_ += task->cost();
            write.tasks.push_back(*task);
        }
    }
    if (write.tasks.empty()) {
        return;
    }
    submitted_ = write.tasks.back().number();
    spool_tasks_ += write.tasks.size();
    spool_->order(std::move(write));
}

void Backlog::on_stored(std::uint64_t through) {
    for (const std::deque<PendingTask>* tasks : {&front_, &tail_}) {
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
    while (is_over() && gap_ > 0 && !tail_.empty() && tail_.front().number() <= stored_) {
        tail_cost_ -= tail_.front().cost();
        gap_until_ = tail_.front().number();
        ++gap_;
        tail_.pop_front();
    }
}

void Backlog::open_gap() {
    std::size_t kept = 0;
    std::size_t kept_cost = 0;
    for (; kept < std::min(front_.size(), kWindowTasks) && (kept == 0 || kept_cost < kWindowCost); ++kept) {
        kept_cost += front_[kept].cost();
    }
    const auto first = front_.begin() + static_cast<std::ptrdiff_t>(kept);
    if (first == front_.end() || first->number() > stored_) {
        return;
    }
    gap_after_ = front_[kept - 1].number();
    const auto rest = find_after(front_, stored_);
    gap_ = static_cast<std::size_t>(rest - first);
    gap_until_ = std::prev(rest)->number();
    std::for_each(rest, front_.end(), [this](const PendingTask& task) { tail_cost_ += task.cost(); });
    std::move(rest, front_.end(), std::back_inserter(tail_));
    front_.erase(first, front_.end());
    front_cost_ = kept_cost;
}

void Backlog::load_more() {
    const bool has_room = front_.size() < kWindowTasks && front_cost_ < kWindowCost;
    if (gap_ > 0 && !is_loading_ && !is_away_ && has_room && has_spool()) {
        is_loading_ = true;
        spool_->order(SpoolOrder::Load{gap_after_, gap_until_});
    }
}

void Backlog::on_loaded(SpoolNews::Loaded& loaded) {
    is_loading_ = false;
    gap_ -= std::min(gap_, loaded.tasks.size());
    gap_after_ = std::max(gap_after_, loaded.is_all ? loaded.until : loaded.tasks.back().number());
    for (PendingTask& task : loaded.tasks) {
        if (task.number() > confirmed_) {
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

void Backlog::confirm_through(std::uint64_t number, const std::function<void(PendingTask)>& take) {
    confirmed_ = number;
    while (!front_.empty() && front_.front().number() <= number) {
        discount(front_.front());
        take(std::move(front_.front()));
        front_.pop_front();
    }
    if (gap_ > 0 && number > gap_after_ && has_spool()) { // a former run has pushed them
        const std::uint64_t gap_after = std::exchange(gap_after_, number);
        spool_->order(SpoolOrder::Confirm{number, SpoolOrder::Confirm::Rows::keep, gap_after});
    }
    if (owes_confirm_ && !sweep_->is_pending()) {
        sweep_->start(kSweep);
    }
    note_progress();
    load_more();
}

void Backlog::note_progress() {
    if (front_.empty()) {
        is_late_ = false;
        return;
    }
    is_late_ = is_late_ && now() - front_.front().arrived() >= kPatience;
    schedule();
}

void Backlog::discount(const PendingTask& task) {
    const std::size_t cost = task.cost();
    const bool is_submitted = task.number() <= submitted_;
    front_cost_ -= cost;
    if (task.number() > stored_) {
        --unstored_;
        unstored_cost_ -= cost;
        in_flight_cost_ -= is_submitted ? cost : 0;
    }
    if (is_submitted) {
        --spool_tasks_;
        spool_cost_ -= cost;
        ++stale_tasks_;
        stale_cost_ += cost;
        owes_confirm_ = true;
    }
}

void Backlog::confirm_on_disk() {
    if (!owes_confirm_ || !has_spool() || is_failing_) {
        return;
    }
    owes_confirm_ = false;
    spool_->order(SpoolOrder::Confirm{confirmed_, choose_rows(), std::nullopt});
}

SpoolOrder::Confirm::Rows Backlog::choose_rows() {
    using Rows = SpoolOrder::Confirm::Rows;
    if (spool_tasks_ == 0) {
        stale_tasks_ = stale_cost_ = 0;
        return Rows::erase_all;
    }
    const bool is_steady = stale_cost_ >= kStaleCost && spool_cost_ < kStaleCost;
    const bool is_large = stale_cost_ + spool_cost_ + dead_cost_ >= options_.spool_bytes;
    if (stale_tasks_ == 0 || !(is_steady || is_large)) {
        return Rows::keep;
    }
    const std::size_t erased = std::min<std::size_t>(stale_tasks_, SpoolWriter::kEraseRows);
    stale_cost_ -= stale_cost_ / stale_tasks_ * erased;
    stale_tasks_ -= erased;
    return Rows::erase_some;
}

void Backlog::take_back(std::vector<PendingTask> tasks) {
    confirmed_ = std::min(confirmed_, tasks.empty() ? confirmed_ : tasks.front().number() - 1);
    SpoolOrder::Write write{{}, reason_, true};
    for (auto task = tasks.rbegin(); task != tasks.rend(); ++task) {
        const std::size_t cost = task->cost();
        front_cost_ += cost;
        if (task->number() > stored_) {
            ++unstored_;
            unstored_cost_ += cost;
            in_flight_cost_ += task->number() <= submitted_ ? cost : 0;
        }
        if (task->number() <= submitted_) {
            ++spool_tasks_;
            spool_cost_ += cost;
            write.tasks.push_back(*task);
        }
        front_.push_front(std::move(*task));
    }
    if (!write.tasks.empty() && has_spool()) {
        std::reverse(write.tasks.begin(), write.tasks.end());
        spool_->order(std::move(write));
        ++returns_;
    }
    schedule();
}

void Backlog::bury(std::size_t count, const std::string& reason) {
    SpoolOrder::Bury bury{{}, reason};
    for (; count > 0 && !front_.empty(); --count) {
        discount(front_.front());
        dead_cost_ += front_.front().cost();
        bury.tasks.push_back(std::move(front_.front()));
        front_.pop_front();
    }
    dead_ += bury.tasks.size();
    if (!has_spool()) {
        log_.error("task", "dead and not kept, there is no spool", {{"tasks", bury.tasks.size()}});
        return;
    }
    burials_ += bury.tasks.size();
    spool_->order(std::move(bury));
    load_more();
}

std::optional<std::chrono::milliseconds> Backlog::oldest_age() const {
    if (!front_.empty()) {
        return now() - front_.front().arrived();
    }
    return gap_ > 0 && spool_->extent().oldest ? std::optional(now() - *spool_->extent().oldest) : std::nullopt;
}

std::size_t Backlog::finish() {
    if (!has_spool()) {
        return waiting();
    }
    submit(true);
    is_failing_ = false;
    confirm_on_disk();
    const std::size_t unwritten = spool_->finish();
    spool_->receive();
    return has_spool() ? std::min(unwritten, waiting() + burials_) : waiting(); // what was confirmed meanwhile is no loss
}

} // namespace eventsgw
