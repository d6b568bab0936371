// SPDX-License-Identifier: GPL-3.0-or-later
// Copyright (C) 2026 eventsgw contributors

#include "runs/run_store.h"

#include "failing_disk.h"
#include "queue_fixture.h"
#include "testing.h"

#include <algorithm>
#include <filesystem>
#include <vector>

using namespace eventsgw;
using namespace eventsgw::testing;
using namespace std::chrono_literals;

namespace runs_run_store_test {

/// A queue whose first command runs while the others wait.
struct Fixture : QueueFixture {
    explicit Fixture(std::size_t running = 1) : QueueFixture(running) { open(); }

    const Run& find(const Outcome& outcome) const {
        const Run* const run = queue->find(to_string(outcome.id));
        CHECK(run != nullptr);
        return *run;
    }
    /// The patience with those that have no row is over, and they have one.
    void store() {
        timers.advance(RunStore::kPatience);
        sync();
    }
    /// Less may stay in memory than two of large(), and more than one.
    void limit_memory() {
        limits.store.memory = 2500;
        reload();
    }
    static std::string large(char letter) { return std::string(1500, letter); }
};

// When a run gets its row.

void before_its_patience_is_over_nothing_is_on_disk() {
    Fixture f;
    f.run("1");
    f.run("2");
    f.timers.advance(RunStore::kPatience - 1ms);
    f.sync();
    CHECK_EQUAL(f.stored(), "");
    CHECK(!std::filesystem::exists(f.path()));
    f.timers.advance(1ms);
    f.sync();
    CHECK_EQUAL(f.stored(), "1:running 2:waiting ");
}

void what_ends_sooner_never_is() {
    Fixture f;
    f.run("1");
    f.run("2");
    f.timers.advance(100ms);
    f.finish("1");
    f.finish("2");
    f.timers.advance(10s);
    f.sync();
    CHECK_EQUAL(f.stored(), "");
    CHECK_EQUAL(f.ends().size(), std::size_t{2});
}

void rows_that_are_due_soon_are_written_together() {
    Fixture f;
    f.run("1");
    f.timers.advance(RunStore::kGroup);
    f.run("2");
    f.timers.advance(1ms);
    f.run("3");
    f.timers.advance(RunStore::kPatience - RunStore::kGroup - 1ms);
    f.sync();
    CHECK_EQUAL(f.stored(), "1:running 2:waiting ");
    f.timers.advance(RunStore::kGroup + 1ms);
    f.sync();
    CHECK_EQUAL(f.stored(), "1:running 2:waiting 3:waiting ");
}

void a_row_goes_with_the_end_of_its_run() {
    Fixture f;
    f.run("1");
    f.run("2");
    f.store();
    f.finish("1");
    f.sync();
    CHECK_EQUAL(f.stored(), "2:running ");
    f.finish("2");
    f.sync();
    CHECK_EQUAL(f.stored(), "");
    CHECK_EQUAL(f.count_events(), std::int64_t{0});
}

/// Which ends it if the gateway does not live to do so.
void the_row_of_what_runs_tells_its_process() {
    Fixture f;
    f.run("1");
    f.run("2");
    f.store();
    CHECK_EQUAL(f.rows().at(0).pid, f.process("1").pid);
    CHECK_EQUAL(f.rows().at(1).pid, 0);
    f.finish("1");
    f.sync();
    CHECK_EQUAL(f.rows().at(0).pid, 0); // written before it started
    f.timers.advance(RunStore::kPatience);
    f.sync();
    CHECK_EQUAL(f.rows().at(0).pid, f.process("2").pid);
    CHECK_EQUAL(f.rows().at(0).starts, std::uint32_t{1});
}

void a_retry_is_on_disk_with_its_time() {
    Fixture f;
    f.command().retry = 3;
    f.command().retry_delay = f.command().retry_max_delay = 1h;
    f.reload();
    f.run("1");
    f.finish("1", 1);
    f.store();
    const RunRow row = f.rows().at(0);
    CHECK(row.state == RunRow::State::waiting && row.starts == 1 && row.failures == 1 && row.crashes == 0);
    CHECK(row.due - row.arrived >= 1h - 1ms && row.due - row.arrived <= 75min);
}

void the_row_of_a_joined_run_has_the_last_event() {
    Fixture f;
    f.config.handlers.coalesce = 1s;
    f.config.handlers.coalesce_by = CoalesceBy::event;
    f.reload();
    f.handle("e", "s", "1");
    f.store();
    CHECK_EQUAL(f.stored(), "1:waiting ");
    f.handle("e", "s", "2");
    f.sync();
    CHECK_EQUAL(f.stored(), "2:waiting ");
    CHECK_EQUAL(f.rows().at(0).coalesced, std::uint32_t{2});
    CHECK_EQUAL(f.count_events(), std::int64_t{1});
}

// Starts.

void a_start_with_a_row_waits_for_the_disk() {
    Fixture f;
    f.run("1");
    f.run("2");
    f.store();
    f.finish("1");
    f.timers.advance(10s);
    CHECK_EQUAL(f.starts(), "1 ");
    CHECK_EQUAL(f.queue->running(), std::size_t{1}); // it has its slot
    f.sync();
    CHECK_EQUAL(f.starts(), "1 2 ");
    CHECK_EQUAL(f.stored(), "2:running ");
}

void a_start_without_a_row_does_not() {
    Fixture f;
    f.run("1");
    f.run("2");
    f.finish("1");
    CHECK_EQUAL(f.starts(), "1 2 ");
}

void every_start_does_where_that_is_asked_for() {
    Fixture f;
    f.limits.stores_always = true;
    f.reload();
    CHECK_EQUAL(say(f.run("1")), "started");
    CHECK_EQUAL(f.starts(), "");
    f.sync();
    CHECK_EQUAL(f.starts(), "1 ");
    CHECK_EQUAL(f.stored(), "1:running ");
}

void a_run_that_is_cancelled_while_it_waits_for_the_disk_does_not_start() {
    Fixture f;
    f.run("1");
    const Outcome second = f.run("2");
    f.store();
    f.finish("1");
    CHECK(f.queue->cancel(to_string(second.id)).value() == RunQueue::Cancelled::ended);
    f.sync();
    CHECK_EQUAL(f.starts() + f.stored(), "1 ");
    CHECK_EQUAL(f.queue->running(), std::size_t{0});
    CHECK_EQUAL(say(f.run("3")), "started");
}

// What is in memory.

void what_is_on_disk_leaves_memory_when_there_is_too_much() {
    Fixture f;
    f.limit_memory();
    f.run("1");
    const Outcome second = f.run(Fixture::large('b'));
    const Outcome third = f.run(Fixture::large('c'));
    CHECK(f.find(second).event && f.find(third).event);
    f.sync();
    CHECK(f.find(second).event == nullptr); // which was on disk first
    CHECK(f.find(third).event != nullptr);
    f.finish("1");
    f.sync();
    f.finish(Fixture::large('b'));
    f.sync();
    CHECK_EQUAL(f.starts(), "1 " + Fixture::large('b') + " " + Fixture::large('c') + " ");
    f.finish(Fixture::large('c'));
    f.sync();
    CHECK_EQUAL(f.stored(), "");
    CHECK_EQUAL(f.queue->running() + f.queue->waiting(), std::size_t{0});
}

void more_may_wait_than_memory_holds_while_the_disk_takes_it() {
    Fixture f;
    f.limit_memory();
    f.run("1");
    for (char letter = 'b'; letter < 'n'; ++letter) {
        CHECK_EQUAL(say(f.run(Fixture::large(letter))), "waiting");
    }
    f.sync();
    for (char letter = 'b'; letter < 'n'; ++letter) {
        f.finish(letter == 'b' ? "1" : Fixture::large(static_cast<char>(letter - 1)));
        f.sync();
        CHECK_EQUAL(f.launcher.started.back()->payload, Fixture::large(letter));
    }
}

void a_full_journal_takes_rows_again_when_there_is_room() {
    Fixture f;
    f.limits.store.journal = 0;
    f.reload();
    f.run("1");
    f.run("2");
    f.timers.advance(10s);
    f.sync();
    CHECK_EQUAL(f.stored(), "");
    f.limits.store.journal = QueueFixture::kMegabyte;
    f.reload();
    f.timers.advance(RunStore::kFull);
    f.sync();
    CHECK_EQUAL(f.stored(), "1:running 2:waiting ");
}

void the_event_of_a_cancelled_run_returns_for_the_history() {
    Fixture f;
    f.limit_memory();
    f.run("1");
    const Outcome second = f.run(Fixture::large('b'), 0, "s/event/second");
    f.run(Fixture::large('c'));
    f.sync();
    CHECK(f.find(second).event == nullptr);
    CHECK(f.queue->cancel(to_string(second.id)).ok());
    f.sync();
    std::string channel;
    f.look([&](JournalFile& file) {
        CHECK(file.history().each({}, [&](const RunRecord& run) { channel = run.channel(); }).ok());
    });
    CHECK_EQUAL(channel, "s/event/second");
    CHECK_EQUAL(f.queue->waiting(), std::size_t{1});
}

void those_that_return_at_once_do_not_fill_memory() {
    Fixture f;
    f.limit_memory();
    f.run("1", 1);
    std::vector<Outcome> outcomes;
    for (char letter = 'b'; letter < 'h'; ++letter) {
        outcomes.push_back(f.run(Fixture::large(letter)));
    }
    f.sync();
    f.crash();
    const Rule rule = f.config.commands.front();
    f.config.commands.erase(f.config.commands.begin());
    f.open();
    CHECK_EQUAL(f.commands().held, std::size_t{6});
    f.sync();
    f.config.commands.insert(f.config.commands.begin(), rule);
    f.reload();
    f.journal->finish(); // reads their events, and no more
    f.journal->receive();
    CHECK_EQUAL(f.commands().held, std::size_t{0});
    const auto in_memory = std::count_if(outcomes.begin(), outcomes.end(),
                                         [&](const Outcome& outcome) { return f.find(outcome).event != nullptr; });
    CHECK(in_memory <= 2);
}

/// Some other hand has erased it.
void a_run_whose_event_is_not_in_the_file_has_failed_and_holds_nobody_up() {
    Fixture f;
    f.limit_memory();
    f.run("1");
    f.run(Fixture::large('b'));
    f.run(Fixture::large('c'));
    f.run("4", 1);
    f.sync();
    f.execute("DELETE FROM event WHERE substr(CAST(payload AS TEXT), 1, 1) = 'b'");
    f.finish("1");
    f.sync();
    f.finish("4");
    f.sync();
    f.finish(Fixture::large('c'));
    f.sync();
    CHECK_EQUAL(f.queue->running() + f.queue->waiting(), std::size_t{0});
    CHECK_EQUAL(f.commands().failed, std::uint64_t{1});
    CHECK_EQUAL(say(f.run("5")), "started");
    CHECK_EQUAL(say(f.run("6")), "waiting");
}

// A journal that fails.

void while_the_journal_cannot_be_written_runs_start_without() {
    const FailingDisk disk;
    Fixture f;
    f.run("1");
    f.run("2");
    f.run("3");
    f.store();
    FailingDisk::code = SQLITE_IOERR;
    f.finish("1");
    CHECK_EQUAL(f.starts(), "1 ");
    f.sync();
    CHECK_EQUAL(f.starts(), "1 2 ");
    CHECK_EQUAL(f.stored(), "1:running 2:waiting 3:waiting "); // it is behind
    f.run("4");
    f.finish("2");
    CHECK_EQUAL(f.starts(), "1 2 3 "); // without waiting
    f.timers.advance(10s);
    FailingDisk::code = SQLITE_OK;
    f.sync();
    CHECK_EQUAL(f.stored(), "3:running 4:waiting ");
    f.finish("3");
    CHECK_EQUAL(f.starts(), "1 2 3 ");
    f.sync();
    CHECK_EQUAL(f.starts(), "1 2 3 4 ");
}

/// The queue believes that the journal takes nothing, and it takes what it is given: as where the disk is nearly full.
void fail(Fixture& f) {
    FailingDisk::code = SQLITE_IOERR;
    f.run("0", 1);
    f.store();
    CHECK_EQUAL(f.file.count("<3>journal: cannot be written"), 1);
    FailingDisk::code = SQLITE_OK;
}

void an_orderly_end_while_the_journal_fails_is_no_interruption() {
    const FailingDisk disk;
    Fixture f;
    f.run("1");
    f.store();
    fail(f);
    f.stop();
    CHECK_EQUAL(f.stored(), "1:waiting 0:waiting ");
    f.open();
    CHECK_EQUAL(f.commands().interrupted, std::uint64_t{0});
}

void what_has_joined_while_the_journal_failed_is_in_it_at_the_end() {
    const FailingDisk disk;
    Fixture f;
    f.config.handlers.coalesce = 1h;
    f.config.handlers.coalesce_by = CoalesceBy::event;
    f.reload();
    f.run("1");
    f.handle("e", "s", "2");
    f.store();
    fail(f);
    f.handle("e", "s", "3");
    f.stop();
    CHECK_EQUAL(f.stored(), "1:waiting 3:waiting 0:waiting ");
}

void of_a_journal_that_fails_and_is_lost_all_is_written_again() {
    const FailingDisk disk;
    Fixture f;
    f.run("1");
    f.store();
    fail(f);
    f.run("2");
    f.timers.advance(10s);
    std::filesystem::remove(f.path());
    f.sync();
    CHECK_EQUAL(f.stored(), "1:running 0:waiting 2:waiting ");
}

void of_a_lost_journal_all_that_is_in_memory_is_written_again() {
    Fixture f;
    f.limit_memory();
    f.queue->pause("b", std::nullopt);
    f.run("1");
    f.run(Fixture::large('b'));
    f.run(Fixture::large('c'));
    f.sync();
    f.timers.advance(RunStore::kPatience);
    f.sync();
    std::filesystem::remove(f.path());
    f.sync();
    CHECK_EQUAL(f.stored(), "1:running " + Fixture::large('c') + ":waiting ");
    CHECK_EQUAL(f.file.count("<3>journal: runs lost with it"), 1);
    CHECK_EQUAL(f.queue->waiting(), std::size_t{1});
    CHECK_EQUAL(f.commands().failed, std::uint64_t{1});
    CHECK(f.ends() == std::vector<std::string>({"failed not started (lost with the journal)"}));

    CHECK_EQUAL(say(f.run("4")), "waiting"); // what was lost takes no room
    f.finish("1");
    f.sync();
    f.finish(Fixture::large('c'));
    f.sync();
    CHECK_EQUAL(f.starts(), "1 " + Fixture::large('c') + " 4 ");
    f.crash();
    f.open();
    CHECK(f.queue->pauses().cover("b")); // it is in the new file too
}

void a_start_that_waits_for_a_lost_journal_takes_place() {
    Fixture f;
    f.run("1");
    f.run("2");
    f.store();
    std::filesystem::remove(f.path());
    f.finish("1");
    f.sync();
    CHECK_EQUAL(f.starts(), "1 2 ");
    CHECK_EQUAL(f.stored(), "2:running ");
    CHECK_EQUAL(f.file.count("runs lost with it"), 0);
}

const TestGroup group{
    TEST(before_its_patience_is_over_nothing_is_on_disk),
    TEST(what_ends_sooner_never_is),
    TEST(rows_that_are_due_soon_are_written_together),
    TEST(a_row_goes_with_the_end_of_its_run),
    TEST(the_row_of_what_runs_tells_its_process),
    TEST(a_retry_is_on_disk_with_its_time),
    TEST(the_row_of_a_joined_run_has_the_last_event),
    TEST(a_start_with_a_row_waits_for_the_disk),
    TEST(a_start_without_a_row_does_not),
    TEST(every_start_does_where_that_is_asked_for),
    TEST(a_run_that_is_cancelled_while_it_waits_for_the_disk_does_not_start),
    TEST(what_is_on_disk_leaves_memory_when_there_is_too_much),
    TEST(more_may_wait_than_memory_holds_while_the_disk_takes_it),
    TEST(a_full_journal_takes_rows_again_when_there_is_room),
    TEST(the_event_of_a_cancelled_run_returns_for_the_history),
    TEST(those_that_return_at_once_do_not_fill_memory),
    TEST(a_run_whose_event_is_not_in_the_file_has_failed_and_holds_nobody_up),
    TEST(while_the_journal_cannot_be_written_runs_start_without),
    TEST(an_orderly_end_while_the_journal_fails_is_no_interruption),
    TEST(what_has_joined_while_the_journal_failed_is_in_it_at_the_end),
    TEST(of_a_journal_that_fails_and_is_lost_all_is_written_again),
    TEST(of_a_lost_journal_all_that_is_in_memory_is_written_again),
    TEST(a_start_that_waits_for_a_lost_journal_takes_place),
};

} // namespace runs_run_store_test
