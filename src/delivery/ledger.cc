// SPDX-License-Identifier: GPL-3.0-or-later
// Copyright (C) 2026 eventsgw contributors

#include "delivery/ledger.h"

#include <algorithm>
#include <iterator>
#include <utility>

namespace eventsgw {
namespace {

void move(const Task& task, Ledger::Amount& from, Ledger::Amount& to) {
    from.remove(task);
    to.add(task);
}

} // namespace

Ledger::Ledger(std::uint64_t floor, const JournalFile::Extent& extent)
    : gap_{extent.tasks, extent.bytes}, dead_{extent.dead + extent.held, extent.dead_bytes}, held_(extent.held),
      last_(floor), submitted_until_(floor), stored_until_(floor), gap_until_(floor) {}

Ledger::Amount& Ledger::amount_of(const Task& task) {
    return task.number > submitted_until_ ? kept_ : task.number > stored_until_ ? submitted_ : stored_;
}

void Ledger::append(Task task) {
    last_ = task.number;
    amount_of(task).add(task);
    if (!has_gap()) {
        front_.add(task);
    }
    tasks_.push_back(std::move(task));
}

std::vector<Task> Ledger::submit(std::size_t flight_cost) {
    std::vector<Task> given;
    for (auto task = find_after(tasks_, submitted_until_); task != tasks_.end() && submitted_.cost < flight_cost;
         ++task) {
        move(*task, kept_, submitted_);
        given.push_back(*task);
    }
    submitted_until_ = given.empty() ? submitted_until_ : given.back().number;
    return given;
}

void Ledger::note_stored(std::uint64_t through, std::size_t returns) {
    returns_ -= returns;
    const auto end = find_after(tasks_, through);
    for (auto task = find_after(tasks_, stored_until_); task < end; ++task) {
        move(*task, submitted_, stored_);
    }
    stored_until_ = std::max(stored_until_, through);
}

/// The first task does not wait any more: it is confirmed or buried.
void Ledger::discount_first() {
    const Task& task = tasks_.front();
    front_.remove(task);
    amount_of(task).remove(task);
}

std::optional<std::uint64_t> Ledger::confirm_through(std::uint64_t number, const std::function<void(Task)>& take) {
    confirmed_ = number;
    for (; front_.tasks > 0 && tasks_.front().number <= number; tasks_.pop_front()) {
        discount_first();
        if (tasks_.front().number <= submitted_until_) {
            stale_.add(tasks_.front());
        }
        take(std::move(tasks_.front()));
    }
    if (has_gap() && number > gap_after_) {
        return std::exchange(gap_after_, number);
    }
    return std::nullopt;
}

void Ledger::note_confirmed(const Amount& released) {
    stale_ = stale_ + released;
    if (has_gap()) {
        gap_ = gap_ - released;
        gap_.tasks = std::max<std::size_t>(gap_.tasks, 1);
    }
}

/// The number may be that of a task that was never written. It counts as given to the journal all the same: should the
/// task come back, the journal takes it for confirmed.
void Ledger::tell_confirmed(std::size_t erased) {
    told_ = confirmed_;
    submitted_until_ = std::max(submitted_until_, confirmed_);
    if (stale_.tasks > 0) {
        erased = std::min(erased, stale_.tasks);
        stale_ = stale_ - Amount{erased, erased * (stale_.cost / stale_.tasks + 1)};
    }
}

/// While tasks come back their numbers are no proof that they are on disk.
void Ledger::release(std::size_t kept) {
    const auto first = tasks_.begin() + static_cast<std::ptrdiff_t>(has_gap() ? front_.tasks : kept);
    const auto last = find_after(tasks_, stored_until_);
    if (returns_ > 0 || first >= last) {
        return;
    }
    if (!has_gap()) {
        gap_after_ = std::prev(first)->number;
        front_ = {};
        std::for_each(tasks_.begin(), first, [this](const Task& task) { front_.add(task); });
    }
    gap_until_ = std::prev(last)->number;
    std::for_each(first, last, [this](const Task& task) { move(task, stored_, gap_); });
    tasks_.erase(first, last);
}

/// What is confirmed already leaves the gap by note_confirmed().
void Ledger::load(std::vector<Task> tasks, std::optional<std::uint64_t> all_until) {
    gap_after_ = std::max(gap_after_, all_until ? *all_until : tasks.back().number);
    const auto place = tasks_.begin() + static_cast<std::ptrdiff_t>(front_.tasks);
    const auto first = find_after(tasks, confirmed_);
    std::for_each(first, tasks.end(), [this](const Task& task) {
        move(task, gap_, stored_);
        front_.add(task);
    });
    tasks_.insert(place, std::make_move_iterator(first), std::make_move_iterator(tasks.end()));
    if (all_until && *all_until >= gap_until_) {
        close_gap();
    } else {
        gap_.tasks = std::max<std::size_t>(gap_.tasks, 1);
    }
}

void Ledger::close_gap() {
    gap_ = {};
    front_ = in_memory();
}

/// The journal erases all rows that it takes for confirmed before it writes these.
std::vector<Task> Ledger::take_back(std::vector<Task> tasks) {
    if (tasks.empty()) {
        return {};
    }
    std::vector<Task> given(tasks.begin(), find_after(tasks, submitted_until_));
    confirmed_ = std::min(confirmed_, tasks.front().number - 1);
    if (!given.empty()) {
        ++returns_;
        told_ = confirmed_;
        stale_ = {};
    }
    for (const Task& task : tasks) {
        amount_of(task).add(task);
        front_.add(task);
    }
    tasks_.insert(tasks_.begin(), std::make_move_iterator(tasks.begin()), std::make_move_iterator(tasks.end()));
    return given;
}

std::vector<Task> Ledger::bury(std::size_t count) {
    std::vector<Task> buried;
    for (; buried.size() < count && front_.tasks > 0; tasks_.pop_front()) {
        discount_first();
        dead_.add(tasks_.front());
        buried.push_back(std::move(tasks_.front()));
    }
    burials_ += buried.size();
    return buried;
}

void Ledger::note_dead(const JournalFile::Extent& extent) {
    if (burials_ == 0 && stored_until_ >= revived_until_) {
        dead_ = {extent.dead + extent.held, extent.dead_bytes};
        held_ = extent.held;
    }
}

bool Ledger::revive(const JournalFile::Dead& dead, Task task) {
    if (!revived_.insert(dead.task.number).second) {
        return false;
    }
    revived_from_ = revived_until_ > stored_until_ ? revived_from_ : task.number;
    revived_until_ = submitted_until_ = task.number;
    dead_.remove(task);
    held_ -= dead.is_held && held_ > 0 ? 1 : 0;
    append(std::move(task));
    return true;
}

void Ledger::lose_file() {
    kept_ = in_memory();
    submitted_ = stored_ = stale_ = dead_ = {};
    close_gap();
    submitted_until_ = stored_until_ = revived_until_ = tasks_.empty() ? last_ : tasks_.front().number - 1;
    told_ = confirmed_;
    burials_ = returns_ = held_ = 0;
    revived_.clear();
}

std::size_t Ledger::ready(bool is_on_disk_first) const {
    const bool is_reviving = revived_until_ > stored_until_;
    if (!is_on_disk_first && !is_reviving) {
        return front_.tasks;
    }
    const std::uint64_t last = is_on_disk_first ? stored_until_ : std::max(stored_until_, revived_from_ - 1);
    return std::min(front_.tasks, static_cast<std::size_t>(find_after(tasks_, last) - tasks_.begin()));
}

bool Ledger::is_consistent() const {
    Ledger counted(stored_until_, {});
    counted.submitted_until_ = submitted_until_;
    std::uint64_t before = confirmed_;
    bool is_in_order = true;
    for (const Task& task : tasks_) {
        const bool is_behind_gap = has_gap() && task.number > gap_after_;
        is_in_order = is_in_order && task.number > (is_behind_gap ? std::max(before, gap_until_) : before);
        before = task.number;
        counted.amount_of(task).add(task);
        if (!is_behind_gap) {
            counted.front_.add(task);
        }
    }
    return is_in_order && before <= last_ && stored_until_ <= submitted_until_ && submitted_until_ <= last_ &&
           kept_ == counted.kept_ && submitted_ == counted.submitted_ && stored_ == counted.stored_ &&
           front_ == counted.front_;
}

} // namespace eventsgw
