// SPDX-License-Identifier: GPL-3.0-or-later
// Copyright (C) 2026 eventsgw contributors

#pragma once

#include "base/chrono.h"

#include <array>
#include <cstdint>

namespace eventsgw {

/// How long to wait before the next attempt: 100 ms, doubled at each failure up to 5 s, and of that a random part
/// between three quarters and all, so that the gateways of a node do not come back in step.
class Backoff {
public:
    static constexpr std::chrono::milliseconds kFirst{100};
    static constexpr std::chrono::milliseconds kLongest{5000};

    explicit Backoff(std::uint32_t seed)
        : random_{static_cast<std::uint16_t>(seed), static_cast<std::uint16_t>(seed >> 16U), 0} {}

    std::chrono::milliseconds next();
    void reset() { delay_ = kFirst; }

private:
    std::array<unsigned short, 3> random_; ///< state of erand48(3); <random> is slow to compile
    std::chrono::milliseconds delay_ = kFirst;
};

} // namespace eventsgw
