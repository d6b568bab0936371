// SPDX-License-Identifier: GPL-3.0-or-later
// Copyright (C) 2026 eventsgw contributors

#pragma once

#include "base/chrono.h"
#include "config/settings.h"
#include "loop/timers.h"

#include <functional>
#include <memory>

#include <sys/types.h>

namespace eventsgw {

/// How long the service manager waits for a sign of life of the process `own`, from WATCHDOG_USEC and WATCHDOG_PID as
/// sd_watchdog_enabled(3) describes them. Zero when it waits for none: when the time is not set or makes no sense, or
/// is meant for another process.
std::chrono::microseconds read_watchdog_timeout(const Environment& environment, pid_t own);

/// The gateway's heart: calls `on_beat` from the event loop, at start() and then twice in each `timeout`. A loop that
/// does not turn any more gives no sign of life.
class Watchdog {
public:
    /// A `timeout` of zero: it never beats.
    Watchdog(Timers& timers, std::chrono::microseconds timeout, std::function<void()> on_beat);

    void start();

private:
    std::chrono::microseconds timeout_;
    std::function<void()> on_beat_;
    std::unique_ptr<Timer> pause_;
};

} // namespace eventsgw
