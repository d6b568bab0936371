// SPDX-License-Identifier: GPL-3.0-or-later
// Copyright (C) 2026 eventsgw contributors

#pragma once

#include "base/chrono.h"
#include "base/uuid.h"
#include "config/run_settings.h"
#include "event/work.h"
#include "journal/task.h"
#include "runs/attempt.h"

#include <cstddef>
#include <cstdint>
#include <memory>
#include <optional>
#include <set>
#include <string>
#include <string_view>

namespace eventsgw {

struct Run;

/// Why a run ends that an administrator has cancelled; in its row too, until it has ended.
inline constexpr std::string_view kCancelled = "cancelled";

struct OrderOfRuns {
    bool operator()(const Run* a, const Run* b) const;
};
using RunSet = std::set<Run*, OrderOfRuns>;

/// The rule or the handler that runs belong to, as the configuration in force has it. Its owner is the RunQueue.
struct RunGroup {
    WorkKind kind = WorkKind::command;
    std::string key{}; ///< of the rule, or the event's name
    RunSettings settings{};
    std::string command{}; ///< of a rule: a shell line
    std::size_t line = 0;  ///< of a rule, in the configuration
    bool is_there = true;  ///< false: the configuration has it no more, and its runs are held
    bool is_paused = false;

    bool coalesces() const { return settings.coalesce > std::chrono::nanoseconds::zero(); }

    // The Schedule's.
    RunSet ready{};           ///< its runs that may start as soon as there is a slot
    std::uint64_t served = 0; ///< the turn in which the last one started
    std::uint64_t first = 0;  ///< number of the first ready one while it is in line
};

/// Runs that must not be executed side by side, in their order: the first is next.
struct RunLane {
    std::string name;
    RunSet runs{};
    const Run* running = nullptr; ///< not the first where an older one was held meanwhile
};

/// One execution of a command or a handler, from its event to its end, over all attempts. Small, for there may be a
/// hundred thousand of them. Its owner is the RunQueue.
struct Run {
    enum class State : std::uint8_t {
        waiting,  ///< for its due time, its lane, a slot
        starting, ///< has a slot; its start is on its way to the disk, or its event on the way back
        running,
        held,
        ending ///< in none of these: it is being made, or is about to be destroyed
    };

    std::uint64_t number = 0; ///< its place in the order, and the key of its row
    Uuid id{};
    RunGroup* group = nullptr;
    RunLane* lane = nullptr;            ///< none: side by side with any other
    std::shared_ptr<KeptEvent> event{}; ///< nothing while it is on disk only
    std::size_t size = 0;               ///< of the event's channel and payload, in bytes
    WallTime arrived{};                 ///< the last event that it stands for
    Clock::time_point read{};           ///< the same, by the clock that never jumps
    Clock::time_point due{};            ///< not before; set by Schedule::set_due()
    Clock::time_point began{};          ///< the attempt
    State state = State::ending;
    std::uint32_t starts = 0;
    std::uint32_t crashes = 0; ///< see RunRow
    std::uint32_t stops = 0;
    std::uint32_t failures = 0;
    std::uint32_t coalesced = 1;
    std::size_t merge_key = 0; ///< by which the Coalescer finds it; 0: not at all

    bool is_later = false;     ///< the Schedule's: it is not due yet
    bool is_resumed = false;   ///< from a former process, and not started by this one yet
    bool is_suspect = false;   ///< an unclean end of the gateway has interrupted it
    bool is_released = false;  ///< it is held until its event is in memory
    bool is_cancelled = false; ///< by an administrator, while it ran

    // The RunStore's.
    bool has_row = false;                              ///< in the journal, or on the way to it
    bool has_event_row = false;                        ///< the same of its event
    bool is_behind = false;                            ///< its row does not say what it should: the disk takes nothing
    bool awaits_disk = false;                          ///< its start is not on disk yet
    bool awaits_event = false;                         ///< which is being read from the disk
    std::uint64_t ticket = 0;                          ///< of the last order that has its row
    std::size_t counted = 0;                           ///< bytes of its event that count as waiting in memory
    std::unique_ptr<const std::string> held_because{}; ///< while it is held; most have none

    std::unique_ptr<Attempt> attempt{}; ///< while it runs
};

inline bool OrderOfRuns::operator()(const Run* a, const Run* b) const {
    return a->number < b->number;
}

} // namespace eventsgw
