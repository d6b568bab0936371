// SPDX-License-Identifier: GPL-3.0-or-later
// Copyright (C) 2026 eventsgw contributors

#pragma once

#include "base/fd.h"

#include <string>
#include <string_view>

namespace eventsgw {

/// Tells the service manager how the gateway is, as sd_notify(3) describes the protocol: datagrams to the socket named
/// by NOTIFY_SOCKET. Done here in a few lines, as that page suggests, because readiness is needed where libsystemd is
/// not. Without such a socket it does nothing; a message that cannot be sent is lost.
class Notifier {
public:
    /// `socket_path` is NOTIFY_SOCKET's value: absolute, or with a leading @ in the abstract name space. Empty: none.
    explicit Notifier(std::string socket_path);

    /// READY=1 and a status.
    void ready(std::string_view status) const;
    /// STATUS=, for people.
    void status(std::string_view status) const;
    /// RELOADING=1; ready() ends it.
    void reloading() const;
    /// STOPPING=1.
    void stopping() const;
    /// WATCHDOG=1, a sign of life.
    void alive() const;

private:
    void send(const std::string& message) const;

    std::string path_;
    UniqueFd socket_;
};

} // namespace eventsgw
