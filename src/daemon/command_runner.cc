// SPDX-License-Identifier: GPL-3.0-or-later
// Copyright (C) 2026 eventsgw contributors

#include "daemon/command_runner.h"

#include <cerrno>
#include <chrono>
#include <utility>

namespace eventsgw {
namespace {

RunRecord make_record(const Rule& rule, const Event& event, std::string id) {
    RunRecord run;
    run.id = std::move(id);
    run.channel = event.channel;
    run.line = rule.line;
    run.arrived = std::chrono::system_clock::now();
    run.is_replay = event.is_replay;
    return run;
}

void set_end(RunRecord& run, const Result<Exit>& exit) {
    run.ended = std::chrono::system_clock::now();
    run.began = run.ended;
    if (!exit) {
        run.result = RunResult::not_started;
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

std::string CommandRunner::run(const Rule& rule, const Event& event) {
    const Number number = ++last_;
    RunRecord& run = runs_.emplace(number, make_record(rule, event, uuids_.make())).first->second;
    std::string id = run.id;
    run.value = history_.is_on() ? rule.value : "";
    if (rule.value.find('\0') != std::string::npos) {
        on_done(number, Error{"a NUL byte in it cannot be given to a shell", EINVAL});
        return id;
    }
    log_.debug("command", "due", {{"event", event.channel}, {"rule", rule.line}, {"id", id}});
    Job job{{"/bin/sh", "-c", rule.value}};
    if (history_.keeps_payload(event.payload.size())) {
        run.payload = event.payload;
        job.input = Input::lend(*run.payload);
    } else {
        job.input = std::string(event.payload);
    }
    if (event.is_replay) {
        job.environment.emplace_back("AGENT_EVENT_REPLAY=1");
    }
    if (!queue_.submit(std::move(job), [this, number](const Result<Exit>& exit) { on_done(number, exit); })) {
        runs_.erase(number);
        refusals_.add(event.channel, queue_.waiting(), queue_.waiting_bytes());
        return "";
    }
    return id;
}

void CommandRunner::on_done(Number number, const Result<Exit>& exit) {
    RunRecord run = std::move(runs_.extract(number).mapped());
    const bool succeeded = exit && exit->status == 0;
    ++(succeeded ? counters_.succeeded : counters_.failed);
    if (exit) {
        log_exit(run, *exit);
    } else {
        log_.error("command", "not started",
                   {{"event", run.channel}, {"rule", run.line}, {"reason", exit.error().message}, {"id", run.id}});
    }
    set_end(run, exit);
    history_.add(std::move(run));
    on_idle_();
}

void CommandRunner::log_exit(const RunRecord& run, const Exit& exit) const {
    if (exit.signal != 0) {
        log_.error("command", "exited",
                   {{"event", run.channel},
                    {"rule", run.line},
                    {"status", exit.status},
                    {"signal", name_signal(exit.signal)},
                    {"wall", exit.wall},
                    {"cpu", exit.cpu},
                    {"id", run.id}});
        return;
    }
    log_.write(exit.status == 0 ? LogLevel::info : LogLevel::error, "command", "exited",
               {{"event", run.channel},
                {"rule", run.line},
                {"status", exit.status},
                {"wall", exit.wall},
                {"cpu", exit.cpu},
                {"id", run.id}});
}

} // namespace eventsgw
