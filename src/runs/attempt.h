// SPDX-License-Identifier: GPL-3.0-or-later
// Copyright (C) 2026 eventsgw contributors

#pragma once

#include "base/backoff.h"
#include "base/chrono.h"
#include "base/fd.h"
#include "base/log.h"
#include "config/run_settings.h"
#include "event/work.h"
#include "handlers/steps.h"
#include "journal/run_record.h"
#include "journal/task.h"
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

/// What attempts need of the daemon.
struct AttemptMeans {
    Timers& timers;
    Supervisor& supervisor;
    Remains& remains; ///< of steps; what is left at the end of the daemon is killed
    const Log& log;
    std::function<StepOutput()> open_output; ///< of one step of a handler
};

/// What an attempt executes, and for which event. Points to nothing outside itself.
struct AttemptPlan {
    WorkKind kind = WorkKind::command;
    std::string command{};            ///< a shell line
    std::size_t line = 0;             ///< of the command's rule
    std::vector<std::string> bases{}; ///< of a handler: where its steps are listed, when the attempt starts
    RunSettings settings{};
    std::shared_ptr<KeptEvent> event{};
    std::string id{}; ///< of the run: a UUID, for the log and for the programs
    WallTime arrived{};
    std::uint32_t coalesced = 1; ///< events that the run stands for
    std::uint32_t number = 1;    ///< of the attempt

    std::string_view channel() const { return event->channel(); }
};

/// How an attempt ended.
struct AttemptEnd {
    enum class Status : std::uint8_t {
        completed,
        aborted,
        skipped,    ///< a program said "not for me", by one of skip_exit_codes
        absent,     ///< the event turns out to have no steps
        interrupted ///< by stop()
    };

    Status status = Status::completed;
    int code = 0;       ///< the exit status; -1 when the program did not exit by itself
    int signal = 0;     ///< that ended it; 0 for none
    std::string step{}; ///< of a handler: the last one that was due
    std::chrono::nanoseconds wall{};
    std::chrono::nanoseconds cpu{};  ///< of all its programs
    bool is_overdue = false;         ///< ended by its time-out
    bool may_be_retried = true;      ///< another attempt may end better
    pid_t pid = 0;                   ///< of a command
    std::string reason{};            ///< why a command could not be started
    std::vector<StepRecord> steps{}; ///< of a handler: those that were due
};

/// One attempt of a run: a command, or the steps of a handler one after the other. Its owner must not destroy it in
/// `on_done`, but Timers::retire() it. Destroying it while a program runs leaves the program to the Supervisor, which
/// must then not look at its input.
class Attempt : public Retirable {
public:
    /// `on_done` is called once, from the loop or from within start() or stop().
    Attempt(const AttemptMeans& means, AttemptPlan plan, std::function<void(const AttemptEnd&)> on_done);

    void start();

    /// Ends what runs, as a time-out does: SIGTERM to its process group, and SIGKILL after the grace. Starts nothing
    /// more. A last program that exits with 0 all the same has completed the attempt.
    void stop(std::chrono::nanoseconds grace);
    /// SIGKILL at once, after stop().
    void kill();

    const AttemptPlan& plan() const { return plan_; }
    /// Of the program that runs; 0: none does.
    pid_t pid() const;

private:
    void prepare();
    Result<void> load();
    void go_on();
    void start_command();
    bool start_step(const Step& step);
    Result<void> launch(std::vector<std::string> command);
    void on_program_done(const Result<Exit>& exit);
    void on_stopped(const Result<Exit>& exit);
    void on_due();
    void terminate(std::chrono::nanoseconds grace);
    bool is_skip_code(int status) const;
    void skip(const Step& step, const std::string& reason);
    void refuse(const Step& step, const std::string& reason);
    void record_exit(const Exit& exit, bool has_stream);
    void finish(AttemptEnd::Status status, int code, int signal = 0);
    void add_variables();
    void say(LogLevel level, const std::string& text) const;
    std::string due_step() const;
    bool is_handler() const { return plan_.kind == WorkKind::handler; }
    bool is_last() const { return !is_handler() || next_ == steps_.size(); }

    AttemptMeans means_;
    AttemptPlan plan_;
    std::function<void(const AttemptEnd&)> on_done_;
    std::vector<Step> steps_;
    std::vector<std::string> variables_;
    Clock::time_point started_{};
    std::size_t next_ = 0; ///< index of the step after the one that is due
    std::optional<Supervisor::Id> running_;
    StepOutput output_; ///< of the step that is due
    AttemptEnd end_;
    std::set<pid_t> groups_; ///< of programs that left processes behind
    bool is_stopped_ = false;
    bool is_wait_said_ = false;
    Backoff backoff_{1};
    std::unique_ptr<Timer> retry_;   ///< while the kernel is too short to prepare
    std::unique_ptr<Timer> timeout_; ///< of the attempt, and then of its program's grace
};

} // namespace eventsgw
