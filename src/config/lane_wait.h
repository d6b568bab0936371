// SPDX-License-Identifier: GPL-3.0-or-later
// Copyright (C) 2026 eventsgw contributors

#pragma once

#include "base/chrono.h"
#include "config/run_settings.h"

#include <cstdint>
#include <string>

namespace eventsgw {

/// The time from a failed attempt to retry number `number`, from 1, without jitter: `retry_delay`, doubled for each
/// retry before this one, and at most `retry_max_delay`.
std::chrono::nanoseconds find_retry_delay(const RunSettings& settings, std::uint64_t number);

/// What jitter may add to a delay: up to a quarter of it.
inline constexpr std::int64_t kJitterDivisor = 4;

/// The longest time that a lane waits for one run with all its attempts, as in "up to 16m15s"; empty if the run is
/// never retried or has no lane.
std::string describe_lane_wait(const RunSettings& settings);

} // namespace eventsgw
