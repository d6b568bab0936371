// SPDX-License-Identifier: GPL-3.0-or-later
// Copyright (C) 2026 eventsgw contributors

#include "process/environment.h"

#include "testing.h"

using namespace eventsgw;
using namespace eventsgw::testing;

namespace process_environment_test {

using Variables = std::vector<std::string>;

void the_last_of_a_name_wins() {
    CHECK(merge_environments({"A=1", "B=2"}, {"B=3", "C=4", "C=5"}) == Variables({"A=1", "B=3", "C=5"}));
    CHECK(merge_environments({"A=1", "A=2"}, {}) == Variables({"A=2"}));
}

void a_name_ends_at_the_first_sign() {
    CHECK(merge_environments({"A=x=y", "AB=1"}, {"A=z"}) == Variables({"AB=1", "A=z"}));
    CHECK(merge_environments({"odd"}, {"=x", "odd=1"}) == Variables({"=x", "odd=1"}));
}

const TestGroup group{
    TEST(the_last_of_a_name_wins),
    TEST(a_name_ends_at_the_first_sign),
};

} // namespace process_environment_test
