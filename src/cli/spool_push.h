// SPDX-License-Identifier: GPL-3.0-or-later
// Copyright (C) 2026 eventsgw contributors

#pragma once

#include "cli/options.h"
#include "journal/journal_lock.h"

#include <ostream>
#include <string>

namespace eventsgw {

/// `eventsgw spool push`: pushes what waits in a spool that no gateway has, and ends when none waits any more or the
/// leader has taken none for a while. Returns the exit status as spool() does.
int push_spool(const Options& options, std::ostream& out, std::ostream& err);

/// The lock of the gateway in whose directory a journal lies.
Result<JournalLock> lock_beside(const std::string& journal);

} // namespace eventsgw
