// SPDX-License-Identifier: GPL-3.0-or-later
// Copyright (C) 2026 eventsgw contributors

#include "cli/wait.h"

#include "base/chrono.h"
#include "base/log.h"
#include "base/text.h"
#include "cli/gateway_client.h"
#include "cli/work_lookup.h"

#include <algorithm>
#include <cstdint>
#include <functional>
#include <optional>
#include <string>
#include <utility>

namespace eventsgw {
namespace {

using PollClock = std::chrono::steady_clock;

/// The history is written up to half a second after an end, and a gateway that is restarted is away for a moment.
constexpr std::chrono::seconds kWaitGrace{3};

/// One run of the command.
class WorkWaiter {
public:
    WorkWaiter(const Options& options, std::ostream& out, std::ostream& err)
        : id_(options.arguments.empty() ? "" : options.arguments.front()), time_(options.time), out_(out), err_(err) {}

    int wait_for_work();
    int wait_for_idle();

private:
    std::optional<int> look_at_work();
    std::optional<int> look_at_load();
    std::optional<int> look_at_disk();
    std::optional<int> note_away(const Error& error);
    int report_end(const RunRecord& run);
    int report_unknown(const Error& error);
    bool is_over(std::optional<PollClock::time_point>& since) const;
    int repeat(const std::function<std::optional<int>()>& look);

