// SPDX-License-Identifier: GPL-3.0-or-later
// Copyright (C) 2026 eventsgw contributors

#include "delivery/backlog.h"

#include "base/backoff.h"

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

/// A backlog on a real spool, whose thread and disk are real too; only the loop's clock is wound by hand.
struct Fixture {
    explicit Fixture(const Directory& directory, Backlog::Options options = {100000, 1U << 28U, 1U << 30U, false})
        : backlog(timers, file.log(), options, open(directory),
                  {[] {}, [this](const std::string& problem) { problems.push_back(problem); }, [] {}}) {}

    static std::unique_ptr<Spool> open(const Directory& directory) {
        Result<std::unique_ptr<Spool>> spool = Spool::open(directory / "spool");
        if (!spool) {
            report(__FILE__, __LINE__, spool.error().message);
        }
        return std::move(*spool);
    }

    void add(int count) {
        for (int i = 0; i < count; ++i) {
            CHECK(backlog.add("a/event/b", "task"));
        }
    }

    /// Takes the thread's news until something holds; by the loop's clock, `pace` passes between two looks.
    template <typename Condition> void wait(const Condition& condition, std::chrono::milliseconds pace = 10ms) {
        for (int i = 0; i < 2000 && !condition(); ++i) {
            pollfd news{backlog.spool()->descriptor(), POLLIN, 0};
            ::poll(&news, 1, 10);
            backlog.spool()->receive();
            timers.advance(pace);
        }
        CHECK(condition());
    }

    /// Confirms all in memory; how many these were.
    std::size_t take_front() {
        std::size_t taken = 0;
        const std::size_t pushable = backlog.pushable();
        if (pushable > 0) {
            backlog.confirm_through(backlog.front()[pushable - 1].number(), [&](const PendingTask& task) {
                CHECK(task.number() > last);
                last = task.number();
                ++taken;
            });
        }
        return taken;
    }

    FakeTimers timers;
    LogFile file;
    std::vector<std::string> problems;
    std::uint64_t last = 0;
    Backlog backlog;
};

/// None in a file that nothing has been written to yet.
std::size_t count_stored(const Directory& directory) {
    Result<SpoolFile> file = SpoolFile::open(directory / "spool", Database::Mode::read);
    if (!file && file.error().fault == Fault::empty) {
        return 0;
    }
    CHECK(file.ok());
    return file->measure().value().tasks;
}

std::size_t count_dead(const Directory& directory) {
    Result<SpoolFile> file = SpoolFile::open(directory / "spool", Database::Mode::read);
    return file ? file->measure().value().dead : 0;
}

/// As `eventsgw spool retry` does; false before the task is on disk.
bool ask_retry(const Directory& directory, std::int64_t id) {
    Result<SpoolFile> file = SpoolFile::open(directory / "spool", Database::Mode::write);
    return file && file->measure().value().dead > 0 && file->ask_retry(id).ok();
}

/// As `eventsgw spool drop` does.
void drop_dead(const Directory& directory, std::int64_t id) {
    CHECK(SpoolFile::open(directory / "spool", Database::Mode::write).value().drop_dead(id).ok());
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
    CHECK_EQUAL(f.backlog.spooled(), std::size_t{0});
}

void writes_what_has_not_been_confirmed_in_time() {
    const Directory directory;
    Fixture f(directory);
    f.backlog.set_away(false, "");
    f.add(3);
    f.timers.advance(Backlog::kPatience - 1ms);
    CHECK_EQUAL(f.backlog.spooled(), std::size_t{0});
    f.timers.advance(1ms);
    CHECK_EQUAL(f.backlog.spooled(), std::size_t{3});
    f.wait([&] { return count_stored(directory) == 3; });
    CHECK_EQUAL(f.take_front(), std::size_t{3});
    f.wait([&] { return count_stored(directory) == 0; });
    f.add(1);
    f.timers.advance(Backlog::kGroup);
    CHECK_EQUAL(f.backlog.spooled(), std::size_t{0});
}

void writes_soon_while_the_leader_is_away() {
    const Directory directory;
    Fixture f(directory);
    f.backlog.set_away(true, "Connection refused");
    f.add(3);
    CHECK_EQUAL(f.backlog.spooled(), std::size_t{0});
    f.timers.advance(Backlog::kGroup);
    CHECK_EQUAL(f.backlog.spooled(), std::size_t{3});
}

void keeps_the_order_through_the_disk() {
    const Directory directory;
    Fixture f(directory);
    f.backlog.set_away(true, "Connection refused");
    f.add(25000);
    f.wait([&] { return count_stored(directory) == 25000; });
    f.wait([&] { return f.backlog.front().size() <= Backlog::kWindowTasks; });
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
    f.backlog.confirm_through(10, [](const PendingTask&) {});
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
        instance = f.backlog.spool()->claim().instance;
        f.add(10);
        f.take_front();
        f.add(5);
        last = f.backlog.front().back().number();
        CHECK_EQUAL(f.backlog.finish(), std::size_t{0});
    }
    Fixture f(directory);
    CHECK_EQUAL(f.backlog.waiting(), std::size_t{5});
    CHECK_EQUAL(f.backlog.spool()->claim().instance, instance);
    CHECK(f.backlog.spool()->claim().floor > last);
    // The cursor tells that two of them had been pushed.
    f.backlog.confirm_through(last - 3, [](const PendingTask&) {});
    f.backlog.set_away(false, "");
    f.wait([&] { return f.backlog.waiting() == 3 && f.backlog.pushable() == 3; });
    CHECK_EQUAL(f.backlog.front().back().number(), last);
}

