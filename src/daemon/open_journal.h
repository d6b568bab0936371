// SPDX-License-Identifier: GPL-3.0-or-later
// Copyright (C) 2026 eventsgw contributors

#pragma once

#include "base/log.h"
#include "base/result.h"
#include "journal/journal.h"

#include <memory>
#include <string>

namespace eventsgw {

/// The journal of the working directory, with the right to work there. What is wrong with it has been logged. Error:
/// Fault::busy when another process is at work there, and another fault when there is too little to open it with for
/// now: nothing may be pushed past what waits in it.
Result<std::unique_ptr<Journal>> open_journal(const Log& log, const std::string& agent);

} // namespace eventsgw
