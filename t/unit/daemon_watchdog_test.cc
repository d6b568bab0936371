// SPDX-License-Identifier: GPL-3.0-or-later
// Copyright (C) 2026 eventsgw contributors

#include "daemon/watchdog.h"

#include "fake_timers.h"
#include "testing.h"

using namespace eventsgw;
using namespace eventsgw::testing;
using namespace std::chrono_literals;

namespace daemon_watchdog_test {

constexpr pid_t kOwn = 4711;

/// What is read from WATCHDOG_USEC and WATCHDOG_PID, of which nullptr is not set; in microseconds.
long long timeout(const char* usec, const char* pid) {
    const Environment environment = [&](const char* name) {
        return std::string_view(name) == "WATCHDOG_USEC" ? usec : pid;
    };
    return read_watchdog_timeout(environment, kOwn).count();
}

void the_time_is_for_this_process_or_for_any() {
    CHECK_EQUAL(timeout("30000000", "4711"), 30000000);
    CHECK_EQUAL(timeout("30000000", nullptr), 30000000);
    CHECK_EQUAL(timeout("30000000", ""), 30000000);
    CHECK_EQUAL(timeout("30000000", "4712"), 0);
    CHECK_EQUAL(timeout("30000000", "4711x"), 0);
}

void what_is_no_time_means_none() {
    for (const char* usec : {"", "0", "-1", "30s", "18446744073709551615", "99999999999999999999"}) {
        CHECK_EQUAL(timeout(usec, "4711"), 0);
    }
    CHECK_EQUAL(timeout(nullptr, "4711"), 0);
}

void it_beats_at_the_start_and_twice_in_each_timeout() {
    FakeTimers timers;
    int beats = 0;
    Watchdog watchdog(timers, 30s, [&] { ++beats; });
    CHECK_EQUAL(beats, 0);
    watchdog.start();
    CHECK_EQUAL(beats, 1);
    timers.advance(14999ms);
    CHECK_EQUAL(beats, 1);
    timers.advance(1ms);
    CHECK_EQUAL(beats, 2);
    timers.advance(60s);
    CHECK_EQUAL(beats, 6);
}

void without_a_timeout_it_never_beats() {
    FakeTimers timers;
    int beats = 0;
    Watchdog watchdog(timers, 0us, [&] { ++beats; });
    watchdog.start();
    timers.advance(1h);
    CHECK_EQUAL(beats, 0);
}

const TestGroup group{
    TEST(the_time_is_for_this_process_or_for_any),
    TEST(what_is_no_time_means_none),
    TEST(it_beats_at_the_start_and_twice_in_each_timeout),
    TEST(without_a_timeout_it_never_beats),
};

} // namespace daemon_watchdog_test
