// SPDX-License-Identifier: GPL-3.0-or-later
// Copyright (C) 2026 eventsgw contributors

#pragma once

#include "base/log.h"
#include "journal/run_record.h"
#include "runs/attempt.h"
#include "runs/run.h"

#include <string_view>

namespace eventsgw {

/// Logs how an attempt ended: of a handler in the agent's words, which people and programs look for in the journal.
void log_end(const Log& log, const AttemptPlan& plan, const AttemptEnd& end);

/// How a run that has ended with this attempt is kept in the history.
RunRecord make_record(const Run& run, const AttemptPlan& plan, const AttemptEnd& end);
/// The same of a run that has ended without one.
RunRecord make_record(const Run& run, RunResult result, std::string_view reason);

} // namespace eventsgw
