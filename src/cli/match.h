// SPDX-License-Identifier: GPL-3.0-or-later
// Copyright (C) 2026 eventsgw contributors

#pragma once

#include "cli/options.h"

#include <optional>
#include <ostream>
#include <string>

namespace eventsgw {

/// What `eventsgw match` was asked.
struct MatchOptions {
    std::string channel; ///< of the event, not a pattern
    ConfigChoice config;
    std::optional<std::string> agent_id; ///< names the queue that tasks would go to, where it is known
};

/// `eventsgw match`: tells on `out` which rules would take an event on the channel and what each would do, in the order
/// in which they take effect; then the steps of the event's handler and what would become of each; then the other
/// rules, each with the place where its key and the channel first differ. Nothing is run, and no Redis is asked. Errors
/// and warnings of the file go to `err`, as those of `eventsgw check` do. Returns the exit status: 0 when a rule or a
/// handler takes the event, 1 when none does, 78 (EX_CONFIG) when there are errors.
int match(const MatchOptions& options, std::ostream& out, std::ostream& err);

} // namespace eventsgw
