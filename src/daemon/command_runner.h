// SPDX-License-Identifier: GPL-3.0-or-later
// Copyright (C) 2026 eventsgw contributors

#pragma once

#include "base/histogram.h"
#include "base/log.h"
#include "base/result.h"
#include "config/rules.h"
#include "daemon/report.h"
#include "event/event.h"
#include "loop/refusals.h"
#include "process/run_queue.h"

#include <cstddef>
#include <cstdint>
#include <functional>
#include <string>
#include <utility>

namespace eventsgw {

/// Runs the commands of rules: a shell line with the payload as its standard input. Counts and logs how each one ended.
class CommandRunner {
public:
    struct Counters {
        std::uint64_t succeeded = 0;
        std::uint64_t failed = 0; ///< exited with another status than 0, ended by a signal, or not started
        Histogram begun;          ///< from reading an event to the command's start
    };

    /// `on_idle` is called whenever a command has ended, or could not be started.
    CommandRunner(Timers& timers, RunQueue& queue, const Log& log, std::function<void()> on_idle)
        : timers_(timers), queue_(queue), log_(log), on_idle_(std::move(on_idle)),
          refusals_(timers, log, "command", "refused, as much waits as may") {}

    void run(const Rule& rule, const Event& event);

    const Counters& counters() const { return counters_; }
    /// All but what runs and waits.
    Report::Runs report() const;
    std::uint64_t refused() const { return refusals_.total(); }

private:
    /// What the log says of a command when it ends; the rule may be gone by then.
    struct Label {
        std::size_t line;
        std::string channel;
        Clock::time_point read; ///< when the event was
    };

    void on_done(const Label& label, const Result<Exit>& exit);
    void log_exit(const Label& label, const Exit& exit) const;

    Timers& timers_;
    RunQueue& queue_;
    const Log& log_;
    std::function<void()> on_idle_;
    Counters counters_;
    Refusals refusals_; ///< too many were waiting
};

} // namespace eventsgw
