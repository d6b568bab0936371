// SPDX-License-Identifier: GPL-3.0-or-later
// Copyright (C) 2026 eventsgw contributors

#include "daemon/watchdog.h"

#include "base/text.h"

#include <utility>

namespace eventsgw {
namespace {

/// A longer time means none; it also keeps nanoseconds from overflowing.
constexpr std::chrono::hours kLongestTimeout{24 * 365};

} // namespace

std::chrono::microseconds read_watchdog_timeout(const Environment& environment, pid_t own) {
    const char* pid = environment("WATCHDOG_PID");
    if (pid != nullptr && *pid != '\0') {
        const Result<std::uint64_t> meant = parse_count(pid);
        if (!meant || *meant != static_cast<std::uint64_t>(own)) {
            return {};
        }
    }
    const char* usec = environment("WATCHDOG_USEC");
    const Result<std::uint64_t> timeout = parse_count(usec != nullptr ? usec : "");
    if (!timeout || *timeout > static_cast<std::uint64_t>(std::chrono::microseconds(kLongestTimeout).count())) {
        return {};
    }
    return std::chrono::microseconds(*timeout);
}

Watchdog::Watchdog(Timers& timers, std::chrono::microseconds timeout, std::function<void()> on_beat)
    : timeout_(timeout), on_beat_(std::move(on_beat)), pause_(timers.make_timer([this] { start(); })) {}

void Watchdog::start() {
    if (timeout_.count() > 0) {
        on_beat_();
        pause_->start(timeout_ / 2);
    }
}

} // namespace eventsgw
