// SPDX-License-Identifier: GPL-3.0-or-later
// Copyright (C) 2026 eventsgw contributors

#pragma once

#include "base/chrono.h"

#include <functional>
#include <memory>

namespace eventsgw {

using Clock = std::chrono::steady_clock;

/// Calls back once for each start(). Destroying it cancels it. Its owner must not destroy it inside its own callback.
class Timer {
public:
    virtual ~Timer() = default;

    /// Calls back after `delay`; a start that is still pending is replaced. Zero means: after the callbacks that are
    /// already due.
    virtual void start(std::chrono::nanoseconds delay) = 0;
    virtual void stop() = 0;
    virtual bool is_pending() const = 0;
};

/// An object whose owner may have to let go of it while its callback is on the stack; see Timers::retire().
class Retirable {
public:
    Retirable() = default;
    Retirable(const Retirable&) = delete;
    Retirable& operator=(const Retirable&) = delete;
    virtual ~Retirable() = default;
};

/// Time as the program sees it: the real one is the Loop, the fake one is wound by hand in tests.
class Timers {
public:
    virtual ~Timers() = default;

    virtual Clock::time_point now() const = 0;
    virtual std::unique_ptr<Timer> make_timer(std::function<void()> on_due) = 0;

    /// Takes an object and destroys it after the current turn, when none of its callbacks is running.
    virtual void retire(std::unique_ptr<Retirable> object) = 0;
};

} // namespace eventsgw
