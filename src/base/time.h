// SPDX-License-Identifier: GPL-3.0-or-later
// Copyright (C) 2026 eventsgw contributors

#pragma once

#include "base/chrono.h"
#include "base/result.h"

#include <string>
#include <string_view>

namespace eventsgw {

/// A duration as a number of seconds, for people and for formats without a unit of their own.
double to_seconds(std::chrono::nanoseconds duration);

/// A date, or date and time, without a zone: in that of this machine. "2026-11-24", "2026-11-24 19:22", with T and
/// seconds too.
Result<std::chrono::system_clock::time_point> parse_local_time(std::string_view text);

/// "2026-11-24T19:22:01.123Z": RFC 3339, in UTC, with milliseconds.
std::string format_rfc3339(std::chrono::system_clock::time_point time);

/// A date and time of RFC 3339, which says its zone: "2026-11-24T19:22:01Z", "2026-11-24T20:22:01.5+01:00".
Result<std::chrono::system_clock::time_point> parse_rfc3339(std::string_view text);

} // namespace eventsgw
