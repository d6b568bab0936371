// SPDX-License-Identifier: GPL-3.0-or-later
// Copyright (C) 2026 eventsgw contributors

#pragma once

#include "base/chrono.h"
#include "base/histogram.h"
#include "config/rules.h"
#include "redis/subscriber.h"
#include "runs/run_queue.h"

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <vector>

namespace eventsgw {

/// All that the gateway tells of itself at one moment, by value: for `eventsgw status` and for monitoring. Counts are
/// since the start, except those of what waits or runs.
struct Report {
    struct Server {
        std::string address;
        std::string problem; ///< why there is no connection that works; empty when there is
    };
    struct RuleReport {
        Rule rule;
        std::uint64_t events = 0;
        std::optional<std::chrono::system_clock::time_point> last;
    };
    struct Tasks {
        std::uint64_t pushed = 0; ///< confirmed by the leader
        std::size_t waiting = 0;  ///< in memory or on disk
        std::size_t on_disk = 0;  ///< of those, on disk
        std::size_t dead = 0;     ///< the leader will never take them
        std::size_t held = 0;     ///< until an administrator decides
        std::string held_because; ///< of one of them
        std::uint64_t refused = 0;
        Histogram confirmed; ///< from reading an event to the leader's confirmation
    };
    struct Pause {
        std::string key; ///< of a rule, or a handler's event; empty: all
        std::optional<std::chrono::system_clock::time_point> until;
    };
    struct History {
        bool is_on = false;
        std::string problem; ///< why runs are not kept; empty when they are
    };
    struct Journal {
        std::size_t bytes = 0;     ///< of its file and of its log of writes
        std::size_t log_bytes = 0; ///< of its log of writes that are not in the file yet
        bool is_log_held = false;  ///< by a program that reads it for long
    };

    std::string version;
    std::string agent_id;
    long pid = 0;
    std::chrono::system_clock::time_point started;
    std::chrono::nanoseconds uptime{};

    Server replica;
    std::size_t channels = 0;
    std::size_t patterns = 0;
    Subscriber::Gaps gaps;
    std::uint64_t messages = 0; ///< one for each subscription that an event matches
    std::uint64_t messages_refused = 0;

    std::optional<Server> leader; ///< where tasks are pushed at all
    Tasks tasks;
    RunQueue::Counters commands;
    RunQueue::Counters handlers;
    std::string runs_held_because;                      ///< of one of them
    std::optional<std::chrono::nanoseconds> oldest_run; ///< how long the oldest has waited
    std::vector<Pause> paused;
    History history;
    Journal journal;
    std::vector<RuleReport> rules;
};

/// One JSON object in one line; eventsgw(8) documents its members.
std::string to_json(const Report& report);

/// The text format of Prometheus, https://prometheus.io/docs/instrumenting/exposition_formats/, which OpenMetrics 1.0
/// takes too.
std::string to_openmetrics(const Report& report);

} // namespace eventsgw
