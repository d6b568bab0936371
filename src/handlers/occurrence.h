// SPDX-License-Identifier: GPL-3.0-or-later
// Copyright (C) 2026 eventsgw contributors

#pragma once

#include "base/chrono.h"
#include "config/run_settings.h"
#include "handlers/steps.h"
#include "journal/task.h"

#include <cstdint>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

namespace eventsgw {

/// An event that has a handler, from its arrival to the handler's end. Points to nothing outside itself.
struct Occurrence {
    std::string source;
    std::string name;
    std::shared_ptr<KeptEvent> event;
    std::string id; ///< a UUID, for the log and for the steps
    std::chrono::system_clock::time_point received;
    std::chrono::steady_clock::time_point read; ///< the same, by the clock that never jumps
    std::vector<Step> steps;                    ///< as they were when the event arrived
    std::vector<std::string> bases; ///< where to look for steps; empty unless the kernel was too short to do so then
    RunSettings settings;
    std::uint64_t coalesced = 1; ///< events that it stands for

    std::string_view payload() const { return event->payload(); }
    bool is_replay() const { return event->is_replay(); }
    std::string channel() const { return source + "/event/" + name; }
};

} // namespace eventsgw
