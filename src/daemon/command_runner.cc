// SPDX-License-Identifier: GPL-3.0-or-later
// Copyright (C) 2026 eventsgw contributors

#include "daemon/command_runner.h"

#include "base/chrono.h"

#include <cerrno>
#include <utility>

namespace eventsgw {
namespace {

RunRecord make_record(const Rule& rule, const std::shared_ptr<KeptEvent>& event, std::string id) {
    RunRecord run;
    run.id = std::move(id);
    run.event = event;
    run.line = rule.line;
    run.arrived = std::chrono::system_clock::now();
    return run;
}

void set_end(RunRecord& run, const Result<Exit>& exit) {
    run.ended = std::chrono::system_clock::now();
    run.began = run.ended;
    if (!exit) {
        run.result = RunResult::not_started;
        run.attempts = 0;
        run.reason = exit.error().message;
        return;
    }
    run.began -= std::chrono::duration_cast<RunRecord::Time::duration>(exit->wall);
    run.result = exit->status == 0 ? RunResult::succeeded : RunResult::failed;
    run.status = exit->status;
    run.signal = exit->signal;
    run.wall = exit->wall;
    run.cpu = exit->cpu;
    run.pid = exit->pid;
}

} // namespace

Outcome CommandRunner::run(const Rule& rule, const Event& event, const std::shared_ptr<KeptEvent>& kept) {
    const Uuid id = uuids_.make_bytes();
    RunRecord record = make_record(rule, kept, to_string(id));
    Job job{{"/bin/sh", "-c", rule.value}};
    if (event.is_replay()) {
        job.environment.emplace_back("AGENT_EVENT_REPLAY=1");
    }
    if (history_.is_on()) {
        record.value = rule.value;
    }
    job.input = kept->payload(); // the record has it until the command has ended
    const Number number = ++last_;
    runs_.emplace(number, Run{std::move(record), event.read});
    return submit(number, id, std::move(job));
}

Outcome CommandRunner::submit(Number number, const Uuid& id, Job job) {
    const RunRecord& run = runs_.at(number).record;
    if (job.command.back().find('\0') != std::string::npos) {
        on_done(number, Error{"a NUL byte in it cannot be given to a shell"});
        return Outcome::started(id);
    }
    log_.debug("command", "due", {{"event", run.channel()}, {"rule", run.line}, {"id", run.id}});
    switch (queue_.submit(std::move(job), [this, number](const Result<Exit>& exit) { on_done(number, exit); })) {
    case Admission::has_slot: return Outcome::started(id);
    case Admission::waits: return Outcome::waiting(id);
    case Admission::refused: break;
    }
    refuse(number);
    return Outcome::refused(Outcome::Reason::queue_full);
}

void CommandRunner::refuse(Number number) {
    RunRecord run = std::move(runs_.extract(number).mapped().record);
    refusals_.add(run.channel(), queue_.waiting(), queue_.waiting_bytes());
    if (history_.is_on()) {
        history_.refuse(std::move(run), kQueueFull);
    }
}

void CommandRunner::on_done(Number number, const Result<Exit>& exit) {
    Run run = std::move(runs_.extract(number).mapped());
    const bool succeeded = exit && exit->status == 0;
    ++(succeeded ? counters_.succeeded : counters_.failed);
    if (exit) {
        counters_.begun.add(timers_.now() - exit->wall - run.read);
        log_exit(run.record, *exit);
    } else {
        log_.error("command", "not started",
                   {{"event", run.record.channel()},
                    {"rule", run.record.line},
                    {"reason", exit.error().message},
                    {"id", run.record.id}});
    }
    set_end(run.record, exit);
    history_.add(std::move(run.record));
    on_idle_();
}

void CommandRunner::log_exit(const RunRecord& run, const Exit& exit) const {
    if (exit.signal != 0) {
        log_.error("command", "exited",
                   {{"event", run.channel()},
                    {"rule", run.line},
                    {"status", exit.status},
                    {"signal", name_signal(exit.signal)},
                    {"wall", exit.wall},
                    {"cpu", exit.cpu},
                    {"id", run.id}});
        return;
    }
    log_.write(exit.status == 0 ? LogLevel::info : LogLevel::error, "command", "exited",
               {{"event", run.channel()},
                {"rule", run.line},
                {"status", exit.status},
                {"wall", exit.wall},
                {"cpu", exit.cpu},
                {"id", run.id}});
}

Report::Runs CommandRunner::report() const {
    Report::Runs runs;
    runs.succeeded = counters_.succeeded;
    runs.failed = counters_.failed;
    runs.refused = refused();
    runs.begun = counters_.begun;
    return runs;
}

} // namespace eventsgw
