// SPDX-License-Identifier: GPL-3.0-or-later
// Copyright (C) 2026 eventsgw contributors

#include "base/time.h"

#include "testing.h"

using namespace eventsgw;
using namespace eventsgw::testing;
using namespace std::chrono_literals;

namespace base_time_test {

void writes_utc_with_milliseconds() {
    const std::chrono::system_clock::time_point epoch{};
    CHECK_EQUAL(format_rfc3339(epoch), std::string("1970-01-01T00:00:00.000Z"));
    CHECK_EQUAL(format_rfc3339(epoch + 1700000000s + 7ms + 999us), std::string("2023-11-14T22:13:20.007Z"));
}

void the_milliseconds_of_a_time_before_the_epoch_count_forward() {
    CHECK_EQUAL(format_rfc3339(std::chrono::system_clock::time_point{} - 1ms), std::string("1969-12-31T23:59:59.999Z"));
}

void reads_what_rfc3339_allows() {
    const std::chrono::system_clock::time_point time{1700000000s};
    for (const char* text : {"2023-11-14T22:13:20Z", "2023-11-14t22:13:20z", "2023-11-14 22:13:20.000Z",
                             "2023-11-14T23:13:20+01:00", "2023-11-14T16:43:20-05:30", "2023-11-15T00:13:20+02:00"}) {
        const auto parsed = parse_rfc3339(text);
        CHECK(parsed.ok() && *parsed == time);
    }
    CHECK(parse_rfc3339("2023-11-14T22:13:20.5Z").value() == time + 500ms);
    CHECK(parse_rfc3339("2023-11-14T22:13:20.1234567891Z").value() == time + 123456us);
    CHECK_EQUAL(format_rfc3339(parse_rfc3339("1969-12-31T23:59:59.999Z").value()), "1969-12-31T23:59:59.999Z");
}

void refuses_what_is_no_time() {
    for (const char* text :
         {"", "2023", "2023-11-14", "2023-11-14T22:13:20", "2023-11-14T22:13Z", "2023-13-14T22:13:20Z",
          "2023-02-29T22:13:20Z", "2023-11-14T24:13:20Z", "2023-11-14T22:60:20Z", "2023-11-14T22:13:20.Z",
          "2023-11-14T22:13:20+1:00", "2023-11-14T22:13:20+01", "2023-11-14T22:13:20Zx", "x2023-11-14T22:13:20Z",
          "9999-11-14T22:13:20Z", "0000-11-14T22:13:20Z", "2023-11-14T-1:13:20Z", "2023-11-14T22:13:20+25:00"}) {
        CHECK(!parse_rfc3339(text).ok());
    }
}

const TestGroup group{
    TEST(writes_utc_with_milliseconds),
    TEST(the_milliseconds_of_a_time_before_the_epoch_count_forward),
    TEST(reads_what_rfc3339_allows),
    TEST(refuses_what_is_no_time),
};

} // namespace base_time_test
