// SPDX-License-Identifier: GPL-3.0-or-later
// Copyright (C) 2026 eventsgw contributors

#pragma once

#include "base/chrono.h"
#include "base/log.h"
#include "config/connections.h"
#include "loop/loop.h"
#include "redis/resolver.h"
#include "redis/subscriber.h"

#include <memory>
#include <string>
#include <string_view>

namespace eventsgw {

/// What the agent last said about a task.
struct TaskProgress {
    std::string status; ///< "pending", "running", "completed", "aborted", "validation-failed"; empty before the first
    double percent = 0; ///< 0 to 100
    bool is_over() const { return !status.empty() && status != "pending" && status != "running"; }
};

/// Hears what an agent says about one task. It listens on the replica, as the user `default`, for no other may. What is
/// said while that connection is away is missed, so the task's end must be looked for on the leader too.
class TaskFollower {
public:
    TaskFollower(Loop& loop, const Connections& connections, const std::string& id);

    /// Waits until the agent can be heard, or for the first failure. Before the task is pushed, so that nothing is
    /// missed.
    Result<void> listen();

    /// Waits for the agent's next word, for so long.
    const TaskProgress& wait(std::chrono::nanoseconds limit);

private:
    void on_message(std::string_view payload);

    Loop& loop_;
    Log log_; ///< says nothing
    Resolver resolver_;
    std::unique_ptr<Timer> limit_;
    bool is_due_ = false;
    bool has_failed_ = false;
    TaskProgress progress_;
    Subscriber subscriber_;
};

} // namespace eventsgw
