// SPDX-License-Identifier: GPL-3.0-or-later
// Copyright (C) 2026 eventsgw contributors

#pragma once

#include "base/chrono.h"
#include "base/histogram.h"
#include "base/log.h"
#include "base/result.h"
#include "base/uuid.h"
#include "config/rules.h"
#include "event/event.h"
#include "event/outcome.h"
#include "event/work.h"
#include "journal/history.h"
#include "journal/journal.h"
#include "journal/task.h"
#include "loop/refusals.h"
#include "loop/timers.h"
#include "process/leftovers.h"
#include "runs/attempt.h"
#include "runs/coalescer.h"
#include "runs/pauses.h"
#include "runs/run.h"
#include "runs/run_groups.h"
#include "runs/run_store.h"
#include "runs/schedule.h"

#include <array>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace eventsgw {

/// All runs of commands and handlers, from their events to their ends: admits them, starts them when their turn comes,
/// as many at once as there are slots, tries again what has failed, and keeps those that the end of the gateway
/// interrupts. When a run may start is the Schedule's business, what of it is on disk the RunStore's.
///
///     waiting -> starting -> running -> ended
///        ^                      |
///        +---- retry, stop -----+
///
/// A run that has its rule no more, that is too old at a start, or that a copied journal has brought is held.
class RunQueue {
public:
    struct Limits {
        std::size_t running = 0; ///< slots
        std::size_t waiting = 0;
        RunStore::Limits store{};
        bool stores_always = false;            ///< each start is on disk before it is carried out
        std::uint64_t max_attempts = 1;        ///< starts that an unclean end of the gateway may interrupt
        std::chrono::nanoseconds hold_after{}; ///< 0: never
        std::chrono::nanoseconds kill_grace{}; ///< of processes that a former gateway has left
    };
    /// Since the start, except those that are now.
    struct Counters {
        std::size_t running = 0; ///< with a slot
        std::size_t waiting = 0;
        std::size_t held = 0;
        std::uint64_t succeeded = 0;
        std::uint64_t failed = 0;  ///< dead ones too
        std::uint64_t skipped = 0; ///< ended by one of skip_exit_codes
        std::uint64_t timed_out = 0;
        std::uint64_t refused = 0;
        std::uint64_t retried = 0;
        std::uint64_t interrupted = 0; ///< by this process's end or a former one's
        std::uint64_t dead = 0;        ///< counted in `failed` too
        Histogram begun;               ///< from reading an event to the start of its run
    };
    /// What becomes of an administrator's wish.
    enum class Cancelled : std::uint8_t { ended, ending };

    /// A stop so soon after a start counts as that run's own doing, and so many in a row are its end.
    static constexpr std::chrono::seconds kOwnStop{60};
    static constexpr std::uint32_t kOwnStops = 3;
    /// A suspect that has run for so long does not keep others waiting any more.
    static constexpr std::chrono::seconds kSuspicion{60};
    /// So long a run waits whose start finds no memory.
    static constexpr std::chrono::seconds kShortage{1};
    /// So often runs are looked at that may be too old.
    static constexpr std::chrono::seconds kExpiry{1};

    // Why a run is held until the configuration changes.
    static constexpr std::string_view kRuleRemoved = "rule removed";
    static constexpr std::string_view kNoSteps = "no steps any more";
    /// Whether that is why, so that a start or a reload lets the run try again.
    static bool is_for_config(std::string_view reason) { return reason == kRuleRemoved || reason == kNoSteps; }

    /// The journal and the history are the caller's, and outlive this. `on_idle` is called from the loop whenever an
    /// attempt has ended.
    RunQueue(const AttemptMeans& means, Journal& journal, History& history, const Limits& limits,
             RunGroups::Config config, std::function<void()> on_idle);
    RunQueue(const RunQueue&) = delete;
    RunQueue& operator=(const RunQueue&) = delete;

    /// Takes over what a former process has left in the journal, and ends what it has left running if it was killed.
    /// Once, before any event. `killed_agent`: the former process was killed, and has left runs that no journal knows.
    void recover(std::string_view killed_agent);

    /// For the attempts from now on. Runs whose rule has gone are held, and return with it.
    void set_config(const Limits& limits, RunGroups::Config config);
    bool has_handlers() const { return groups_.has_handlers(); }
    /// Whether there are steps for the event.
    bool has_handler(const Event& event) const;

    /// Runs the rule's command, or the handler of the event, when its turn comes.
    Outcome run_command(const Rule& rule, const Event& event, Keeper& keeper);
    Outcome run_handler(const Event& event, Keeper& keeper);

    /// The slow end: no more events will come, and what can be finished is.
    void drain();
    /// Whether something is left that a drain waits for: retries and what is held or paused are not.
    bool is_drained() const;
    /// The fast end: starts nothing more, and ends what runs as a time-out does. What has not completed then is kept
    /// for the next start.
    void stop(std::chrono::nanoseconds grace);
    /// After stop(): SIGKILL to what still runs.
    void kill();
    /// What has changed of runs is ordered from the journal when this returns.
    void give_to_journal();
    /// After the journal's end: says what is kept, and what is lost.
    void log_kept(std::size_t unwritten) const;

