// SPDX-License-Identifier: GPL-3.0-or-later
// Copyright (C) 2026 eventsgw contributors

#pragma once

#include "base/chrono.h"
#include "config/handler_settings.h"
#include "handlers/steps.h"

#include <cstdint>
#include <string>
#include <vector>

namespace eventsgw {

/// An event that has a handler, from its arrival to the handler's end. Points to nothing outside itself.
struct Occurrence {
    std::string source;
    std::string name;
    std::string payload;
    std::string id; ///< a UUID, for the log and for the steps
    std::chrono::system_clock::time_point received;
    std::chrono::steady_clock::time_point read; ///< the same, by the clock that never jumps
    std::vector<Step> steps;                    ///< as they were when the event arrived
    std::vector<std::string> bases; ///< where to look for steps; empty unless the kernel was too short to do so then
    HandlerSettings settings;
    std::uint64_t coalesced = 1; ///< events that it stands for
    bool is_replay = false;
    bool keeps_payload = false; ///< to the handler's end, for who asks then

    std::string channel() const { return source + "/event/" + name; }
};

} // namespace eventsgw
