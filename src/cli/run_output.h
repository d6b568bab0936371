// SPDX-License-Identifier: GPL-3.0-or-later
// Copyright (C) 2026 eventsgw contributors

#pragma once

#include "base/result.h"
#include "journal/run_record.h"

#include <cstddef>
#include <string>

namespace eventsgw {

/// As much is shown of what a command or step has written.
inline constexpr std::size_t kShownOutput = 4096;

/// The end of what a command has written, as the journal has it: of its own process alone, for it shares its stream
/// with others. Error: why there is nothing to show, and where to look.
Result<std::string> fetch_output(const RunRecord& run);

/// The same of one of a handler's steps. Where the step had a stream of its own, what its own programs have written is
/// part of it, as long as the step itself has written something too, by which the stream is found.
Result<std::string> fetch_output(const RunRecord& run, const StepRecord& step);

} // namespace eventsgw
