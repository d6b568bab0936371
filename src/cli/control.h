// SPDX-License-Identifier: GPL-3.0-or-later
// Copyright (C) 2026 eventsgw contributors

#pragma once

#include "cli/options.h"

#include <ostream>

namespace eventsgw {

/// `eventsgw cancel ID...`: has the running gateway give up runs. The exit status.
int cancel(const Options& options, std::ostream& out, std::ostream& err);

/// `eventsgw pause [KEY]`: keeps the runs of a rule or handler from starting, or of all with --all; without either it
/// lists what is paused. The exit status.
int pause(const Options& options, std::ostream& out, std::ostream& err);

/// `eventsgw resume [KEY]`: ends a pause, or all with --all. The exit status.
int resume(const Options& options, std::ostream& out, std::ostream& err);

} // namespace eventsgw
