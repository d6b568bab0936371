// SPDX-License-Identifier: GPL-3.0-or-later
// Copyright (C) 2026 eventsgw contributors

#pragma once

#include "cli/options.h"

#include <ostream>

namespace eventsgw {

/// `eventsgw history`: the last work of the gateway of the working directory, or all about one. Returns the
/// exit status: 0; 1 when there is no such run; 64 for a wrong command line; 74 when the file cannot be read.
int history(const Options& options, std::ostream& out, std::ostream& err);

/// `eventsgw replay ID`: has the running gateway take the event of a run once more, and prints what that has started.
/// Returns the exit status: 0; 1 when the gateway refuses; 69 when none answers.
int replay(const Options& options, std::ostream& out, std::ostream& err);

} // namespace eventsgw
