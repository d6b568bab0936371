// SPDX-License-Identifier: GPL-3.0-or-later
// Copyright (C) 2026 eventsgw contributors

#pragma once

#include <ostream>
#include <string>

namespace eventsgw {

/// What `eventsgw migrate` was asked.
struct MigrateOptions {
    std::string config;   ///< path of the configuration
    std::string to;       ///< the events directory
    bool dry_run = false; ///< write nothing, show what would be written
    bool partial = false; ///< leave out rules that no step can replace
    bool force = false;   ///< replace steps that were made of rules and are as they were made
    bool prune = false;   ///< delete those whose rules are not there any more
};

/// `eventsgw migrate`: writes a step for each rule that has none, and says on `out` what is left to do. Problems go to
/// `err`. All steps are written or, where a file is in the way, none. Returns the exit status: 0 when all is done, 1
/// when there are rules that no step can replace, 73 (EX_CANTCREAT) when a file is in the way or cannot be written, 78
/// (EX_CONFIG) when the configuration has errors.
int migrate(const MigrateOptions& options, std::ostream& out, std::ostream& err);

} // namespace eventsgw
