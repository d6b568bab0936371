// SPDX-License-Identifier: GPL-3.0-or-later
// Copyright (C) 2026 eventsgw contributors

#pragma once

#include "base/backoff.h"
#include "base/chrono.h"
#include "base/fd.h"
#include "base/log.h"
#include "handlers/occurrence.h"
#include "journal/run_record.h"
#include "loop/timers.h"
#include "process/remains.h"
#include "process/supervisor.h"

#include <cstddef>
#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <set>
#include <string>
#include <vector>

namespace eventsgw {

/// Where a step writes to: standard output and error in one.
struct StepOutput {
    UniqueFd stream{};      ///< none: the daemon's own streams
    std::string variable{}; ///< of the environment, "NAME=value", that tells programs what it is; may be empty
};

/// What handlers need of the daemon.
struct HandlerMeans {
    Timers& timers;
    Supervisor& supervisor;
    Remains& remains; ///< of steps; what is left at the end of the daemon is killed
    const Log& log;
    std::function<StepOutput()> open_output; ///< of one step
};

/// How a handler ended. It is absent if the event turns out to have no steps.
struct HandlerOutcome {
    enum class Status : std::uint8_t { completed, aborted, skipped, absent };

    Status status = Status::completed;
    int code = 0;     ///< the exit status of the step; -1 when it did not exit by itself
    int signal = 0;   ///< that ended the step; 0 for none
    std::string step; ///< the last one that was due
    std::chrono::nanoseconds wall{};
    std::chrono::nanoseconds cpu{}; ///< of all its steps
    bool is_overdue = false;        ///< ended by its time-out
    std::vector<StepRecord> steps;  ///< those that were due
};

/// Runs the steps of one event, one after the other. Its owner must not destroy it in `on_done`, but Timers::retire()
/// it. Destroying it while a step runs leaves the step to the Supervisor, which must then not look at its input.
class Handler : public Retirable {
public:
    /// `on_done` is called once, from the loop or from within start().
    Handler(const HandlerMeans& means, Occurrence occurrence, std::function<void(const HandlerOutcome&)> on_done);

    void start();

    /// Starts no other step and logs nothing any more; `on_done` is called when the step that runs has ended.
    void close();

    const Occurrence& occurrence() const { return occurrence_; }

private:
    void prepare();
    Result<void> load();
    void go_on();
    bool start_step(const Step& step);
    void on_step_done(const Result<Exit>& exit);
    void on_due();
    bool is_skip_code(int status) const;
    void skip(const Step& step, const std::string& reason);
    void record_exit(const Exit& exit, bool has_stream);
    void finish(HandlerOutcome::Status status, int code, int signal = 0);
    void add_variables();
    std::string due_step() const;

    HandlerMeans means_;
    Occurrence occurrence_;
    std::function<void(const HandlerOutcome&)> on_done_;
    std::vector<std::string> variables_;
    Clock::time_point started_{};
    std::size_t next_ = 0; ///< index of the step after the one that is due
    std::optional<Supervisor::Id> running_;
    StepOutput output_; ///< of the step that is due
    std::chrono::nanoseconds cpu_{};
    std::vector<StepRecord> records_;
    std::set<pid_t> groups_; ///< of steps that have left somebody behind
    bool is_overdue_ = false;
    bool is_wait_said_ = false;
    bool is_closed_ = false;
    Backoff backoff_{1};
    std::unique_ptr<Timer> retry_;   ///< while the kernel is too short to prepare
    std::unique_ptr<Timer> timeout_; ///< of the handler, and then of its last step's grace
};

} // namespace eventsgw
