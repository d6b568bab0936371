// SPDX-License-Identifier: GPL-3.0-or-later
// Copyright (C) 2026 eventsgw contributors

#pragma once

#include "cli/options.h"

#include <ostream>

namespace eventsgw {

/// What `eventsgw check` was asked.
struct CheckOptions {
    ConfigChoice config;
    bool json = false; ///< a report for programs instead of text
};

/// `eventsgw check`: tells all problems of a configuration. As text, problems go to `err` in the order of their lines,
/// in the form of a compiler's, and `out` gets one line about a file without errors; as JSON all goes to `out`, one
/// valid document. Returns the exit status: 78 (EX_CONFIG) when there are errors, else 0.
int check(const CheckOptions& options, std::ostream& out, std::ostream& err);

} // namespace eventsgw
