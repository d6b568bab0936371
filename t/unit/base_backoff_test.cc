// SPDX-License-Identifier: GPL-3.0-or-later
// Copyright (C) 2026 eventsgw contributors

#include "base/backoff.h"

#include "testing.h"

#include <random>
#include <set>

using namespace eventsgw;
using namespace eventsgw::testing;
using namespace std::chrono_literals;

namespace base_backoff_test {

void check_between(std::chrono::milliseconds delay, std::chrono::milliseconds low, std::chrono::milliseconds high) {
    CHECK(delay >= low);
    CHECK(delay <= high);
}

void delays_double_from_100_ms_to_5_s() {
    Backoff backoff(1);
    for (const auto whole : {100ms, 200ms, 400ms, 800ms, 1600ms, 3200ms, 5000ms, 5000ms}) {
        check_between(backoff.next(), whole * 3 / 4, whole);
    }
}

void it_begins_anew_after_a_reset() {
    Backoff backoff(1);
    for (int i = 0; i < 10; ++i) {
        static_cast<void>(backoff.next());
    }
    backoff.reset();
    check_between(backoff.next(), 75ms, 100ms);
    check_between(backoff.next(), 150ms, 200ms);
}

void two_gateways_do_not_wait_in_step() {
    std::set<std::chrono::milliseconds> delays;
    std::random_device seed;
    for (int i = 0; i < 100; ++i) {
        delays.insert(Backoff(seed()).next());
    }
    CHECK(delays.size() > 10);
}

const TestGroup group{
    TEST(delays_double_from_100_ms_to_5_s),
    TEST(it_begins_anew_after_a_reset),
    TEST(two_gateways_do_not_wait_in_step),
};

} // namespace base_backoff_test
