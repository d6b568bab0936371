// SPDX-License-Identifier: GPL-3.0-or-later
// Copyright (C) 2026 eventsgw contributors

#pragma once

#include "base/log.h"
#include "loop/refusals.h"
#include "loop/timers.h"
#include "redis/task_queue.h"

#include <cstddef>
#include <cstdint>
#include <deque>
#include <functional>
#include <memory>
#include <string>
#include <string_view>

namespace eventsgw {

/// Holds every task from its event to the leader's confirmation, in the order of the events, and feeds the TaskQueue.
/// While the leader is away the tasks wait here, in memory and up to a limit; what is over the limit is refused,
/// counted and logged.
class Forwarder {
public:
    /// A task is taken as long as neither limit is reached, so the last one may go over the bytes: a limit must not
    /// make a large payload impossible.
    struct Limits {
        std::size_t tasks;
        std::size_t bytes;
    };

    /// Tasks of `agent_id` go to its queue at the leader; `instance` is a UUID of this run. `on_empty` is called
    /// whenever the last waiting task has been confirmed.
    Forwarder(Session::Options leader, Network network, const Log& log, const std::string& agent_id,
              const std::string& instance, Limits limits, std::function<void()> on_empty);

    void start() { queue_.start(); }

    /// Takes a task. `channel` is the event's, for the log.
    void accept(std::string task, std::string_view channel);

    std::size_t waiting() const { return tasks_.size(); }
    std::uint64_t pushed() const { return pushed_; } ///< confirmed by the leader
    std::uint64_t refused() const { return refusals_.total(); }
    const Session& session() const { return queue_.session(); }

private:
    void push_batch();
    void on_confirmed(std::uint64_t count);
    void note_behind();

    const Log& log_;
    Limits limits_;
    std::function<void()> on_empty_;
    std::uint64_t pushed_ = 0;
    Refusals refusals_;

    std::deque<std::string> tasks_; ///< oldest first, until they are confirmed
    std::size_t bytes_ = 0;
    std::unique_ptr<Timer> flush_; ///< lets the events of one turn leave in one batch
    bool flush_due_ = false;
    bool is_behind_ = false; ///< as last said in the log
    TaskQueue queue_;
};

} // namespace eventsgw
