// SPDX-License-Identifier: GPL-3.0-or-later
// Copyright (C) 2026 eventsgw contributors

#pragma once

#include <chrono>
#include <string>

namespace eventsgw {

/// "2026-11-24T19:22:01.123Z": RFC 3339, in UTC, with milliseconds.
std::string format_rfc3339(std::chrono::system_clock::time_point time);

} // namespace eventsgw
