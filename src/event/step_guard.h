// SPDX-License-Identifier: GPL-3.0-or-later
// Copyright (C) 2026 eventsgw contributors

#pragma once

#include "base/result.h"

#include <string>
#include <string_view>

namespace eventsgw {

/// Where in an events directory the events of a subscription arrive, and which of them.
struct StepPlace {
    std::string event; ///< the directory: the event's name
    std::string guard; ///< lines of sh(1) that end a step with status 0 for other sources; empty where none is needed
};

/// Finds the place for a channel, or for a Redis pattern if `is_pattern`. An error says why there is none: the events
/// of a directory have one name, and a guard knows the source alone.
///
/// The guard decides as Redis does, byte by byte, whatever the locale. What no handler sees, such as a channel with
/// "/event/" twice in it, is left out of account.
Result<StepPlace> locate_step(std::string_view channel, bool is_pattern);

} // namespace eventsgw
