// SPDX-License-Identifier: GPL-3.0-or-later
// Copyright (C) 2026 eventsgw contributors

#include "runs/run_queue.h"

#include "queue_fixture.h"
#include "testing.h"

#include <new>

using namespace eventsgw;
using namespace eventsgw::testing;
using namespace std::chrono_literals;

namespace runs_run_queue_test {

/// A queue that has nothing from before.
struct Fixture : QueueFixture {
    explicit Fixture(std::size_t running = 10, std::size_t waiting = 100) : QueueFixture(running, waiting) { open(); }

    /// How handlers run from now on.
    void set_handlers(const std::function<void(RunSettings&)>& change) {
        change(config.handlers);
        reload();
    }
    void serialize(Serialize by) {
        set_handlers([by](RunSettings& settings) { settings.serialize = by; });
    }
    void coalesce(std::chrono::nanoseconds window, CoalesceBy by = CoalesceBy::event) {
        set_handlers([&](RunSettings& settings) {
            settings.coalesce = window;
            settings.coalesce_by = by;
        });
    }
};

// Slots and limits.

void runs_as_many_as_allowed_and_starts_the_rest_in_order() {
    Fixture f(2);
    for (const char* payload : {"1", "2"}) {
        CHECK_EQUAL(say(f.run(payload)), "started");
    }
    for (const char* payload : {"3", "4", "5"}) {
        CHECK_EQUAL(say(f.run(payload)), "waiting");
    }
    CHECK_EQUAL(f.starts(), "1 2 ");
    CHECK_EQUAL(f.commands().waiting, std::size_t{3});
    f.finish("2");
    CHECK_EQUAL(f.starts(), "1 2 3 ");
    f.finish("1");
    f.finish("3");
    CHECK_EQUAL(f.starts(), "1 2 3 4 5 ");
    CHECK_EQUAL(f.queue->running(), std::size_t{2});
}

void a_command_gets_its_line_and_a_handler_its_steps() {
    Fixture f;
    f.run("1");
    f.handle("e", "s", "2");
    CHECK(f.process("1").command == std::vector<std::string>({"/bin/sh", "-c", "do a"}));
    CHECK_EQUAL(f.process("2").name, f.directory / "events/e/10a");
}

void commands_and_handlers_share_the_slots() {
    Fixture f(1);
    f.run("1");
    CHECK_EQUAL(say(f.handle("e", "s", "2")), "waiting");
    CHECK_EQUAL(f.handlers().waiting, std::size_t{1});
    f.finish("1");
    CHECK_EQUAL(f.starts(), "1 2 ");
    CHECK_EQUAL(f.handlers().running, std::size_t{1});
}

void tells_how_each_one_ended() {
    Fixture f;
    f.command().skip_exit_codes = {4};
    f.command(1).retry = 0;
    f.reload();
    f.run("1");
    f.run("2");
    f.run("3");
    f.run("4");
    f.finish("2", 3);
    f.finish("1");
    f.finish("3", 4);
    f.finish("4", -1, SIGSEGV);
    f.sync();
    CHECK(f.ends() == std::vector<std::string>({"failed failed", "done succeeded", "done skipped", "failed failed"}));
    CHECK_EQUAL(f.commands().succeeded, std::uint64_t{1});
    CHECK_EQUAL(f.commands().failed, std::uint64_t{2});
    CHECK_EQUAL(f.commands().skipped, std::uint64_t{1});
    CHECK_EQUAL(f.commands().dead, std::uint64_t{0});
    CHECK_EQUAL(f.commands().running + f.commands().waiting + f.commands().held, std::size_t{0});
}

void refuses_what_is_over_the_limit_of_waiting_ones() {
    Fixture f(1, 2);
    CHECK_EQUAL(say(f.run("1")), "started");
    CHECK_EQUAL(say(f.run("2")), "waiting");
    CHECK_EQUAL(say(f.handle("e", "s", "3")), "waiting");
    CHECK_EQUAL(say(f.run("4")), "refused: queue full");
    CHECK_EQUAL(say(f.handle("e", "s", "5")), "refused: queue full");
    CHECK_EQUAL(f.commands().refused, std::uint64_t{1});
    CHECK_EQUAL(f.handlers().refused, std::uint64_t{1});
    f.finish("1");
    CHECK_EQUAL(say(f.run("6")), "waiting");
    f.sync();
    const std::vector<std::string> ends = f.ends();
    CHECK(std::count(ends.begin(), ends.end(), "refused refused (queue full)") == 2);
}

/// Where nothing of it can go to the disk.
void refuses_what_is_over_the_bytes_of_waiting_ones() {
    Fixture f(1);
    f.limits.store = {600, 0};
    f.reload();
    CHECK_EQUAL(say(f.run("1")), "started");
    CHECK_EQUAL(say(f.run("2")), "waiting");
    CHECK_EQUAL(say(f.run(std::string(5000, 'x'))), "waiting"); // the limit is not reached yet
    CHECK_EQUAL(say(f.run("3")), "refused: queue full");
    f.finish("1");
    CHECK_EQUAL(say(f.run("4")), "refused: queue full");
    f.finish("2");
    f.finish(std::string(5000, 'x'));
    CHECK_EQUAL(say(f.run("5")), "started");
    CHECK_EQUAL(say(f.run("6")), "waiting");
}

void none_may_wait_but_one_may_run() {
    Fixture f(1, 0);
    CHECK_EQUAL(say(f.run("1")), "started");
    CHECK_EQUAL(say(f.run("2")), "refused: queue full");
}

void keeps_its_slot_when_the_kernel_is_out_of_processes() {
    Fixture f(2);
    f.run("1");
    f.launcher.error = EAGAIN;
    CHECK_EQUAL(say(f.run("2")), "started");
    CHECK_EQUAL(say(f.run("3")), "waiting");
    f.timers.advance(10s);
    CHECK_EQUAL(f.starts(), "1 ");
    CHECK_EQUAL(f.file.count("cannot start, trying again"), 1);
    f.launcher.error = 0;
    f.timers.advance(Backoff::kLongest);
    CHECK_EQUAL(f.starts(), "1 2 ");
    f.finish("1");
    f.sync(); // it has waited long enough to be on disk first
    CHECK_EQUAL(f.starts(), "1 2 3 ");
}

void a_freed_slot_is_tried_at_once_when_the_kernel_was_short() {
    Fixture f(2);
    f.run("1");
    f.launcher.error = EMFILE;
    f.run("2");
    f.launcher.error = 0;
    f.finish("1");
    CHECK_EQUAL(f.starts(), "1 2 ");
}

void a_shortage_is_said_once_until_nothing_waits() {
    Fixture f(1);
    for (const char* payload : {"1", "2", "3", "4"}) {
        f.run(payload);
    }
    for (const char* payload : {"1", "2", "3"}) {
        f.launcher.error = EAGAIN;
        f.finish(payload);
        f.launcher.error = 0;
        f.timers.advance(Backoff::kLongest);
        f.sync(); // a start that is on disk by now
    }
    CHECK_EQUAL(f.starts(), "1 2 3 4 ");
    CHECK_EQUAL(f.file.count("cannot start, trying again"), 1);
}

void one_that_can_never_start_is_done_and_holds_nobody_up() {
    Fixture f;
    f.launcher.error = E2BIG;
    CHECK_EQUAL(say(f.run("1")), "started");
    CHECK_EQUAL(f.commands().failed, std::uint64_t{1});
    f.launcher.error = 0;
    CHECK_EQUAL(say(f.run("2")), "started");
    CHECK_EQUAL(f.starts(), "2 ");
}

void a_shortage_that_ends_in_a_failure_holds_nobody_up() {
    Fixture f(1);
    f.launcher.error = EMFILE;
    f.run("1");
    f.launcher.error = E2BIG;
    f.timers.advance(Backoff::kLongest);
    CHECK_EQUAL(f.commands().failed, std::uint64_t{1});
    f.launcher.error = 0;
    f.run("2");
    CHECK_EQUAL(f.starts(), "2 ");
}

/// Each ends within its start, and so within the end of the one before.
void many_that_cannot_start_do_not_pile_up() {
    Fixture f(1, 100000);
    f.limits.store.memory = 64U << 20U;
    f.reload();
    f.run("first");
    for (int i = 0; i < 5000; ++i) {
        f.run("next");
    }
    f.launcher.error = E2BIG;
    f.finish("first");
    CHECK_EQUAL(f.commands().failed, std::uint64_t{5000});
    CHECK_EQUAL(f.queue->running() + f.queue->waiting(), std::size_t{0});
}

void no_rule_keeps_another_from_its_slots() {
    Fixture f(1);
    for (const char* payload : {"1", "2", "3", "4"}) {
        f.run(payload, 0);
    }
    f.run("other", 1);
    f.finish("1");
    CHECK_EQUAL(f.starts(), "1 other ");
    f.finish("other");
    CHECK_EQUAL(f.starts(), "1 other 2 ");
}

// Events that no handler takes.

void an_event_without_a_handler_is_nothing_and_a_bad_name_is_refused() {
    Fixture f;
    CHECK_EQUAL(say(f.handle("other", "s", "")), "nothing");
    CHECK_EQUAL(f.handlers().refused, std::uint64_t{0});
    CHECK_EQUAL(say(f.handle("../e", "s", "")), "refused: no event has such a name");
    CHECK_EQUAL(say(f.handle("e", "s t", "")), "refused: no event has such a name");
    CHECK_EQUAL(f.handlers().refused, std::uint64_t{2});
}

/// They have gone between its event and its start, and it leaves no trace.
void a_handler_whose_steps_have_gone_is_forgotten() {
    Fixture f(1);
    f.handle("e", "s", "1");
    f.handle("f", "s", "2");
    std::filesystem::remove(f.directory / "events/f/10a");
    f.finish("1");
    f.sync();
    CHECK_EQUAL(f.queue->running() + f.queue->waiting() + f.handlers().held, std::size_t{0});
    CHECK_EQUAL(f.ends().size(), std::size_t{1});
}

// Lanes.

void all_run_side_by_side_where_nothing_is_said() {
    Fixture f;
    f.handle("e", "s", "1");
    f.handle("e", "s", "2");
    CHECK_EQUAL(f.starts(), "1 2 ");
}

void those_of_one_event_follow_each_other() {
    Fixture f;
    f.serialize(Serialize::event);
    CHECK_EQUAL(say(f.handle("e", "s", "1")), "started");
    CHECK_EQUAL(say(f.handle("e", "t", "2")), "waiting");
    CHECK_EQUAL(say(f.handle("f", "s", "3")), "started");
    CHECK_EQUAL(say(f.handle("e", "s", "4")), "waiting");
    CHECK_EQUAL(f.starts(), "1 3 ");
    f.finish("1");
    CHECK_EQUAL(f.starts(), "1 3 2 ");
    f.finish("2");
    CHECK_EQUAL(f.starts(), "1 3 2 4 ");
    f.finish("4");
    CHECK_EQUAL(say(f.handle("e", "s", "5")), "started");
    CHECK_EQUAL(f.starts(), "1 3 2 4 5 ");
}

void those_of_one_source_follow_each_other() {
    Fixture f;
    f.serialize(Serialize::source);
    f.handle("e", "s", "1");
    f.handle("e", "t", "2");
    f.handle("f", "s", "3");
    CHECK_EQUAL(f.starts(), "1 2 ");
    f.finish("1");
    CHECK_EQUAL(f.starts(), "1 2 3 ");
}

void an_event_and_a_source_of_the_same_name_are_two_lanes() {
    Fixture f;
    f.serialize(Serialize::event);
    f.handle("x", "s", "1");
    f.serialize(Serialize::source);
    f.handle("e", "x", "2");
    CHECK_EQUAL(f.starts(), "1 2 ");
}

void a_command_and_a_handler_share_the_lane_of_an_event() {
    Fixture f;
    f.command().serialize = Serialize::event;
    f.serialize(Serialize::event);
    f.run("1");
    CHECK_EQUAL(say(f.handle("e", "s", "2")), "waiting");
    f.finish("1");
    CHECK_EQUAL(f.starts(), "1 2 ");
}

void who_waits_for_its_lane_holds_nobody_up() {
    Fixture f(2);
    f.serialize(Serialize::event);
    f.handle("e", "s", "1");
    f.handle("e", "s", "2");
    f.handle("f", "s", "3");
    f.handle("g", "s", "4");
    CHECK_EQUAL(f.starts(), "1 3 ");
    f.finish("1");
    CHECK_EQUAL(f.starts(), "1 3 4 "); // the handler of e has just had its turn
    f.finish("3");
    CHECK_EQUAL(f.starts(), "1 3 4 2 ");
}

void who_waits_for_its_lane_counts_as_waiting() {
    Fixture f(2, 1);
    f.serialize(Serialize::event);
    CHECK_EQUAL(say(f.handle("e", "s", "1")), "started");
    CHECK_EQUAL(say(f.handle("e", "s", "2")), "waiting");
    CHECK_EQUAL(say(f.handle("e", "s", "3")), "refused: queue full");
    CHECK_EQUAL(say(f.handle("f", "s", "4")), "started");
    f.finish("1");
    f.finish("4");
    CHECK_EQUAL(f.starts(), "1 4 2 ");
}

/// Between two attempts it keeps its place.
void a_retry_holds_its_lane_but_no_slot() {
    Fixture f(1);
    f.set_handlers([](RunSettings& settings) {
        settings.serialize = Serialize::event;
        settings.retry = 1;
        settings.retry_delay = 10s;
    });
    f.handle("e", "s", "1");
    f.handle("e", "s", "2");
    f.handle("f", "s", "3");
    f.finish("1", 1);
    CHECK_EQUAL(f.starts(), "1 3 ");
    f.finish("3");
    f.sync();
    f.timers.advance(13s);
    f.sync();
    CHECK_EQUAL(f.starts(), "1 3 1 ");
    CHECK_EQUAL(f.attempt(), "2");
    f.finish("1");
    f.sync();
    CHECK_EQUAL(f.starts(), "1 3 1 2 ");
}

// Coalescing.

void coalesced_events_are_one_run_with_the_last_payload() {
    Fixture f;
    f.coalesce(2s);
    const Outcome first = f.handle("e", "s", "1");
    CHECK_EQUAL(say(first), "waiting");
    f.timers.advance(1s);
    const Outcome second = f.handle("e", "s", "2");
    CHECK_EQUAL(say(second), "waiting");
    CHECK(first.id == second.id);
    f.handle("e", "t", "other");
    f.handle("f", "s", "another");
    f.timers.advance(999ms);
    CHECK_EQUAL(say(f.handle("e", "s", "3")), "waiting");
    CHECK_EQUAL(f.starts(), "");
    CHECK_EQUAL(f.queue->waiting(), std::size_t{3});
    f.timers.advance(1ms);
    f.sync(); // it has waited long enough to be on disk first
    CHECK_EQUAL(f.starts(), "3*3 ");
    f.timers.advance(1s);
    f.sync();
    CHECK_EQUAL(f.queue->running(), std::size_t{3});
}

void equal_payloads_join_where_nothing_else_is_said() {
    Fixture f;
    f.coalesce(100ms, CoalesceBy::payload);
    f.handle("e", "s", "1");
    f.handle("e", "s", "2");
    f.handle("e", "s", "1");
    f.timers.advance(100ms);
    CHECK_EQUAL(f.starts(), "1*2 ");
    f.finish("1"); // one lane for both
    CHECK_EQUAL(f.starts(), "1*2 2 ");
}

void events_during_a_run_are_one_more_run_after_it() {
    Fixture f;
    f.coalesce(100ms);
    f.handle("e", "s", "1");
    f.timers.advance(100ms);
    f.handle("e", "s", "2");
    f.timers.advance(10s);
    f.handle("e", "s", "3");
    CHECK_EQUAL(f.starts(), "1 ");
    f.finish("1");
    f.sync();
    CHECK_EQUAL(f.starts(), "1 3*2 ");
    f.finish("3");
    f.timers.advance(60s);
    f.sync();
    CHECK_EQUAL(f.starts(), "1 3*2 ");
}

void a_run_that_ends_within_the_window_does_not_shorten_it() {
    Fixture f;
    f.coalesce(100ms);
    f.handle("e", "s", "1");
    f.timers.advance(100ms);
    f.handle("e", "s", "2");
    f.finish("1");
    f.timers.advance(99ms);
    CHECK_EQUAL(f.starts(), "1 ");
    f.timers.advance(1ms);
    CHECK_EQUAL(f.starts(), "1 2 ");
}

void events_join_until_there_is_a_slot() {
    Fixture f(1);
    f.handle("g", "s", "x");
    f.coalesce(100ms);
    f.handle("e", "s", "1");
    f.timers.advance(5s);
    f.handle("e", "s", "2");
    f.handle("e", "s", "3");
    f.finish("x");
    f.sync();
    CHECK_EQUAL(f.starts(), "x 3*3 ");
}

void an_event_that_joins_a_failed_run_ends_its_wait() {
    Fixture f;
    f.set_handlers([](RunSettings& settings) {
        settings.coalesce = 100ms;
        settings.coalesce_by = CoalesceBy::event;
        settings.retry = 1;
        settings.retry_delay = 1h;
    });
    f.handle("e", "s", "1");
    f.timers.advance(100ms);
    f.finish("1", 1);
    f.handle("e", "s", "2");
    CHECK_EQUAL(f.starts(), "1 2*2 ");
    f.finish("2", 1); // it has all of its retries again
    CHECK_EQUAL(f.handlers().retried, std::uint64_t{2});
    CHECK_EQUAL(f.handlers().failed, std::uint64_t{0});
}

void a_full_queue_still_takes_what_joins() {
    Fixture f(1, 1);
    f.coalesce(100ms);
    CHECK_EQUAL(say(f.handle("e", "s", "1")), "waiting");
    CHECK_EQUAL(say(f.handle("f", "s", "2")), "refused: queue full");
    CHECK_EQUAL(say(f.handle("e", "s", "3")), "waiting");
    f.timers.advance(100ms);
    CHECK_EQUAL(f.starts(), "3*2 ");
}

void coalesced_and_serialised_ones_share_the_lane() {
    Fixture f;
    f.set_handlers([](RunSettings& settings) {
        settings.serialize = Serialize::event;
        settings.coalesce = 100ms;
        settings.coalesce_by = CoalesceBy::event;
    });
    f.handle("e", "s", "1");
    f.handle("e", "t", "2");
    f.timers.advance(100ms);
    CHECK_EQUAL(f.starts(), "1 ");
    f.handle("e", "t", "3");
    f.finish("1");
    CHECK_EQUAL(f.starts(), "1 3*2 ");
}

void a_replay_joins_nobody_and_shares_the_lane() {
    Fixture f;
    f.coalesce(100ms);
    f.handle("e", "s", "1");
    f.replay_of = "1b9d6bcd";
    CHECK_EQUAL(say(f.handle("e", "s", "old")), "waiting");
    CHECK_EQUAL(say(f.handle("e", "s", "older")), "waiting");
    f.replay_of.clear();
    f.handle("e", "s", "2");
    f.timers.advance(100ms);
    CHECK_EQUAL(f.starts(), "2*2 ");
    f.finish("2");
    f.finish("old");
    CHECK_EQUAL(f.starts(), "2*2 old older ");
}

void bytes_are_those_of_the_last_payload() {
    Fixture f(1);
    f.limits.store = {600, 0};
    f.coalesce(100ms);
    f.handle("e", "s", std::string(1000, 'x'));
    CHECK_EQUAL(say(f.handle("f", "s", "1")), "refused: queue full");
    CHECK_EQUAL(say(f.handle("e", "s", std::string(1001, 'x'))), "refused: queue full");
    CHECK_EQUAL(say(f.handle("e", "s", "123")), "waiting"); // it makes room
    CHECK_EQUAL(say(f.handle("f", "s", "1")), "waiting");
    CHECK_EQUAL(f.queue->waiting(), std::size_t{2});
}

// Retries.

void a_failure_is_retried_later_and_later_until_it_is_dead() {
    Fixture f;
    f.command().retry = 2;
    f.command().retry_delay = 40ms;
    f.reload();
    f.run("1");
    f.finish("1", 1);
    f.timers.advance(39ms);
    CHECK_EQUAL(f.starts(), "1 ");
    f.timers.advance(11ms);
    CHECK_EQUAL(f.starts(), "1 1 ");
    CHECK_EQUAL(f.attempt(), "2");
    f.finish("1", 1);
    f.timers.advance(79ms);
    CHECK_EQUAL(f.starts(), "1 1 ");
    f.timers.advance(21ms);
    CHECK_EQUAL(f.starts(), "1 1 1 ");
    f.finish("1", 1);
    f.timers.advance(1h);
    f.sync();
    CHECK_EQUAL(f.starts(), "1 1 1 ");
    CHECK(f.ends() == std::vector<std::string>({"dead failed"}));
    CHECK_EQUAL(f.commands().retried, std::uint64_t{2});
    CHECK(f.commands().failed == 1 && f.commands().dead == 1);
}

void what_waits_too_long_is_dead() {
    Fixture f(1);
    f.command(1).max_age = 10s;
    f.reload();
    f.run("1");
    f.run("2", 1);
    f.timers.advance(12s);
    f.sync();
    f.finish("1");
    f.sync();
    CHECK_EQUAL(f.starts(), "1 ");
    CHECK(f.ends() == std::vector<std::string>({"dead expired (older than max_age)", "done succeeded"}));
}

void what_waits_when_a_reload_limits_its_age_is_dead_too() {
    Fixture f;
    f.queue->pause("b", std::nullopt);
    f.run("1", 1);
    f.command(1).max_age = 10s;
    f.reload();
    f.timers.advance(12s);
    f.sync();
    CHECK(f.ends() == std::vector<std::string>({"dead expired (older than max_age)"}));
}

void a_start_without_memory_holds_no_other_up() {
    Fixture f;
    f.open_output = []() -> StepOutput { throw std::bad_alloc(); };
    f.handle("e", "s", "1");
    f.run("2");
    CHECK_EQUAL(f.starts(), "2 ");
}

// By an administrator's wish.

void a_cancelled_run_is_dead_whether_it_waits_or_runs() {
    Fixture f(1);
    f.command().retry = 5;
    f.reload();
    const Outcome first = f.run("1");
    const Outcome second = f.run("2");
    CHECK(f.queue->cancel(to_string(second.id)).value() == RunQueue::Cancelled::ended);
    CHECK(f.queue->cancel(to_string(first.id)).value() == RunQueue::Cancelled::ending);
    CHECK(f.process("1").signals == std::vector<int>({SIGTERM}));
    f.finish("1", -1, SIGTERM);
    CHECK(f.queue->cancel(to_string(first.id)).error().fault == Fault::no_match);
    f.timers.advance(1h);
    f.sync();
    CHECK_EQUAL(f.starts(), "1 ");
    CHECK(f.ends() == std::vector<std::string>({"dead cancelled (cancelled)", "dead cancelled (cancelled)"}));
    CHECK_EQUAL(f.commands().interrupted, std::uint64_t{0});
}

void a_reload_gives_a_lane_to_what_waits() {
    Fixture f(1);
    f.run("1");
    f.run("2");
    f.run("3");
    f.command().serialize = Serialize::event;
    f.limits.running = 10;
    f.reload();
    CHECK_EQUAL(f.starts(), "1 2 ");
    f.finish("2");
    CHECK_EQUAL(f.starts(), "1 2 3 ");
}

void a_failed_run_is_held_if_its_rule_has_gone() {
    Fixture f(1);
    f.command().retry = 5;
    f.reload();
    f.run("1");
    const RunGroups::Config config = f.config;
    f.config.commands.clear();
    f.reload();
    f.finish("1", 1);
    CHECK_EQUAL(f.commands().held, std::size_t{1});
    CHECK_EQUAL(f.commands().dead, std::uint64_t{0});
    f.config = config;
    f.reload();
    CHECK_EQUAL(f.starts(), "1 1 ");
}

void a_paused_rule_holds_nobody_else_up() {
    Fixture f(1);
    f.queue->pause("a", std::nullopt);
    CHECK_EQUAL(say(f.run("1", 0)), "waiting");
    CHECK_EQUAL(say(f.run("2", 1)), "started");
    f.finish("2");
    CHECK_EQUAL(f.starts(), "2 ");
    CHECK(f.queue->resume("a"));
    CHECK(!f.queue->resume("a"));
    CHECK_EQUAL(f.starts(), "2 1 ");
}

void a_pause_of_all_ends_with_its_time() {
    Fixture f;
    f.queue->pause("", 100ms);
    f.run("1", 0);
    f.timers.advance(99ms);
    CHECK_EQUAL(f.starts(), "");
    f.timers.advance(2ms);
    CHECK_EQUAL(f.starts(), "1 ");
    CHECK(f.queue->pauses().empty());
}

// The end.

void a_drain_ends_windows_but_waits_for_no_retry() {
    Fixture f;
    f.coalesce(1h);
    f.command().retry = 1;
    f.command().retry_delay = 1h;
    f.reload();
    f.handle("e", "s", "1");
    f.handle("f", "s", "2");
    f.run("3");
    f.finish("3", 1);
    f.queue->drain();
    CHECK_EQUAL(f.queue->running(), std::size_t{2});
    CHECK(!f.queue->is_drained());
    f.finish("1");
    f.finish("2");
    CHECK(f.queue->is_drained());
    CHECK_EQUAL(f.queue->waiting(), std::size_t{1});
}

void after_a_stop_nothing_starts() {
    Fixture f(1);
    f.serialize(Serialize::event);
    f.handle("e", "s", "1");
    f.handle("e", "s", "2");
    f.coalesce(1s);
    f.handle("f", "s", "3");
    f.queue->stop(5s);
    CHECK(f.process("1").signals == std::vector<int>({SIGTERM}));
    f.timers.advance(60s);
    f.queue->kill();
    CHECK_EQUAL(f.process("1").signals.back(), SIGKILL);
    f.finish("1", -1, SIGKILL);
    f.timers.advance(60s);
    CHECK_EQUAL(f.starts(), "1 ");
    f.queue->give_to_journal();
    f.sync();
    CHECK_EQUAL(f.stored(), "1:waiting 2:waiting 3:waiting ");
}

const TestGroup group{
    TEST(runs_as_many_as_allowed_and_starts_the_rest_in_order),
    TEST(a_command_gets_its_line_and_a_handler_its_steps),
    TEST(commands_and_handlers_share_the_slots),
    TEST(tells_how_each_one_ended),
    TEST(refuses_what_is_over_the_limit_of_waiting_ones),
    TEST(refuses_what_is_over_the_bytes_of_waiting_ones),
    TEST(none_may_wait_but_one_may_run),
    TEST(keeps_its_slot_when_the_kernel_is_out_of_processes),
    TEST(a_freed_slot_is_tried_at_once_when_the_kernel_was_short),
    TEST(a_shortage_is_said_once_until_nothing_waits),
    TEST(one_that_can_never_start_is_done_and_holds_nobody_up),
    TEST(a_shortage_that_ends_in_a_failure_holds_nobody_up),
    TEST(many_that_cannot_start_do_not_pile_up),
    TEST(no_rule_keeps_another_from_its_slots),
    TEST(an_event_without_a_handler_is_nothing_and_a_bad_name_is_refused),
    TEST(a_handler_whose_steps_have_gone_is_forgotten),
    TEST(all_run_side_by_side_where_nothing_is_said),
    TEST(those_of_one_event_follow_each_other),
    TEST(those_of_one_source_follow_each_other),
    TEST(an_event_and_a_source_of_the_same_name_are_two_lanes),
    TEST(a_command_and_a_handler_share_the_lane_of_an_event),
    TEST(who_waits_for_its_lane_holds_nobody_up),
    TEST(who_waits_for_its_lane_counts_as_waiting),
    TEST(a_retry_holds_its_lane_but_no_slot),
    TEST(coalesced_events_are_one_run_with_the_last_payload),
    TEST(equal_payloads_join_where_nothing_else_is_said),
    TEST(events_during_a_run_are_one_more_run_after_it),
    TEST(a_run_that_ends_within_the_window_does_not_shorten_it),
    TEST(events_join_until_there_is_a_slot),
    TEST(an_event_that_joins_a_failed_run_ends_its_wait),
    TEST(a_full_queue_still_takes_what_joins),
    TEST(coalesced_and_serialised_ones_share_the_lane),
    TEST(a_replay_joins_nobody_and_shares_the_lane),
    TEST(bytes_are_those_of_the_last_payload),
    TEST(a_failure_is_retried_later_and_later_until_it_is_dead),
    TEST(what_waits_too_long_is_dead),
    TEST(what_waits_when_a_reload_limits_its_age_is_dead_too),
    TEST(a_start_without_memory_holds_no_other_up),
    TEST(a_cancelled_run_is_dead_whether_it_waits_or_runs),
    TEST(a_reload_gives_a_lane_to_what_waits),
    TEST(a_failed_run_is_held_if_its_rule_has_gone),
    TEST(a_paused_rule_holds_nobody_else_up),
    TEST(a_pause_of_all_ends_with_its_time),
    TEST(a_drain_ends_windows_but_waits_for_no_retry),
    TEST(after_a_stop_nothing_starts),
};

} // namespace runs_run_queue_test
