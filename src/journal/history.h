// SPDX-License-Identifier: GPL-3.0-or-later
// Copyright (C) 2026 eventsgw contributors

#pragma once

#include "base/chrono.h"
#include "base/log.h"
#include "base/uuid.h"
#include "journal/journal.h"
#include "journal/run_record.h"
#include "loop/timers.h"

#include <cstddef>
#include <deque>
#include <functional>
#include <memory>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace eventsgw {

/// The last work that has ended, which the journal keeps for `eventsgw history`. Nothing depends on it: what the disk
/// does not take waits in memory, and what is too much for that is forgotten; each is logged once.
///
/// Commands and handlers go to the journal as they end. Of the rest there may be a flood: tasks that are confirmed, and
/// whatever dies or is refused. These are gathered, each class up to its quota, the newest, and go to the journal twice
/// a second, or more seldom the more they are. So a flood costs the loop next to nothing, and the disk little.
class History {
public:
    using Records = std::vector<RunRecord>;
    /// Gives the newest tasks that have been confirmed since it was last called, up to `count`, oldest first.
    using TaskSource = std::function<Records(std::size_t count)>;

    /// So long what comes in floods is gathered at least.
    static constexpr std::chrono::milliseconds kGather{500};
    /// For each record that it has just given away it waits this longer, up to kGatherLongest. A thousand records twice
    /// a second would take the journal's thread a twentieth of a processor.
    static constexpr std::chrono::milliseconds kGatherEach{5};
    static constexpr std::chrono::seconds kGatherLongest{5};
    /// Of what is gathered, each class may cost this much. Confirmed tasks of this much are taken at once.
    static constexpr std::size_t kMaxGathered = std::size_t{4} << 20U;
    /// More of runs that the disk has not taken yet is not kept.
    static constexpr std::size_t kMaxUnwritten = std::size_t{16} << 20U;
    /// A larger payload is not kept.
    static constexpr std::size_t kMaxPayload = std::size_t{1} << 20U;

    /// Brings what former processes have kept in line with the settings.
    History(Timers& timers, const Log& log, HistorySettings settings, Journal& journal);
    History(const History&) = delete;
    History& operator=(const History&) = delete;

    /// For the runs from now on, and for those that are there: what is not to be kept any more is erased soon.
    void set_settings(HistorySettings settings);

    bool is_on() const { return settings_.is_on(); }
    std::uint64_t quota_of(WorkState state) const { return settings_.quota_of(state); }

    /// A command or handler that has ended.
    void add(RunRecord run);
    /// Work that is refused now, for this reason. It gets an id if it has none.
    void refuse(RunRecord run, std::string_view why);
    /// A task that is dead.
    void gather(RunRecord run);

    /// Where confirmed tasks are to be had, and that there are so many new ones, which cost so much.
    void set_task_source(TaskSource source) { task_source_ = std::move(source); }
    void note_tasks(std::size_t count, std::size_t cost);

    /// An administrator has replayed the event of the work with this id.
    void mark_replayed(const std::string& id);

    /// Gives what is gathered to the journal, which is about to come to its end.
    void flush();

    /// Says what has been lost, once the journal has come to its end.
    void end() const;

    /// Why the last run was not kept; empty when all is well.
    const std::string& problem() const { return problem_; }

private:
    /// What is gathered of one class, oldest first.
    struct Gathered {
        std::deque<RunRecord> runs;
        std::size_t cost = 0;
    };

    void tell_settings();
    void schedule();
    void on_gathered();
    /// As it is to be kept: without its payload where that is not.
    void prepare(RunRecord& run);
    void give(Records runs);
    void take(const JournalNews& news);
    void say(const std::string& message, const std::string& reason);

    Timers& timers_;
    const Log& log_;
    HistorySettings settings_;
    Journal& journal_;
    bool is_told_ = false;      ///< the journal knows the settings
    std::size_t unwritten_ = 0; ///< what runs cost that are not on disk yet
    Gathered refused_;
    Gathered dead_;
    TaskSource task_source_;
    UuidSource uuids_;
    std::unique_ptr<Timer> gathering_;
    Clock::time_point paused_until_{}; ///< what is gathered goes to the journal no sooner
    std::string problem_;
    std::string logged_; ///< the last problem that was, and its reason
};

} // namespace eventsgw
