// SPDX-License-Identifier: GPL-3.0-or-later
// Copyright (C) 2026 eventsgw contributors

#include "base/histogram.h"

#include <algorithm>
#include <numeric>

namespace eventsgw {

void Histogram::add(std::chrono::nanoseconds duration) {
    const auto bound = std::lower_bound(kBounds.begin(), kBounds.end(), duration);
    ++counts_[static_cast<std::size_t>(bound - kBounds.begin())];
    sum_ += duration;
}

std::uint64_t Histogram::count_up_to(std::size_t step) const {
    const auto end = counts_.begin() + static_cast<std::ptrdiff_t>(step) + 1;
    return std::accumulate(counts_.begin(), end, std::uint64_t{0});
}

} // namespace eventsgw
