// SPDX-License-Identifier: GPL-3.0-or-later
// Copyright (C) 2026 eventsgw contributors

#include "daemon/events_directory.h"

#include "base/chrono.h"
#include "base/text.h"
#include "handlers/steps.h"

#include <iterator>
#include <optional>
#include <utility>

namespace eventsgw {
namespace {

std::string_view to_string(HandlerOutcome::Status status) {
    switch (status) {
    case HandlerOutcome::Status::completed: return "completed";
    case HandlerOutcome::Status::aborted: return "aborted";
    case HandlerOutcome::Status::skipped: return "skipped";
    case HandlerOutcome::Status::absent: return "absent";
    }
    return "unknown";
}

LogLevel level_of(HandlerOutcome::Status status) {
    switch (status) {
    case HandlerOutcome::Status::completed: return LogLevel::info;
    case HandlerOutcome::Status::aborted: return LogLevel::error;
    case HandlerOutcome::Status::skipped:
    case HandlerOutcome::Status::absent: return LogLevel::debug;
    }
    return LogLevel::error;
}

RunResult result_of(const HandlerOutcome& outcome) {
    if (outcome.status == HandlerOutcome::Status::completed) {
        return RunResult::succeeded;
    }
    if (outcome.status == HandlerOutcome::Status::skipped) {
        return RunResult::skipped;
    }
    return outcome.is_overdue ? RunResult::timed_out : RunResult::failed;
}

RunRecord make_record(const Occurrence& occurrence, const HandlerOutcome& outcome) {
    RunRecord run;
    run.id = occurrence.id;
    run.event = occurrence.event;
    run.kind = WorkKind::handler;
    run.arrived = occurrence.received;
    run.ended = std::chrono::system_clock::now();
    run.began = run.ended - std::chrono::duration_cast<RunRecord::Time::duration>(outcome.wall);
    run.result = result_of(outcome);
    run.status = outcome.code;
    run.signal = outcome.signal;
    run.wall = outcome.wall;
    run.cpu = outcome.cpu;
    run.coalesced = occurrence.coalesced;
    run.steps = outcome.steps;
    return run;
}

} // namespace

EventsDirectory::EventsDirectory(const HandlerMeans& means, Slots& slots, History& history, Config config,
                                 std::function<void()> on_idle)
    : means_(means), config_(std::move(config)), on_idle_(std::move(on_idle)),
      overflow_(means.timers, means.log, "handler", "refused, as much waits as may"),
      names_(means.timers, means.log, "handler", "refused, no event has such a name"), slots_(slots), history_(history),
      scheduler_(means.timers, slots,
                 [this](Occurrence occurrence, const std::string& lane) { begin(std::move(occurrence), lane); }) {}

Outcome EventsDirectory::accept(const Event& event, Keeper& keeper) {
    const std::optional<EventName> parts = split_channel(event.channel);
    if (!parts || !is_valid_name(parts->name) || !is_valid_source(parts->source)) {
        names_.add(event.channel);
        return refuse(Outcome::Reason::no_such_name, keeper, "");
    }
    Occurrence occurrence;
    StepList list = list_steps(config_.bases, parts->name);
    if (list.is_short) {
        occurrence.bases = config_.bases; // the handler looks again when its turn has come
    } else {
        report(list, event);
        if (list.steps.empty()) {
            return Outcome::nothing();
        }
        occurrence.steps = std::move(list.steps);
    }
    occurrence.source = parts->source;
    occurrence.name = parts->name;
    occurrence.event = keeper.keep();
    const Uuid id = uuids_.make_bytes();
    occurrence.id = to_string(id);
    occurrence.received = std::chrono::system_clock::now();
    occurrence.read = event.read;
    occurrence.settings = settings_of(parts->name);
    switch (scheduler_.submit(std::move(occurrence))) {
    case Admission::has_slot: return Outcome::started(id);
    case Admission::waits: return Outcome::waiting(id);
    case Admission::refused: break;
    }
    overflow_.add(event.channel, slots_.waiting(), slots_.waiting_bytes());
    return refuse(Outcome::Reason::queue_full, keeper, to_string(id));
}

Outcome EventsDirectory::refuse(Outcome::Reason reason, Keeper& keeper, std::string id) {
    if (history_.is_on()) {
        RunRecord run;
        run.id = std::move(id);
        run.event = keeper.keep();
        run.kind = WorkKind::handler;
        history_.refuse(std::move(run), to_string(reason));
    }
    return Outcome::refused(reason);
}

bool EventsDirectory::has_handler(const Event& event) const {
    const std::optional<EventName> parts = split_channel(event.channel);
    return parts && is_valid_name(parts->name) && is_valid_source(parts->source) &&
           !list_steps(config_.bases, parts->name).steps.empty();
}

void EventsDirectory::report(const StepList& list, const Event& event) const {
    for (const std::string& problem : list.problems) {
        means_.log.warning("handler", "cannot read a directory of steps",
                           {{"reason", problem}, {"event", event.channel}});
    }
}

const RunSettings& EventsDirectory::settings_of(std::string_view event) const {
    const auto found = config_.overrides.find(event);
    return found == config_.overrides.end() ? config_.defaults : found->second;
}

void EventsDirectory::begin(Occurrence occurrence, const std::string& lane) {
    const auto place = handlers_.emplace(handlers_.end());
    *place =
        std::make_unique<Handler>(means_, std::move(occurrence), [this, place, lane](const HandlerOutcome& outcome) {
            on_done(place, lane, outcome);
        });
    (*place)->start();
}

void EventsDirectory::on_done(Handlers::iterator place, const std::string& lane, const HandlerOutcome& outcome) {
    if (!is_closed_ && outcome.status != HandlerOutcome::Status::absent) {
        count((*place)->occurrence(), outcome);
        log_end((*place)->occurrence(), outcome);
        if (history_.is_on()) {
            history_.add(make_record((*place)->occurrence(), outcome));
        }
    }
    means_.timers.retire(std::move(*place));
    handlers_.erase(place);
    scheduler_.finish(lane);
    on_idle_();
}

void EventsDirectory::count(const Occurrence& occurrence, const HandlerOutcome& outcome) {
    counters_.begun.add(means_.timers.now() - outcome.wall - occurrence.read);
    counters_.timed_out += outcome.is_overdue ? 1 : 0;
    switch (outcome.status) {
    case HandlerOutcome::Status::completed: ++counters_.completed; break;
    case HandlerOutcome::Status::aborted: ++counters_.aborted; break;
    case HandlerOutcome::Status::skipped: ++counters_.skipped; break;
    case HandlerOutcome::Status::absent: break;
    }
}

/// The agent's words, which people and programs look for in the journal, and then ours.
void EventsDirectory::log_end(const Occurrence& occurrence, const HandlerOutcome& outcome) const {
    const LogLevel level = level_of(outcome.status);
    const std::string step = escape(outcome.step);
    if (outcome.signal != 0) {
        means_.log.say(
            level, "Handler of " + occurrence.channel() + " lost step " + step + " to " + name_signal(outcome.signal),
            {{"id", occurrence.id}, LogField::hidden("event", occurrence.channel())});
    }
    means_.log.say(level,
                   "Handler of " + occurrence.channel() + " exited with status \"" +
                       std::string(to_string(outcome.status)) + "\" (" + std::to_string(outcome.code) + ") at step " +
                       step,
                   {{"wall", outcome.wall},
                    {"cpu", outcome.cpu},
                    {"id", occurrence.id},
                    LogField::hidden("event", occurrence.channel())});
}

void EventsDirectory::close() {
    is_closed_ = true;
    scheduler_.close();
    for (auto place = handlers_.begin(); place != handlers_.end();) {
        Handler& handler = **place;
        ++place; // the handler may leave the list
        handler.close();
    }
}

Report::Runs EventsDirectory::report() const {
    Report::Runs runs;
    runs.running = running();
    runs.waiting = waiting();
    runs.succeeded = counters_.completed;
    runs.failed = counters_.aborted;
    runs.skipped = counters_.skipped;
    runs.timed_out = counters_.timed_out;
    runs.refused = refused();
    runs.begun = counters_.begun;
    return runs;
}

} // namespace eventsgw
