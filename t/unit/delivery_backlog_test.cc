// SPDX-License-Identifier: GPL-3.0-or-later
// Copyright (C) 2026 eventsgw contributors

#include "delivery/backlog.h"

#include "directory.h"
#include "failing_disk.h"
#include "fake_timers.h"
#include "log_file.h"
#include "testing.h"

#include <filesystem>
#include <utility>

#include <poll.h>
#include <sys/resource.h>
#include <unistd.h>

using namespace eventsgw;
using namespace eventsgw::testing;
using namespace std::chrono_literals;

namespace delivery_backlog_test {

constexpr Uuid kId{0x1b, 0x9d};

/// A backlog on a real journal, whose thread and disk are real too; only the loop's clock is wound by hand.
struct Fixture {
    explicit Fixture(const Directory& directory, Backlog::Options options = {100000, 1U << 28U, 1U << 30U, false})
        : journal(open(directory, file.log())),
          backlog(timers, file.log(), options, *journal,
                  {[] {}, [this](const std::string& problem) { problems.push_back(problem); },
                   [this](const std::string& instance) { instances.push_back(instance); }}) {}

    static std::unique_ptr<Journal> open(const Directory& directory, const Log& log) {
        Result<std::unique_ptr<Journal>> journal =
            Journal::open(std::nullopt, log, "module/mail1", directory / "journal");
        if (!journal) {
            report(__FILE__, __LINE__, journal.error().message);
        }
        return std::move(*journal);
    }

    bool add() {
        const auto event = std::make_shared<KeptEvent>("a/event/b", "{}");
        return backlog.add(event, "act", kId) == Outcome::Reason::none;
    }

    void add(int count) {
        for (int i = 0; i < count; ++i) {
            CHECK(add());
        }
    }

    /// Takes the thread's news until something holds; by the loop's clock, `pace` passes between two looks.
    template <typename Condition> void wait(const Condition& condition, std::chrono::milliseconds pace = 10ms) {
        bool holds = condition();
        for (int i = 0; i < 2000 && !holds; ++i) {
            pollfd news{journal->descriptor(), POLLIN, 0};
            ::poll(&news, 1, 10);
            journal->receive();
            timers.advance(pace);
            holds = condition();
        }
        CHECK(holds); // not asked a second time: a condition may write to the file, and find it locked
    }

    /// Confirms all in memory; how many these were.
    std::size_t take_front() {
        std::size_t taken = 0;
        const std::size_t pushable = backlog.pushable();
        if (pushable > 0) {
            backlog.confirm_through(backlog.tasks()[pushable - 1].number, [&](const Task& task) {
                CHECK(task.number > last);
                last = task.number;
                ++taken;
            });
        }
        return taken;
    }

