// SPDX-License-Identifier: GPL-3.0-or-later
// Copyright (C) 2026 eventsgw contributors

#include "runs/run_queue.h"

#include <algorithm>
#include <string>
#include <utility>

namespace eventsgw {

/// A row says running only if the gateway came to an unclean end: an orderly one writes that the run waits. From its
/// first such interruption on a run stays suspect in each process until an attempt has ended there: the process before
/// this one may have come to its end while it still waited for what was left running.
void RunQueue::recover(std::string_view killed_agent) {
    std::vector<FormerRun> former;
    for (const RunRow& row : journal_.take_runs()) {
        recover(row, former);
    }
    if (!runs_.empty()) {
        means_.log.notice("run", "taken over from the former process",
                          {{"waiting", waiting()},
                           {"interrupted", commands_.interrupted + handlers_.interrupted},
                           {"held", commands_.held + handlers_.held}});
    }
    writes_first_ = !former.empty() && resumed_ > 0;
    apply_pauses();
    end_leftovers(former, killed_agent);
    start_next();
}

void RunQueue::recover(const RunRow& row, std::vector<FormerRun>& former) {
    Run& run = runs_.emplace(row.number, Run()).first->second;
    run.number = row.number;
    run.id = row.id;
    run.group = &find_group(row.kind, row.key);
    run.size = row.event->channel().size() + row.payload_size;
    run.arrived = std::min(row.arrived, now()); // a clock that was ahead
    run.read = means_.timers.now() - (now() - run.arrived);
    run.starts = row.starts;
    run.crashes = row.crashes;
    run.stops = row.stops;
    run.failures = row.failures;
    run.coalesced = row.coalesced;
    run.is_cancelled = row.state == RunRow::State::running && row.reason == kCancelled;
    store_.add_stored(run);

    const std::chrono::nanoseconds hold_after = limits_.hold_after;
    if (row.state == RunRow::State::running) {
        ++run.crashes;
        ++counters_of(run).interrupted;
    }
    if (run.crashes > 0) {
        run.is_suspect = true;
        former.push_back({to_string(run.id), row.pid, row.pid_start});
    }
    if (row.state == RunRow::State::held && !(is_for_config(row.reason) && run.group->is_there)) {
        run.held_because = std::make_unique<const std::string>(row.reason);
        set_state(run, Run::State::held);
        return;
    }
    if (hold_after > std::chrono::nanoseconds::zero() && now() - run.arrived > hold_after) {
        hold(run, "older than hold_after");
        return;
    }
    if (!run.group->is_there) {
        hold(run, kRuleRemoved);
        return;
    }
    resume(run, row);
}

void RunQueue::resume(Run& run, const RunRow& row) {
    const RunSettings& settings = run.group->settings;
    set_state(run, Run::State::waiting);
    run.is_resumed = true;
    ++resumed_;
    // A clock that was set may have left any time in the file.
    const std::chrono::nanoseconds longest = std::max(settings.retry_max_delay, settings.coalesce) * 5 / 4;
    const auto delay = std::clamp<std::chrono::nanoseconds>(row.due - now(), std::chrono::nanoseconds::zero(), longest);
    schedule_.add(run, choose_lane(*run.group, row.event->channel()));
    schedule_.set_due(run, means_.timers.now() + delay, means_.timers.now());
    if (row.state != RunRow::State::waiting) {
        store_.save(run);
    }
    if (settings.max_age > std::chrono::nanoseconds::zero()) {
        expiry_->start(kExpiry);
    }
}

/// No attempt starts while a process of an earlier one is alive. After a reboot no such process exists.
void RunQueue::end_leftovers(const std::vector<FormerRun>& former, std::string_view killed_agent) {
    const std::vector<FormerRun> none;
    const std::vector<FormerRun>& known = journal_.claim().is_same_boot ? former : none;
    awaits_leftovers_ = leftovers_.end(known, limits_.kill_grace, killed_agent) > 0;
}

} // namespace eventsgw
