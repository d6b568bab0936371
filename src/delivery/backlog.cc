// SPDX-License-Identifier: GPL-3.0-or-later
// Copyright (C) 2026 eventsgw contributors

#include "delivery/backlog.h"

#include <algorithm>
#include <utility>

namespace eventsgw {
namespace {

constexpr std::chrono::nanoseconds kNow = std::chrono::nanoseconds::zero();

} // namespace

Backlog::Backlog(Timers& timers, const Log& log, Options options, Journal& journal, Callbacks callbacks)
    : timers_(timers), log_(log), options_(options), journal_(journal), callbacks_(std::move(callbacks)),
      wall_offset_(std::chrono::system_clock::now().time_since_epoch() - timers.now().time_since_epoch()),
      flush_(timers.make_timer([this] {
          if (has_to_store()) {
              submit(false);
          } else {
              schedule();
          }
      })),
      patience_(timers.make_timer([this] { on_patience_over(); })), retry_(timers.make_timer([this] {
          journal_.try_again();
          retry_->start(kRetry);
      })),
      sweep_(timers.make_timer([this] { confirm_on_disk(); })) {
    const JournalFile::Extent& extent = journal_.extent();
    last_ = submitted_ = stored_ = gap_until_ = journal_.claim().floor;
    gap_ = disk_tasks_ = extent.tasks;
    disk_cost_ = extent.bytes;
    dead_ = extent.dead;
    dead_cost_ = extent.dead_bytes;
    journal_.listen_to_tasks([this](JournalNews& news) { on_news(news); });
}

WallTime Backlog::now() const {
    return std::chrono::floor<WallTime::duration>(
        std::chrono::sys_time<std::chrono::nanoseconds>(timers_.now().time_since_epoch() + wall_offset_));
}

bool Backlog::is_full() const {
    const bool is_for_disk = !is_failing_ && (options_.stores_always || is_behind());
    const std::size_t on_disk = disk_cost_ + dead_cost_ + unstored_cost_ - in_flight_cost_;
    return (is_for_disk && on_disk >= options_.journal_bytes) || unstored_ >= options_.tasks ||
           unstored_cost_ >= options_.bytes;
}

bool Backlog::add(const std::shared_ptr<KeptEvent>& event, std::string action, const Uuid& id) {
    if (is_full()) {
        return false;
    }
    last_ = journal_.take_number();
    if (event->number == 0) { // from its first work on the journal's thread may read it
        event->number = last_;
    }
    append(Task{last_, now(), event, std::move(action), id});
    schedule();
    return true;
}

void Backlog::append(Task task) {
    const std::size_t cost = task.cost();
    ++unstored_;
    unstored_cost_ += cost;
    (gap_ > 0 ? tail_cost_ : front_cost_) += cost;
    (gap_ > 0 ? tail_ : front_).push_back(std::move(task));
}

void Backlog::schedule() {
    if (is_failing_) {
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
    const WallTime::duration age = now() - front_.front().arrived;
    if (age < kPatience) {
        patience_->start(kPatience - std::max(age, WallTime::duration::zero()));
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
    const bool is_on_disk_first = (options_.stores_always || stored_ < needed_) && !is_failing_;
    const bool is_held_up = stored_ < needed_ && is_failing_;
    if (!is_on_disk_first && !is_held_up) {
        return front_.size();
    }
    const std::uint64_t last = is_held_up ? std::max(stored_, revived_from_ - 1) : stored_;
    return static_cast<std::size_t>(find_after(front_, last) - front_.begin());
}

void Backlog::confirm_through(std::uint64_t number, const std::function<void(Task)>& take) {
    confirmed_ = number;
    while (!front_.empty() && front_.front().number <= number) {
        discount(front_.front());
        take(std::move(front_.front()));
        front_.pop_front();
    }
    if (gap_ > 0 && number > gap_after_) { // a former run has pushed them
        const std::uint64_t gap_after = std::exchange(gap_after_, number);
        journal_.order(JournalOrder::Confirm{number, JournalOrder::Confirm::Rows::keep, gap_after});
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
    is_late_ = is_late_ && now() - front_.front().arrived >= kPatience;
    schedule();
}

void Backlog::discount(const Task& task) {
    const std::size_t cost = task.cost();
    const bool is_submitted = task.number <= submitted_;
    front_cost_ -= cost;
    if (task.number > stored_) {
        --unstored_;
        unstored_cost_ -= cost;
        in_flight_cost_ -= is_submitted ? cost : 0;
    }
    if (is_submitted) {
        --disk_tasks_;
        disk_cost_ -= cost;
        ++stale_tasks_;
        stale_cost_ += cost;
        owes_confirm_ = true;
    }
}

void Backlog::take_back(std::vector<Task> tasks) {
    confirmed_ = std::min(confirmed_, tasks.empty() ? confirmed_ : tasks.front().number - 1);
    JournalOrder::Write write{{}, reason_, true};
    for (auto task = tasks.rbegin(); task != tasks.rend(); ++task) {
        const std::size_t cost = task->cost();
        front_cost_ += cost;
        if (task->number > stored_) {
            ++unstored_;
            unstored_cost_ += cost;
            in_flight_cost_ += task->number <= submitted_ ? cost : 0;
        }
        if (task->number <= submitted_) {
            ++disk_tasks_;
            disk_cost_ += cost;
            write.tasks.push_back(*task);
        }
        front_.push_front(std::move(*task));
    }
    if (!write.tasks.empty()) {
        std::reverse(write.tasks.begin(), write.tasks.end());
        journal_.order(std::move(write));
        ++returns_;
    }
    schedule();
}

void Backlog::bury(std::size_t count, const std::string& reason) {
    JournalOrder::Bury bury{{}, reason};
    for (; count > 0 && !front_.empty(); --count) {
        discount(front_.front());
        dead_cost_ += front_.front().cost();
        bury.tasks.push_back(std::move(front_.front()));
        front_.pop_front();
    }
    dead_ += bury.tasks.size();
    burials_ += bury.tasks.size();
    journal_.order(std::move(bury));
    load_more();
}

/// If the journal is lost during the first attempt, a second one writes a new file from memory.
std::size_t Backlog::finish() {
    for (int attempt = 0; attempt < 2; ++attempt) {
        submit(true);
        is_failing_ = false;
        confirm_on_disk();
        const std::size_t losses = losses_;
        const std::size_t unwritten = journal_.finish();
        journal_.receive();
        if (losses == losses_) {
            return std::min(unwritten, waiting() + burials_); // what was confirmed meanwhile is no loss
        }
    }
    return waiting() + burials_;
}

} // namespace eventsgw
