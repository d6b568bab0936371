// SPDX-License-Identifier: GPL-3.0-or-later
// Copyright (C) 2026 eventsgw contributors

#pragma once

#include "base/chrono.h"
#include "base/fd.h"
#include "loop/timers.h"

#include <memory>
#include <string>
#include <string_view>

namespace eventsgw {

/// Tells the service manager how the gateway is, as sd_notify(3) describes the protocol: datagrams to the socket named
/// by NOTIFY_SOCKET. Done here in a few lines, as that page suggests, because readiness is needed where libsystemd is
/// not. Without such a socket it does nothing. It never waits: where the manager's queue is full, what has changed is
/// told again until it is taken, and a sign of life is lost.
class Notifier {
public:
    static constexpr std::chrono::milliseconds kRetryInterval{100};

    /// `socket_path` is NOTIFY_SOCKET's value: absolute, or with a leading @ in the abstract name space. Empty: none.
    Notifier(Timers& timers, std::string socket_path);

    /// READY=1 and a status.
    void ready(std::string_view status);
    /// STATUS=, for people.
    void status(std::string_view status);
    /// RELOADING=1; ready() ends it.
    void reloading();
    /// STOPPING=1.
    void stopping();
    /// EXTEND_TIMEOUT_USEC=: what is going on, such as the stop, may take this long from now, even if the unit allows
    /// less (TimeoutStopSec=). It shortens nothing. For a stop, call it after stopping(): until then the manager takes
    /// it for what went on before. Zero or less: nothing is sent.
    void extend_timeout(std::chrono::microseconds timeout);
    /// WATCHDOG=1, a sign of life.
    void alive();

private:
    /// Adds to what the manager is to know, and tells it.
    void tell(const std::string& lines);
    void tell_again();
    /// False when the manager's queue is full.
    bool send(const std::string& message);

    std::string path_;
    UniqueFd socket_;
    std::string untold_;
    std::unique_ptr<Timer> retry_;
};

} // namespace eventsgw
