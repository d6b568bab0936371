// SPDX-License-Identifier: GPL-3.0-or-later
// Copyright (C) 2026 eventsgw contributors

#include "delivery/recent_tasks.h"

#include "fake_timers.h"
#include "testing.h"

#include <string>

using namespace eventsgw;
using namespace eventsgw::testing;
using namespace std::chrono_literals;

namespace delivery_recent_tasks_test {

struct Fixture {
    void add(std::uint64_t number, std::size_t payload = 0) {
        const auto event = std::make_shared<KeptEvent>("a/event/b", std::string(payload, 'x'));
        recent.add(Task{number, WallTime{}, event, "act", Uuid{}});
    }

    /// The numbers that see() shows, each with a blank behind it.
    std::string see(std::size_t count = 1000) {
        std::string numbers;
        recent.see(count, [&](const Task& task, Clock::time_point) { numbers += std::to_string(task.number) + " "; });
        CHECK_EQUAL(recent.unseen(), std::size_t{0});
        CHECK_EQUAL(recent.unseen_cost(), std::size_t{0});
        return numbers;
    }

    FakeTimers timers;
    RecentTasks recent{timers};
};

void each_is_seen_once() {
    Fixture f;
    CHECK_EQUAL(f.see(), "");
    f.add(3);
    f.add(5);
    CHECK_EQUAL(f.recent.unseen(), std::size_t{2});
    CHECK_EQUAL(f.see(), "3 5 ");
    CHECK_EQUAL(f.see(), "");
    f.add(6);
    CHECK_EQUAL(f.see(), "6 ");
}

void the_newest_are_seen_and_the_rest_is_passed_over() {
    Fixture f;
    for (std::uint64_t number = 1; number <= 5; ++number) {
        f.add(number);
    }
    CHECK_EQUAL(f.see(2), "4 5 ");
    f.add(6);
    CHECK_EQUAL(f.see(0), "");
    CHECK_EQUAL(f.see(), "");
}

void what_comes_back_is_seen_again() {
    Fixture f;
    f.add(1);
    f.add(2);
    CHECK_EQUAL(f.see(), "1 2 ");
    f.add(3);
    CHECK_EQUAL(f.recent.take_after(1).size(), std::size_t{2});
    CHECK_EQUAL(f.see(), "");
    f.add(2);
    f.add(3);
    CHECK_EQUAL(f.see(), "2 3 ");
}

void the_cost_is_of_those_that_are_there_and_unseen() {
    Fixture f;
    f.add(1, 1U << 20U);
    const std::size_t one = f.recent.unseen_cost();
    CHECK(one > 1U << 20U);
    for (std::uint64_t number = 2; number <= 20; ++number) {
        f.add(number, 1U << 20U);
        CHECK_EQUAL(f.recent.unseen_cost(), f.recent.unseen() * one);
    }
    CHECK_EQUAL(f.recent.unseen(), RecentTasks::kMaxCost / one);
    CHECK_EQUAL(f.see(3), "18 19 20 ");
    f.add(21);
    f.timers.advance(RecentTasks::kKept);
    CHECK_EQUAL(f.recent.unseen_cost(), std::size_t{0});
    CHECK_EQUAL(f.see(), "");
}

const TestGroup group{
    TEST(each_is_seen_once),
    TEST(the_newest_are_seen_and_the_rest_is_passed_over),
    TEST(what_comes_back_is_seen_again),
    TEST(the_cost_is_of_those_that_are_there_and_unseen),
};

} // namespace delivery_recent_tasks_test
