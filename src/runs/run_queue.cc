// SPDX-License-Identifier: GPL-3.0-or-later
// Copyright (C) 2026 eventsgw contributors

#include "runs/run_queue.h"

#include "base/text.h"
#include "config/lane_wait.h"
#include "handlers/steps.h"
#include "runs/run_log.h"

#include <algorithm>
#include <array>
#include <cstdlib>
#include <new>
#include <utility>

#include <unistd.h>

namespace eventsgw {
RunQueue::RunQueue(const AttemptMeans& means, Journal& journal, History& history, const Limits& limits,
                   RunGroups::Config config, std::function<void()> on_idle)
    : means_(means), journal_(journal), history_(history), limits_(limits), groups_(std::move(config)),
      on_idle_(std::move(on_idle)),
      wall_offset_(std::chrono::system_clock::now().time_since_epoch() - means.timers.now().time_since_epoch()),
      command_overflow_(means.timers, means.log, "command", "refused, queue full"),
      handler_overflow_(means.timers, means.log, "handler", "refused, queue full"),
      names_(means.timers, means.log, "handler", "refused, no event has such a name"), pauses_(journal.paused()),
      store_(means.timers, journal, limits.store,
             {[this](std::uint64_t number) {
                  const auto found = runs_.find(number);
                  return found == runs_.end() ? nullptr : &found->second;
              },
              [this](const std::function<void(Run&)>& look) {
                  for (auto& [number, run] : runs_) {
                      look(run);
                  }
              },
              [this](Run& run) { on_ready(run); }, [this](Run& run) { on_event(run); },
              [this](const std::vector<std::uint64_t>& numbers) { on_lost(numbers); },
              [this](const JournalNews::HeldRuns& held) { on_held(held); }}),
      due_(means.timers.make_timer([this] { on_due(); })), expiry_(means.timers.make_timer([this] { expire(); })),
      suspicion_(means.timers.make_timer([this] {
          schedule_.trust_suspect();
          start_next();
      })),
      pause_end_(means.timers.make_timer([this] { apply_pauses(); })), leftovers_(means.timers, means.log,
                                                                                  [this] {
                                                                                      awaits_leftovers_ = false;
                                                                                      start_next();
                                                                                  }),
      random_{static_cast<unsigned short>(wall_offset_.count()), static_cast<unsigned short>(::getpid()), 0} {}

/// The clock that stamps arriving events. Setting the system clock does not change the age of an event.
WallTime RunQueue::now() const {
    return std::chrono::floor<WallTime::duration>(
        std::chrono::sys_time<std::chrono::nanoseconds>(means_.timers.now().time_since_epoch() + wall_offset_));
}

RunGroup& RunQueue::find_group(WorkKind kind, std::string_view key) {
    RunGroup& group = groups_.find(kind, key);
    if (const bool is_paused = pauses_.cover(key); is_paused != group.is_paused) {
        schedule_.set_paused(group, is_paused);
    }
    return group;
}

/// Names and sources of handlers have no blanks in them, so no two lanes run into one.
std::string RunQueue::choose_lane(const RunGroup& group, std::string_view channel) {
    const std::optional<EventName> parts = split_channel(channel);
    switch (group.settings.serialize) {
    case Serialize::event: return std::string("event ").append(parts ? parts->name : channel);
    case Serialize::source: return std::string("source ").append(parts ? parts->source : channel);
    case Serialize::none: break;
    }
    if (!group.coalesces()) {
        return "";
    }
    return std::string(to_string(group.kind)).append(" ").append(group.key).append(" of ").append(channel);
}

// From an event to its run.

Outcome RunQueue::run_command(const Rule& rule, const Event& event, Keeper& keeper) {
    return admit(find_group(WorkKind::command, rule.channel), event, keeper);
}

Outcome RunQueue::run_handler(const Event& event, Keeper& keeper) {
    const std::optional<EventName> parts = split_channel(event.channel);
    if (!parts || !is_valid_name(parts->name) || !is_valid_source(parts->source)) {
        names_.add(event.channel);
        return count_refused({WorkKind::handler}, keeper, Outcome::Reason::no_such_name);
    }
    // Where the kernel has no descriptor to look with, the attempt looks again when its turn has come.
    const StepList list = list_steps(groups_.bases(), parts->name);
    if (list.steps.empty() && !list.is_short) {
        for (const std::string& problem : list.problems) {
            means_.log.warning("handler", "cannot read a directory of steps",
                               {{"reason", problem}, {"event", event.channel}});
        }
        return Outcome::nothing();
    }
    return admit(find_group(WorkKind::handler, parts->name), event, keeper);
}

bool RunQueue::has_handler(const Event& event) const {
    const std::optional<EventName> parts = split_channel(event.channel);
    return parts && is_valid_name(parts->name) && is_valid_source(parts->source) &&
           !list_steps(groups_.bases(), parts->name).steps.empty();
}

Outcome RunQueue::admit(RunGroup& group, const Event& event, Keeper& keeper) {
    const std::size_t key = Coalescer::find_key(group, event);
    const bool coalesces = key != 0;
    if (Run* const run = coalesces ? coalescer_.find(group, event, key) : nullptr) {
        return join(*run, event, keeper);
    }
    const std::string lane = choose_lane(group, event.channel);
    const bool finds_slot = !coalesces && running() < limits_.running && schedule_.is_free(group, lane);
    if (!finds_slot && is_full()) {
        return refuse(group, keeper, store_.is_disk_full() ? Outcome::Reason::disk : Outcome::Reason::queue_full);
    }
    Run& run = make_run(group, keeper.keep(), event.read);
    run.merge_key = key;
    const Clock::time_point now = means_.timers.now();
    try {
        schedule_.add(run, lane);
        schedule_.set_due(run, coalesces ? now + group.settings.coalesce : now, now);
        coalescer_.add(run);
        store_.add(run);
    } catch (const std::bad_alloc&) {
        forget(run);
        throw;
    }
    const std::uint64_t number = run.number;
    const Uuid id = run.id;
    start_next();
    const auto found = runs_.find(number);
    return found != runs_.end() && found->second.state == Run::State::waiting ? Outcome::waiting(id)
                                                                              : Outcome::started(id);
}

bool RunQueue::is_full() const {
    return waiting() >= limits_.waiting || store_.is_full();
}

Run& RunQueue::make_run(RunGroup& group, const std::shared_ptr<KeptEvent>& event, Clock::time_point read) {
    const std::uint64_t number = journal_.take_number();
    if (event->number == 0) { // from its first work on the journal's thread may read it
        event->number = number;
    }
    Run& run = runs_.emplace(number, Run()).first->second;
    run.number = number;
    run.id = uuids_.make_bytes();
    run.group = &group;
    run.event = event;
    run.size = event->size();
    run.arrived = now();
    run.read = read;
    set_state(run, Run::State::waiting);
    if (group.settings.max_age > std::chrono::nanoseconds::zero() && !expiry_->is_pending()) {
        expiry_->start(kExpiry);
    }
    return run;
}

/// The run covers one more event. If it waits between two attempts, its retries start over and it is due at once.
Outcome RunQueue::join(Run& run, const Event& event, Keeper& keeper) {
    const std::size_t size = event.channel.size() + event.payload.size();
    if (size > run.size && store_.is_full()) {
        return refuse(*run.group, keeper, Outcome::Reason::queue_full);
    }
    ++run.coalesced;
    run.arrived = now();
    run.read = event.read;
    const std::shared_ptr<KeptEvent>& kept = keeper.keep();
    kept->number = kept->number == 0 ? journal_.take_number() : kept->number;
    const bool was_waiting_for_retry = std::exchange(run.failures, 0) > 0;
    store_.replace_event(run, kept, size);
    if (was_waiting_for_retry) {
        const Clock::time_point now = means_.timers.now();
        schedule_.set_due(run, now, now);
    }
    const Outcome outcome = Outcome::waiting(run.id);
    start_next();
    return outcome;
}

Outcome RunQueue::refuse(const RunGroup& group, Keeper& keeper, Outcome::Reason reason) {
    const bool is_handler = group.kind == WorkKind::handler;
    const std::string_view channel = keeper.keep()->channel();
    (is_handler ? handler_overflow_ : command_overflow_).add(channel, waiting(), store_.memory());
    return count_refused(group, keeper, reason);
}

Outcome RunQueue::count_refused(const RunGroup& group, Keeper& keeper, Outcome::Reason reason) {
    ++(group.kind == WorkKind::handler ? handlers_ : commands_).refused;
    if (history_.is_on()) {
        RunRecord record;
        record.event = keeper.keep();
        record.kind = group.kind;
        record.line = group.line;
        record.value = group.command;
        history_.refuse(std::move(record), to_string(reason));
    }
    return Outcome::refused(reason);
}

// From a run to its end.

void RunQueue::start_next() {
    if (is_starting_ || is_stopping_ || awaits_leftovers_) {
        return;
    }
    is_starting_ = true;
    for (Run* run = nullptr; running() < limits_.running && (run = schedule_.take()) != nullptr;) {
        try {
            begin(*run);
        } catch (const std::bad_alloc&) {
            back_off(*run);
            break;
        }
    }
    is_starting_ = false;
    schedule_due();
}

/// There was no memory for its start, and the start has not been carried out.
void RunQueue::back_off(Run& run) {
    if (!run.attempt) {
        run.starts -= run.state == Run::State::starting ? 1 : 0;
        wait_again(run, means_.timers.now() + kShortage);
    }
}

void RunQueue::begin(Run& run) {
    coalescer_.remove(run);
    if (is_expired(run)) {
        give_up(run, RunResult::expired, WorkState::dead, "older than max_age");
        return;
    }
    if (run.is_cancelled) {
        give_up(run, RunResult::cancelled, WorkState::dead, kCancelled);
        return;
    }
    if (run.is_suspect && give_up_suspect(run)) {
        return;
    }
    set_state(run, Run::State::starting);
    ++run.starts;
    store_.prepare(run, limits_.stores_always || writes_first_);
}

/// Not before its turn: until then its lane waits for what a former process has left running of it.
bool RunQueue::give_up_suspect(Run& run) {
    if (run.group->settings.interrupted == Interrupted::drop) {
        give_up(run, RunResult::interrupted, WorkState::failed, "interrupted");
        return true;
    }
    if (run.crashes >= limits_.max_attempts) {
        give_up(run, RunResult::interrupted, WorkState::dead,
                "interrupted " + std::to_string(run.crashes) + " times by an unclean end of the gateway");
        return true;
    }
    return false;
}

void RunQueue::on_ready(Run& run) {
    note_resumed(run);
    set_state(run, Run::State::running);
    run.began = means_.timers.now();
    if (run.starts == 1) {
        counters_of(run).begun.add(run.began - run.read);
    }
    if (run.is_suspect) {
        suspicion_->start(kSuspicion);
    }
    run.attempt =
        std::make_unique<Attempt>(means_, plan(run), [this, &run](const AttemptEnd& end) { on_attempt_end(run, end); });
    const std::uint64_t number = run.number;
    run.attempt->start(); // it may end at once, and the run with it
    if (const auto found = runs_.find(number); found != runs_.end() && found->second.attempt) {
        store_.note_started(found->second);
    }
}

AttemptPlan RunQueue::plan(const Run& run) const {
    const RunGroup& group = *run.group;
    AttemptPlan plan;
    plan.kind = group.kind;
    plan.command = group.command;
    plan.line = group.line;
    if (group.kind == WorkKind::handler) {
        plan.bases = groups_.bases();
    }
    plan.settings = group.settings;
    plan.event = run.event;
    plan.id = to_string(run.id);
    plan.arrived = run.arrived;
    plan.coalesced = run.coalesced;
    plan.number = run.starts;
    return plan;
}

void RunQueue::on_attempt_end(Run& run, const AttemptEnd& end) {
    const AttemptPlan& plan = run.attempt->plan(); // which lives to the end of this turn
    means_.timers.retire(std::move(run.attempt));
    run.is_suspect = false; // it has not brought the gateway down
    switch (end.status) {
    case AttemptEnd::Status::completed:
    case AttemptEnd::Status::skipped:
        log_end(means_.log, plan, end);
        finish(run, make_record(run, plan, end));
        break;
    case AttemptEnd::Status::aborted: on_failed(run, plan, end); break;
    case AttemptEnd::Status::interrupted: on_interrupted(run, plan, end); break;
    case AttemptEnd::Status::absent: on_absent(run); break;
    }
    start_next();
    on_idle_();
}

void RunQueue::on_failed(Run& run, const AttemptPlan& plan, const AttemptEnd& end) {
    log_end(means_.log, plan, end);
    const RunSettings& settings = run.group->settings;
    const bool is_retried = end.may_be_retried && run.failures < settings.retry && !run.is_cancelled;
    run.stops = 0; // it was not stopped this time
    if (!is_retried) {
        RunRecord record = make_record(run, plan, end);
        if (run.is_cancelled) {
            record.result = RunResult::cancelled;
        }
        record.state = run.is_cancelled || settings.retry > 0 ? WorkState::dead : WorkState::failed;
        if (record.state == WorkState::dead) {
            means_.log.error(to_string(plan.kind), run.is_cancelled ? "cancelled, dead" : "no retry left, dead",
                             {{"event", plan.channel()}, {"attempt", run.starts}, {"id", plan.id}});
        }
        finish(run, std::move(record));
        return;
    }
    ++run.failures;
    if (!run.group->is_there) {
        hold(run, kRuleRemoved);
        return;
    }
    ++counters_of(run).retried;
    const Clock::duration delay = jitter(find_retry_delay(settings, run.failures));
    means_.log.warning(to_string(plan.kind), "failed, to be retried",
                       {{"event", plan.channel()}, {"attempt", run.starts}, {"delay", delay}, {"id", plan.id}});
    wait_again(run, means_.timers.now() + delay);
}

/// By an administrator, or by the end of the gateway, which costs no attempt. But a run that is itself the reason for
/// the end would run for ever.
void RunQueue::on_interrupted(Run& run, const AttemptPlan& plan, const AttemptEnd& end) {
    const bool is_soon = means_.timers.now() - run.began < kOwnStop;
    run.stops = is_soon ? run.stops + 1 : 0;
    const bool is_own_stop = run.stops >= kOwnStops;
    const bool is_dropped = run.group->settings.interrupted == Interrupted::drop;
    if (!run.is_cancelled) {
        ++counters_of(run).interrupted;
    }
    if (!run.is_cancelled && !is_own_stop && !is_dropped) {
        wait_again(run, means_.timers.now());
        return;
    }
    RunRecord record = make_record(run, plan, end);
    record.result = run.is_cancelled ? RunResult::cancelled : RunResult::interrupted;
    record.state = run.is_cancelled || is_own_stop ? WorkState::dead : WorkState::failed;
    record.reason = run.is_cancelled ? "cancelled" : is_own_stop ? "interrupted by its own stop" : "interrupted";
    means_.log.error(to_string(plan.kind), record.reason + ", not run again",
                     {{"event", plan.channel()}, {"attempt", run.starts}, {"id", plan.id}});
    finish(run, std::move(record));
}

/// It had steps when its event came. They may return with an update of the module.
void RunQueue::on_absent(Run& run) {
    if (run.starts == 1 && !run.has_row) {
        forget(run);
    } else {
        means_.log.warning("handler", "run held, it has no steps any more",
                           {{"event", run.group->key}, {"id", to_string(run.id)}});
        hold(run, kNoSteps);
    }
}

void RunQueue::wait_again(Run& run, Clock::time_point due) {
    set_state(run, Run::State::waiting);
    schedule_.set_due(run, due, means_.timers.now());
    coalescer_.add(run);
    store_.save(run);
    schedule_due();
}

void RunQueue::finish(Run& run, RunRecord record) {
    record.settle_state();
    Counters& counters = counters_of(run);
    switch (record.state) {
    case WorkState::done: ++(record.result == RunResult::skipped ? counters.skipped : counters.succeeded); break;
    case WorkState::dead: ++counters.dead; [[fallthrough]];
    case WorkState::failed:
    case WorkState::refused: ++counters.failed; break;
    }
    counters.timed_out += record.result == RunResult::timed_out ? 1 : 0;
    history_.add(std::move(record));
    forget(run);
}

void RunQueue::give_up(Run& run, RunResult result, WorkState state, std::string_view reason) {
    schedule_.remove(run);
    coalescer_.remove(run);
    set_state(run, Run::State::ending);
    given_up_.emplace(run.number, GivenUp{result, state, std::string(reason)});
    if (run.event) {
        on_event(run);
    } else {
        store_.load(run);
    }
}

/// The event of a run that is not about to start.
void RunQueue::on_event(Run& run) {
    if (const auto given_up = given_up_.find(run.number); given_up != given_up_.end()) {
        RunRecord record = make_record(run, given_up->second.result, given_up->second.reason);
        record.state = given_up->second.state;
        given_up_.erase(given_up);
        means_.log.error(to_string(record.kind), record.reason + ", not run",
                         {{"event", record.channel()}, {"attempt", run.starts}, {"id", record.id}});
        finish(run, std::move(record));
        on_idle_();
    } else if (run.state == Run::State::held && run.is_released && run.event) {
        release(run);
    } else if (run.state == Run::State::starting) { // some other hand has erased it
        RunRecord record = make_record(run, RunResult::not_started, "its event is not in the journal");
        means_.log.error(to_string(record.kind), "not run, its event is not in the journal", {{"id", record.id}});
        finish(run, std::move(record));
        start_next();
        on_idle_();
    }
}

void RunQueue::forget(Run& run) {
    schedule_.remove(run);
    coalescer_.remove(run);
    note_resumed(run);
    set_state(run, Run::State::ending);
    store_.erase(run);
    runs_.erase(run.number);
}

void RunQueue::set_state(Run& run, Run::State state) {
    Counters& counters = counters_of(run);
    const auto count = [&](Run::State of) -> std::size_t* {
        switch (of) {
        case Run::State::waiting: return &counters.waiting;
        case Run::State::starting:
        case Run::State::running: return &counters.running;
        case Run::State::held: return &counters.held;
        case Run::State::ending: break;
        }
        return nullptr;
    };
    if (std::size_t* const before = count(std::exchange(run.state, state))) {
        --*before;
    }
    if (std::size_t* const after = count(state)) {
        ++*after;
    }
    store_.count(run);
}

void RunQueue::note_resumed(Run& run) {
    if (std::exchange(run.is_resumed, false) && --resumed_ == 0) {
        writes_first_ = false;
    }
}

// What is held.

void RunQueue::hold(Run& run, std::string_view reason) {
    schedule_.remove(run);
    coalescer_.remove(run);
    note_resumed(run);
    set_state(run, Run::State::held);
    run.held_because = std::make_unique<const std::string>(reason);
    run.is_released = false;
    store_.save(run);
}

/// Its place in its lane depends on its event's name and source.
void RunQueue::release(Run& run) {
    run.is_released = true;
    if (!run.event) {
        store_.load(run);
        return;
    }
    run.held_because.reset();
    schedule_.add(run, choose_lane(*run.group, run.event->channel()));
    wait_again(run, means_.timers.now());
    start_next();
}

void RunQueue::set_config(const Limits& limits, RunGroups::Config config) {
    limits_ = limits;
    store_.set_limits(limits.store);
    groups_.set_config(std::move(config));
    std::size_t held = 0;
    std::vector<std::uint64_t> released;
    if (!is_stopping_ && !expiry_->is_pending()) {
        expiry_->start(kExpiry); // runs that wait may have a limit now
    }
    for (auto& [number, run] : runs_) {
        const bool returns = run.held_because && is_for_config(*run.held_because);
        if (run.state == Run::State::waiting && !run.group->is_there) {
            hold(run, kRuleRemoved);
            ++held;
        } else if (run.state == Run::State::waiting && run.event) {
            update_lane(run);
        } else if (run.state == Run::State::held && returns && run.group->is_there) {
            released.push_back(number);
        }
    }
    for (const std::uint64_t number : released) { // which may be over at once, and their places in runs_ with them
        if (const auto found = runs_.find(number); found != runs_.end() && found->second.state == Run::State::held) {
            release(found->second);
        }
    }
    if (held > 0) {
        means_.log.warning("run", "held, their rules are gone", {{"runs", held}});
    }
    start_next();
}

/// Its place in the order stays. One whose event is on disk alone keeps its lane, which its event's name decides.
void RunQueue::update_lane(Run& run) {
    const std::string lane = choose_lane(*run.group, run.event->channel());
    if (lane != (run.lane != nullptr ? run.lane->name : "")) {
        const Clock::time_point due = run.due;
        schedule_.remove(run);
        schedule_.add(run, lane);
        schedule_.set_due(run, due, means_.timers.now());
    }
}

void RunQueue::on_held(const JournalNews::HeldRuns& news) {
    std::vector<std::uint64_t> dropped;
    for (auto& [number, run] : runs_) {
        const bool is_there = std::binary_search(news.held.begin(), news.held.end(), number);
        if (run.state == Run::State::held && store_.is_stored(run) && !is_there) {
            dropped.push_back(number);
        }
    }
    for (const std::uint64_t number : dropped) {
        Run& run = runs_.at(number);
        means_.log.notice(to_string(run.group->kind), "held run dropped", {{"id", to_string(run.id)}});
        forget(run);
    }
    for (const std::uint64_t number : news.released) {
        const auto found = runs_.find(number);
        if (found != runs_.end() && found->second.state == Run::State::held) {
            // Nothing says any more what it would execute: it starts when its rule returns.
            found->second.group->is_there ? release(found->second) : hold(found->second, kRuleRemoved);
        }
    }
}

/// With the journal they were in alone. The pauses are in memory, too.
void RunQueue::on_lost(const std::vector<std::uint64_t>& numbers) {
    if (!pauses_.empty()) {
        journal_.order(JournalOrder::Pause{pauses_.text()});
    }
    if (!numbers.empty()) {
        means_.log.error("journal", "runs lost with it", {{"runs", numbers.size()}});
    }
    for (const std::uint64_t number : numbers) {
        Run& run = runs_.at(number);
        finish(run, make_record(run, RunResult::not_started, "lost with the journal"));
    }
    start_next();
}

// What is due.

void RunQueue::schedule_due() {
    const std::optional<Clock::time_point> next = schedule_.next_due();
    if (next && !is_stopping_) {
        due_->start(std::max(*next - means_.timers.now(), Clock::duration::zero()));
    }
}

void RunQueue::on_due() {
    schedule_.advance(means_.timers.now());
    start_next();
}

bool RunQueue::is_expired(const Run& run) const {
    const std::chrono::nanoseconds max_age = run.group->settings.max_age;
    return max_age > std::chrono::nanoseconds::zero() && now() - run.arrived > max_age;
}

/// A run that has to wait for a slot, its lane or the end of a pause becomes too old without its turn.
void RunQueue::expire() {
    std::vector<Run*> expired;
    bool may_expire = false;
    for (auto& [number, run] : runs_) {
        if (run.state == Run::State::waiting && is_expired(run)) {
            expired.push_back(&run);
        }
        may_expire = may_expire || run.group->settings.max_age > std::chrono::nanoseconds::zero();
    }
    for (Run* const run : expired) {
        give_up(*run, RunResult::expired, WorkState::dead, "older than max_age");
    }
    if (may_expire) {
        expiry_->start(kExpiry);
    }
    start_next();
}

Clock::duration RunQueue::jitter(std::chrono::nanoseconds delay) {
    const double part = ::erand48(random_.data()) / kJitterDivisor;
    return delay + std::chrono::duration_cast<Clock::duration>(delay * part);
}

// By an administrator's wish.

const Run* RunQueue::find(std::string_view id) const {
    const Run* found = nullptr;
    for (const auto& [number, run] : runs_) {
        if (run.state != Run::State::ending && has_prefix(run.id, id)) {
            if (found != nullptr) {
                return nullptr;
            }
            found = &run;
        }
    }
    return found;
}

bool RunQueue::is_ambiguous(std::string_view id) const {
    return std::count_if(runs_.begin(), runs_.end(), [&](const auto& entry) {
               return entry.second.state != Run::State::ending && has_prefix(entry.second.id, id);
           }) > 1;
}

Result<RunQueue::Cancelled> RunQueue::cancel(std::string_view id) {
    const Run* const found = find(id);
    if (found == nullptr) {
        return Error{"no run that waits or runs has the id " + quote(id), Fault::no_match};
    }
    Run& run = runs_.at(found->number);
    run.is_cancelled = true;
    if (run.attempt) {
        store_.save(run); // a gateway that is killed meanwhile must not execute it again
        run.attempt->stop(run.group->settings.kill_grace);
        return Cancelled::ending;
    }
    give_up(run, RunResult::cancelled, WorkState::dead, kCancelled);
    start_next();
    return Cancelled::ended;
}

void RunQueue::pause(std::string_view key, std::optional<std::chrono::nanoseconds> time) {
    pauses_.add(key, time ? std::optional(now() + std::chrono::ceil<WallTime::duration>(*time)) : std::nullopt);
    journal_.order(JournalOrder::Pause{pauses_.text()});
    apply_pauses();
}

bool RunQueue::resume(std::string_view key) {
    if (!pauses_.remove(key)) {
        return false;
    }
    journal_.order(JournalOrder::Pause{pauses_.text()});
    apply_pauses();
    return true;
}

void RunQueue::apply_pauses() {
    if (pauses_.forget(now())) {
        journal_.order(JournalOrder::Pause{pauses_.text()});
    }
    groups_.each([this](RunGroup& group) {
        if (const bool is_paused = pauses_.cover(group.key); is_paused != group.is_paused) {
            schedule_.set_paused(group, is_paused);
        }
    });
    if (const std::optional<WallTime> end = pauses_.next_end()) {
        pause_end_->start(std::max<std::chrono::nanoseconds>(*end - now(), std::chrono::milliseconds(1)));
    }
    start_next();
}

// The end.

void RunQueue::drain() {
    const Clock::time_point now = means_.timers.now(); // once: a run due a moment later would be kept, and not run
    for (auto& [number, run] : runs_) {
        if (run.state == Run::State::waiting && run.is_later && run.failures == 0) {
            schedule_.set_due(run, now, now); // nothing is gained by waiting
        }
    }
    start_next();
}

bool RunQueue::is_drained() const {
    return running() == 0 && !awaits_leftovers_ && !schedule_.has_ready();
}

void RunQueue::stop(std::chrono::nanoseconds grace) {
    if (std::exchange(is_stopping_, true)) {
        return;
    }
    due_->stop();
    expiry_->stop();
    std::vector<std::uint64_t> running;
    for (auto& [number, run] : runs_) {
        if (run.state == Run::State::starting) {
            --run.starts;
            set_state(run, Run::State::waiting);
            store_.save(run);
        } else if (run.attempt) {
            running.push_back(number);
        }
    }
    store_.save_unwritten();
    for (const std::uint64_t number : running) {
        if (const auto found = runs_.find(number); found != runs_.end() && found->second.attempt) {
            found->second.attempt->stop(grace);
        }
    }
}

void RunQueue::kill() {
    for (auto& [number, run] : runs_) {
        if (run.attempt) {
            run.attempt->kill();
        }
    }
}

void RunQueue::give_to_journal() {
    store_.give();
}

void RunQueue::log_kept(std::size_t unwritten) const {
    const std::size_t left = runs_.size();
    const std::size_t lost = std::min(unwritten, left);
    if (left > lost) {
        means_.log.notice("run", "kept for the next start",
                          {{"waiting", waiting()}, {"held", commands_.held + handlers_.held}});
    }
    if (lost > 0) {
        means_.log.error("run", "lost at the end, the journal could not be written", {{"runs", lost}});
    }
}

std::optional<std::chrono::nanoseconds> RunQueue::oldest_age() const {
    for (const auto& [number, run] : runs_) {
        if (run.state == Run::State::waiting) {
            return std::max<std::chrono::nanoseconds>(now() - run.arrived, std::chrono::nanoseconds::zero());
        }
    }
    return std::nullopt;
}

std::string RunQueue::held_because() const {
    for (const auto& [number, run] : runs_) {
        if (run.state == Run::State::held) {
            return *run.held_because;
        }
    }
    return "";
}

} // namespace eventsgw
