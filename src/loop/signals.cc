// SPDX-License-Identifier: GPL-3.0-or-later
// Copyright (C) 2026 eventsgw contributors

#include "loop/signals.h"

#include "loop/loop.h"

#include <csignal>
#include <stdexcept>
#include <utility>

#include <event2/event.h>

namespace eventsgw {

Signals::Signals(Loop& loop, const std::vector<int>& numbers, std::function<void(int number)> on_signal)
    : on_signal_(std::move(on_signal)) {
    for (const int number : numbers) {
        events_.emplace_back(evsignal_new(
            loop.base(), number,
            [](evutil_socket_t signal, short /*what*/, void* self) { static_cast<Signals*>(self)->on_signal_(signal); },
            this));
        if (evsignal_add(events_.back().get(), nullptr) != 0) {
            throw std::runtime_error("cannot watch signal " + std::to_string(number));
        }
    }
    sigset_t watched;
    ::sigemptyset(&watched);
    for (const int number : numbers) {
        ::sigaddset(&watched, number);
    }
    ::pthread_sigmask(SIG_UNBLOCK, &watched, nullptr);
}

} // namespace eventsgw