void without_waiting_tasks_each_run_has_an_instance_of_its_own() {
    const Directory directory;
    std::string instance;
    for (int i = 0; i < 2; ++i) {
        Fixture f(directory);
        CHECK(f.backlog.spool()->claim().instance != std::exchange(instance, f.backlog.spool()->claim().instance));
        CHECK_EQUAL(f.backlog.spool()->claim().floor, std::uint64_t{0});
    }
}

void a_second_owner_is_refused() {
    const Directory directory;
    Fixture f(directory);
    const Result<std::unique_ptr<Spool>> second = Spool::open(directory / "spool");
    CHECK(!second);
    CHECK(second.error().fault == Fault::busy);
    CHECK(std::filesystem::exists(directory / "spool"));
}

/// What a start has lacked may be there for the next one, which finds all that waits.
void a_start_without_descriptors_leaves_the_spool_alone() {
    const Directory directory;
    {
        Fixture f(directory);
        f.backlog.set_away(true, "Connection refused");
        f.add(3);
        CHECK_EQUAL(f.backlog.finish(), std::size_t{0});
    }
    rlimit usual{};
    CHECK(::getrlimit(RLIMIT_NOFILE, &usual) == 0);
    const int next = ::dup(0);
    ::close(next);
    rlimit narrow{static_cast<rlim_t>(next), usual.rlim_max};
    int refused = 0;
    for (bool is_open = false; !is_open; ++narrow.rlim_cur) {
        CHECK(::setrlimit(RLIMIT_NOFILE, &narrow) == 0);
        const Result<std::unique_ptr<Spool>> spool = Spool::open(directory / "spool");
        CHECK(::setrlimit(RLIMIT_NOFILE, &usual) == 0);
        is_open = spool.ok();
        refused += is_open ? 0 : 1;
        CHECK(is_open || spool.error().fault == Fault::shortage);
        CHECK_EQUAL(count_stored(directory), std::size_t{3});
    }
    CHECK(refused > 3);
}

void tasks_that_come_back_are_on_disk_again() {
    const Directory directory;
    Fixture f(directory);
    std::vector<PendingTask> recent;
    f.backlog.set_away(true, "Connection refused");
    f.add(6);
    f.wait([&] { return count_stored(directory) == 6; });
    f.backlog.confirm_through(4, [&](PendingTask task) { recent.push_back(std::move(task)); });
    f.wait([&] { return count_stored(directory) == 2; });
    recent.erase(recent.begin(), recent.begin() + 2);
    f.backlog.take_back(std::move(recent));
    CHECK_EQUAL(f.backlog.front().front().number(), std::uint64_t{3});
    f.wait([&] { return count_stored(directory) == 4; });
    CHECK_EQUAL(f.backlog.spooled(), std::size_t{4});
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
        CHECK_EQUAL(f.file.count("spool: cannot be written, tasks wait in memory"), 1);
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
    f.wait([&] { return f.backlog.pushable() == 3; });
    CHECK_EQUAL(f.backlog.dead(), std::uint64_t{0});
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
    CHECK(f.backlog.front().size() >= 9000);
    std::size_t taken = 0;
    f.backlog.confirm_through(9000, [&](const PendingTask& /*task*/) { ++taken; });
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

void a_start_on_a_failing_disk_is_an_error() {
    const Directory directory;
    const FailingDisk disk;
    {
        Fixture f(directory);
        f.backlog.set_away(true, "Connection refused");
        f.add(3);
        CHECK_EQUAL(f.backlog.finish(), std::size_t{0});
    }
    FailingDisk::code = SQLITE_IOERR_WRITE;
    const Result<std::unique_ptr<Spool>> spool = Spool::open(directory / "spool");
    FailingDisk::code = SQLITE_OK;
    CHECK(!spool);
    CHECK(spool.error().message.find("set aside as") != std::string::npos);
}

void the_limit_on_disk_refuses_the_newest() {
    const Directory directory;
    Fixture f(directory, {100000, 1U << 28U, 1000, false});
    f.backlog.set_away(true, "Connection refused");
    int taken = 0;
    while (f.backlog.add("a/event/b", "task")) {
        ++taken;
    }
    CHECK_EQUAL(taken, 11); // of 93 bytes, overhead included
    f.timers.advance(Backlog::kGroup);
    f.take_front();
    CHECK(f.backlog.add("a/event/b", "task"));
}

const TestGroup group{
    TEST(writes_nothing_while_the_leader_takes_all),
    TEST(writes_what_has_not_been_confirmed_in_time),
    TEST(writes_soon_while_the_leader_is_away),
    TEST(keeps_the_order_through_the_disk),
    TEST(always_means_that_only_what_is_on_disk_is_pushed),
    TEST(what_is_written_meanwhile_does_not_hide_what_a_former_run_left),
    TEST(a_start_goes_on_where_the_former_run_ended),
    TEST(without_waiting_tasks_each_run_has_an_instance_of_its_own),
    TEST(a_second_owner_is_refused),
    TEST(a_start_without_descriptors_leaves_the_spool_alone),
    TEST(tasks_that_come_back_are_on_disk_again),
    TEST(a_disk_that_fails_is_told_and_tried_again),
    TEST(what_a_failing_disk_does_not_take_at_the_end_is_lost),
    TEST(a_retry_waits_for_a_failing_disk),
    TEST(the_dead_are_counted_while_others_drop_some),
    TEST(a_dead_task_that_a_failing_disk_does_not_take_is_lost_at_the_end),
    TEST(a_batch_that_is_on_its_way_is_not_left_to_the_disk),
    TEST(a_start_on_a_failing_disk_is_an_error),
    TEST(the_limit_on_disk_refuses_the_newest),
};

} // namespace delivery_backlog_test
