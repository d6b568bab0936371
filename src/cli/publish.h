// SPDX-License-Identifier: GPL-3.0-or-later
// Copyright (C) 2026 eventsgw contributors

#pragma once

#include <optional>
#include <ostream>
#include <string>

namespace eventsgw {

/// What `eventsgw publish` was asked.
struct PublishOptions {
    std::string event;                   ///< its name, or a channel: SOURCE/event/NAME
    std::optional<std::string> data;     ///< the payload; "-" for standard input, `{}` where there is none
    bool force = false;                  ///< also against the rules for events
    std::optional<std::string> agent_id; ///< the source of a bare name, where AGENT_ID is not to be
};

/// `eventsgw publish`: publishes one event on the leader as the module's user. Refuses what the specification's rules
/// for events forbid, and warns on `err` of what listeners will probably not expect. Returns the exit status: 0 when it
/// is published, 65 (EX_DATAERR) when it breaks the rules, 69 and 77 as complain_of_leader() does, 78 (EX_CONFIG)
/// without a module's environment.
int publish(const PublishOptions& options, std::ostream& out, std::ostream& err);

/// `eventsgw help events`: the names of the well-known events and who publishes them, one in a line.
void list_well_known_events(std::ostream& out);

} // namespace eventsgw