    // By an administrator's wish.

    /// A waiting run is dead, a running one is ended and then dead. `id` may be the beginning of one. Fault::no_match.
    Result<Cancelled> cancel(std::string_view id);
    void pause(std::string_view key, std::optional<std::chrono::nanoseconds> time);
    /// False if it was not paused.
    bool resume(std::string_view key);
    const Pauses& pauses() const { return pauses_; }
    /// Nothing where no run that has not ended has this id, or several have.
    const Run* find(std::string_view id) const;
    /// Whether several have it.
    bool is_ambiguous(std::string_view id) const;

    const Counters& counters(WorkKind kind) const { return kind == WorkKind::handler ? handlers_ : commands_; }
    std::size_t running() const { return commands_.running + handlers_.running; }
    std::size_t waiting() const { return commands_.waiting + handlers_.waiting; }
    /// How long the oldest has waited, without those that are held.
    std::optional<std::chrono::nanoseconds> oldest_age() const;
    /// Why one of those that are held is.
    std::string held_because() const;

private:
    using Runs = std::map<std::uint64_t, Run>;

    Counters& counters_of(const Run& run) { return run.group->kind == WorkKind::handler ? handlers_ : commands_; }
    RunGroup& find_group(WorkKind kind, std::string_view key);
    static std::string choose_lane(const RunGroup& group, std::string_view channel);
    WallTime now() const;

    Outcome admit(RunGroup& group, const Event& event, Keeper& keeper);
    Outcome refuse(const RunGroup& group, Keeper& keeper, Outcome::Reason reason);
    Outcome count_refused(const RunGroup& group, Keeper& keeper, Outcome::Reason reason);
    bool is_full() const;
    Run& make_run(RunGroup& group, const std::shared_ptr<KeptEvent>& event, Clock::time_point read);
    Outcome join(Run& run, const Event& event, Keeper& keeper);

    void start_next();
    void begin(Run& run);
    void back_off(Run& run);
    bool give_up_suspect(Run& run);
    void on_ready(Run& run);
    AttemptPlan plan(const Run& run) const;
    void on_attempt_end(Run& run, const AttemptEnd& end);
    void on_failed(Run& run, const AttemptPlan& plan, const AttemptEnd& end);
    void on_interrupted(Run& run, const AttemptPlan& plan, const AttemptEnd& end);
    void on_absent(Run& run);
    void wait_again(Run& run, Clock::time_point due);
    void update_lane(Run& run);
    void set_state(Run& run, Run::State state);
    void hold(Run& run, std::string_view reason);
    void release(Run& run);
    void finish(Run& run, RunRecord record);
    /// A run that does not start any more, but whose event the history needs.
    void give_up(Run& run, RunResult result, WorkState state, std::string_view reason);
    void on_event(Run& run);
    void forget(Run& run);

    void recover(const RunRow& row, std::vector<FormerRun>& former);
    void resume(Run& run, const RunRow& row);
    void note_resumed(Run& run);
    bool is_expired(const Run& run) const;
    void end_leftovers(const std::vector<FormerRun>& former, std::string_view killed_agent);
    void on_lost(const std::vector<std::uint64_t>& numbers);
    void on_held(const JournalNews::HeldRuns& runs);

    void schedule_due();
    void on_due();
    void expire();
    void apply_pauses();
    Clock::duration jitter(std::chrono::nanoseconds delay);

    AttemptMeans means_;
    Journal& journal_;
    History& history_;
    Limits limits_;
    RunGroups groups_;
    std::function<void()> on_idle_;
    std::chrono::nanoseconds wall_offset_; ///< from the clock that never jumps to the time of day, at the start
    UuidSource uuids_;
    Counters commands_;
    Counters handlers_;
    Refusals command_overflow_;
    Refusals handler_overflow_;
    Refusals names_; ///< of events that no handler can have
    Pauses pauses_;
    Runs runs_;
    Coalescer coalescer_; ///< those that wait
    struct GivenUp {
        RunResult result;
        WorkState state;
        std::string reason;
    };
    std::map<std::uint64_t, GivenUp> given_up_; ///< those that wait for their event only to be recorded
    Schedule schedule_;
    RunStore store_;
    std::unique_ptr<Timer> due_;
    std::unique_ptr<Timer> expiry_;
    std::unique_ptr<Timer> suspicion_; ///< while a suspect runs
    std::unique_ptr<Timer> pause_end_;
    Leftovers leftovers_; ///< processes of a former gateway
    bool awaits_leftovers_ = false;
    std::size_t resumed_ = 0;   ///< runs of a former process that have not started yet
    bool writes_first_ = false; ///< until they have, after an unclean end
    bool is_starting_ = false;
    bool is_stopping_ = false;
    std::array<unsigned short, 3> random_; ///< state of erand48(3)
};

} // namespace eventsgw
