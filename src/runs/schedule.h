// SPDX-License-Identifier: GPL-3.0-or-later
// Copyright (C) 2026 eventsgw contributors

#pragma once

#include "base/chrono.h"
#include "runs/run.h"

#include <cstdint>
#include <optional>
#include <set>
#include <string>
#include <tuple>
#include <unordered_map>

namespace eventsgw {

/// Decides which run starts next. A run may start when it is due, when it is the first of its lane, and when its group
/// is not paused. Of those that may, the group that was served longest ago comes first, so that no rule keeps another
/// from its slots, and within a group the oldest run.
///
/// Runs that an unclean end of the gateway interrupted (suspects) run one at a time among themselves, which separates
/// the run that kills the gateway from those that ran next to it. The schedule starts nothing and owns no run.
class Schedule {
public:
    /// A run that waits takes its place in `lane` by its number, and may start once set_due() has been called. An empty
    /// name is no lane.
    void add(Run& run, const std::string& lane);
    /// Whether a run could start at once there, were there a slot.
    bool is_free(const RunGroup& group, const std::string& lane) const {
        return group.ready.empty() && !group.is_paused && (lane.empty() || !lanes_.contains(lane));
    }
    /// The run has ended, or it is held from now on. The next of its lane may start.
    void remove(Run& run);
    /// A run that waits is due then; one that was taken waits again, in its place in its lane.
    void set_due(Run& run, Clock::time_point due, Clock::time_point now);
    void set_paused(RunGroup& group, bool is_paused);
    /// The suspect that was taken has run for long without harm: another may start next to it.
    void trust_suspect() { suspect_ = nullptr; }

    /// The next run that may start, which is the caller's to start; nullptr if none may.
    Run* take();
    /// Whether some could, were there a slot and no suspect at work.
    bool has_ready() const { return !turns_.empty(); }

    /// Runs that are due by now wait for their turn.
    void advance(Clock::time_point now);
    /// When the next run is due that is not yet.
    std::optional<Clock::time_point> next_due() const;

private:
    void look_at(Run& run);
    void look_at_first(const RunLane* lane);
    void forget_due(Run& run);
    void end_attempt(const Run& run);
    void enlist(RunGroup& group);
    void delist(RunGroup& group);
    bool may_start(const Run& run) const;

    struct Later {
        Clock::time_point due;
        Run* run;
        bool operator<(const Later& other) const {
            return due != other.due ? due < other.due : OrderOfRuns()(run, other.run);
        }
    };

    std::unordered_map<std::string, RunLane> lanes_; ///< those that have runs
    std::set<Later> later_;                          ///< runs that are not due, by their time
    /// Groups with ready runs, by the turn that served them last; of those that had none yet the oldest run comes
    /// first.
    std::set<std::tuple<std::uint64_t, std::uint64_t, RunGroup*>> turns_;
    std::uint64_t turn_ = 0;
    const Run* suspect_ = nullptr; ///< the one that was taken
};

} // namespace eventsgw
