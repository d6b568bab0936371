// SPDX-License-Identifier: GPL-3.0-or-later
// Copyright (C) 2026 eventsgw contributors

#include "runs/schedule.h"

#include <utility>

namespace eventsgw {

/// One that was held may return before the first of those that wait, which is not the next any more.
void Schedule::add(Run& run, const std::string& lane) {
    if (lane.empty()) {
        return;
    }
    run.lane = &lanes_.try_emplace(lane, RunLane{lane}).first->second;
    RunSet& runs = run.lane->runs;
    Run* const former = runs.empty() ? nullptr : *runs.begin();
    runs.insert(&run);
    if (former != nullptr) {
        look_at(*former);
    }
}

void Schedule::remove(Run& run) {
    end_attempt(run);
    forget_due(run);
    delist(*run.group);
    run.group->ready.erase(&run);
    enlist(*run.group);
    if (RunLane* lane = std::exchange(run.lane, nullptr); lane != nullptr) {
        lane->runs.erase(&run);
        if (lane->runs.empty()) {
            lanes_.erase(std::string(lane->name)); // a copy: the key goes with the lane
        } else {
            look_at_first(lane);
        }
    }
}

void Schedule::set_due(Run& run, Clock::time_point due, Clock::time_point now) {
    end_attempt(run);
    forget_due(run);
    run.due = due;
    if (due > now) {
        later_.insert({due, &run});
        run.is_later = true;
    }
    look_at(run);
    look_at_first(run.lane);
}

void Schedule::set_paused(RunGroup& group, bool is_paused) {
    delist(group);
    group.is_paused = is_paused;
    enlist(group);
}

Run* Schedule::take() {
    for (const auto& [served, first, group] : turns_) {
        Run* const run = *group->ready.begin();
        if (!may_start(*run)) {
            continue;
        }
        RunGroup& its = *group;
        delist(its);
        its.ready.erase(its.ready.begin());
        its.served = ++turn_;
        enlist(its);
        suspect_ = run->is_suspect ? run : suspect_;
        if (run->lane != nullptr) {
            run->lane->running = run;
        }
        return run;
    }
    return nullptr;
}

/// A suspect that may not start keeps those behind it waiting: what was resumed comes before what is new.
bool Schedule::may_start(const Run& run) const {
    return !run.is_suspect || (suspect_ == nullptr);
}

void Schedule::advance(Clock::time_point now) {
    while (!later_.empty() && later_.begin()->due <= now) {
        Run& run = *later_.begin()->run;
        forget_due(run);
        look_at(run);
    }
}

std::optional<Clock::time_point> Schedule::next_due() const {
    return later_.empty() ? std::nullopt : std::optional(later_.begin()->due);
}

/// Whether it may start, were there a slot, decides where it stands.
void Schedule::look_at(Run& run) {
    const RunLane* const lane = run.lane;
    const bool is_next = lane == nullptr || (lane->running == nullptr && *lane->runs.begin() == &run);
    const bool is_ready = run.state == Run::State::waiting && !run.is_later && is_next;
    RunGroup& group = *run.group;
    if (is_ready == group.ready.contains(&run)) {
        return;
    }
    delist(group); // its first ready run may become another one
    if (is_ready) {
        group.ready.insert(&run);
    } else {
        group.ready.erase(&run);
    }
    enlist(group);
}

void Schedule::look_at_first(const RunLane* lane) {
    if (lane != nullptr) {
        look_at(**lane->runs.begin());
    }
}

void Schedule::forget_due(Run& run) {
    if (std::exchange(run.is_later, false)) {
        later_.erase({run.due, &run});
    }
}

void Schedule::end_attempt(const Run& run) {
    if (suspect_ == &run) {
        suspect_ = nullptr;
    }
    if (run.lane != nullptr && run.lane->running == &run) {
        run.lane->running = nullptr;
    }
}

void Schedule::enlist(RunGroup& group) {
    if (!group.ready.empty() && !group.is_paused) {
        group.first = (*group.ready.begin())->number;
        turns_.emplace(group.served, group.first, &group);
    }
}

void Schedule::delist(RunGroup& group) {
    turns_.erase({group.served, group.first, &group});
}

} // namespace eventsgw
