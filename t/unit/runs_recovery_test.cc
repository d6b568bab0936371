// SPDX-License-Identifier: GPL-3.0-or-later
// Copyright (C) 2026 eventsgw contributors

#include "runs/run_queue.h"

#include "queue_fixture.h"
#include "testing.h"

#include <filesystem>

using namespace eventsgw;
using namespace eventsgw::testing;
using namespace std::chrono_literals;

namespace runs_recovery_test {

using State = RunRow::State;

constexpr std::chrono::hours kYear{24 * 365};

/// What a former process has left is prepared first, and then the gateway starts.
struct Fixture : QueueFixture {
    using QueueFixture::QueueFixture;

    void recover(const std::vector<RunRow>& rows) {
        leave(rows);
        open();
        sync();
    }
    /// The rule of the first command goes, and comes back.
    void remove_rule() {
        removed = config.commands.front();
        config.commands.erase(config.commands.begin());
    }
    void return_rule() { config.commands.insert(config.commands.begin(), removed); }

    Rule removed;
};

/// With a time of its event other than now.
RunRow aged(RunRow row, std::chrono::hours age) {
    row.arrived -= age;
    return row;
}

// What has waited, and what ran.

void what_waited_starts_in_its_order_with_its_payload() {
    Fixture f(1);
    f.leave({f.row(1, "1"), f.row(2, "2")});
    f.open();
    CHECK_EQUAL(f.queue->waiting() + f.queue->running(), std::size_t{2});
    CHECK_EQUAL(f.starts(), ""); // its event is on disk
    f.sync();
    CHECK_EQUAL(f.starts(), "1 ");
    CHECK_EQUAL(f.attempt(), "1");
    f.run("new");
    f.finish("1");
    f.sync();
    f.finish("2");
    f.sync();
    CHECK_EQUAL(f.starts(), "1 2 new ");
    f.finish("new");
    f.sync();
    CHECK(f.rows().empty() && f.count_events() == 0);
    CHECK_EQUAL(f.commands().interrupted, std::uint64_t{0});
}

void a_handler_is_taken_over_too() {
    Fixture f;
    RunRow row = f.row(1, "1");
    row.kind = WorkKind::handler;
    row.key = "e";
    row.coalesced = 3;
    f.recover({row});
    CHECK_EQUAL(f.starts(), "1*3 ");
    CHECK_EQUAL(f.process("1").name, f.directory / "events/e/10a");
    CHECK_EQUAL(f.handlers().running, std::size_t{1});
}

void what_ran_is_counted_and_runs_again() {
    Fixture f;
    f.recover({f.row(1, "1", State::running)});
    CHECK_EQUAL(f.starts(), "1 ");
    CHECK_EQUAL(f.attempt(), "2");
    CHECK_EQUAL(f.commands().interrupted, std::uint64_t{1});
    CHECK_EQUAL(f.rows().at(0).crashes, std::uint32_t{1});
    CHECK_EQUAL(f.rows().at(0).starts, std::uint32_t{2});
    f.crash();
    f.open();
    f.sync();
    CHECK_EQUAL(f.attempt(), "3");
    CHECK_EQUAL(f.rows().at(0).crashes, std::uint32_t{2});
    f.crash();
    f.open();
    f.sync();
    CHECK_EQUAL(f.starts(), "1 1 ");
    CHECK(f.rows().empty());
    CHECK(f.ends() ==
          std::vector<std::string>({"dead interrupted (interrupted 3 times by an unclean end of the gateway)"}));
    CHECK(f.commands().dead == 1 && f.commands().failed == 1);
    CHECK_EQUAL(f.queue->running() + f.queue->waiting(), std::size_t{0});
}

void a_run_that_is_not_to_be_run_again_has_failed() {
    Fixture f;
    f.command().interrupted = Interrupted::drop;
    f.recover({f.row(1, "1", State::running), f.row(2, "2")});
    CHECK_EQUAL(f.starts(), "2 "); // which had not begun
    CHECK(f.ends() == std::vector<std::string>({"failed interrupted (interrupted)"}));
    CHECK_EQUAL(f.stored(), "2:running ");
}

void those_that_ran_run_one_at_a_time() {
    Fixture f;
    RunRow other = f.row(4, "other");
    other.key = "b";
    f.recover({f.row(1, "1", State::running), f.row(2, "2", State::running), f.row(3, "3"), other});
    CHECK_EQUAL(f.queue->running(), std::size_t{2});
    CHECK_EQUAL(f.process("1").payload + f.process("other").payload, "1other");
    f.finish("1", 1);
    f.sync();
    CHECK_EQUAL(f.queue->running(), std::size_t{3});
    CHECK_EQUAL(f.process("2").payload + f.process("3").payload, "23"); // the last suspect, and what is behind it
}

/// What takes hours does not keep every rule waiting that the end has interrupted.
void a_suspect_is_trusted_after_a_minute() {
    Fixture f;
    f.recover({f.row(1, "1", State::running), f.row(2, "2", State::running)});
    f.timers.advance(59s);
    CHECK_EQUAL(f.queue->running(), std::size_t{1});
    f.timers.advance(1s);
    f.sync();
    CHECK_EQUAL(f.queue->running(), std::size_t{2});
    f.finish("1");
    f.finish("2");
    CHECK_EQUAL(f.queue->running(), std::size_t{0});
}

/// It takes its time to end, and the gateway is killed meanwhile.
void what_was_being_cancelled_is_not_run_again() {
    Fixture f;
    f.open();
    const Outcome run = f.run("1");
    f.timers.advance(1s);
    f.sync();
    CHECK_EQUAL(f.stored(), "1:running ");
    CHECK(f.queue->cancel(to_string(run.id)).ok());
    f.sync();
    f.crash();
    f.open();
    f.sync();
    CHECK_EQUAL(f.queue->running() + f.queue->waiting(), std::size_t{0});
    CHECK_EQUAL(f.ends().back(), "dead cancelled (cancelled)");
}

/// Which of them brings the gateway down shows in their rows.
void until_they_have_started_each_start_is_on_disk_first() {
    Fixture f;
    f.leave({f.row(1, "1", State::running)});
    f.open();
    f.run("new", 1);
    CHECK_EQUAL(f.starts(), "");
    f.sync();
    CHECK_EQUAL(f.queue->running(), std::size_t{2});
    CHECK_EQUAL(f.stored(), "1:running new:running ");
    f.run("newer", 1);
    CHECK_EQUAL(f.queue->running(), std::size_t{3});
    CHECK_EQUAL(f.process("newer").payload, "newer"); // at once
}

void after_a_new_boot_it_is_the_same() {
    Fixture f;
    f.leave({f.row(1, "1", State::running)});
    f.execute("UPDATE meta SET value = 'another' WHERE key = 'boot'");
    f.open();
    f.sync();
    CHECK_EQUAL(f.starts(), "1 ");
    CHECK_EQUAL(f.rows().at(0).crashes, std::uint32_t{1});
}

// An orderly end.

void an_orderly_end_costs_no_attempt() {
    Fixture f(1);
    f.open();
    f.run("1");
    f.run("2");
    f.timers.advance(RunQueue::kOwnStop);
    f.sync();
    f.stop();
    CHECK_EQUAL(f.stored(), "1:waiting 2:waiting ");
    CHECK(f.rows().at(0).crashes == 0 && f.rows().at(0).stops == 0 && f.rows().at(0).starts == 1);
    f.open();
    f.sync();
    CHECK_EQUAL(f.starts(), "1 1 ");
    CHECK_EQUAL(f.attempt(), "2");
}

void a_start_that_waits_for_the_disk_at_the_end_was_none() {
    Fixture f;
    f.limits.stores_always = true;
    f.open();
    f.run("1");
    f.stop();
    CHECK_EQUAL(f.stored(), "1:waiting ");
    CHECK_EQUAL(f.rows().at(0).starts, std::uint32_t{0});
}

void a_run_that_stops_the_gateway_each_time_is_dead_in_the_end() {
    Fixture f;
    f.open();
    f.run("1");
    for (std::uint32_t stops = 1; stops < RunQueue::kOwnStops; ++stops) {
        f.timers.advance(RunQueue::kOwnStop - 1s);
        f.stop();
        CHECK_EQUAL(f.rows().at(0).stops, stops);
        f.open();
        f.sync();
    }
    f.stop();
    CHECK_EQUAL(f.starts(), "1 1 1 ");
    CHECK(f.rows().empty());
    CHECK(f.ends() == std::vector<std::string>({"dead interrupted (interrupted by its own stop)"}));
}

void only_stops_in_a_row_count() {
    Fixture f;
    f.open();
    f.run("1");
    f.stop();
    f.open();
    f.sync();
    f.timers.advance(RunQueue::kOwnStop);
    f.stop();
    CHECK_EQUAL(f.rows().at(0).stops, std::uint32_t{0});
}

// What is held.

void what_is_too_old_is_held() {
    Fixture f;
    f.limits.hold_after = 1h;
    f.recover({aged(f.row(1, "1"), 2h), aged(f.row(2, "2", State::running), 2h), f.row(3, "3")});
    CHECK_EQUAL(f.starts(), "3 ");
    CHECK_EQUAL(f.stored(), "1:held 2:held 3:running ");
    CHECK_EQUAL(f.commands().held, std::size_t{2});
    CHECK_EQUAL(f.queue->held_because(), "older than hold_after");
    f.reload(); // which is no reason to start
    f.crash();
    f.limits.hold_after = {};
    f.open(); // neither is a start
    f.sync();
    CHECK_EQUAL(f.commands().held, std::size_t{2});
}

void what_has_lost_its_rule_is_held_and_returns_with_it() {
    Fixture f;
    f.remove_rule();
    f.recover({f.row(1, "1"), f.row(2, "2", State::running)});
    CHECK_EQUAL(f.starts(), "");
    CHECK_EQUAL(f.stored(), "1:held 2:held ");
    CHECK_EQUAL(f.queue->held_because(), RunQueue::kRuleRemoved);
    f.return_rule();
    f.reload();
    f.sync();
    CHECK_EQUAL(f.queue->running(), std::size_t{2});
    CHECK_EQUAL(f.stored(), "1:running 2:running ");
    CHECK_EQUAL(f.commands().held, std::size_t{0});
}

void a_rule_may_return_with_a_start() {
    Fixture f;
    RunRow row = f.row(1, "1", State::held);
    row.reason = RunQueue::kRuleRemoved;
    f.recover({row});
    CHECK_EQUAL(f.starts(), "1 ");
    CHECK_EQUAL(f.rows().at(0).reason, "");
}

void steps_may_return_with_a_start() {
    Fixture f;
    RunRow row = f.row(1, "1", State::held);
    row.kind = WorkKind::handler;
    row.key = "e";
    row.reason = RunQueue::kNoSteps;
    f.recover({row});
    CHECK_EQUAL(f.starts(), "1 ");
    CHECK_EQUAL(f.handlers().held, std::size_t{0});
}

void a_rule_may_go_while_its_runs_wait() {
    Fixture f(1);
    f.open();
    f.run("1");
    f.run("2");
    f.run("3", 1);
    f.timers.advance(RunStore::kPatience);
    f.sync();
    f.remove_rule();
    f.reload();
    f.sync();
    CHECK_EQUAL(f.stored(), "1:running 2:held 3:waiting ");
    f.finish("1", 1);
    f.sync();
    CHECK_EQUAL(f.starts(), "1 3 ");
    f.return_rule();
    f.reload();
    f.finish("3");
    f.sync();
    CHECK_EQUAL(f.starts(), "1 3 2 ");
}

/// They have waited for their rule longer than they may, and one that is over is destroyed.
void runs_that_are_too_old_when_their_rule_returns_are_dead() {
    Fixture f;
    f.command().max_age = 1h;
    f.remove_rule();
    f.open();
    f.return_rule();
    f.reload();
    f.queue->pause("a", std::nullopt);
    f.run("1");
    f.run("2");
    f.run("3");
    f.remove_rule();
    f.reload();
    CHECK_EQUAL(f.commands().held, std::size_t{3});
    CHECK(f.queue->resume("a"));
    f.timers.advance(2h);
    f.return_rule();
    f.reload();
    f.sync();
    CHECK_EQUAL(f.commands().dead, std::uint64_t{3});
    CHECK_EQUAL(f.commands().held + f.queue->waiting(), std::size_t{0});
    CHECK_EQUAL(f.starts(), "");
}

void a_handler_without_its_steps_is_held_until_they_return() {
    Fixture f;
    std::filesystem::rename(f.directory / "events/e", f.directory / "elsewhere");
    RunRow row = f.row(1, "1");
    row.kind = WorkKind::handler;
    row.key = "e";
    f.recover({row});
    CHECK_EQUAL(f.stored(), "1:held ");
    CHECK_EQUAL(f.queue->held_because(), RunQueue::kNoSteps);
    std::filesystem::rename(f.directory / "elsewhere", f.directory / "events/e");
    f.reload();
    f.sync();
    CHECK_EQUAL(f.starts(), "1 ");
}

void what_is_held_can_be_released_and_dropped_by_another_process() {
    Fixture f;
    RunRow first = f.row(1, "1", State::held);
    RunRow second = f.row(2, "2", State::held);
    first.reason = second.reason = "the journal is a copy";
    f.recover({first, second});
    CHECK_EQUAL(f.commands().held, std::size_t{2});
    f.look([](JournalFile& file) { CHECK(file.begin().ok() && file.runs().erase({1}).ok() && file.commit().ok()); },
           Database::Mode::write);
    f.look([](JournalFile& file) { CHECK(file.runs().ask_release_of_held().value() == 1); }, Database::Mode::write);
    while (f.commands().held > 0) { // the journal's thread looks once a second
        f.sync();
    }
    f.sync();
    CHECK_EQUAL(f.starts(), "2 ");
    CHECK_EQUAL(f.stored(), "2:running ");
    CHECK_EQUAL(f.file.count("held run dropped"), 1);
}

// Clocks.

void a_clock_that_was_ahead_delays_nothing_for_long() {
    Fixture f;
    RunRow early = aged(f.row(1, "1"), -kYear);
    RunRow late = f.row(2, "2");
    late.due = late.arrived + kYear;
    f.command().max_age = 1h;
    f.recover({early, late});
    CHECK_EQUAL(f.starts(), "1 ");
    CHECK(*f.queue->oldest_age() < 1min);
    f.timers.advance(f.command().retry_max_delay * 5 / 4);
    f.sync();
    CHECK_EQUAL(f.starts(), "1 2 ");
}

void a_clock_that_was_behind_makes_runs_old_and_due() {
    Fixture f;
    RunRow due = f.row(1, "1");
    due.due = due.arrived - kYear;
    f.recover({due, aged(f.row(2, "2"), kYear)});
    CHECK_EQUAL(f.starts(), "1 2 ");
}

void what_has_become_too_old_is_dead() {
    Fixture f;
    f.command().max_age = 1h;
    f.recover({aged(f.row(1, "1"), 2h), f.row(2, "2")});
    f.timers.advance(RunQueue::kExpiry);
    f.sync();
    CHECK_EQUAL(f.starts(), "2 ");
    CHECK(f.ends() == std::vector<std::string>({"dead expired (older than max_age)"}));
    CHECK_EQUAL(f.queue->waiting(), std::size_t{0});
}

void a_retry_keeps_its_time() {
    Fixture f;
    f.command().retry = 5;
    f.command().retry_max_delay = 10h;
    RunRow row = f.row(1, "1");
    row.starts = row.failures = 2;
    row.due = row.arrived + 1h;
    f.recover({row});
    f.timers.advance(30min);
    f.sync();
    CHECK_EQUAL(f.starts(), "");
    f.timers.advance(31min);
    f.sync();
    CHECK_EQUAL(f.starts(), "1 ");
    CHECK_EQUAL(f.attempt(), "3");
    f.finish("1", 1);
    CHECK_EQUAL(f.commands().retried, std::uint64_t{1});
    f.sync();
    CHECK_EQUAL(f.rows().at(0).failures, std::uint32_t{3});
}

// Pauses.

void pauses_survive_the_process() {
    Fixture f;
    const std::string odd = " two  blanks \xc3\xa4";
    f.open();
    f.queue->pause("a", std::nullopt);
    f.queue->pause(odd, 1h);
    f.run("1");
    f.timers.advance(RunStore::kPatience);
    f.sync();
    f.crash();
    f.open();
    f.sync();
    CHECK(f.queue->pauses().cover("a") && f.queue->pauses().cover(odd) && !f.queue->pauses().cover("b"));
    CHECK_EQUAL(f.starts(), "");
    f.run("2", 1);
    CHECK_EQUAL(f.starts(), "2 ");
    f.timers.advance(61min);
    CHECK(!f.queue->pauses().cover(odd) && f.queue->pauses().cover("a"));
    CHECK(f.queue->resume("a"));
    f.sync();
    CHECK_EQUAL(f.starts(), "2 1 ");
    f.crash();
    f.open();
    CHECK(f.queue->pauses().empty());
}

void a_pause_of_all_survives_too() {
    Fixture f;
    f.open();
    f.queue->pause(Pauses::kAll, std::nullopt);
    f.crash();
    f.open();
    f.run("1");
    CHECK_EQUAL(f.starts(), "");
    CHECK(f.queue->resume(Pauses::kAll));
    CHECK_EQUAL(f.starts(), "1 ");
}

const TestGroup group{
    TEST(what_waited_starts_in_its_order_with_its_payload),
    TEST(a_handler_is_taken_over_too),
    TEST(what_ran_is_counted_and_runs_again),
    TEST(a_run_that_is_not_to_be_run_again_has_failed),
    TEST(those_that_ran_run_one_at_a_time),
    TEST(a_suspect_is_trusted_after_a_minute),
    TEST(what_was_being_cancelled_is_not_run_again),
    TEST(until_they_have_started_each_start_is_on_disk_first),
    TEST(after_a_new_boot_it_is_the_same),
    TEST(an_orderly_end_costs_no_attempt),
    TEST(a_start_that_waits_for_the_disk_at_the_end_was_none),
    TEST(a_run_that_stops_the_gateway_each_time_is_dead_in_the_end),
    TEST(only_stops_in_a_row_count),
    TEST(what_is_too_old_is_held),
    TEST(what_has_lost_its_rule_is_held_and_returns_with_it),
    TEST(a_rule_may_return_with_a_start),
    TEST(steps_may_return_with_a_start),
    TEST(a_rule_may_go_while_its_runs_wait),
    TEST(runs_that_are_too_old_when_their_rule_returns_are_dead),
    TEST(a_handler_without_its_steps_is_held_until_they_return),
    TEST(what_is_held_can_be_released_and_dropped_by_another_process),
    TEST(a_clock_that_was_ahead_delays_nothing_for_long),
    TEST(a_clock_that_was_behind_makes_runs_old_and_due),
    TEST(what_has_become_too_old_is_dead),
    TEST(a_retry_keeps_its_time),
    TEST(pauses_survive_the_process),
    TEST(a_pause_of_all_survives_too),
};

} // namespace runs_recovery_test
