// SPDX-License-Identifier: GPL-3.0-or-later
// Copyright (C) 2026 eventsgw contributors

#include "base/histogram.h"

#include "testing.h"

#include <algorithm>

using namespace eventsgw;
using namespace eventsgw::testing;
using namespace std::chrono_literals;

namespace base_histogram_test {

void counts_add_up_from_step_to_step() {
    Histogram histogram;
    for (const auto duration : {100us, 500us, 501us, 1000us}) {
        histogram.add(duration);
    }
    histogram.add(1h);
    CHECK_EQUAL(histogram.count_up_to(0), std::uint64_t{2});
    CHECK_EQUAL(histogram.count_up_to(1), std::uint64_t{4});
    CHECK_EQUAL(histogram.count_up_to(Histogram::kBounds.size() - 1), std::uint64_t{4});
    CHECK_EQUAL(histogram.count(), std::uint64_t{5});
    CHECK(histogram.sum() == 1h + 2101us);
}

void the_bounds_go_up() {
    CHECK(std::is_sorted(Histogram::kBounds.begin(), Histogram::kBounds.end()));
}

const TestGroup group{
    TEST(counts_add_up_from_step_to_step),
    TEST(the_bounds_go_up),
};

} // namespace base_histogram_test
