// SPDX-License-Identifier: GPL-3.0-or-later
// Copyright (C) 2026 eventsgw contributors

#include "loop/loop.h"

#include "base/fd.h"
#include "loop/refusals.h"
#include "loop/signals.h"
#include "loop/watch.h"

#include "fake_timers.h"
#include "log_file.h"
#include "testing.h"

#include <csignal>

#include <unistd.h>

using namespace eventsgw;
using namespace eventsgw::testing;
using namespace std::chrono_literals;

namespace loop_loop_test {

void timers_fall_due_in_order_and_once() {
    Loop loop;
    std::string due;
    const auto third = loop.make_timer([&] {
        due += "3";
        loop.stop();
    });
    const auto second = loop.make_timer([&] { due += "2"; });
    const auto first = loop.make_timer([&] { due += "1"; });
    third->start(30ms);
    second->start(10ms);
    first->start(0ms);
    loop.run();
    CHECK_EQUAL(due, std::string("123"));
}

void a_timer_is_never_early() {
    Loop loop;
    const auto started = Clock::now();
    const auto timer = loop.make_timer([&] { loop.stop(); });
    timer->start(20ms);
    CHECK(timer->is_pending());
    loop.run();
    CHECK(Clock::now() - started >= 20ms);
    CHECK(!timer->is_pending());
}

void a_stopped_timer_does_not_fall_due() {
    Loop loop;
    bool wrong = false;
    const auto stopped = loop.make_timer([&] { wrong = true; });
    const auto end = loop.make_timer([&] { loop.stop(); });
    for (const auto delay : {0ms, 5ms}) {
        stopped->start(delay);
        CHECK(stopped->is_pending());
        stopped->stop();
        end->start(20ms);
        loop.run();
    }
    CHECK(!wrong);
}

void a_later_start_replaces_an_earlier_one() {
    Loop loop;
    int due = 0;
    const auto timer = loop.make_timer([&] { ++due; });
    const auto end = loop.make_timer([&] { loop.stop(); });
    timer->start(0ms);
    timer->start(5ms);
    end->start(30ms);
    loop.run();
    CHECK_EQUAL(due, 1);
}

/// An object may be let go of while one of its own functions is running.
void what_retires_lives_to_the_end_of_the_turn() {
    struct Object : Retirable {
        explicit Object(bool& flag) : gone(flag) {}
        ~Object() override { gone = true; }
        bool& gone;
    };
    Loop loop;
    bool gone = false;
    bool gone_too_early = true;
    auto object = std::make_unique<Object>(gone);
    const auto timer = loop.make_timer([&] {
        loop.retire(std::move(object));
        gone_too_early = gone;
    });
    const auto end = loop.make_timer([&] { loop.stop(); });
    timer->start(0ms);
    end->start(1ms);
    loop.run();
    CHECK(!gone_too_early);
    CHECK(gone);
}

void a_watch_tells_while_it_is_on() {
    Loop loop;
    const Pipe pipe = std::move(make_pipe().value());
    int told = 0;
    Watch watch(loop, pipe.read_end.get(), Watch::For::reading, [&] {
        if (++told == 3) {
            watch.off();
            loop.stop();
        }
    });
    CHECK(watch.on());
    CHECK_EQUAL(::write(pipe.write_end.get(), "x", 1), ssize_t{1});
    loop.run();
    const auto end = loop.make_timer([&] { loop.stop(); });
    end->start(5ms);
    loop.run();
    CHECK_EQUAL(told, 3);
}

void signals_come_as_callbacks() {
    Loop loop;
    int caught = 0;
    const Signals signals(loop, {SIGUSR1, SIGUSR2}, [&](int number) {
        caught = number;
        loop.stop();
    });
    ::raise(SIGUSR2);
    loop.run();
    CHECK_EQUAL(caught, SIGUSR2);
}

void refusals_are_said_at_once_and_then_once_a_second() {
    FakeTimers timers;
    LogFile file;
    Refusals refusals(timers, file.log(), "task", "refused");
    refusals.add("a/event/b", 10, 99);
    CHECK_EQUAL(file.count("task: refused"), 1);
    for (int i = 0; i < 1000; ++i) {
        refusals.add("a/event/c", 10, 99);
    }
    CHECK_EQUAL(file.count("task: refused"), 1);
    timers.advance(1s);
    CHECK_EQUAL(file.count("event=a/event/b waiting=10 bytes=99 new=1 refused=1\n"), 1);
    CHECK_EQUAL(file.count("new=1000 refused=1001\n"), 1);
    CHECK_EQUAL(file.count("event=a/event/c"), 1);
    timers.advance(10s);
    CHECK_EQUAL(file.count("task: refused"), 2);
    refusals.add("a/event/b", 10, 99);
    CHECK_EQUAL(file.count("task: refused"), 3);
    CHECK_EQUAL(file.count("new=1 refused=1002\n"), 1);
}

const TestGroup group{
    TEST(timers_fall_due_in_order_and_once),
    TEST(a_timer_is_never_early),
    TEST(a_stopped_timer_does_not_fall_due),
    TEST(a_later_start_replaces_an_earlier_one),
    TEST(what_retires_lives_to_the_end_of_the_turn),
    TEST(a_watch_tells_while_it_is_on),
    TEST(signals_come_as_callbacks),
    TEST(refusals_are_said_at_once_and_then_once_a_second),
};

} // namespace loop_loop_test
