// SPDX-License-Identifier: GPL-3.0-or-later
// Copyright (C) 2026 eventsgw contributors

#pragma once

#include "cli/options.h"
#include "config/config.h"

#include <ostream>
#include <string>

namespace eventsgw {

/// The configuration that is meant, with its events directories absolute: a step is known by its path, and its $0 must
/// mean the same wherever it goes. Those of the file are relative to the working directory. With --eventsdir there need
/// not be a file.
ConfigReport load_config(const ConfigChoice& choice);

/// The same for those who want to know about a file rather than run it: what the daemon refuses to start with or to run
/// is a warning here, and the file's events directories are relative to where it lies.
ConfigReport review_config(const ConfigChoice& choice);

/// Errors and warnings in the order of their lines, in the form of a compiler's.
void print_problems(const std::string& path, const ConfigReport& report, std::ostream& out);

} // namespace eventsgw
