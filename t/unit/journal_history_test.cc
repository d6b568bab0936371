// SPDX-License-Identifier: GPL-3.0-or-later
// Copyright (C) 2026 eventsgw contributors

#include "journal/history.h"

#include "directory.h"
#include "failing_disk.h"
#include "fake_timers.h"
#include "log_file.h"
#include "testing.h"

#include <filesystem>

using namespace eventsgw;
using namespace eventsgw::testing;
using namespace std::chrono_literals;

namespace journal_history_test {

/// A history on a journal with its thread and its file.
struct Fixture {
    explicit Fixture(HistorySettings settings = {1000, 1000h, HistoryPayload::yes, 1000})
        : journal(std::move(Journal::open(std::nullopt, file.log(), "module/mail1", path()).value())),
          history(timers, file.log(), settings, *journal) {}

    std::string path() const { return directory / "journal"; }

    void add(int count, std::size_t payload = 0) {
        for (int i = 0; i < count; ++i) {
            RunRecord run;
            run.id = std::to_string(i);
            run.event = std::make_shared<KeptEvent>("a/event/b", std::string(payload, 'x'));
            run.ended = std::chrono::system_clock::now();
            history.add(std::move(run));
        }
    }

    void finish() {
        journal->finish();
        journal->receive();
    }

    std::size_t kept() const {
        Result<JournalFile> opened = JournalFile::open(path(), Database::Mode::read);
        if (!opened && opened.error().fault == Fault::absent) {
            return 0;
        }
        CHECK(opened.ok());
        std::size_t count = 0;
        CHECK(opened->history().each({}, [&](const RunRecord&) { ++count; }).ok());
        return count;
    }

