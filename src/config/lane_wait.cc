// SPDX-License-Identifier: GPL-3.0-or-later
// Copyright (C) 2026 eventsgw contributors

#include "config/lane_wait.h"

#include "base/log.h"

#include <algorithm>
#include <string>
#include <utility>

namespace eventsgw {
namespace {

using std::chrono::nanoseconds;

bool has_lane(const RunSettings& settings) {
    return settings.serialize != Serialize::none || settings.coalesce > nanoseconds::zero();
}

/// In hours too, and rounded up, for it is a limit.
std::string format_limit_of_time(nanoseconds duration) {
    if (duration < std::chrono::seconds(10)) {
        return format_duration(duration);
    }
    const auto seconds = std::chrono::ceil<std::chrono::seconds>(duration).count();
    std::string text;
    for (const auto& [number, unit] : {std::pair(seconds / 3600, 'h'), {seconds / 60 % 60, 'm'}, {seconds % 60, 's'}}) {
        if (number != 0) {
            text.append(std::to_string(number)).push_back(unit);
        }
    }
    return text;
}

} // namespace

nanoseconds find_retry_delay(const RunSettings& settings, std::uint64_t number) {
    nanoseconds delay = settings.retry_delay;
    for (; number > 1 && delay < settings.retry_max_delay; --number) {
        delay *= 2; // far below its limit: the largest delay is a day
    }
    return std::min(delay, settings.retry_max_delay);
}

std::string describe_lane_wait(const RunSettings& settings) {
    if (settings.retry == 0 || !has_lane(settings)) {
        return "";
    }
    nanoseconds delays{0};
    for (std::uint64_t number = 1; number <= settings.retry; ++number) {
        const nanoseconds delay = find_retry_delay(settings, number);
        delays += delay + delay / kJitterDivisor;
    }
    const std::uint64_t attempts = settings.retry + 1;
    if (settings.timeout > nanoseconds::zero()) {
        return "up to " + format_limit_of_time(delays + attempts * settings.timeout);
    }
    return "up to " + format_limit_of_time(delays) + " plus the time of " + std::to_string(attempts) + " attempts";
}

} // namespace eventsgw
