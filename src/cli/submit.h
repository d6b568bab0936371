// SPDX-License-Identifier: GPL-3.0-or-later
// Copyright (C) 2026 eventsgw contributors

#pragma once

#include "base/chrono.h"

#include <optional>
#include <ostream>
#include <string>

namespace eventsgw {

/// What `eventsgw submit` was asked.
struct SubmitOptions {
    std::string action;
    std::optional<std::string> data;     ///< a file, or "-" for standard input
    bool wait = false;                   ///< for the action's end
    std::chrono::nanoseconds retry{0};   ///< for so long, while the leader is away
    std::optional<std::string> agent_id; ///< where AGENT_ID is not to be
    std::optional<std::string> channel;  ///< of the event that a handler calls this for
    bool is_replay = false;              ///< of that event
    bool is_terminal = false;            ///< standard error is one: show a progress bar
};

/// `eventsgw submit`: pushes a task for the module's agent, as a rule of [actions] does. Without `wait` it prints the
/// task's id on `out`. With it, it follows the task: the action's output goes to `out`, its error output to `err`, and
/// its exit code is the exit status. Other exit statuses: 66 (EX_NOINPUT), 69 and 77 as complain_of_leader() has them,
/// 78 (EX_CONFIG) without a module's environment.
int submit(const SubmitOptions& options, std::ostream& out, std::ostream& err);

} // namespace eventsgw
