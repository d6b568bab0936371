// SPDX-License-Identifier: GPL-3.0-or-later
// Copyright (C) 2026 eventsgw contributors

#include "process/run_queue.h"

#include "fake_launcher.h"
#include "fake_timers.h"
#include "log_file.h"
#include "testing.h"

#include <csignal>

using namespace eventsgw;
using namespace eventsgw::testing;
using namespace std::chrono_literals;

namespace process_run_queue_test {

struct Fixture {
    explicit Fixture(Slots::Limits limits = {2, 100, 1000})
        : slots(limits), supervisor(timers, launcher, file.log()), queue(slots, supervisor) {}

    Admission submit(const std::string& name, const std::string& input = "") {
        return queue.submit(Job{{name}, input}, [this, name](const Result<Exit>& exit) {
            done += name + (exit ? "=" + std::to_string(exit->status) : "!") + " ";
        });
    }

    void finish(std::size_t index, int status = 0) {
        Exit exit;
        exit.status = status;
        launcher.started.at(index)->on_exit(exit);
        timers.turn();
    }

    std::string started() const {
        std::string names;
        for (const auto& process : launcher.started) {
            names += process->name + " ";
        }
        return names;
    }

    FakeTimers timers;
    FakeLauncher launcher;
    LogFile file;
    std::string done;
    Slots slots;
    Supervisor supervisor;
    RunQueue queue;
};

void runs_as_many_as_allowed_and_starts_the_rest_in_order() {
    Fixture f;
    for (const char* name : {"a", "b"}) {
        CHECK_EQUAL(f.submit(name), Admission::has_slot);
    }
    for (const char* name : {"c", "d", "e"}) {
        CHECK_EQUAL(f.submit(name), Admission::waits);
    }
    CHECK_EQUAL(f.started(), std::string("a b "));
    CHECK_EQUAL(f.queue.waiting(), std::size_t{3});
    f.finish(1);
    CHECK_EQUAL(f.started(), std::string("a b c "));
    f.finish(0);
    f.finish(2);
    CHECK_EQUAL(f.started(), std::string("a b c d e "));
    CHECK_EQUAL(f.queue.running(), std::size_t{2});
}

void tells_how_each_one_ended() {
    Fixture f;
    f.submit("a");
    f.submit("b");
    f.finish(1, 3);
    f.finish(0);
    CHECK_EQUAL(f.done, std::string("b=3 a=0 "));
}

void refuses_what_is_over_the_limit_of_waiting_ones() {
    Fixture f({1, 2, 1000});
    CHECK_EQUAL(f.submit("a"), Admission::has_slot);
    CHECK_EQUAL(f.submit("b"), Admission::waits);
    CHECK_EQUAL(f.submit("c"), Admission::waits);
    CHECK_EQUAL(f.submit("d"), Admission::refused);
    f.finish(0);
    CHECK_EQUAL(f.submit("e"), Admission::waits);
    CHECK_EQUAL(f.done, std::string("a=0 "));
}

void refuses_what_is_over_the_bytes_of_waiting_ones() {
    Fixture f({1, 100, 10});
    CHECK_EQUAL(f.submit("a", "as large as it likes, for it runs"), Admission::has_slot);
    CHECK_EQUAL(f.submit("b", "123456"), Admission::waits);
    CHECK_EQUAL(f.submit("c", "as large as it likes, for the limit is not reached"), Admission::waits);
    CHECK_EQUAL(f.submit("d", "1"), Admission::refused);
    f.finish(0);
    CHECK_EQUAL(f.submit("e", "1"), Admission::refused);
    f.finish(1);
    CHECK_EQUAL(f.submit("f", "1"), Admission::waits);
}

void none_may_wait_but_one_may_run() {
    Fixture f({1, 0, 1000});
    CHECK_EQUAL(f.submit("a"), Admission::has_slot);
    CHECK_EQUAL(f.submit("b"), Admission::refused);
}

void keeps_its_place_when_the_kernel_is_out_of_processes() {
    Fixture f;
    f.submit("a");
    f.launcher.error = EAGAIN;
    CHECK_EQUAL(f.submit("b"), Admission::has_slot);
    CHECK_EQUAL(f.submit("c"), Admission::waits);
    f.timers.advance(10s);
    CHECK_EQUAL(f.started(), std::string("a "));
    CHECK_EQUAL(f.file.count("cannot start, trying again"), 1);
    f.launcher.error = 0;
    f.timers.advance(Backoff::kLongest);
    CHECK_EQUAL(f.started(), std::string("a b "));
    f.finish(0);
    CHECK_EQUAL(f.started(), std::string("a b c "));
}

void a_freed_place_is_tried_at_once_when_the_kernel_was_short() {
    Fixture f;
    f.submit("a");
    f.launcher.error = EMFILE;
    f.submit("b");
    f.launcher.error = 0;
    f.finish(0);
    CHECK_EQUAL(f.started(), std::string("a b "));
}

void one_that_can_never_start_is_done_and_holds_nobody_up() {
    Fixture f;
    f.launcher.error = E2BIG;
    CHECK_EQUAL(f.submit("a"), Admission::has_slot);
    CHECK_EQUAL(f.done, std::string("a! "));
    f.launcher.error = 0;
    f.submit("b");
    CHECK_EQUAL(f.started(), std::string("b "));
}

void a_shortage_that_ends_in_a_failure_holds_nobody_up() {
    Fixture f;
    f.launcher.error = EMFILE;
    f.submit("a");
    f.launcher.error = E2BIG;
    f.timers.advance(Backoff::kLongest);
    CHECK_EQUAL(f.done, std::string("a! "));
    f.launcher.error = 0;
    f.submit("b");
    CHECK_EQUAL(f.started(), std::string("b "));
}

void a_shortage_is_said_once_until_nothing_waits() {
    Fixture f({1, 100, 1000});
    f.submit("a");
    for (const char* name : {"b", "c", "d"}) {
        f.submit(name);
    }
    for (std::size_t i = 0; i < 3; ++i) {
        f.launcher.error = EAGAIN;
        f.finish(i);
        f.launcher.error = 0;
        f.timers.advance(Backoff::kLongest);
    }
    CHECK_EQUAL(f.started(), std::string("a b c d "));
    CHECK_EQUAL(f.file.count("cannot start, trying again"), 1);
}

void closing_drops_what_waits_and_kills_what_is_left_behind() {
    Fixture f({1, 100, 1000});
    f.submit("a");
    f.submit("b");
    CHECK_EQUAL(f.slots.close() + f.supervisor.close(), std::size_t{1});
    f.supervisor.signal_all(SIGTERM);
    CHECK_EQUAL(f.submit("c"), Admission::refused);
    CHECK(f.launcher.started[0]->kills_remains);
    CHECK(f.launcher.started[0]->signals == std::vector<int>({SIGTERM}));
    f.finish(0);
    f.timers.advance(60s);
    CHECK_EQUAL(f.started(), std::string("a "));
    CHECK_EQUAL(f.queue.running(), std::size_t{0});
}

const TestGroup group{
    TEST(runs_as_many_as_allowed_and_starts_the_rest_in_order),
    TEST(tells_how_each_one_ended),
    TEST(refuses_what_is_over_the_limit_of_waiting_ones),
    TEST(refuses_what_is_over_the_bytes_of_waiting_ones),
    TEST(none_may_wait_but_one_may_run),
    TEST(keeps_its_place_when_the_kernel_is_out_of_processes),
    TEST(a_freed_place_is_tried_at_once_when_the_kernel_was_short),
    TEST(one_that_can_never_start_is_done_and_holds_nobody_up),
    TEST(a_shortage_that_ends_in_a_failure_holds_nobody_up),
    TEST(a_shortage_is_said_once_until_nothing_waits),
    TEST(closing_drops_what_waits_and_kills_what_is_left_behind),
};

} // namespace process_run_queue_test
