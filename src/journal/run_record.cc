// SPDX-License-Identifier: GPL-3.0-or-later
// Copyright (C) 2026 eventsgw contributors

#include "journal/run_record.h"

#include "event/outcome.h"

namespace eventsgw {

std::string_view to_string(RunResult result) {
    switch (result) {
    case RunResult::succeeded: return "succeeded";
    case RunResult::failed: return "failed";
    case RunResult::skipped: return "skipped";
    case RunResult::timed_out: return "timed out";
    case RunResult::not_started: return "not started";
    case RunResult::refused: return "refused";
    }
    return "unknown";
}

void RunRecord::refuse() {
    ended = std::chrono::system_clock::now();
    began = ended;
    result = RunResult::refused;
    reason = kQueueFull;
}

} // namespace eventsgw
