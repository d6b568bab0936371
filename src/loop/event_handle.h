// SPDX-License-Identifier: GPL-3.0-or-later
// Copyright (C) 2026 eventsgw contributors

#pragma once

#include "base/chrono.h"

#include <memory>

#include <sys/time.h>

struct event;

namespace eventsgw {

struct EventDeleter {
    void operator()(event* handle) const;
};

/// A libevent event, removed from its base and freed when it goes. For this floor alone.
using EventHandle = std::unique_ptr<event, EventDeleter>;

/// Rounded up to the next microsecond, so that a timer is never early.
timeval to_timeval(std::chrono::nanoseconds duration);

} // namespace eventsgw
