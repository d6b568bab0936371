// SPDX-License-Identifier: GPL-3.0-or-later
// Copyright (C) 2026 eventsgw contributors

#include "handlers/scheduler.h"

#include <optional>
#include <utility>

namespace eventsgw {
namespace {

/// Names and sources have no blanks in them, so no two lanes run into one.
std::string choose_lane(const Occurrence& occurrence, const std::string& merge_key) {
    switch (occurrence.settings.serialize) {
    case Serialize::event: return "event " + occurrence.name;
    case Serialize::source: return "source " + occurrence.source;
    case Serialize::none: break;
    }
    return merge_key;
}

} // namespace

Scheduler::Scheduler(Timers& timers, Slots& slots, StartCallback start)
    : timers_(timers), slots_(slots), start_(std::move(start)),
      window_over_(timers.make_timer([this] { close_windows_until(timers_.now()); })) {}

Admission Scheduler::submit(Occurrence occurrence) {
    const std::chrono::nanoseconds window = occurrence.settings.coalesce;
    const bool is_coalescing = window > std::chrono::nanoseconds::zero();
    const bool coalesces = is_coalescing && !occurrence.is_replay(); // its payload is older than that of any other
    const std::string key = occurrence.name + " of " + occurrence.source;
    // Also where a reload has ended the coalescing: the newest must not be overtaken.
    if (!occurrence.is_replay() && mergeable_.contains(key)) {
        return merge(key, occurrence);
    }
    std::string lane = choose_lane(occurrence, is_coalescing ? key : "");
    const bool asks_at_once = !coalesces && (lane.empty() || !lanes_.contains(lane));
    const std::optional<Slots::Number> number = slots_.enter(occurrence.payload().size(), asks_at_once);
    if (!number) {
        return Admission::refused;
    }
    entries_.emplace(*number, Entry{std::move(occurrence), std::move(lane), coalesces ? key : ""});
    if (coalesces) {
        mergeable_.emplace(key, *number);
        open_window(*number, window);
        return Admission::waits;
    }
    return line_up(*number);
}

Admission Scheduler::merge(const std::string& key, Occurrence& occurrence) {
    const Slots::Number number = mergeable_.at(key);
    if (!slots_.set_bytes(number, occurrence.payload().size())) {
        return Admission::refused;
    }
    Entry& entry = entries_.at(number);
    occurrence.coalesced = entry.occurrence.coalesced + 1;
    entry.occurrence = std::move(occurrence);
    return Admission::waits;
}

void Scheduler::open_window(Slots::Number number, std::chrono::nanoseconds length) {
    windows_.emplace(timers_.now() + length, number);
    window_over_->start(windows_.begin()->first - timers_.now());
}

void Scheduler::close_windows_until(Clock::time_point time) {
    while (!windows_.empty() && windows_.begin()->first <= time) {
        const Slots::Number number = windows_.begin()->second;
        windows_.erase(windows_.begin());
        line_up(number);
    }
    if (!windows_.empty()) {
        window_over_->start(windows_.begin()->first - timers_.now());
    }
}

void Scheduler::close_windows() {
    close_windows_until(Clock::time_point::max());
}

Admission Scheduler::line_up(Slots::Number number) {
    const std::string& lane = entries_.at(number).lane;
    if (lane.empty() || lanes_.try_emplace(lane).second) {
        return ask(number);
    }
    lanes_[lane].push_back(number);
    return Admission::waits;
}

Admission Scheduler::ask(Slots::Number number) {
    return slots_.ask(number, [this, number] { begin(number); });
}

void Scheduler::begin(Slots::Number number) {
    Entry entry = std::move(entries_.extract(number).mapped());
    if (!entry.merge_key.empty()) {
        mergeable_.erase(entry.merge_key);
    }
    start_(std::move(entry.occurrence), entry.lane);
}

void Scheduler::finish(const std::string& lane) {
    if (const auto held = lanes_.find(lane); held != lanes_.end()) {
        if (held->second.empty()) {
            lanes_.erase(held);
        } else {
            const Slots::Number next = held->second.front();
            held->second.pop_front();
            ask(next);
        }
    }
    slots_.leave();
}

void Scheduler::close() {
    window_over_->stop();
    windows_.clear();
    mergeable_.clear();
    entries_.clear();
    for (auto& [lane, queue] : lanes_) {
        queue.clear();
    }
}

} // namespace eventsgw
