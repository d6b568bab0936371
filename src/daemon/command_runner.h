// SPDX-License-Identifier: GPL-3.0-or-later
// Copyright (C) 2026 eventsgw contributors

#pragma once

#include "base/histogram.h"
#include "base/log.h"
#include "base/result.h"
#include "base/uuid.h"
#include "config/rules.h"
#include "daemon/report.h"
#include "event/event.h"
#include "event/outcome.h"
#include "journal/history.h"
#include "loop/refusals.h"
#include "process/run_queue.h"

#include <cstddef>
#include <cstdint>
#include <functional>
#include <memory>
#include <string>
#include <unordered_map>
#include <utility>

namespace eventsgw {

/// Runs the commands of rules: a shell line with the payload as its standard input. Counts and logs how each one ended,
/// and tells the history.
class CommandRunner {
public:
    struct Counters {
        std::uint64_t succeeded = 0;
        std::uint64_t failed = 0; ///< exited with another status than 0, ended by a signal, or not started
        Histogram begun;          ///< from reading an event to the command's start
    };

    /// `on_idle` is called whenever a command has ended, or could not be started.
    CommandRunner(Timers& timers, RunQueue& queue, History& history, const Log& log, std::function<void()> on_idle)
        : timers_(timers), queue_(queue), history_(history), log_(log), on_idle_(std::move(on_idle)),
          refusals_(timers, log, "command", "refused, as much waits as may") {}

    /// Runs the rule's command when its turn comes, unless the queue is full. `kept` is the event.
    Outcome run(const Rule& rule, const Event& event, const std::shared_ptr<KeptEvent>& kept);

    const Counters& counters() const { return counters_; }
    /// All but what runs and waits.
    Report::Runs report() const;
    std::uint64_t refused() const { return refusals_.total(); }

private:
    using Number = std::uint64_t;
    /// A command that waits or runs; its rule may be gone when it ends.
    struct Run {
        RunRecord record;
        Clock::time_point read; ///< when the event was
    };

    Outcome submit(Number number, const Uuid& id, Job job);
    void refuse(Number number);
    void on_done(Number number, const Result<Exit>& exit);
    void log_exit(const RunRecord& run, const Exit& exit) const;

    Timers& timers_;
    RunQueue& queue_;
    History& history_;
    const Log& log_;
    std::function<void()> on_idle_;
    UuidSource uuids_;
    Counters counters_;
    Number last_ = 0;
    std::unordered_map<Number, Run> runs_;
    Refusals refusals_; ///< too many were waiting
};

} // namespace eventsgw
