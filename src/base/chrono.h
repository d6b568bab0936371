// SPDX-License-Identifier: GPL-3.0-or-later
// Copyright (C) 2026 eventsgw contributors

#pragma once

// The durations and clocks of <chrono>. Since C++20 <chrono> also brings calendars, time zones and their formatting:
// half a second of compilation, or more, in each file that includes it. libstdc++ keeps durations and clocks in a
// header of their own, which its <mutex> and <thread> use. Include <chrono> itself only where dates are computed.
#if __has_include(<bits/chrono.h>)
#include <bits/chrono.h>
#else
#include <chrono>
#endif
