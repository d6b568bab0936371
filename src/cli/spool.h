// SPDX-License-Identifier: GPL-3.0-or-later
// Copyright (C) 2026 eventsgw contributors

#pragma once

#include "cli/options.h"

#include <ostream>

namespace eventsgw {

/// `eventsgw spool`: what waits on disk for the leader, since when and why, and what died; and what an administrator
/// can do about it. Works beside a running gateway, but for what only the owner of the spool may do: `push`, and `drop`
/// of a task that waits. Returns the exit status: 0; 1 when there is no such task, or `push` could not push all; 64 for
/// wrong words; 74 when the spool cannot be used; 75 when another process has it.
int spool(const Options& options, std::ostream& out, std::ostream& err);

} // namespace eventsgw
