// SPDX-License-Identifier: GPL-3.0-or-later
// Copyright (C) 2026 eventsgw contributors

#include "journal/run_record.h"

namespace eventsgw {

std::string_view to_string(RunResult result) {
    switch (result) {
    case RunResult::succeeded: return "succeeded";
    case RunResult::failed: return "failed";
    case RunResult::skipped: return "skipped";
    case RunResult::timed_out: return "timed out";
    case RunResult::not_started: return "not started";
    case RunResult::refused: return "refused";
    case RunResult::interrupted: return "interrupted";
    case RunResult::cancelled: return "cancelled";
    case RunResult::expired: return "expired";
    }
    return "unknown";
}

WorkState state_of(RunResult result) {
    switch (result) {
    case RunResult::succeeded:
    case RunResult::skipped: return WorkState::done;
    case RunResult::failed:
    case RunResult::timed_out:
    case RunResult::not_started:
    case RunResult::interrupted: return WorkState::failed;
    case RunResult::cancelled:
    case RunResult::expired: return WorkState::dead;
    case RunResult::refused: return WorkState::refused;
    }
    return WorkState::failed;
}

void RunRecord::refuse(std::string_view why) {
    ended = std::chrono::system_clock::now();
    began = ended;
    result = RunResult::refused;
    reason = why;
    attempts = 0;
}

} // namespace eventsgw
