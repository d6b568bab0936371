// SPDX-License-Identifier: GPL-3.0-or-later
// Copyright (C) 2026 eventsgw contributors

#pragma once

#include "cli/options.h"

#include <ostream>

namespace eventsgw {

/// `eventsgw wait [ID | --idle]`: returns when work has ended, or when nothing waits or runs any more. The exit status.
int wait(const Options& options, std::ostream& out, std::ostream& err);

} // namespace eventsgw
