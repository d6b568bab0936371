// SPDX-License-Identifier: GPL-3.0-or-later
// Copyright (C) 2026 eventsgw contributors

#pragma once

#include "base/result.h"

#include <chrono>
#include <cstdint>
#include <random>

namespace eventsgw {

/// Whether an error passes by itself when others give back what they hold: descriptors, processes, memory.
bool is_shortage(const Error& error);

/// How long to wait before the next attempt: 100 ms, doubled at each failure up to 5 s, and of that a random part
/// between three quarters and all, so that the gateways of a node do not come back in step.
class Backoff {
public:
    static constexpr std::chrono::milliseconds kFirst{100};
    static constexpr std::chrono::milliseconds kLongest{5000};

    explicit Backoff(std::uint32_t seed) : random_(seed) {}

    std::chrono::milliseconds next();
    void reset() { delay_ = kFirst; }

private:
    std::minstd_rand random_;
    std::chrono::milliseconds delay_ = kFirst;
};

} // namespace eventsgw
