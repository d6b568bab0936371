// SPDX-License-Identifier: GPL-3.0-or-later
// Copyright (C) 2026 eventsgw contributors

#include "base/time.h"

#include "testing.h"

using namespace eventsgw;
using namespace eventsgw::testing;
using namespace std::chrono_literals;

namespace {

void writes_utc_with_milliseconds() {
    const std::chrono::system_clock::time_point epoch{};
    CHECK_EQUAL(format_rfc3339(epoch), std::string("1970-01-01T00:00:00.000Z"));
    CHECK_EQUAL(format_rfc3339(epoch + 1700000000s + 7ms + 999us), std::string("2023-11-14T22:13:20.007Z"));
}

void the_milliseconds_of_a_time_before_the_epoch_count_forward() {
    CHECK_EQUAL(format_rfc3339(std::chrono::system_clock::time_point{} - 1ms), std::string("1969-12-31T23:59:59.999Z"));
}

} // namespace

int main() {
    const CMUnitTest tests[] = {
        TEST(writes_utc_with_milliseconds),
        TEST(the_milliseconds_of_a_time_before_the_epoch_count_forward),
    };
    return run(tests);
}
