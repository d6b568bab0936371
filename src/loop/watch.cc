// SPDX-License-Identifier: GPL-3.0-or-later
// Copyright (C) 2026 eventsgw contributors

#include "loop/watch.h"

#include "loop/loop.h"

#include <utility>

#include <event2/event.h>

namespace eventsgw {

Watch::Watch(Loop& loop, int fd, For what, std::function<void()> on_ready) : on_ready_(std::move(on_ready)) {
    const auto flags = static_cast<short>((what == For::reading ? EV_READ : EV_WRITE) | EV_PERSIST);
    event_.reset(event_new(
        loop.base(), fd, flags,
        [](evutil_socket_t /*fd*/, short /*what*/, void* self) { static_cast<Watch*>(self)->on_ready_(); }, this));
}

bool Watch::on() {
    return event_add(event_.get(), nullptr) == 0;
}

void Watch::off() {
    event_del(event_.get());
}

} // namespace eventsgw
