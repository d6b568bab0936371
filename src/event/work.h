// SPDX-License-Identifier: GPL-3.0-or-later
// Copyright (C) 2026 eventsgw contributors

#pragma once

#include <cstdint>
#include <string_view>

namespace eventsgw {

/// What one rule or handler has to do for one event. The numbers stand in files.
enum class WorkKind : std::uint8_t { command = 0, handler = 1, task = 2 };

/// How work has ended. The numbers stand in files.
enum class WorkState : std::uint8_t {
    done = 0,   ///< ended well; of a task: the leader has confirmed it
    failed = 1, ///< ended badly, and no retry was asked for
    dead = 2,   ///< given up after retries or interruptions, or by a person
    refused = 3 ///< never accepted
};

constexpr std::string_view to_string(WorkKind kind) {
    switch (kind) {
    case WorkKind::command: return "command";
    case WorkKind::handler: return "handler";
    case WorkKind::task: return "task";
    }
    return "unknown";
}

constexpr std::string_view to_string(WorkState state) {
    switch (state) {
    case WorkState::done: return "done";
    case WorkState::failed: return "failed";
    case WorkState::dead: return "dead";
    case WorkState::refused: return "refused";
    }
    return "unknown";
}

} // namespace eventsgw
