// SPDX-License-Identifier: GPL-3.0-or-later
// Copyright (C) 2026 eventsgw contributors

#include "journal/run_table.h"

#include "journal/journal_file.h"

#include "directory.h"
#include "testing.h"

#include <algorithm>
#include <functional>
#include <limits>

using namespace eventsgw;
using namespace eventsgw::testing;

namespace journal_run_table_test {

/// A journal of its own, and a second connection to it.
struct Fixture {
    void commit(const std::function<Result<void>()>& change) {
        CHECK(file.begin().ok());
        const Result<void> changed = change();
        if (!changed) {
            report(__FILE__, __LINE__, changed.error().message);
        }
        CHECK(file.commit().ok());
    }
    void save(const RunRow& row) {
        commit([&] { return file.runs().save({row}); });
    }
    void erase(std::uint64_t number) {
        commit([&] { return file.runs().erase({number}); });
    }
    std::vector<RunRow> load() { return file.runs().load().value(); }

    /// Behind the back of the table.
    void execute(const std::string& sql) {
        Result<Database> database = Database::open(path(), Database::Mode::write);
        CHECK(database.ok() && database->execute(sql).ok());
    }
    std::int64_t count_events(const std::string& where = "1") {
        Result<Database> reader = Database::open(path(), Database::Mode::read);
        return reader->ask("SELECT count(*) FROM event WHERE " + where).value().value();
    }

    std::string path() const { return directory / "journal"; }

