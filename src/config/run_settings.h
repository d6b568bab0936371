// SPDX-License-Identifier: GPL-3.0-or-later
// Copyright (C) 2026 eventsgw contributors

#pragma once

#include "base/chrono.h"

#include <cstdint>
#include <vector>

namespace eventsgw {

/// Which handlers must not run side by side, and keep the order of their events.
enum class Serialize : std::uint8_t {
    none,
    event,  ///< those of one event name
    source, ///< those of events of one source
};

/// How the runs of one rule or handler run: from [gateway], and on top of it from [handler NAME].
struct RunSettings {
    std::chrono::nanoseconds timeout{0}; ///< of all its steps together; 0 for none
    Serialize serialize = Serialize::none;
    std::vector<std::uint64_t> skip_exit_codes; ///< of a step that says "not for me"
    std::chrono::nanoseconds coalesce{0};       ///< how long further events join the first; 0 for not at all
    std::chrono::nanoseconds kill_grace = std::chrono::seconds(5); ///< from TERM to KILL
    bool strict_modes = true;                                      ///< see find_intruder()
};

} // namespace eventsgw
