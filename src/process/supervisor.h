// SPDX-License-Identifier: GPL-3.0-or-later
// Copyright (C) 2026 eventsgw contributors

#pragma once

#include "base/backoff.h"
#include "base/log.h"
#include "base/result.h"
#include "process/launcher.h"

#include <cstddef>
#include <cstdint>
#include <functional>
#include <map>
#include <memory>
#include <set>

namespace eventsgw {

/// Starts jobs and owns their processes. When the kernel has no process or descriptor left, a job and all behind it
/// are kept and tried again later, in their order. A program that somebody is just writing is tried again too, and
/// holds nobody else up.
class Supervisor {
public:
    using Id = std::uint64_t;
    /// How the job ended; an error when it could not be started at all, whatever is tried.
    using DoneCallback = std::function<void(const Result<Exit>&)>;

    Supervisor(Timers& timers, Launcher& launcher, const Log& log);

    /// Starts a job, now or when the kernel can. `on_done` is called once, from the loop. Error: it can never start,
    /// and `on_done` is not called.
    Result<Id> start(Job job, DoneCallback on_done);

    /// Gives up a job that has not started yet, without a callback; false when it has.
    bool cancel(Id id);

    /// Of a job that has started and not ended; 0 of any other.
    pid_t pid(Id id) const;

    /// Signals the process group of a job that has started and not ended.
    void signal(Id id, int signal);

    /// What the job leaves behind in its group when it ends is to be killed.
    void kill_remains(Id id);

    /// Signals the process groups of all.
    void signal_all(int signal);

    /// How many processes run.
    std::size_t running() const { return entries_.size() - starting_.size(); }

private:
    struct Entry {
        Job job; ///< until it has started
        DoneCallback on_done;
        std::unique_ptr<Process> process;
    };
    enum class Attempt : std::uint8_t { started, failed, busy, out_of_resources };

    Attempt launch(Id id, Entry& entry, Error& error);
    void start_waiting();
    void wait(const Error& error);
    void on_exit(Id id, const Exit& exit);

    Timers& timers_;
    Launcher& launcher_;
    const Log& log_;
    Id last_ = 0;
    std::map<Id, Entry> entries_;
    std::set<Id> starting_; ///< those of `entries_` without a process, in their order
    bool is_short_ = false; ///< of resources, since the last attempt
    bool is_said_ = false;  ///< until a job starts at its first attempt
    Backoff backoff_{1};
    std::unique_ptr<Timer> retry_;
};

} // namespace eventsgw
