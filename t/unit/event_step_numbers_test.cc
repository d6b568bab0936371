// SPDX-License-Identifier: GPL-3.0-or-later
// Copyright (C) 2026 eventsgw contributors

#include "event/step_numbers.h"

#include "testing.h"

#include <algorithm>

using namespace eventsgw;
using namespace eventsgw::testing;

namespace event_step_numbers_test {

using Numbers = std::vector<std::string>;

std::string fill(Numbers numbers, const Numbers& others = {}) {
    const auto filled = fill_step_numbers(std::move(numbers), others);
    std::string line;
    for (const std::string& number : filled.value_or(Numbers{"none"})) {
        line += (line.empty() ? "" : " ") + number;
    }
    return line;
}

void all_have_as_many_digits() {
    CHECK(make_step_numbers(3) == Numbers({"10", "20", "30"}));
    CHECK(make_step_numbers(10).back() == "19");
    CHECK(make_step_numbers(90).back() == "99");
    CHECK(make_step_numbers(91).front() == "100");
}

void new_ones_come_between() {
    CHECK_EQUAL(fill({"10", "20"}), "10 20");
    CHECK_EQUAL(fill({"10", "", "20"}), "10 15 20");
    CHECK_EQUAL(fill({"10", "", "", "20"}), "10 13 16 20");
    CHECK_EQUAL(fill({"", "10"}), "05 10");
    CHECK_EQUAL(fill({"10", "", "12", ""}), "10 11 12 20");
}

void new_ones_at_the_end_come_behind_all() {
    CHECK_EQUAL(fill({"10", "", ""}), "10 20 30");
    CHECK_EQUAL(fill({"15", ""}), "15 20");
    CHECK_EQUAL(fill({""}, {"10", "20"}), "30");
    CHECK_EQUAL(fill({"", "10", ""}, {"40"}), "05 10 50");
    CHECK_EQUAL(fill({"80", "", ""}), "80 86 92");
    CHECK_EQUAL(fill({"98", ""}), "98 99");
    CHECK_EQUAL(fill({"999", ""}), "none");
}

void there_may_be_no_room_or_no_order() {
    CHECK_EQUAL(fill({"10", "", "11"}), "none");
    CHECK_EQUAL(fill({"20", "10"}), "none");
    CHECK_EQUAL(fill({"10", "10"}), "none");
    CHECK_EQUAL(fill({"99", ""}), "none");
    CHECK_EQUAL(fill({"10", "100"}), "none");
    CHECK_EQUAL(fill({"00", ""}), "none");
    CHECK_EQUAL(fill({"x", ""}), "none");
    CHECK_EQUAL(fill({"1234567890123456789", ""}), "none");
    CHECK_EQUAL(fill({"", ""}), "none");
}

const TestGroup group{
    TEST(all_have_as_many_digits),
    TEST(new_ones_come_between),
    TEST(new_ones_at_the_end_come_behind_all),
    TEST(there_may_be_no_room_or_no_order),
};

} // namespace event_step_numbers_test
