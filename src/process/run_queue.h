// SPDX-License-Identifier: GPL-3.0-or-later
// Copyright (C) 2026 eventsgw contributors

#pragma once

#include "base/backoff.h"
#include "base/log.h"
#include "base/result.h"
#include "process/launcher.h"

#include <cstddef>
#include <cstdint>
#include <deque>
#include <functional>
#include <list>
#include <memory>

namespace eventsgw {

/// Runs jobs, at most `running` at once; the others wait and start in the order they came. When the kernel has no
/// process or descriptor left for the next one, it stays where it is and is tried again later.
class RunQueue {
public:
    /// A job may wait as long as neither limit of waiting ones is reached, so the last one may go over the bytes.
    struct Limits {
        std::size_t running;
        std::size_t waiting;
        std::size_t waiting_bytes; ///< of their input
    };

    /// How the job ended; an error when it could not be started at all, whatever is tried.
    using DoneCallback = std::function<void(const Result<Exit>&)>;

    RunQueue(Timers& timers, Launcher& launcher, const Log& log, Limits limits);

    /// Takes a job; false when too many wait already, and then `on_done` is never called. Otherwise it is called once,
    /// from the loop or, for a job that cannot be started, from within this call.
    bool submit(Job job, DoneCallback on_done);

    /// What waits or runs already stays, whatever the new limits.
    void set_limits(Limits limits);

    /// Signals the process groups of all running jobs.
    void signal_all(int signal);

    /// Starts no other job: what waits is dropped without a callback, and what running jobs leave behind in their
    /// groups is killed when they exit.
    void close();

    std::size_t running() const { return running_.size(); }
    std::size_t waiting() const { return waiting_.size(); }
    std::size_t waiting_bytes() const { return waiting_bytes_; }

private:
    struct Waiting {
        Job job;
        DoneCallback on_done;
    };
    struct Running {
        std::unique_ptr<Process> process;
        DoneCallback on_done;
    };
    using Place = std::list<Running>::iterator;

    bool is_full() const;
    void start_waiting();
    /// False when the kernel is out of something, and the job is to be kept.
    bool launch(Waiting& next);
    void on_exit(Place place, const Exit& exit);
    void wait_for_resources(const Error& error);

    Timers& timers_;
    Launcher& launcher_;
    const Log& log_;
    Limits limits_;
    std::deque<Waiting> waiting_;
    std::size_t waiting_bytes_ = 0;
    std::list<Running> running_;
    bool closed_ = false;

    Backoff backoff_{1};
    bool is_short_ = false; ///< of resources, as last said in the log
    std::unique_ptr<Timer> retry_;
};

} // namespace eventsgw