    std::string id_; ///< the whole one as soon as it is known
    std::optional<std::chrono::nanoseconds> time_;
    std::ostream& out_;
    std::ostream& err_;
    bool has_answered_ = false; ///< the gateway has
    bool is_settled_ = true;    ///< what was seen last may be reported when the time is over
    bool was_alive_ = false;    ///< the work was seen before it had ended
    std::string state_;         ///< as it was seen last, for people
    std::optional<PollClock::time_point> away_since_;
    std::optional<PollClock::time_point> absent_since_;
};

bool WorkWaiter::is_over(std::optional<PollClock::time_point>& since) const {
    since = since.value_or(PollClock::now());
    return PollClock::now() - *since >= kWaitGrace;
}

int WorkWaiter::repeat(const std::function<std::optional<int>()>& look) {
    const PollClock::time_point begun = PollClock::now();
    for (;;) {
        if (const std::optional<int> status = look()) {
            return *status;
        }
        const std::chrono::nanoseconds left =
            time_ ? std::max(*time_ - (PollClock::now() - begun), {}) : std::chrono::nanoseconds::max();
        if (left <= std::chrono::nanoseconds::zero() && is_settled_) {
            return report_error("not within " + format_duration(*time_) + ": " + state_, kExitTimedOut, err_);
        }
        pause_between_polls(is_settled_ ? left : std::chrono::nanoseconds::max());
    }
}

/// One that has answered may be about to start again.
std::optional<int> WorkWaiter::note_away(const Error& error) {
    if (!has_answered_ || is_over(away_since_)) {
        return report_error(error.message, kExitUnavailable, err_);
    }
    is_settled_ = false;
    return std::nullopt;
}

/// Such as "ID dead: cancelled"; no word twice.
int WorkWaiter::report_end(const RunRecord& run) {
    const std::string_view state = to_string(run.state);
    const std::string_view result = to_string(run.result);
    out_ << escape(run.id) << " " << state;
    if (run.state != WorkState::done) {
        const bool has_result = result != state;
        out_ << (has_result ? ": " + std::string(result) : "");
        if (!run.reason.empty() && run.reason != result) {
            out_ << (has_result ? ", " : ": ") << escape(run.reason);
        }
    }
    out_ << "\n";
    return run.state == WorkState::done ? kExitSuccess : kExitNoMatch;
}

/// The gateway knows whether there can be a record.
int WorkWaiter::report_unknown(const Error& error) {
    const Result<std::string> answer = ask_gateway("GET", "/status");
    const Result<JsonTree> report = answer ? parse_report(*answer) : answer.error();
    if (!report) {
        return report_error(report.error().message, kExitUnavailable, err_);
    }
    const cJSON* history = cJSON_GetObjectItemCaseSensitive(report->get(), "history");
    const std::string ended = was_alive_ ? id_ + " has ended, and how is not known" : error.message;
    if (cJSON_IsFalse(cJSON_GetObjectItemCaseSensitive(history, "on")) != 0) {
        return report_error(ended + ": the gateway keeps no record of what has ended, for history = 0", kExitUnknown,
                            err_);
    }
    const char* problem = cJSON_GetStringValue(cJSON_GetObjectItemCaseSensitive(history, "problem"));
    return report_error(
        ended + (problem != nullptr && *problem != '\0' ? ": the history is not kept, " + escape(problem) : ""),
        kExitUnknown, err_);
}

/// What the gateway does not have in memory: what has ended, and tasks that wait on disk.
std::optional<int> WorkWaiter::look_at_disk() {
    const Result<RunRecord> ended = find_ended(id_);
    if (ended) {
        return report_end(*ended);
    }
    if (ended.error().fault != Fault::no_match) {
        return report_error(ended.error().message, ended.error().fault == Fault::ambiguous ? kExitUnknown : kExitIo,
                            err_);
    }
    const Result<JournalFile::Stored> task = find_stored_task(id_);
    if (!task && task.error().fault != Fault::no_match) {
        return report_error(task.error().message, task.error().fault == Fault::ambiguous ? kExitUnknown : kExitIo,
                            err_);
    }
    if (task && task->state == JournalFile::Stored::State::dead) {
        out_ << to_string(task->id) << " dead\n";
        return kExitNoMatch;
    }
    if (task) {
        id_ = to_string(task->id);
        state_ = "it is " + std::string(task->state == JournalFile::Stored::State::held ? "held" : "waiting");
        was_alive_ = true;
        absent_since_.reset();
        return std::nullopt;
    }
    if (is_over(absent_since_)) {
        return report_unknown(ended.error());
    }
    is_settled_ = false;
    return std::nullopt;
}

std::optional<int> WorkWaiter::look_at_work() {
    is_settled_ = true;
    const Result<LiveWork> work = ask_for_work(id_);
    if (!work && work.error().fault == Fault::refused) {
        return report_error(work.error().message, kExitUnknown, err_);
    }
    if (!work && work.error().fault != Fault::no_match) {
        return note_away(work.error());
    }
    has_answered_ = true;
    away_since_.reset();
    if (!work) {
        return look_at_disk();
    }
    id_ = work->id;
    state_ = "it is " + work->state + (work->due.empty() ? "" : " until " + work->due) +
             (work->reason.empty() ? "" : " (" + work->reason + ")");
    was_alive_ = true;
    absent_since_.reset();
    return std::nullopt;
}

/// Work that is held waits for an administrator, who may be the one that waits here.
std::optional<int> WorkWaiter::look_at_load() {
    is_settled_ = true;
    const Result<std::string> answer = ask_gateway("GET", "/status");
    const Result<JsonTree> report = answer ? parse_report(*answer) : answer.error();
    if (!report) {
        return note_away(report.error());
    }
    has_answered_ = true;
    away_since_.reset();
    const auto count = [&](const char* kind, const char* name) {
        const cJSON* object = cJSON_GetObjectItemCaseSensitive(report->get(), kind);
        const cJSON* number = cJSON_GetObjectItemCaseSensitive(object, name);
        return cJSON_IsNumber(number) != 0 && number->valuedouble > 0
                   ? static_cast<std::uint64_t>(std::min(number->valuedouble, 1e15))
                   : 0;
    };
    const std::uint64_t tasks = count("tasks", "waiting");
    const std::uint64_t running = count("commands", "running") + count("handlers", "running");
    const std::uint64_t waiting = count("commands", "waiting") + count("handlers", "waiting");
    if (tasks + running + waiting == 0) {
        return kExitSuccess;
    }
    state_ = format_count(tasks, "task") + " waiting, " + format_count(running, "run") + " running and " +
             std::to_string(waiting) + " waiting";
    return std::nullopt;
}

int WorkWaiter::wait_for_work() {
    return repeat([this] { return look_at_work(); });
}

int WorkWaiter::wait_for_idle() {
    return repeat([this] { return look_at_load(); });
}

} // namespace

int wait(const Options& options, std::ostream& out, std::ostream& err) {
    if (options.idle != options.arguments.empty()) {
        return report_error("wait needs either the ID of work or --idle", kExitUsage, err);
    }
    if (!options.idle && !is_id_prefix(options.arguments.front())) {
        return report_error("no id of work: " + quote(options.arguments.front()), kExitUsage, err);
    }
    WorkWaiter waiter(options, out, err);
    return options.idle ? waiter.wait_for_idle() : waiter.wait_for_work();
}

} // namespace eventsgw