    Directory directory;
    JournalFile file = std::move(JournalFile::make(directory / "journal", {"instance", 0}, "module/mail1")).value();
};

std::shared_ptr<KeptEvent> make_event(std::uint64_t number, const std::string& payload = "{}") {
    auto event = std::make_shared<KeptEvent>("a/event/b", payload, "1b9d6bcd");
    event->number = number;
    return event;
}

RunRow make_row(std::uint64_t number, const std::shared_ptr<KeptEvent>& event) {
    RunRow row;
    row.number = number;
    row.id = {1, 2, 3, static_cast<unsigned char>(number)};
    row.kind = WorkKind::handler;
    row.key = "b";
    row.arrived = to_time(1000);
    row.event = event;
    return row;
}

Task make_task(std::uint64_t number, const std::shared_ptr<KeptEvent>& event) {
    return Task{number, to_time(1000), event, "act", Uuid{1, 2, 3}};
}

/// What save() writes of a row that is there.
void change(RunRow& row) {
    row.state = RunRow::State::running;
    row.starts = 7;
    row.crashes = 6;
    row.stops = 5;
    row.failures = 4;
    row.coalesced = 3;
    row.due = to_time(5000);
    row.pid = 4711;
    row.pid_start = std::uint64_t{1} << 40U;
    row.reason = "because\n";
    row.key = std::string("k\0y \xc3\xa4", 6);
}

void check_same(const RunRow& found, const RunRow& row) {
    CHECK_EQUAL(found.number, row.number);
    CHECK(found.id == row.id && found.kind == row.kind && found.state == row.state);
    CHECK_EQUAL(found.key, row.key);
    CHECK(found.starts == row.starts && found.crashes == row.crashes && found.stops == row.stops);
    CHECK(found.failures == row.failures && found.coalesced == row.coalesced);
    CHECK(found.due == row.due && found.arrived == row.arrived);
    CHECK(found.pid == row.pid && found.pid_start == row.pid_start);
    CHECK_EQUAL(found.reason, row.reason);
}

void a_row_comes_back_as_it_was_saved_and_changed() {
    Fixture f;
    const std::string bytes("\0\xff{\"\n", 5);
    RunRow row = make_row(7, make_event(7, bytes));
    f.save(row);
    check_same(f.load().at(0), row);
    CHECK(f.load().at(0).event->payload().empty()); // it may be large
    CHECK_EQUAL(f.load().at(0).payload_size, bytes.size());
    CHECK_EQUAL(f.load().at(0).event->channel(), "a/event/b");
    change(row);
    const std::shared_ptr<KeptEvent> event = std::exchange(row.event, nullptr);
    f.save(row);
    check_same(f.load().at(0), row);
    CHECK_EQUAL(f.load().size(), std::size_t{1});
    CHECK_EQUAL(f.load().at(0).event->number, std::uint64_t{7});
}

void rows_come_in_the_order_of_their_numbers() {
    Fixture f;
    for (const std::uint64_t number : {3U, 1U, 2U}) {
        f.save(make_row(number, make_event(number)));
    }
    const std::vector<RunRow> rows = f.load();
    CHECK(rows.size() == 3 && rows[0].number == 1 && rows[1].number == 2 && rows[2].number == 3);
}

void an_event_comes_back_with_its_payload() {
    Fixture f;
    const std::string bytes("\0\xff{\"\n", 5);
    f.save(make_row(7, make_event(5, bytes)));
    const std::shared_ptr<KeptEvent> event = f.file.runs().load_event(7).value();
    CHECK_EQUAL(std::string(event->payload()), bytes);
    CHECK_EQUAL(event->channel(), "a/event/b");
    CHECK_EQUAL(event->replay_of(), "1b9d6bcd");
    CHECK_EQUAL(event->number, std::uint64_t{5});
    CHECK(f.file.runs().load_event(5).value() == nullptr); // the number of an event, and of no run
}

/// It has ended meanwhile, or another process has dropped it.
void a_change_of_a_row_that_is_not_there_changes_nothing() {
    Fixture f;
    f.save(make_row(7, nullptr));
    CHECK(f.file.runs().is_empty().value());
    f.save(make_row(7, make_event(7)));
    CHECK(!f.file.runs().is_empty().value());
    f.erase(7);
    f.erase(7);
    f.save(make_row(7, nullptr));
    CHECK(f.file.runs().is_empty().value() && f.count_events() == 0);
}

/// The run stands for a later event from now on.
void an_event_goes_when_another_takes_its_place() {
    Fixture f;
    f.save(make_row(1, make_event(1, "first")));
    f.save(make_row(1, make_event(2, "second")));
    CHECK_EQUAL(std::string(f.file.runs().load_event(1).value()->payload()), "second");
    CHECK_EQUAL(f.count_events(), std::int64_t{1});
    f.save(make_row(1, make_event(2, "second"))); // written again, with the event it has
    CHECK_EQUAL(f.count_events(), std::int64_t{1});

    f.save(make_row(3, make_event(2, "second"))); // another run has it too
    f.save(make_row(1, make_event(4, "third")));
    CHECK_EQUAL(f.count_events(), std::int64_t{2});
    CHECK_EQUAL(std::string(f.file.runs().load_event(3).value()->payload()), "second");

    f.commit([&] { return f.file.insert(make_task(5, f.file.runs().load_event(1).value())); });
    f.save(make_row(1, make_event(6, "fourth"))); // a task has it
    CHECK_EQUAL(f.count_events("number = 4"), std::int64_t{1});
}

// An event that several works share.

/// Something that has the event 1, and goes.
struct Owner {
    std::string name;
    std::function<void(Fixture&)> enter;
    std::function<void(Fixture&)> leave;
};

Owner make_run(std::uint64_t number) {
    return {"run", [=](Fixture& f) { f.save(make_row(number, make_event(1))); }, [=](Fixture& f) { f.erase(number); }};
}

/// The ways of a task out of those that wait, with its event.
std::vector<Owner> make_tasks(std::uint64_t number) {
    const auto enter = [=](Fixture& f) { f.commit([&] { return f.file.insert(make_task(number, make_event(1))); }); };
    return {{"task, dropped", enter, [=](Fixture& f) { f.commit([&] { return f.file.drop(number); }); }},
            {"task, erased through", enter,
             [=](Fixture& f) { f.commit([&] { return f.file.erase_through(number, JournalFile::kAllRows); }); }},
            {"task, erased with all", enter, [](Fixture& f) { f.commit([&] { return f.file.erase_all(); }); }},
            {"task, buried and dropped", enter, [=](Fixture& f) {
                 f.commit([&] { return f.file.bury(make_task(number, make_event(1)), "because", to_time(2000)); });
                 CHECK_EQUAL(f.count_events("number = 1"), std::int64_t{1});
                 f.commit([&] { return f.file.drop(number); });
             }}};
}

std::vector<Owner> make_dead(std::uint64_t number) {
    const auto enter = [=](Fixture& f) {
        f.commit([&] { return f.file.bury(make_task(number, make_event(1)), "because", to_time(2000)); });
    };
    return {{"dead, dropped", enter, [=](Fixture& f) { f.commit([&] { return f.file.drop(number); }); }},
            {"dead, revived", enter, [=](Fixture& f) {
                 f.commit([&] { return f.file.revive(number, make_task(number + 100, make_event(number + 100))); });
             }}};
}

/// The four owners leave in this order; the event stays until the last owner has left.
void check_order(const std::vector<Owner>& owners, const std::vector<std::size_t>& order) {
    Fixture f;
    std::string name;
    for (const Owner& owner : owners) {
        owner.enter(f);
        name += owner.name + "; ";
    }
    f.commit([&] { return f.file.insert(make_task(50, make_event(50))); }); // of a later event
    for (std::size_t left = order.size(); left > 0; --left) {
        if (f.count_events("number = 1") != 1) {
            report(__FILE__, __LINE__, name + "gone too early");
        }
        owners[order[order.size() - left]].leave(f);
        name += std::to_string(order[order.size() - left]);
    }
    if (f.count_events("number = 1") != 0) {
        report(__FILE__, __LINE__, name + " left behind");
    }
}

void an_event_goes_with_the_last_that_has_it() {
    for (const bool is_task_first : {false, true}) {
        for (const Owner& task : make_tasks(is_task_first ? 1 : 2)) {
            for (const Owner& dead : make_dead(3)) {
                const std::vector<Owner> owners{make_run(is_task_first ? 2 : 1), task, dead, make_run(4)};
                std::vector<std::size_t> order{0, 1, 2, 3};
                do {
                    check_order(owners, order);
                } while (std::next_permutation(order.begin(), order.end()));
            }
        }
    }
}

void events_of_runs_survive_what_is_done_to_tasks() {
    Fixture f;
    f.save(make_row(1, make_event(1)));
    f.commit([&] { return f.file.insert(make_task(2, make_event(2))); });
    f.save(make_row(3, make_event(3)));
    f.commit([&] { return f.file.erase_through(3, JournalFile::kAllRows); });
    CHECK_EQUAL(f.count_events(), std::int64_t{2});
    f.commit([&] { return f.file.insert(make_task(4, make_event(4))); });
    f.commit([&] { return f.file.erase_all(); });
    CHECK_EQUAL(f.count_events(), std::int64_t{2});
    CHECK_EQUAL(f.load().size(), std::size_t{2});
    f.erase(1);
    f.erase(3);
    CHECK_EQUAL(f.count_events(), std::int64_t{0});
}

// What another hand has written.

void numbers_of_a_damaged_file_are_bounded() {
    Fixture f;
    f.save(make_row(1, make_event(1)));
    f.save(make_row(2, make_event(2)));
    f.save(make_row(3, make_event(3)));
    f.execute("UPDATE run SET id = x'01', kind = 9, state = 77, starts = -5, crashes = 1099511627776, stops = 'many',"
              " failures = 2.5, coalesced = 0, pid = -1, pid_start = -1, due = 9223372036854775807 WHERE number = 1");
    f.execute("UPDATE run SET state = -1, coalesced = -9223372036854775808, due = -9223372036854775808"
              " WHERE number = 2");
    f.execute("UPDATE event SET received = -9223372036854775808, channel = 'no event' WHERE number = 1");
    f.execute("UPDATE event SET received = 9223372036854775807 WHERE number = 2");
    f.execute("DELETE FROM event WHERE number = 3");
    const std::vector<RunRow> rows = f.load();
    CHECK_EQUAL(rows.size(), std::size_t{2}); // a run without an event is none
    CHECK(f.file.runs().load_event(3).value() == nullptr);

    const RunRow& first = rows[0];
    CHECK(first.id == Uuid{1} && first.kind == WorkKind::handler && first.state == RunRow::State::held);
    CHECK(first.starts == 0 && first.stops == 0 && first.failures == 2 && first.coalesced == 1 && first.pid == 0);
    CHECK_EQUAL(first.crashes, std::uint32_t{std::numeric_limits<std::int32_t>::max()});
    CHECK_EQUAL(first.event->channel(), "no event");
    const RunRow& second = rows[1];
    CHECK(second.state == RunRow::State::waiting && second.coalesced == 1);
    // Times can be subtracted from each other, in nanoseconds too.
    for (const WallTime time : {first.arrived, first.due, second.arrived, second.due}) {
        CHECK(time >= WallTime() && time < WallTime(std::chrono::hours(24 * 365 * 200)));
    }
    CHECK(first.due > to_time(2000000000000) && first.arrived == WallTime());
    CHECK(second.arrived > to_time(2000000000000) && second.due == WallTime());
}

// What is held.

void all_can_be_held() {
    Fixture f;
    for (const auto& [number, state] : {std::pair(1U, RunRow::State::waiting), std::pair(2U, RunRow::State::running),
                                        std::pair(3U, RunRow::State::held)}) {
        RunRow row = make_row(number, make_event(number));
        row.state = state;
        f.save(row);
    }
    CHECK_EQUAL(f.file.runs().ask_release_of_held().value(), std::uint64_t{1});
    f.commit([&] { return f.file.runs().hold_all("the journal is a copy"); });
    for (const RunRow& row : f.load()) {
        CHECK(row.state == RunRow::State::held);
        CHECK_EQUAL(row.reason, "the journal is a copy");
    }
    CHECK(f.file.runs().list_held(true).value().empty()); // that wish was for the original
    CHECK_EQUAL(f.file.runs().list_held(false)->size(), std::size_t{3});
}

RunRow make_held(std::uint64_t number) {
    RunRow row = make_row(number, make_event(number));
    row.state = RunRow::State::held;
    row.reason = "rule removed";
    row.arrived = to_time(static_cast<std::int64_t>(1000 * number));
    return row;
}

void held_runs_can_be_released() {
    Fixture f;
    f.save(make_held(1));
    f.save(make_held(2));
    f.save(make_row(3, make_event(3)));
    CHECK(f.file.runs().list_held(true).value().empty());
    CHECK(f.file.runs().list_held(false).value() == std::vector<std::uint64_t>({1, 2}));
    CHECK_EQUAL(f.file.runs().ask_release_of_held().value(), std::uint64_t{2});
    CHECK(f.file.runs().list_held(true).value() == std::vector<std::uint64_t>({1, 2}));
    RunRow row = make_held(1); // it is held again, for another reason
    row.event.reset();
    f.save(row);
    CHECK(f.file.runs().list_held(true).value() == std::vector<std::uint64_t>({2}));
}

void held_runs_become_too_old() {
    Fixture f;
    f.save(make_held(1));
    f.save(make_held(2));
    f.save(make_row(3, make_event(3)));
    f.save(make_held(4));
    f.commit([&] { return f.file.insert(make_task(5, make_event(1))); });
    CHECK(f.file.runs().drop_held(to_time(1000)).value() == 0);
    CHECK(f.file.runs().drop_held(to_time(2001)).value() == 2);
    CHECK(f.load().size() == 2 && f.load().at(0).number == 3);
    CHECK_EQUAL(f.count_events("number = 1"), std::int64_t{1}); // the task has it
    CHECK_EQUAL(f.count_events("number = 2"), std::int64_t{0});
    CHECK_EQUAL(f.file.runs().ask_release_of_held().value(), std::uint64_t{1});
    CHECK(f.file.runs().drop_held(WallTime::max()).value() == 0); // it is about to start
}

const TestGroup group{
    TEST(a_row_comes_back_as_it_was_saved_and_changed),
    TEST(rows_come_in_the_order_of_their_numbers),
    TEST(an_event_comes_back_with_its_payload),
    TEST(a_change_of_a_row_that_is_not_there_changes_nothing),
    TEST(an_event_goes_when_another_takes_its_place),
    TEST(an_event_goes_with_the_last_that_has_it),
    TEST(events_of_runs_survive_what_is_done_to_tasks),
    TEST(numbers_of_a_damaged_file_are_bounded),
    TEST(all_can_be_held),
    TEST(held_runs_can_be_released),
    TEST(held_runs_become_too_old),
};

} // namespace journal_run_table_test
