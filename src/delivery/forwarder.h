// SPDX-License-Identifier: GPL-3.0-or-later
// Copyright (C) 2026 eventsgw contributors

#pragma once

#include "base/chrono.h"
#include "base/histogram.h"
#include "base/log.h"
#include "base/uuid.h"
#include "delivery/backlog.h"
#include "delivery/recent_tasks.h"
#include "event/outcome.h"
#include "journal/history.h"
#include "loop/refusals.h"
#include "loop/timers.h"
#include "redis/task_queue.h"

#include <cstddef>
#include <cstdint>
#include <functional>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

namespace eventsgw {

/// Takes every task from its event to the leader's confirmation, in the order of the events: feeds the TaskQueue from
/// the Backlog, which keeps what waits in memory and on disk. What is more than may wait is refused, counted and
/// logged.
class Forwarder {
public:
    struct Options {
        Session::Options leader;
        std::string agent_id; ///< tasks go to its queue
        Backlog::Options limits;
    };
    struct Callbacks {
        std::function<void()> on_empty; ///< the last task that waited has been confirmed
        std::function<void(const std::string& problem)> on_journal_problem; ///< empty: there is none any more
    };
    struct Counters {
        std::uint64_t pushed = 0;   ///< confirmed by the leader
        std::uint64_t repeated = 0; ///< of those, pushed again because the leader had forgotten them
        std::uint64_t refused = 0;
        std::uint64_t dead = 0; ///< that nobody has dropped or pushed again, of former runs too
        std::size_t waiting = 0;
        std::size_t on_disk = 0; ///< of those that wait
        Histogram confirmed;     ///< from a task's arrival here to the leader's confirmation
    };

    /// The history learns of the tasks that are confirmed or dead, and asks for the former as long as this is there.
    Forwarder(Options options, Network network, const Log& log, Journal& journal, History& history,
              Callbacks callbacks);
    Forwarder(const Forwarder&) = delete;
    Forwarder& operator=(const Forwarder&) = delete;
    ~Forwarder() { history_.set_task_source(nullptr); }

    void start() { queue_.start(); }

    /// Takes a task: Outcome::Reason::none, or says why it is refused.
    [[nodiscard]] Outcome::Reason accept(const std::shared_ptr<KeptEvent>& event, std::string action, const Uuid& id);

    /// A task that waits.
    struct Match {
        Uuid id;
        std::string channel;
        bool is_pushed; ///< the leader may have it
    };
    /// Those in memory whose ids begin with this; two of them where there are more.
    std::vector<Match> find(std::string_view id) const;

    Counters counters() const;
    std::size_t waiting() const { return backlog_.waiting(); }
    Session& session() { return queue_.session(); }
    const Session& session() const { return queue_.session(); }

    /// Puts what waits on disk. How many tasks could not be kept. Nothing else may be called afterwards.
    std::size_t finish() { return backlog_.finish(); }

private:
    void push_batch();
    /// Of the newest tasks that the history does not know yet.
    History::Records make_records(std::size_t count);
    void bury_batch(std::size_t count, const std::string& reason);
    std::vector<TaskQueue::Entry> write_batch(std::size_t pushable);
    void on_ready();
    void on_confirmed(std::uint64_t through);
    void on_gone_back(std::uint64_t through);
    void on_refused(TaskQueue::Refusal refusal, const std::string& reason);
    void on_lost(bool over_push);
    void on_away();
    void note_behind();

    Timers& timers_;
    const Log& log_;
    History& history_;
    Callbacks callbacks_;
    std::uint64_t pushed_ = 0;
    std::uint64_t repeated_ = 0;
    Histogram confirmed_;
    Refusals refusals_;
    Refusals disk_refusals_;
    Refusals deaths_;
    RecentTasks recent_;
    bool has_looked_ = false;      ///< at the leader's side, just now
    std::size_t batch_ = 0;        ///< tasks of the batch pushed last
    std::string texts_;            ///< of the batch that is being pushed
    bool is_large_ = false;        ///< the batch is one large task
    std::uint64_t ended_over_ = 0; ///< number of the last large task over which a connection has ended
    int ends_ = 0;                 ///< how many have, in a row,
    Clock::time_point ends_since_; ///< since this one
    std::unique_ptr<Timer> flush_; ///< lets the events of one turn leave in one batch
    bool is_behind_ = false;       ///< as last said in the log
    std::string problem_;          ///< beside it
    Backlog backlog_;
    TaskQueue queue_;
};

} // namespace eventsgw
