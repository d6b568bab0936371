// SPDX-License-Identifier: GPL-3.0-or-later
// Copyright (C) 2026 eventsgw contributors

#pragma once

#include "cli/options.h"

namespace eventsgw {

/// The daemon: reads the configuration and the environment and runs the gateway until a signal ends it, in which case
/// it does not return but ends by that signal; SIGUSR1 is an end in good order, and 0. Otherwise the exit status of
/// what kept it from starting.
int run_daemon(const Options& options);

} // namespace eventsgw
