// SPDX-License-Identifier: GPL-3.0-or-later
// Copyright (C) 2026 eventsgw contributors

#pragma once

#include "base/chrono.h"

#include <cstdint>
#include <vector>

namespace eventsgw {

/// Which runs must not run side by side, and keep the order of their events: those that share a lane.
enum class Serialize : std::uint8_t {
    none,
    event,  ///< those of one event name
    source, ///< those of events of one source
};

/// Which events `coalesce` joins, among those of one name and source.
enum class CoalesceBy : std::uint8_t {
    payload, ///< those with equal payloads, byte for byte: no information is lost
    event,   ///< all; the last payload stands for all of them
};

/// What becomes of a run that the end of the gateway has interrupted.
enum class Interrupted : std::uint8_t {
    again, ///< it runs again, from its first step
    drop,  ///< it has failed
};

/// How the runs of one rule or handler run: from [gateway], and on top of it from [rule KEY] or [handler NAME].
struct RunSettings {
    std::chrono::nanoseconds timeout{0}; ///< of one attempt, with all steps of a handler; 0 for none
    Serialize serialize = Serialize::none;
    std::vector<std::uint64_t> skip_exit_codes; ///< of a command or step that says "not for me"
    std::chrono::nanoseconds coalesce{0};       ///< how long further events join the first; 0 for not at all
    CoalesceBy coalesce_by = CoalesceBy::payload;
    std::chrono::nanoseconds kill_grace = std::chrono::seconds(5); ///< from TERM to KILL
    bool strict_modes = true;                                      ///< see find_intruder()

    std::uint64_t retry = 0;                                            ///< further attempts after a failure
    std::chrono::nanoseconds retry_delay = std::chrono::seconds(1);     ///< before the first of them; then it doubles
    std::chrono::nanoseconds retry_max_delay = std::chrono::minutes(5); ///< what it doubles to; it may be the smaller
    Interrupted interrupted = Interrupted::again;
    std::chrono::nanoseconds max_age{0}; ///< of a run that waits, from its event; it is dead beyond; 0 for any

    bool operator==(const RunSettings&) const = default;
};

} // namespace eventsgw
