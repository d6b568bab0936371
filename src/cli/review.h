// SPDX-License-Identifier: GPL-3.0-or-later
// Copyright (C) 2026 eventsgw contributors

#pragma once

#include "config/config.h"

#include <ostream>
#include <string>

namespace eventsgw {

/// load_config() for those who want to know about a file rather than run it: that the daemon refuses a file without a
/// rule is a warning here.
ConfigReport review_config(const std::string& path);

/// Errors and warnings in the order of their lines, in the form of a compiler's.
void print_problems(const std::string& path, const ConfigReport& report, std::ostream& out);

} // namespace eventsgw