    Directory directory;
    LogFile file;
    FakeTimers timers;
    std::unique_ptr<Journal> journal;
    History history;
};

void what_was_added_is_there_at_the_end() {
    Fixture f;
    f.add(3);
    f.finish();
    CHECK_EQUAL(f.kept(), std::size_t{3});
    f.add(2);
    f.finish();
    CHECK_EQUAL(f.kept(), std::size_t{5});
}

void off_it_has_no_file() {
    Fixture f({0, 1000h, HistoryPayload::yes, 1000});
    CHECK(!f.history.is_on());
    f.add(3);
    f.finish();
    CHECK(!std::filesystem::exists(f.path()));
}

void it_can_be_switched_off_and_on() {
    Fixture f;
    f.add(1);
    f.history.set_settings({0, 1000h, HistoryPayload::no, 1000}); // what was added before is still on its way
    f.add(1);
    f.finish();
    CHECK_EQUAL(f.kept(), std::size_t{0});
    f.history.set_settings({10, 1000h, HistoryPayload::no, 1000});
    f.add(1);
    f.finish();
    CHECK_EQUAL(f.kept(), std::size_t{1});
}

void what_a_former_process_has_left_is_erased_where_it_is_off() {
    Fixture f;
    f.add(1);
    f.finish();
    CHECK_EQUAL(f.kept(), std::size_t{1});
    f.journal = Journal::open(std::nullopt, f.file.log(), "module/mail1", f.path()).value();
    const History off(f.timers, f.file.log(), {0, 1000h, HistoryPayload::no, 1000}, *f.journal);
    f.finish();
    CHECK_EQUAL(f.kept(), std::size_t{0});
    CHECK_EQUAL(f.file.count("<5>history: is off, and the runs that were kept are erased"), 1);
}

void small_payloads_are_kept_where_that_is_asked_for() {
    for (const bool is_asked_for : {true, false}) {
        Fixture f({1000, 1000h, is_asked_for ? HistoryPayload::yes : HistoryPayload::no, 1000});
        f.add(1, History::kMaxPayload);
        f.add(1, History::kMaxPayload + 1);
        f.finish();
        Result<Database> database = Database::open(f.path(), Database::Mode::read);
        const auto sizes = database->ask("SELECT total(length(bytes)) FROM ended_payload");
        CHECK_EQUAL(sizes.value().value(), is_asked_for ? static_cast<std::int64_t>(History::kMaxPayload) : 0);
    }
}

void what_the_disk_does_not_take_in_time_is_dropped() {
    Fixture f;
    f.add(100, History::kMaxPayload); // what the disk takes is known only at the end
    CHECK_EQUAL(f.file.count("<4>history: runs are not kept"), 1);
    CHECK_EQUAL(f.history.problem(), "the disk is too slow");
    f.finish();
    CHECK_EQUAL(f.kept(), std::size_t{16});
    CHECK_EQUAL(f.history.problem(), "");
    f.add(1);
    f.finish();
    CHECK_EQUAL(f.kept(), std::size_t{17});
}

void a_failing_disk_is_said_once_and_so_is_its_end() {
    const FailingDisk disk;
    Fixture f;
    for (const int code : {SQLITE_OK, SQLITE_IOERR_WRITE, SQLITE_IOERR_WRITE, SQLITE_OK, SQLITE_OK}) {
        FailingDisk::code = code;
        f.add(1);
        f.finish();
        CHECK_EQUAL(f.history.problem().empty(), code == SQLITE_OK);
    }
    CHECK_EQUAL(f.kept(), std::size_t{5}); // those of meanwhile have waited
    CHECK_EQUAL(f.file.count("<4>history: cannot be written, runs wait in memory"), 1);
    CHECK_EQUAL(f.file.count("<5>history: can be written again"), 1);
}

RunRecord make_record(const std::string& id, std::size_t payload = 0) {
    RunRecord run;
    run.id = id;
    run.kind = WorkKind::task;
    run.event = std::make_shared<KeptEvent>("a/event/b", std::string(payload, 'x'));
    run.arrived = run.ended = std::chrono::system_clock::now();
    return run;
}

RunRecord make_dead(const std::string& id) {
    RunRecord run = make_record(id);
    run.state = WorkState::dead;
    run.result = RunResult::failed;
    return run;
}

void of_a_flood_the_newest_are_kept() {
    Fixture f({1000, 1000h, HistoryPayload::no, 50});
    f.add(3);
    for (int i = 0; i < 100000; ++i) {
        f.history.refuse(make_record("r" + std::to_string(i)), "why");
    }
    for (int i = 0; i < 200; ++i) {
        f.history.gather(make_dead("d" + std::to_string(i)));
    }
    f.timers.advance(History::kGather);
    f.finish();
    CHECK_EQUAL(f.kept(), std::size_t{3 + 100 + 50});
    Result<JournalFile> file = JournalFile::open(f.path(), Database::Mode::read);
    HistoryTable table = file->history();
    CHECK(table.load("r99999").value()->reason == "why" && table.load("r99900").value().has_value());
    CHECK(!table.load("r99899").value().has_value() && !table.load("d149").value().has_value());
    CHECK(table.load("d150").value()->state == WorkState::dead);
}

void what_is_refused_while_it_is_off_is_not_kept() {
    Fixture f({0, 1000h, HistoryPayload::no, 50});
    f.history.refuse(make_record("a"), "why");
    f.history.gather(make_dead("b"));
    f.timers.advance(10s);
    f.finish();
    CHECK(!std::filesystem::exists(f.path()));
}

/// A source of tasks that counts how often it is asked, and for how many.
struct Source {
    explicit Source(History& history) {
        history.set_task_source([this](std::size_t count) {
            asked.push_back(count);
            History::Records records;
            for (std::size_t i = 0; i < std::min(count, there); ++i) {
                records.push_back(make_record("t" + std::to_string(i)));
            }
            return records;
        });
    }
    std::size_t there = 0;
    std::vector<std::size_t> asked;
};

void tasks_are_asked_for_twice_a_second_and_less_often_in_a_flood() {
    Fixture f({1000, 1000h, HistoryPayload::no, 50});
    Source source(f.history);
    source.there = 10;
    f.timers.advance(10s);
    CHECK(source.asked.empty()); // while none is confirmed nothing is done
    const auto flow = [&](std::chrono::milliseconds time) {
        source.asked.clear();
        for (; time > 0ms; time -= 10ms) {
            f.history.note_tasks(1, 1);
            f.timers.advance(10ms);
        }
        return source.asked.size();
    };
    CHECK_EQUAL(flow(5s), std::size_t{10});
    CHECK_EQUAL(source.asked.front(), std::size_t{1000});
    source.there = 1000000;
    flow(5s);
    CHECK_EQUAL(flow(50s), std::size_t{10});
    f.finish();
    CHECK(f.kept() == 1000);
}

void large_tasks_are_asked_for_before_they_are_gone() {
    Fixture f({1000, 1000h, HistoryPayload::no, 50});
    Source source(f.history);
    f.history.note_tasks(4, History::kMaxGathered - 1);
    CHECK(source.asked.empty());
    f.history.note_tasks(4, History::kMaxGathered);
    CHECK_EQUAL(source.asked.size(), std::size_t{1});
    f.history.note_tasks(1001, History::kMaxGathered); // most of them are not wanted
    CHECK_EQUAL(source.asked.size(), std::size_t{1});
}

void while_it_is_off_no_task_is_asked_for() {
    Fixture f({0, 1000h, HistoryPayload::no, 50});
    Source source(f.history);
    f.history.note_tasks(4, History::kMaxGathered);
    f.timers.advance(10s);
    CHECK(source.asked.empty());
    f.history.set_settings({10, 1000h, HistoryPayload::no, 50});
    CHECK(source.asked == std::vector<std::size_t>{0}); // what has ended meanwhile is passed over
}

void a_payload_that_is_not_kept_leaves_memory() {
    for (const HistoryPayload payloads : {HistoryPayload::no, HistoryPayload::failed, HistoryPayload::yes}) {
        Fixture f({1000, 1000h, payloads, 50});
        RunRecord done = make_record("done", 10);
        RunRecord refused = make_record("refused", 10);
        const std::weak_ptr<KeptEvent> of_done = done.event;
        const std::weak_ptr<KeptEvent> of_refused = refused.event;
        f.history.refuse(std::move(refused), "why");
        f.history.flush();
        f.history.add(std::move(done));
        f.finish();
        Result<JournalFile> file = JournalFile::open(f.path(), Database::Mode::read);
        CHECK_EQUAL(file->history().load("done").value()->keeps_payload, payloads == HistoryPayload::yes);
        CHECK_EQUAL(file->history().load("refused").value()->keeps_payload, payloads != HistoryPayload::no);
        CHECK(of_done.expired() && of_refused.expired());
    }
}

/// The disk has not answered, so what may be unwritten is used up.
void what_is_gathered_waits_for_the_disk_without_its_payload() {
    Fixture f({1000, 1000h, HistoryPayload::no, 50});
    RunRecord large = make_record("large");
    large.value = std::string(History::kMaxUnwritten / 2, 'x');
    f.history.add(std::move(large));
    RunRecord refused = make_record("refused", 10);
    const std::weak_ptr<KeptEvent> event = refused.event;
    f.history.refuse(std::move(refused), "why");
    CHECK(!event.expired());
    f.timers.advance(10s);
    CHECK(event.expired());
    f.history.set_settings({1000, 1000h, HistoryPayload::yes, 50}); // comes too late for it
    f.finish();
    CHECK_EQUAL(f.kept(), std::size_t{1});
    f.timers.advance(1s);
    f.finish();
    CHECK_EQUAL(f.kept(), std::size_t{2});
    CHECK(!JournalFile::open(f.path(), Database::Mode::read)->history().load("refused").value()->keeps_payload);
}

void a_run_waits_for_no_task_and_no_task_for_a_run() {
    Fixture f;
    f.add(1);
    const std::uint64_t number = f.journal->take_number();
    auto event = std::make_shared<KeptEvent>("a/event/b", "{}");
    event->number = number;
    f.journal->order(JournalOrder::Write{{Task{number, WallTime{}, event, "renew", Uuid{}}}, "", false});
    f.finish();
    CHECK_EQUAL(f.kept(), std::size_t{1});
    CHECK_EQUAL(JournalFile::open(f.path(), Database::Mode::read)->measure()->tasks, std::uint64_t{1});
}

const TestGroup group{
    TEST(what_was_added_is_there_at_the_end),
    TEST(off_it_has_no_file),
    TEST(it_can_be_switched_off_and_on),
    TEST(what_a_former_process_has_left_is_erased_where_it_is_off),
    TEST(small_payloads_are_kept_where_that_is_asked_for),
    TEST(what_the_disk_does_not_take_in_time_is_dropped),
    TEST(a_failing_disk_is_said_once_and_so_is_its_end),
    TEST(of_a_flood_the_newest_are_kept),
    TEST(what_is_refused_while_it_is_off_is_not_kept),
    TEST(tasks_are_asked_for_twice_a_second_and_less_often_in_a_flood),
    TEST(large_tasks_are_asked_for_before_they_are_gone),
    TEST(while_it_is_off_no_task_is_asked_for),
    TEST(a_payload_that_is_not_kept_leaves_memory),
    TEST(what_is_gathered_waits_for_the_disk_without_its_payload),
    TEST(a_run_waits_for_no_task_and_no_task_for_a_run),
};

} // namespace journal_history_test
