// SPDX-License-Identifier: GPL-3.0-or-later
// Copyright (C) 2026 eventsgw contributors

#include "runs/attempt.h"

#include "base/text.h"
#include "base/time.h"
#include "event/event.h"
#include "handlers/state_file.h"

#include <algorithm>
#include <csignal>
#include <string_view>
#include <utility>

namespace eventsgw {
namespace {

constexpr const char* kStateFile = "environment"; // in the working directory, which is the module's state directory

/// A process cannot be given a NUL, nor, by Linux, a variable of 128 KiB; and all of them share its stack.
void add_variable(std::vector<std::string>& variables, std::string_view name, std::string_view value) {
    constexpr std::size_t kMost = 16384;
    if (value.size() <= kMost && value.find('\0') == std::string_view::npos) {
        variables.push_back(std::string(name).append("=").append(value));
    }
}

} // namespace

Attempt::Attempt(const AttemptMeans& means, AttemptPlan plan, std::function<void(const AttemptEnd&)> on_done)
    : means_(means), plan_(std::move(plan)), on_done_(std::move(on_done)),
      retry_(means.timers.make_timer([this] { prepare(); })), timeout_(means.timers.make_timer([this] { on_due(); })) {}

void Attempt::start() {
    started_ = means_.timers.now();
    if (plan_.settings.timeout > std::chrono::nanoseconds::zero()) {
        timeout_->start(plan_.settings.timeout);
    }
    if (is_handler()) {
        prepare();
    } else {
        add_variables();
        start_command();
    }
}

/// Without a descriptor to look with, the event waits: it must neither be lost nor run without its variables.
void Attempt::prepare() {
    const Result<void> loaded = load();
    if (loaded) {
        go_on();
        return;
    }
    if (!std::exchange(is_wait_said_, true)) {
        means_.log.warning("handler", "cannot start, trying again",
                           {{"reason", loaded.error().message}, {"event", plan_.channel()}, {"id", plan_.id}});
    }
    retry_->start(backoff_.next());
}

/// The steps and the state file. Error: the kernel is too short for it now.
Result<void> Attempt::load() {
    const std::optional<EventName> parts = split_channel(plan_.channel());
    StepList list = list_steps(plan_.bases, parts ? parts->name : std::string_view());
    if (list.is_short) {
        return Error{list.problems.front()};
    }
    for (const std::string& problem : list.problems) {
        means_.log.warning("handler", "cannot read a directory of steps",
                           {{"reason", problem}, {"event", plan_.channel()}});
    }
    steps_ = std::move(list.steps);
    Result<std::vector<std::string>> state = load_state_file(kStateFile);
    if (state) {
        variables_ = std::move(*state);
    } else if (state.error().fault == Fault::shortage) {
        return state.error();
    } else {
        means_.log.warning("handler", "runs without the variables of the state file",
                           {{"reason", state.error().message}, {"event", plan_.channel()}, {"id", plan_.id}});
    }
    variables_.emplace_back("AGENT_COMFD=2");
    add_variables();
    return {};
}

void Attempt::add_variables() {
    if (const std::optional<EventName> parts = split_channel(plan_.channel())) {
        add_variable(variables_, "AGENT_EVENT_NAME", parts->name);
        add_variable(variables_, "AGENT_EVENT_SOURCE", parts->source);
    }
    add_variable(variables_, "AGENT_EVENT_CHANNEL", plan_.channel());
    variables_.push_back("AGENT_EVENT_ID=" + plan_.id);
    variables_.push_back("AGENT_EVENT_TIME=" + format_rfc3339(plan_.arrived));
    variables_.push_back("AGENT_EVENT_COALESCED=" + std::to_string(plan_.coalesced));
    variables_.push_back("AGENT_EVENT_ATTEMPT=" + std::to_string(plan_.number));
    if (plan_.event->is_replay()) {
        variables_.emplace_back("AGENT_EVENT_REPLAY=1");
    }
}

void Attempt::start_command() {
    if (means_.log.is_enabled(LogLevel::debug)) {
        means_.log.debug("command", "due", {{"event", plan_.channel()}, {"rule", plan_.line}, {"id", plan_.id}});
    }
    const bool has_nul = plan_.command.find('\0') != std::string::npos;
    const Result<void> started =
        has_nul ? Error{"a NUL byte in it cannot be given to a shell"} : launch({"/bin/sh", "-c", plan_.command});
    if (!started) {
        end_.reason = started.error().message;
        end_.may_be_retried = !has_nul;
        finish(AttemptEnd::Status::aborted, -1);
    }
}

/// Ends with a step that runs, or with the end of the attempt.
void Attempt::go_on() {
    while (next_ < steps_.size()) {
        const Step& step = steps_[next_++];
        const StepVerdict verdict = judge_step(step.path, plan_.settings.strict_modes);
        if (verdict.fate == StepFate::refused) {
            refuse(step, verdict.reason);
            return;
        }
        if (verdict.fate == StepFate::skipped) {
            skip(step, verdict.reason);
        } else if (start_step(step)) {
            return;
        }
    }
    finish(steps_.empty() ? AttemptEnd::Status::absent : AttemptEnd::Status::completed, 0);
}

bool Attempt::start_step(const Step& step) {
    if (means_.log.is_enabled(LogLevel::debug)) {
        say(LogLevel::debug, "is starting step " + escape(step.name));
    }
    output_ = means_.open_output();
    const Result<void> launched = launch({step.path});
    if (!launched) {
        skip(step, escape(launched.error().message));
    }
    return static_cast<bool>(launched);
}

Result<void> Attempt::launch(std::vector<std::string> command) {
    Job job{std::move(command), plan_.event->payload(), variables_, output_.stream.get()};
    if (!output_.variable.empty()) {
        job.environment.push_back(output_.variable);
    }
    const Result<Supervisor::Id> started =
        means_.supervisor.start(std::move(job), [this](const Result<Exit>& exit) { on_program_done(exit); });
    if (!started) {
        return started.error();
    }
    running_ = *started;
    return {};
}

/// Nothing more can be done about a step that others may have written, now or later.
void Attempt::refuse(const Step& step, const std::string& reason) {
    say(LogLevel::error, "refuses step " + escape(step.name) + ": " + reason);
    end_.steps.push_back({.name = step.name, .result = RunResult::not_started, .reason = reason});
    end_.may_be_retried = false;
    finish(AttemptEnd::Status::aborted, -1);
}

void Attempt::skip(const Step& step, const std::string& reason) {
    say(LogLevel::warning, "skips step " + escape(step.name) + ": " + reason);
    end_.steps.push_back({.name = step.name, .result = RunResult::skipped, .reason = reason});
}

void Attempt::on_program_done(const Result<Exit>& exit) {
    running_.reset();
    const bool has_stream = static_cast<bool>(std::exchange(output_, {}).stream);
    if (exit) {
        end_.cpu += exit->cpu;
        record_exit(*exit, has_stream);
        if (is_handler() && exit->remains != 0) {
            groups_.insert(exit->remains);
            means_.remains.add(exit->remains);
        }
    }
    if (is_stopped_ && !end_.is_overdue) {
        on_stopped(exit);
    } else if (!exit && is_handler()) {
        skip(steps_[next_ - 1], escape(exit.error().message));
        go_on();
    } else if (!exit) {
        end_.reason = exit.error().message;
        finish(AttemptEnd::Status::aborted, -1);
    } else if (!end_.is_overdue && exit->status == 0) {
        is_handler() ? go_on() : finish(AttemptEnd::Status::completed, 0);
    } else if (!end_.is_overdue && is_skip_code(exit->status)) {
        finish(AttemptEnd::Status::skipped, exit->status);
    } else {
        finish(AttemptEnd::Status::aborted, exit->status, exit->signal);
    }
}

/// What was told to end and has done its work all the same need not do it again.
void Attempt::on_stopped(const Result<Exit>& exit) {
    const bool has_completed = exit && exit->status == 0 && is_last();
    finish(has_completed ? AttemptEnd::Status::completed : AttemptEnd::Status::interrupted, exit ? exit->status : -1,
           exit ? exit->signal : 0);
}

void Attempt::record_exit(const Exit& exit, bool has_stream) {
    if (!is_handler()) {
        end_.pid = exit.pid;
        return;
    }
    const RunResult result = end_.is_overdue             ? RunResult::timed_out
                             : exit.status == 0          ? RunResult::succeeded
                             : is_skip_code(exit.status) ? RunResult::skipped
                                                         : RunResult::failed;
    end_.steps.push_back({due_step(), result, exit.status, exit.signal, exit.wall, exit.cpu, exit.pid, has_stream, ""});
}

bool Attempt::is_skip_code(int status) const {
    const std::vector<std::uint64_t>& codes = plan_.settings.skip_exit_codes;
    return status > 0 && std::find(codes.begin(), codes.end(), static_cast<std::uint64_t>(status)) != codes.end();
}

/// The attempt's time is over, or that of its last program to end by itself.
void Attempt::on_due() {
    if (end_.is_overdue || is_stopped_) {
        kill();
        return;
    }
    end_.is_overdue = true;
    const std::string time = format_duration(plan_.settings.timeout);
    if (is_handler()) {
        say(LogLevel::error, "has run for " + time + " and is ended at step " + escape(due_step()));
    } else {
        means_.log.error("command", "timed out, ended",
                         {{"event", plan_.channel()}, {"rule", plan_.line}, {"timeout", time}, {"id", plan_.id}});
    }
    terminate(plan_.settings.kill_grace);
}

void Attempt::stop(std::chrono::nanoseconds grace) {
    if (std::exchange(is_stopped_, true) || end_.is_overdue) {
        return;
    }
    terminate(grace);
}

/// Asks the program that runs to end, or ends the attempt if none does.
void Attempt::terminate(std::chrono::nanoseconds grace) {
    retry_->stop();
    timeout_->stop();
    if (!running_ || means_.supervisor.cancel(*running_)) {
        finish(is_stopped_ ? AttemptEnd::Status::interrupted : AttemptEnd::Status::aborted, -1);
        return;
    }
    means_.supervisor.kill_remains(*running_);
    means_.supervisor.signal(*running_, SIGTERM);
    timeout_->start(grace);
}

void Attempt::kill() {
    if (running_) {
        means_.supervisor.signal(*running_, SIGKILL);
    }
}

pid_t Attempt::pid() const {
    return running_ ? means_.supervisor.pid(*running_) : 0;
}

void Attempt::finish(AttemptEnd::Status status, int code, int signal) {
    timeout_->stop();
    retry_->stop();
    running_.reset();
    if (end_.is_overdue || is_stopped_) {
        means_.remains.kill(groups_);
    }
    end_.status = status;
    end_.code = code;
    end_.signal = signal;
    end_.step = due_step();
    end_.wall = means_.timers.now() - started_;
    on_done_(end_);
}

/// The agent's words, which people and programs look for in the journal, and then ours.
void Attempt::say(LogLevel level, const std::string& text) const {
    means_.log.say(level, "Handler of " + std::string(plan_.channel()) + " " + text,
                   {LogField::hidden("event", plan_.channel()), {"id", plan_.id}});
}

/// The one that runs or has run last.
std::string Attempt::due_step() const {
    return next_ > 0 ? steps_[next_ - 1].name : "";
}

} // namespace eventsgw
