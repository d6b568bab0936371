// SPDX-License-Identifier: GPL-3.0-or-later
// Copyright (C) 2026 eventsgw contributors

#pragma once

#include "base/chrono.h"
#include "loop/timers.h"

#include <cstddef>
#include <functional>
#include <memory>
#include <optional>
#include <string>

namespace eventsgw {

/// How the gateway is at one moment, as far as an administrator wants to see it in `systemctl status`.
struct Condition {
    /// A time in which events were not heard.
    struct Gap {
        std::chrono::system_clock::time_point end;
        std::chrono::nanoseconds length;
    };

    std::string agent_id;
    std::string problem; ///< what keeps it from listening; empty when it listens
    std::size_t channels = 0;
    std::size_t patterns = 0;
    std::string leader_problem; ///< what keeps tasks from being pushed; empty where nothing does
    std::size_t tasks_waiting = 0;
    std::string journal_problem; ///< why tasks wait in memory only; empty when they need not
    std::size_t runs_active = 0; ///< commands and handlers
    std::size_t runs_waiting = 0;
    std::optional<Gap> last_gap; ///< since the start

    /// Whether it changes without an event's doing.
    bool is_busy() const { return tasks_waiting + runs_active + runs_waiting > 0 || !leader_problem.empty(); }
};

/// In one line: "listening to 2 channels and 1 pattern for module/mail1; 0 tasks waiting; ...".
std::string format_condition(const Condition& condition);

/// Keeps the service manager's status line current: shows the condition when it has been touched and differs from what
/// is shown, at once but at most once in kPause. While work is in hand or the leader is away it looks again by itself;
/// otherwise it leaves the process asleep.
class StatusLine {
public:
    static constexpr std::chrono::seconds kPause{1};

    /// `observe` tells the condition when asked; `on_text` is called from touch() or from the loop.
    StatusLine(Timers& timers, std::function<Condition()> observe, std::function<void(const std::string&)> on_text);

    /// The condition may be another one now.
    void touch();

    /// Says nothing more until the next touch().
    void stop() { pause_->stop(); }

private:
    void show();
    void on_pause_over();

    std::function<Condition()> observe_;
    std::function<void(const std::string&)> on_text_;
    std::unique_ptr<Timer> pause_;
    bool is_stale_ = false; ///< touched, or busy when last looked at
    std::string shown_;
};

} // namespace eventsgw
