// SPDX-License-Identifier: GPL-3.0-or-later
// Copyright (C) 2026 eventsgw contributors

#pragma once

#include "base/chrono.h"

#include <array>
#include <cstddef>
#include <cstdint>

namespace eventsgw {

/// How durations are spread: counts in fixed steps from half a millisecond to five minutes, as monitoring systems add
/// them up. To add one costs a few comparisons and no memory.
class Histogram {
public:
    /// Upper bounds, each included in its step; what is longer than the last one counts in a step of its own.
    static constexpr std::array kBounds = std::to_array<std::chrono::microseconds>(
        {std::chrono::microseconds(500), std::chrono::milliseconds(1), std::chrono::microseconds(2500),
         std::chrono::milliseconds(5), std::chrono::milliseconds(10), std::chrono::milliseconds(25),
         std::chrono::milliseconds(50), std::chrono::milliseconds(100), std::chrono::milliseconds(250),
         std::chrono::milliseconds(500), std::chrono::seconds(1), std::chrono::milliseconds(2500),
         std::chrono::seconds(5), std::chrono::seconds(10), std::chrono::seconds(30), std::chrono::minutes(1),
         std::chrono::minutes(5)});

    void add(std::chrono::nanoseconds duration);

    /// How many were at most kBounds[step] long; of the step behind the last bound, all.
    std::uint64_t count_up_to(std::size_t step) const;
    std::uint64_t count() const { return count_up_to(kBounds.size()); }
    std::chrono::nanoseconds sum() const { return sum_; }

private:
    std::array<std::uint64_t, kBounds.size() + 1> counts_{};
    std::chrono::nanoseconds sum_{};
};

} // namespace eventsgw
