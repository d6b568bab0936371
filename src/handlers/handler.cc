// SPDX-License-Identifier: GPL-3.0-or-later
// Copyright (C) 2026 eventsgw contributors

#include "handlers/handler.h"

#include "base/text.h"
#include "base/time.h"
#include "handlers/state_file.h"

#include <algorithm>
#include <csignal>
#include <utility>

namespace eventsgw {
namespace {

constexpr const char* kStateFile = "environment"; // in the working directory, which is the module's state directory

} // namespace

Handler::Handler(const HandlerMeans& means, Occurrence occurrence, std::function<void(const HandlerOutcome&)> on_done)
    : means_(means), occurrence_(std::move(occurrence)), on_done_(std::move(on_done)),
      retry_(means.timers.make_timer([this] { prepare(); })), timeout_(means.timers.make_timer([this] { on_due(); })) {}

void Handler::start() {
    started_ = means_.timers.now();
    if (occurrence_.settings.timeout > std::chrono::nanoseconds::zero()) {
        timeout_->start(occurrence_.settings.timeout);
    }
    prepare();
}

/// Without a descriptor to look with, the event waits: it must neither be lost nor run without its variables.
void Handler::prepare() {
    const Result<void> loaded = load();
    if (loaded) {
        go_on();
        return;
    }
    if (!std::exchange(is_wait_said_, true)) {
        means_.log.warning(
            "handler", "cannot start, trying again",
            {{"reason", loaded.error().message}, {"event", occurrence_.channel()}, {"id", occurrence_.id}});
    }
    retry_->start(backoff_.next());
}

/// The steps, where they are not known, and the state file. Error: the kernel is too short for it now.
Result<void> Handler::load() {
    if (!occurrence_.bases.empty()) {
        StepList list = list_steps(occurrence_.bases, occurrence_.name);
        if (list.is_short) {
            return Error{list.problems.front()};
        }
        occurrence_.steps = std::move(list.steps);
        occurrence_.bases.clear();
    }
    Result<std::vector<std::string>> state = load_state_file(kStateFile);
    if (state) {
        variables_ = std::move(*state);
    } else if (state.error().fault == Fault::shortage) {
        return state.error();
    } else {
        means_.log.warning(
            "handler", "goes without the variables of the state file",
            {{"reason", state.error().message}, {"event", occurrence_.channel()}, {"id", occurrence_.id}});
    }
    add_variables();
    return {};
}

void Handler::add_variables() {
    variables_.emplace_back("AGENT_COMFD=2");
    variables_.push_back("AGENT_EVENT_NAME=" + occurrence_.name);
    variables_.push_back("AGENT_EVENT_SOURCE=" + occurrence_.source);
    variables_.push_back("AGENT_EVENT_CHANNEL=" + occurrence_.channel());
    variables_.push_back("AGENT_EVENT_ID=" + occurrence_.id);
    variables_.push_back("AGENT_EVENT_TIME=" + format_rfc3339(occurrence_.received));
    variables_.push_back("AGENT_EVENT_COALESCED=" + std::to_string(occurrence_.coalesced));
    if (occurrence_.is_replay()) {
        variables_.emplace_back("AGENT_EVENT_REPLAY=1");
    }
}

/// Ends with a step that runs, or with the end of the handler.
void Handler::go_on() {
    while (next_ < occurrence_.steps.size()) {
        const Step& step = occurrence_.steps[next_++];
        const StepVerdict verdict = judge_step(step.path, occurrence_.settings.strict_modes);
        if (verdict.fate == StepFate::refused) {
            means_.log.say(LogLevel::error,
                           "Handler of " + occurrence_.channel() + " refuses step " + escape(step.name) + ": " +
                               verdict.reason,
                           {LogField::hidden("event", occurrence_.channel()), {"id", occurrence_.id}});
            records_.push_back({.name = step.name, .result = RunResult::not_started, .reason = verdict.reason});
            finish(HandlerOutcome::Status::aborted, -1);
            return;
        }
        if (verdict.fate == StepFate::skipped) {
            skip(step, verdict.reason);
        } else if (start_step(step)) {
            return;
        }
    }
    finish(occurrence_.steps.empty() ? HandlerOutcome::Status::absent : HandlerOutcome::Status::completed, 0);
}

bool Handler::start_step(const Step& step) {
    if (means_.log.is_enabled(LogLevel::debug)) {
        means_.log.say(LogLevel::debug,
                       "Handler of " + occurrence_.channel() + " is starting step " + escape(step.name),
                       {LogField::hidden("event", occurrence_.channel()), {"id", occurrence_.id}});
    }
    output_ = means_.open_output();
    Job job{{step.path}, occurrence_.payload(), variables_, output_.stream.get()};
    if (!output_.variable.empty()) {
        job.environment.push_back(output_.variable);
    }
    const Result<Supervisor::Id> started =
        means_.supervisor.start(std::move(job), [this](const Result<Exit>& exit) { on_step_done(exit); });
    if (!started) {
        skip(step, escape(started.error().message));
        return false;
    }
    running_ = *started;
    return true;
}

void Handler::skip(const Step& step, const std::string& reason) {
    means_.log.say(LogLevel::warning,
                   "Handler of " + occurrence_.channel() + " skips step " + escape(step.name) + ": " + reason,
                   {LogField::hidden("event", occurrence_.channel()), {"id", occurrence_.id}});
    records_.push_back({.name = step.name, .result = RunResult::skipped, .reason = reason});
}

void Handler::on_step_done(const Result<Exit>& exit) {
    running_.reset();
    const bool has_stream = static_cast<bool>(std::exchange(output_, {}).stream);
    if (exit && exit->remains != 0) {
        groups_.insert(exit->remains);
        means_.remains.add(exit->remains);
    }
    if (is_closed_) {
        finish(HandlerOutcome::Status::aborted, -1);
        return;
    }
    if (!exit) {
        skip(occurrence_.steps[next_ - 1], escape(exit.error().message));
        go_on();
        return;
    }
    cpu_ += exit->cpu;
    record_exit(*exit, has_stream);
    if (!is_overdue_ && exit->status == 0) {
        go_on();
    } else if (!is_overdue_ && is_skip_code(exit->status)) {
        finish(HandlerOutcome::Status::skipped, exit->status);
    } else {
        finish(HandlerOutcome::Status::aborted, exit->status, exit->signal);
    }
}

void Handler::record_exit(const Exit& exit, bool has_stream) {
    const RunResult result = is_overdue_                 ? RunResult::timed_out
                             : exit.status == 0          ? RunResult::succeeded
                             : is_skip_code(exit.status) ? RunResult::skipped
                                                         : RunResult::failed;
    records_.push_back({due_step(), result, exit.status, exit.signal, exit.wall, exit.cpu, exit.pid, has_stream, ""});
}

bool Handler::is_skip_code(int status) const {
    const std::vector<std::uint64_t>& codes = occurrence_.settings.skip_exit_codes;
    return status > 0 && std::find(codes.begin(), codes.end(), static_cast<std::uint64_t>(status)) != codes.end();
}

/// The handler's time is over, or that of its last step to end by itself.
void Handler::on_due() {
    if (is_overdue_) {
        means_.supervisor.signal(*running_, SIGKILL);
        return;
    }
    is_overdue_ = true;
    means_.log.say(LogLevel::error,
                   "Handler of " + occurrence_.channel() + " has run for " +
                       format_duration(occurrence_.settings.timeout) + " and is ended at step " + escape(due_step()),
                   {LogField::hidden("event", occurrence_.channel()), {"id", occurrence_.id}});
    if (!running_ || means_.supervisor.cancel(*running_)) {
        finish(HandlerOutcome::Status::aborted, -1);
        return;
    }
    means_.supervisor.kill_remains(*running_);
    means_.supervisor.signal(*running_, SIGTERM);
    timeout_->start(occurrence_.settings.kill_grace);
}

void Handler::close() {
    is_closed_ = true;
    timeout_->stop();
    if (!running_ || means_.supervisor.cancel(*running_)) {
        finish(HandlerOutcome::Status::aborted, -1);
    }
}

void Handler::finish(HandlerOutcome::Status status, int code, int signal) {
    timeout_->stop();
    retry_->stop();
    running_.reset();
    if (is_overdue_) {
        means_.remains.kill(groups_);
    }
    on_done_(
        {status, code, signal, due_step(), means_.timers.now() - started_, cpu_, is_overdue_, std::move(records_)});
}

/// The one that runs or has run last.
std::string Handler::due_step() const {
    return next_ > 0 ? occurrence_.steps[next_ - 1].name : "";
}

} // namespace eventsgw
