// SPDX-License-Identifier: GPL-3.0-or-later
// Copyright (C) 2026 eventsgw contributors

#pragma once

#include "loop/event_handle.h"

#include <functional>
#include <vector>

namespace eventsgw {

class Loop;

/// Turns signals into callbacks of the loop, where anything may be done, as long as it lives; those that were blocked
/// until then come now. Afterwards the signals
/// have their former disposition again. libevent lets only one loop of a process own signals.
class Signals {
public:
    Signals(Loop& loop, const std::vector<int>& numbers, std::function<void(int number)> on_signal);
    Signals(const Signals&) = delete;
    Signals& operator=(const Signals&) = delete;

private:
    std::function<void(int)> on_signal_;
    std::vector<EventHandle> events_;
};

} // namespace eventsgw
