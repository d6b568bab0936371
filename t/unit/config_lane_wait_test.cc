// SPDX-License-Identifier: GPL-3.0-or-later
// Copyright (C) 2026 eventsgw contributors

#include "config/lane_wait.h"

#include "testing.h"

using namespace eventsgw;
using namespace eventsgw::testing;
using namespace std::chrono_literals;

namespace config_lane_wait_test {

RunSettings with(std::uint64_t retry, std::chrono::nanoseconds timeout, Serialize serialize,
                 std::chrono::nanoseconds coalesce) {
    RunSettings settings;
    settings.retry = retry;
    settings.timeout = timeout;
    settings.serialize = serialize;
    settings.coalesce = coalesce;
    return settings;
}

void delays_double_up_to_the_largest() {
    RunSettings settings;
    settings.retry_delay = 3s;
    settings.retry_max_delay = 10s;
    CHECK(find_retry_delay(settings, 1) == 3s && find_retry_delay(settings, 2) == 6s);
    CHECK(find_retry_delay(settings, 3) == 10s && find_retry_delay(settings, 4) == 10s);
    CHECK(find_retry_delay(settings, ~std::uint64_t{0}) == 10s);
    settings.retry_delay = 1h;
    CHECK(find_retry_delay(settings, 1) == 10s && find_retry_delay(settings, 2) == 10s);
}

void only_a_lane_with_retries_waits() {
    CHECK_EQUAL(describe_lane_wait(with(0, 1min, Serialize::event, 1s)), "");
    CHECK_EQUAL(describe_lane_wait(with(3, 1min, Serialize::none, 0s)), "");
    CHECK(!describe_lane_wait(with(3, 1min, Serialize::none, 1s)).empty());
    CHECK(!describe_lane_wait(with(3, 1min, Serialize::source, 0s)).empty());
}

void attempts_and_delays_add_up() {
    CHECK_EQUAL(describe_lane_wait(with(1, 10s, Serialize::event, 0s)), "up to 22s"); // 21.25 s: a limit rounds up
    CHECK_EQUAL(describe_lane_wait(with(4, 0s, Serialize::event, 0s)), "up to 19s plus the time of 5 attempts");
    CHECK_EQUAL(describe_lane_wait(with(1, 100ms, Serialize::event, 0s)), "up to 1.45s");
    CHECK_EQUAL(describe_lane_wait(with(2, 1h, Serialize::event, 0s)), "up to 3h4s"); // 3.75 s
    RunSettings most = with(100, 8760h, Serialize::event, 0s);
    most.retry_delay = 1h;
    most.retry_max_delay = 24h;
    // 101 years, and 1.25 times (1 + 2 + 4 + 8 + 16 + 95 * 24) hours
    CHECK_EQUAL(describe_lane_wait(most), "up to 887648h45m");
}

const TestGroup group{
    TEST(delays_double_up_to_the_largest),
    TEST(only_a_lane_with_retries_waits),
    TEST(attempts_and_delays_add_up),
};

} // namespace config_lane_wait_test
