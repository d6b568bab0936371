// SPDX-License-Identifier: GPL-3.0-or-later
// Copyright (C) 2026 eventsgw contributors

#pragma once

#include "cli/options.h"

#include <optional>
#include <ostream>
#include <string>
#include <vector>

namespace eventsgw {

/// What `eventsgw monitor` was asked.
struct MonitorOptions {
    std::vector<std::string> patterns;   ///< of channels, or of names of events; all events where there are none
    ConfigChoice config;                 ///< whose rules and events directories are told
    std::optional<std::string> agent_id; ///< where AGENT_ID is not to be
    bool json = false;
    bool payload = false;
    bool colour = false;
};

/// `eventsgw monitor`: writes a line to `out` for each event that passes, until a signal ends the program, with the
/// rules and steps that take it. On `err` it says when it begins to listen, when the replica goes away and when it is
/// back. Returns only where it cannot begin, or where `out` takes no more: 78 (EX_CONFIG) or 74 (EX_IOERR).
int monitor(const MonitorOptions& options, std::ostream& out, std::ostream& err);

} // namespace eventsgw