    FakeTimers timers;
    LogFile file;
    std::vector<std::string> problems;
    std::vector<std::string> instances;
    std::uint64_t last = 0;
    std::unique_ptr<Journal> journal;
    Backlog backlog;
};

/// None in a file that nothing has been written to yet.
std::size_t count_stored(const Directory& directory) {
    Result<JournalFile> file = JournalFile::open(directory / "journal", Database::Mode::read);
    if (!file && file.error().fault == Fault::absent) {
        return 0;
    }
    CHECK(file.ok());
    return file->measure().value().tasks;
}

std::size_t count_dead(const Directory& directory) {
    Result<JournalFile> file = JournalFile::open(directory / "journal", Database::Mode::read);
    return file ? file->measure().value().dead : 0;
}

/// As `eventsgw spool retry` does; false before the task is on disk.
bool ask_retry(const Directory& directory, std::uint64_t number) {
    Result<JournalFile> file = JournalFile::open(directory / "journal", Database::Mode::write);
    return file && file->measure().value().dead > 0 && file->ask_retry(number).ok();
}

/// As `eventsgw spool drop` does.
void drop_dead(const Directory& directory, std::uint64_t number) {
    CHECK(JournalFile::open(directory / "journal", Database::Mode::write).value().drop(number).ok());
}

void writes_nothing_while_the_leader_takes_all() {
    const Directory directory;
    Fixture f(directory);
    f.backlog.set_away(false, "");
    for (int i = 0; i < 100; ++i) {
        f.add(10);
        f.timers.advance(100ms);
        CHECK_EQUAL(f.take_front(), std::size_t{10});
    }
    CHECK_EQUAL(f.backlog.on_disk(), std::size_t{0});
}

void writes_what_has_not_been_confirmed_in_time() {
    const Directory directory;
    Fixture f(directory);
    f.backlog.set_away(false, "");
    f.add(3);
    f.timers.advance(Backlog::kPatience - 1ms);
    CHECK_EQUAL(f.backlog.on_disk(), std::size_t{0});
    f.timers.advance(1ms);
    CHECK_EQUAL(f.backlog.on_disk(), std::size_t{3});
    f.wait([&] { return count_stored(directory) == 3; });
    CHECK_EQUAL(f.take_front(), std::size_t{3});
    f.wait([&] { return count_stored(directory) == 0; });
    f.add(1);
    f.timers.advance(Backlog::kGroup);
    CHECK_EQUAL(f.backlog.on_disk(), std::size_t{0});
}

void writes_soon_while_the_leader_is_away() {
    const Directory directory;
    Fixture f(directory);
    f.backlog.set_away(true, "Connection refused");
    f.add(3);
    CHECK_EQUAL(f.backlog.on_disk(), std::size_t{0});
    f.timers.advance(Backlog::kGroup);
    CHECK_EQUAL(f.backlog.on_disk(), std::size_t{3});
}

/// While they are in memory too.
void what_is_on_its_way_to_the_disk_costs_once() {
    const Directory directory;
    Fixture f(directory);
    f.backlog.set_away(true, "Connection refused");
    f.add(3);
    const std::size_t cost = f.backlog.waiting_cost();
    CHECK(cost > 3 * Task::kOverhead);
    f.timers.advance(Backlog::kGroup);
    CHECK_EQUAL(f.backlog.on_disk(), std::size_t{3});
    CHECK_EQUAL(f.backlog.waiting_cost(), cost);
    f.wait([&] { return f.backlog.ledger().unstored().tasks == 0; });
    CHECK_EQUAL(f.backlog.waiting_cost(), cost);
}

void keeps_the_order_through_the_disk() {
    const Directory directory;
    Fixture f(directory);
    f.backlog.set_away(true, "Connection refused");
    f.add(25000);
    f.wait([&] { return count_stored(directory) == 25000; });
    f.wait([&] { return f.backlog.tasks().size() <= Backlog::kWindowTasks; });
    f.backlog.set_away(false, "");
    std::size_t taken = 0;
    f.wait([&] {
        f.add(taken < 20000 ? 20 : 0);
        taken += f.take_front();
        return f.backlog.waiting() == 0;
    });
    CHECK(taken > 25000);
    f.wait([&] { return count_stored(directory) == 0; });
}

void always_means_that_only_what_is_on_disk_is_pushed() {
    const Directory directory;
    Fixture f(directory, {100000, 1U << 28U, 1U << 30U, true});
    f.backlog.set_away(false, "");
    f.add(5);
    CHECK_EQUAL(f.backlog.pushable(), std::size_t{0});
    f.wait([&] { return f.backlog.pushable() == 5; });
    CHECK_EQUAL(count_stored(directory), std::size_t{5});
}

/// What the disk says of the tasks of a former run must not be mixed with what is written in the same commit.
void what_is_written_meanwhile_does_not_hide_what_a_former_run_left() {
    const Directory directory;
    {
        Fixture f(directory);
        f.add(100);
        CHECK_EQUAL(f.backlog.finish(), std::size_t{0});
    }
    Fixture f(directory, {100000, 1U << 28U, 1U << 30U, true});
    f.add(50);
    f.timers.advance(Backlog::kGroup);
    f.backlog.confirm_through(10, [](const Task&) {});
    f.add(50);
    f.timers.advance(Backlog::kGroup);
    f.backlog.set_away(false, "");
    std::size_t taken = 0;
    f.wait([&] {
        taken += f.take_front();
        return taken == 190;
    });
    CHECK_EQUAL(f.backlog.waiting(), std::size_t{0});
}

void a_start_goes_on_where_the_former_run_ended() {
    const Directory directory;
    std::uint64_t last = 0;
    std::string instance;
    {
        Fixture f(directory);
        instance = f.journal->claim().instance;
        f.add(10);
        f.take_front();
        f.add(5);
        last = f.backlog.tasks().back().number;
        CHECK_EQUAL(f.backlog.finish(), std::size_t{0});
    }
    Fixture f(directory);
    CHECK_EQUAL(f.backlog.waiting(), std::size_t{5});
    CHECK_EQUAL(f.journal->claim().instance, instance);
    CHECK(f.journal->claim().floor > last);
    // The cursor tells that two of them had been pushed.
    f.backlog.confirm_through(last - 3, [](const Task&) {});
    f.backlog.set_away(false, "");
    f.wait([&] { return f.backlog.waiting() == 3 && f.backlog.pushable() == 3; });
    CHECK_EQUAL(f.backlog.tasks().back().number, last);
}

void without_waiting_tasks_each_run_has_an_instance_of_its_own() {
    const Directory directory;
    std::string instance;
    for (int i = 0; i < 2; ++i) {
        Fixture f(directory);
        CHECK(f.journal->claim().instance != std::exchange(instance, f.journal->claim().instance));
    }
}

/// What a start has lacked may be there for the next one, which finds all that waits.
void a_start_without_descriptors_leaves_the_journal_alone() {
    const Directory directory;
    {
        Fixture f(directory);
        f.backlog.set_away(true, "Connection refused");
        f.add(3);
        CHECK_EQUAL(f.backlog.finish(), std::size_t{0});
    }
    const LogFile file;
    rlimit usual{};
    CHECK(::getrlimit(RLIMIT_NOFILE, &usual) == 0);
    const int next = ::dup(0);
    ::close(next);
    rlimit narrow{static_cast<rlim_t>(next), usual.rlim_max};
    int refused = 0;
    for (bool is_open = false; !is_open; ++narrow.rlim_cur) {
        CHECK(::setrlimit(RLIMIT_NOFILE, &narrow) == 0);
        const Result<std::unique_ptr<Journal>> journal =
            Journal::open(std::nullopt, file.log(), "module/mail1", directory / "journal");
        CHECK(::setrlimit(RLIMIT_NOFILE, &usual) == 0);
        is_open = journal.ok();
        refused += is_open ? 0 : 1;
        CHECK(is_open || journal.error().fault == Fault::shortage);
        CHECK_EQUAL(count_stored(directory), std::size_t{3});
    }
    CHECK(refused > 3);
}

void tasks_that_come_back_are_on_disk_again() {
    const Directory directory;
    Fixture f(directory);
    std::vector<Task> recent;
    f.backlog.set_away(true, "Connection refused");
    f.add(6);
    f.wait([&] { return count_stored(directory) == 6; });
    f.backlog.confirm_through(4, [&](Task task) { recent.push_back(std::move(task)); });
    f.wait([&] { return count_stored(directory) == 2; });
    recent.erase(recent.begin(), recent.begin() + 2);
    f.backlog.take_back(std::move(recent));
    CHECK_EQUAL(f.backlog.tasks().front().number, std::uint64_t{3});
    f.wait([&] { return count_stored(directory) == 4; });
    CHECK_EQUAL(f.backlog.on_disk(), std::size_t{4});
}

/// Even if they were never written, and the disk was told that they are confirmed.
void tasks_that_come_back_are_there_for_the_next_run() {
    const Directory directory;
    {
        Fixture f(directory);
        std::vector<Task> recent;
        f.backlog.set_away(true, "Connection refused");
        f.add(1);
        f.wait([&] { return count_stored(directory) == 1; });
        f.backlog.set_away(false, "");
        f.backlog.confirm_through(1, [](const Task&) {});
        f.add(2);
        f.backlog.confirm_through(3, [&](Task task) { recent.push_back(std::move(task)); });
        f.timers.advance(Backlog::kSweep);
        f.backlog.take_back(std::move(recent));
        CHECK_EQUAL(f.backlog.finish(), std::size_t{0});
    }
    CHECK_EQUAL(count_stored(directory), std::size_t{2});
}

void a_disk_that_fails_is_told_and_tried_again() {
    for (const int code : {SQLITE_IOERR_WRITE, SQLITE_IOERR_FSYNC, SQLITE_FULL, SQLITE_READONLY}) {
        const Directory directory;
        const FailingDisk disk;
        Fixture f(directory);
        f.backlog.set_away(true, "Connection refused");
        FailingDisk::code = code;
        f.add(3);
        f.wait([&] { return !f.problems.empty(); });
        f.add(3);
        CHECK_EQUAL(f.file.count("journal: cannot be written, tasks and runs wait in memory"), 1);
        CHECK_EQUAL(f.backlog.pushable(), std::size_t{6});
        FailingDisk::code = SQLITE_OK;
        f.wait([&] { return f.problems.size() == 2; });
        CHECK_EQUAL(f.problems.back(), std::string());
        f.wait([&] { return count_stored(directory) == 6; });
    }
}

void what_a_failing_disk_does_not_take_at_the_end_is_lost() {
    const Directory directory;
    const FailingDisk disk;
    Fixture f(directory);
    f.backlog.set_away(true, "Connection refused");
    FailingDisk::code = SQLITE_IOERR_FSYNC;
    f.add(3);
    CHECK_EQUAL(f.backlog.finish(), std::size_t{3});
    FailingDisk::code = SQLITE_OK;
}

void a_dead_task_that_a_failing_disk_does_not_take_is_lost_at_the_end() {
    const Directory directory;
    const FailingDisk disk;
    Fixture f(directory);
    f.backlog.set_away(false, "");
    FailingDisk::code = SQLITE_FULL;
    f.add(3);
    f.backlog.bury(1, "WRONGTYPE");
    CHECK_EQUAL(f.backlog.pushable(), std::size_t{0}); // until the disk has it, or is known not to take it
    f.wait([&] { return !f.problems.empty(); });
    CHECK_EQUAL(f.backlog.pushable(), std::size_t{2});
    CHECK_EQUAL(f.backlog.finish(), std::size_t{3});
    FailingDisk::code = SQLITE_OK;
}

/// It leaves the dead and joins those that wait in one commit, and is not pushed before that.
void a_retry_waits_for_a_failing_disk() {
    const Directory directory;
    const FailingDisk disk;
    Fixture f(directory);
    f.backlog.set_away(false, "");
    f.add(1);
    f.backlog.bury(1, "WRONGTYPE");
    f.wait([&] { return f.backlog.dead() == 1 && ask_retry(directory, 1); });
    f.add(1);
    FailingDisk::code = SQLITE_FULL;
    f.wait([&] { return !f.problems.empty() && f.backlog.waiting() == 2; }, 0ms);
    f.add(1);
    CHECK_EQUAL(f.backlog.waiting(), std::size_t{3});
    CHECK_EQUAL(f.backlog.pushable(), std::size_t{1}); // what came before
    FailingDisk::code = SQLITE_OK;
    // The dead are counted in the file, by the thread's tick: a count of before may still be on its way.
    f.wait([&] { return f.backlog.pushable() == 3 && f.backlog.dead() == 0; });
}

/// The file is looked at for what others drop in it, and not for each that dies.
void the_dead_are_counted_while_others_drop_some() {
    const Directory directory;
    Fixture f(directory);
    f.backlog.set_away(false, "");
    const auto bury_one = [&f] {
        f.add(1);
        f.backlog.bury(1, "WRONGTYPE");
    };
    bury_one();
    f.wait([&] { return count_dead(directory) == 1; });
    drop_dead(directory, 1);
    bury_one();
    f.wait([&] { return f.backlog.dead() == 1; });
    bury_one();
    CHECK_EQUAL(f.backlog.finish(), std::size_t{0});
    CHECK_EQUAL(f.backlog.dead(), std::uint64_t{2});
}

/// What is on its way to the leader stays at the front, where its confirmation looks for it.
void a_batch_that_is_on_its_way_is_not_left_to_the_disk() {
    const Directory directory;
    Fixture f(directory);
    f.backlog.set_away(false, "");
    f.add(9000);
    f.backlog.note_pushing(9000);
    f.add(20000);
    f.backlog.set_away(true, "Connection refused");
    f.wait([&] { return count_stored(directory) == 29000; });
    CHECK(f.backlog.tasks().size() >= 9000);
    std::size_t taken = 0;
    f.backlog.confirm_through(9000, [&](const Task& /*task*/) { ++taken; });
    CHECK_EQUAL(taken, std::size_t{9000});
    CHECK_EQUAL(f.backlog.waiting(), std::size_t{20000});
    f.backlog.set_away(false, "");
    f.last = 9000;
    for (std::size_t left = 20000; left > 0; left -= f.take_front()) {
        f.wait([&] { return f.backlog.pushable() > 0; });
    }
    CHECK_EQUAL(f.backlog.waiting(), std::size_t{0});
    CHECK_EQUAL(f.backlog.waiting_cost(), std::size_t{0});
}

void what_a_start_cannot_use_is_set_aside_and_another_begun() {
    const Directory directory;
    {
        Fixture f(directory);
        f.backlog.set_away(true, "Connection refused");
        f.add(3);
        CHECK_EQUAL(f.backlog.finish(), std::size_t{0});
    }
    directory.write("journal", std::string(5000, 'g'));
    Fixture f(directory);
    CHECK(f.journal->problem().find("set aside as") != std::string::npos);
    CHECK_EQUAL(f.backlog.waiting(), std::size_t{0});
    f.backlog.set_away(true, "Connection refused");
    f.add(2);
    f.wait([&] { return count_stored(directory) == 2; });
}

/// What is in memory is on disk again, under another instance and in the same order.
void a_journal_that_is_taken_away_is_begun_anew() {
    for (const bool is_replaced : {false, true}) {
        const Directory directory;
        Fixture f(directory);
        f.backlog.set_away(true, "Connection refused");
        f.add(3);
        f.wait([&] { return count_stored(directory) == 3; });
        std::filesystem::remove(directory / "journal");
        if (is_replaced) {
            directory.write("journal", std::string(5000, 'g'));
        }
        f.add(2);
        f.wait([&] { return f.instances.size() == 1 && count_stored(directory) == 5; });
        CHECK_EQUAL(f.file.count("journal: lost"), 1);
        CHECK_EQUAL(f.file.count("set_aside=\"\""), is_replaced ? 0 : 1);
        f.backlog.set_away(false, "");
        f.wait([&] { return f.take_front() == 0 && f.backlog.waiting() == 0; });
        CHECK_EQUAL(f.last, std::uint64_t{5});
    }
}

/// Also when tasks of a former run, with lower numbers, are the first in the new file.
void after_a_lost_journal_the_next_run_uses_no_number_again() {
    const Directory directory;
    {
        Fixture f(directory);
        f.add(1);
        CHECK_EQUAL(f.backlog.finish(), std::size_t{0});
    }
    std::uint64_t last = 0;
    {
        Fixture f(directory);
        f.backlog.set_away(false, "");
        f.wait([&] { return f.backlog.pushable() == 1; });
        f.backlog.set_away(true, "Connection refused");
        f.add(3);
        last = f.backlog.tasks().back().number;
        std::filesystem::remove(directory / "journal");
        f.wait([&] { return f.instances.size() == 1 && count_stored(directory) == 4; });
        CHECK_EQUAL(f.backlog.finish(), std::size_t{0});
    }
    Fixture f(directory);
    CHECK(f.journal->claim().floor > last);
    f.backlog.set_away(false, "");
    f.wait([&] { return f.backlog.pushable() == 4; });
    CHECK_EQUAL(f.backlog.tasks().back().number, last);
}

/// The thread tells so when it ends.
void a_journal_that_is_lost_at_the_end_is_begun_anew() {
    const Directory directory;
    {
        Fixture f(directory);
        f.backlog.set_away(true, "Connection refused");
        f.add(3);
        f.wait([&] { return count_stored(directory) == 3; });
        std::filesystem::remove(directory / "journal");
        f.add(2);
        CHECK_EQUAL(f.backlog.finish(), std::size_t{0});
    }
    CHECK_EQUAL(count_stored(directory), std::size_t{5});
}

void the_limit_on_disk_refuses_the_newest() {
    const Directory directory;
    Fixture f(directory, {100000, 1U << 28U, 1000, false});
    f.backlog.set_away(true, "Connection refused");
    int taken = 0;
    while (f.add()) {
        ++taken;
    }
    CHECK_EQUAL(taken, 5); // of 214 bytes, overhead included
    f.timers.advance(Backlog::kGroup);
    f.take_front();
    CHECK(f.add());
}

const TestGroup group{
    TEST(writes_nothing_while_the_leader_takes_all),
    TEST(writes_what_has_not_been_confirmed_in_time),
    TEST(writes_soon_while_the_leader_is_away),
    TEST(what_is_on_its_way_to_the_disk_costs_once),
    TEST(keeps_the_order_through_the_disk),
    TEST(always_means_that_only_what_is_on_disk_is_pushed),
    TEST(what_is_written_meanwhile_does_not_hide_what_a_former_run_left),
    TEST(a_start_goes_on_where_the_former_run_ended),
    TEST(without_waiting_tasks_each_run_has_an_instance_of_its_own),
    TEST(a_start_without_descriptors_leaves_the_journal_alone),
    TEST(tasks_that_come_back_are_on_disk_again),
    TEST(tasks_that_come_back_are_there_for_the_next_run),
    TEST(a_disk_that_fails_is_told_and_tried_again),
    TEST(what_a_failing_disk_does_not_take_at_the_end_is_lost),
    TEST(a_retry_waits_for_a_failing_disk),
    TEST(the_dead_are_counted_while_others_drop_some),
    TEST(a_dead_task_that_a_failing_disk_does_not_take_is_lost_at_the_end),
    TEST(a_batch_that_is_on_its_way_is_not_left_to_the_disk),
    TEST(what_a_start_cannot_use_is_set_aside_and_another_begun),
    TEST(a_journal_that_is_taken_away_is_begun_anew),
    TEST(after_a_lost_journal_the_next_run_uses_no_number_again),
    TEST(a_journal_that_is_lost_at_the_end_is_begun_anew),
    TEST(the_limit_on_disk_refuses_the_newest),
};

} // namespace delivery_backlog_test
