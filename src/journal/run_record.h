// SPDX-License-Identifier: GPL-3.0-or-later
// Copyright (C) 2026 eventsgw contributors

#pragma once

#include "base/chrono.h"
#include "event/work.h"
#include "journal/task.h"

#include <cstddef>
#include <cstdint>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include <sys/types.h>

namespace eventsgw {

/// How a task, a command, a handler or one of its steps ended. The numbers stand in files.
enum class RunResult : std::uint8_t {
    succeeded = 0,
    failed = 1,
    skipped = 2, ///< it said "not for me"; of a step also: it was not there or could not be executed
    timed_out = 3,
    not_started = 4,
    refused = 5,     ///< never accepted
    interrupted = 6, ///< by the end of the gateway, and not to be started again
    cancelled = 7,   ///< by an administrator
    expired = 8      ///< it had waited too long
};

/// "succeeded", "failed", "skipped", "timed out", "not started", "refused", "interrupted", "cancelled", "expired".
std::string_view to_string(RunResult result);

/// The state that goes with a result where nothing more is known of the work.
WorkState state_of(RunResult result);

/// One program of a handler.
struct StepRecord {
    std::string name;
    RunResult result = RunResult::succeeded;
    int status = -1; ///< the exit status; -1 when it did not exit by itself
    int signal = 0;  ///< that ended it; 0 for none
    std::chrono::nanoseconds wall{};
    std::chrono::nanoseconds cpu{};
    pid_t pid = 0;           ///< 0 when it did not start
    bool has_stream = false; ///< its output went to a stream of the journal that was its own
    std::string reason{};    ///< why it did not start
};

/// A task, a command or a handler that has ended, as the history keeps it.
struct RunRecord {
    using Time = std::chrono::system_clock::time_point;

    std::string id; ///< a UUID, as in the log
    std::shared_ptr<KeptEvent> event;
    bool has_payload = true;    ///< the event's is there, be it empty
    bool keeps_payload = false; ///< with its event; the history decides
    WorkKind kind = WorkKind::command;
    std::size_t line = 0; ///< of a command's rule
    std::string value;    ///< of the rule: a command, or a task's action
    Time arrived;         ///< the event, the last of those that were joined
    Time began;           ///< of the last attempt; as `ended` where it did not start; of a task as `arrived`
    Time ended;
    RunResult result = RunResult::succeeded;
    /// The state that follows from the result, set by settle_state(), unless the record was made for dead work.
    WorkState state = WorkState::done;
    std::uint32_t attempts = 1; ///< starts, in vain too; 0 of what never had its turn
    int status = -1;            ///< of the command, or of the handler's last step
    int signal = 0;
    std::chrono::nanoseconds wall{}; ///< of a task from its arrival to its end
    std::chrono::nanoseconds cpu{};
    pid_t pid = 0; ///< of a command
    std::string reason;
    std::uint64_t coalesced = 1;   ///< events that it stands for
    std::vector<StepRecord> steps; ///< of a handler
    bool is_replayed = false;      ///< an administrator has replayed its event since

    std::string_view channel() const { return event->channel(); }
    /// The id of the work whose event was replayed for this; empty where it was published.
    std::string_view replay_of() const { return event->replay_of(); }

    /// It ends now, before it has begun.
    void refuse(std::string_view why);

    void settle_state() { state = state == WorkState::dead ? state : state_of(result); }

    /// Memory that it takes, about.
    std::size_t cost() const {
        return sizeof(RunRecord) + event->size() + value.size() + steps.size() * sizeof(StepRecord);
    }
};

} // namespace eventsgw
