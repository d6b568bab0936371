// SPDX-License-Identifier: GPL-3.0-or-later
// Copyright (C) 2026 eventsgw contributors

#pragma once

#include "base/fd.h"
#include "base/histogram.h"
#include "base/log.h"
#include "base/uuid.h"
#include "config/run_settings.h"
#include "daemon/report.h"
#include "event/event.h"
#include "event/outcome.h"
#include "handlers/handler.h"
#include "handlers/scheduler.h"
#include "journal/history.h"
#include "loop/refusals.h"
#include "process/slots.h"
#include "process/supervisor.h"

#include <cstdint>
#include <functional>
#include <list>
#include <map>
#include <memory>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace eventsgw {

/// Runs the handlers of a module's events directories. Counts and logs how each one ended, and tells the history.
class EventsDirectory {
public:
    /// What it takes from the configuration. Handlers of earlier events keep what they began with.
    struct Config {
        std::vector<std::string> bases; ///< absolute
        RunSettings defaults;
        std::map<std::string, RunSettings, std::less<>> overrides; ///< by event
    };
    struct Counters {
        std::uint64_t completed = 0;
        std::uint64_t aborted = 0;
        std::uint64_t skipped = 0;   ///< a step said "not for me"
        std::uint64_t timed_out = 0; ///< counted in `aborted` too
        Histogram begun;             ///< from reading an event to its handler's start
    };

    /// What brings the events, first `/event/` or not.
    static constexpr std::string_view kPattern = "*/event/*";

    /// `on_idle` is called whenever a handler has ended.
    EventsDirectory(const HandlerMeans& means, Slots& slots, History& history, Config config,
                    std::function<void()> on_idle);

    /// For the events from now on.
    void set_config(Config config) { config_ = std::move(config); }

    /// Whether there is a directory at all.
    bool is_used() const { return !config_.bases.empty(); }

    /// Runs the event's handler when its turn comes, unless the queue is full or no handler can have such a name.
    Outcome accept(const Event& event, Keeper& keeper);

    /// Whether the event has a handler now.
    bool has_handler(const Event& event) const;

    /// No more events will come.
    void drain() { scheduler_.close_windows(); }

    /// Starts no other step, and logs nothing more of the handlers that run. The slots must be closed already.
    void close();

    const Counters& counters() const { return counters_; }
    Report::Runs report() const;
    std::size_t running() const { return handlers_.size(); }
    std::size_t waiting() const { return scheduler_.waiting(); }
    std::uint64_t refused() const { return overflow_.total() + names_.total(); }

private:
    using Handlers = std::list<std::unique_ptr<Handler>>;

    Outcome refuse(Outcome::Reason reason, Keeper& keeper, std::string id);
    void report(const StepList& list, const Event& event) const;
    const RunSettings& settings_of(std::string_view event) const;
    void begin(Occurrence occurrence, const std::string& lane);
    void on_done(Handlers::iterator place, const std::string& lane, const HandlerOutcome& outcome);
    void log_end(const Occurrence& occurrence, const HandlerOutcome& outcome) const;
    void count(const Occurrence& occurrence, const HandlerOutcome& outcome);

    HandlerMeans means_;
    Config config_;
    std::function<void()> on_idle_;
    UuidSource uuids_;
    Counters counters_;
    Refusals overflow_; ///< too many were waiting
    Refusals names_;    ///< of events that no handler can have
    Slots& slots_;
    History& history_;
    Scheduler scheduler_;
    Handlers handlers_;
    bool is_closed_ = false;
};

} // namespace eventsgw
