// SPDX-License-Identifier: GPL-3.0-or-later
// Copyright (C) 2026 eventsgw contributors

#include "runs/run_log.h"

#include "base/text.h"

#include <string>
#include <vector>

namespace eventsgw {
namespace {

std::string_view describe(AttemptEnd::Status status) {
    switch (status) {
    case AttemptEnd::Status::completed: return "completed";
    case AttemptEnd::Status::aborted: return "aborted";
    case AttemptEnd::Status::skipped: return "skipped";
    case AttemptEnd::Status::absent: return "absent";
    case AttemptEnd::Status::interrupted: return "interrupted";
    }
    return "unknown";
}

LogLevel level_of(AttemptEnd::Status status) {
    switch (status) {
    case AttemptEnd::Status::completed: return LogLevel::info;
    case AttemptEnd::Status::skipped:
    case AttemptEnd::Status::absent: return LogLevel::debug;
    case AttemptEnd::Status::aborted:
    case AttemptEnd::Status::interrupted: return LogLevel::error;
    }
    return LogLevel::error;
}

void log_handler(const Log& log, const AttemptPlan& plan, const AttemptEnd& end) {
    const LogLevel level = level_of(end.status);
    const std::string of = "Handler of " + std::string(plan.channel());
    const std::string step = escape(end.step);
    if (end.signal != 0) {
        log.say(level, of + " lost step " + step + " to " + name_signal(end.signal),
                {{"id", plan.id}, LogField::hidden("event", plan.channel())});
    }
    log.say(level,
            of + " exited with status \"" + std::string(describe(end.status)) + "\" (" + std::to_string(end.code) +
                ") at step " + step,
            {{"wall", end.wall}, {"cpu", end.cpu}, {"id", plan.id}, LogField::hidden("event", plan.channel())});
}

void log_command(const Log& log, const AttemptPlan& plan, const AttemptEnd& end) {
    if (!end.reason.empty()) {
        log.error("command", "not started",
                  {{"event", plan.channel()}, {"rule", plan.line}, {"reason", end.reason}, {"id", plan.id}});
    } else if (end.signal != 0) {
        log.error("command", "exited",
                  {{"event", plan.channel()},
                   {"rule", plan.line},
                   {"status", end.code},
                   {"signal", name_signal(end.signal)},
                   {"wall", end.wall},
                   {"cpu", end.cpu},
                   {"id", plan.id}});
    } else {
        const bool is_well = end.status == AttemptEnd::Status::completed || end.status == AttemptEnd::Status::skipped;
        log.write(is_well ? LogLevel::info : LogLevel::error, "command", "exited",
                  {{"event", plan.channel()},
                   {"rule", plan.line},
                   {"status", end.code},
                   {"wall", end.wall},
                   {"cpu", end.cpu},
                   {"id", plan.id}});
    }
}

RunResult result_of(const AttemptPlan& plan, const AttemptEnd& end) {
    switch (end.status) {
    case AttemptEnd::Status::completed: return RunResult::succeeded;
    case AttemptEnd::Status::skipped:
    case AttemptEnd::Status::absent: return RunResult::skipped;
    case AttemptEnd::Status::interrupted: return RunResult::interrupted;
    case AttemptEnd::Status::aborted: break;
    }
    const bool has_started = plan.kind == WorkKind::handler || end.reason.empty();
    return end.is_overdue ? RunResult::timed_out : has_started ? RunResult::failed : RunResult::not_started;
}

/// What is known without an attempt.
RunRecord describe(const Run& run) {
    RunRecord record;
    record.id = to_string(run.id);
    record.event = run.event ? run.event : std::make_shared<KeptEvent>("", ""); // it is lost
    record.kind = run.group->kind;
    record.line = run.group->line;
    record.value = run.group->command;
    record.arrived = run.arrived;
    record.ended = std::chrono::system_clock::now();
    record.began = record.ended;
    record.attempts = run.starts;
    record.coalesced = run.coalesced;
    return record;
}

} // namespace

void log_end(const Log& log, const AttemptPlan& plan, const AttemptEnd& end) {
    plan.kind == WorkKind::handler ? log_handler(log, plan, end) : log_command(log, plan, end);
}

RunRecord make_record(const Run& run, const AttemptPlan& plan, const AttemptEnd& end) {
    RunRecord record = describe(run);
    record.line = plan.line; // as it was when the attempt started
    record.value = plan.command;
    record.began -= std::chrono::duration_cast<RunRecord::Time::duration>(end.wall);
    record.result = result_of(plan, end);
    record.status = end.code;
    record.signal = end.signal;
    record.wall = end.wall;
    record.cpu = end.cpu;
    record.pid = end.pid;
    record.reason = end.reason;
    record.steps = end.steps;
    return record;
}

RunRecord make_record(const Run& run, RunResult result, std::string_view reason) {
    RunRecord record = describe(run);
    record.result = result;
    record.reason = reason;
    return record;
}

} // namespace eventsgw
