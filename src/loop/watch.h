// SPDX-License-Identifier: GPL-3.0-or-later
// Copyright (C) 2026 eventsgw contributors

#pragma once

#include "loop/event_handle.h"

#include <cstdint>
#include <functional>

namespace eventsgw {

class Loop;

/// Calls back whenever a descriptor is readable, or writable, as long as it is on. Level-triggered. Does not own the
/// descriptor, which must stay open while the watch lives. Starts switched off.
class Watch {
public:
    enum class For : std::uint8_t { reading, writing };

    Watch(Loop& loop, int fd, For what, std::function<void()> on_ready);

    /// False when the kernel takes no more descriptors to watch.
    [[nodiscard]] bool on();
    void off();

private:
    std::function<void()> on_ready_;
    EventHandle event_;
};

} // namespace eventsgw
