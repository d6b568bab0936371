// SPDX-License-Identifier: GPL-3.0-or-later
// Copyright (C) 2026 eventsgw contributors

#include "daemon/notifier.h"

#include "base/text.h"

#include <cerrno>
#include <chrono>
#include <cstddef>
#include <utility>

#include <sys/socket.h>
#include <sys/un.h>

namespace eventsgw {

Notifier::Notifier(Timers& timers, std::string socket_path)
    : path_(std::move(socket_path)), retry_(timers.make_timer([this] { tell_again(); })) {
    const bool usable =
        !path_.empty() && (path_[0] == '/' || path_[0] == '@') && path_.size() < sizeof(sockaddr_un::sun_path);
    if (usable) {
        socket_.reset(::socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0));
    }
}

void Notifier::ready(std::string_view status) {
    tell("READY=1\nSTATUS=" + escape(status));
}

void Notifier::status(std::string_view status) {
    tell("STATUS=" + escape(status));
}

/// systemd 253 and newer wants to know when, for a unit of Type=notify-reload.
void Notifier::reloading() {
    const auto now = std::chrono::duration_cast<std::chrono::microseconds>(
        std::chrono::steady_clock::now().time_since_epoch()); // CLOCK_MONOTONIC in glibc's world
    tell("RELOADING=1\nMONOTONIC_USEC=" + std::to_string(now.count()));
}

void Notifier::stopping() {
    tell("STOPPING=1");
}

void Notifier::alive() {
    send("WATCHDOG=1");
}

void Notifier::tell(const std::string& lines) {
    untold_.append(untold_.empty() ? "" : "\n").append(lines);
    tell_again();
}

void Notifier::tell_again() {
    if (send(untold_)) {
        untold_.clear();
    } else if (!retry_->is_pending()) {
        retry_->start(kRetryInterval);
    }
}

bool Notifier::send(const std::string& message) {
    if (!socket_) {
        return true;
    }
    sockaddr_un address{};
    address.sun_family = AF_UNIX;
    path_.copy(address.sun_path, sizeof(address.sun_path) - 1);
    if (path_[0] == '@') {
        address.sun_path[0] = '\0';
    }
    const auto length = static_cast<socklen_t>(offsetof(sockaddr_un, sun_path) + path_.size());
    return ::sendto(socket_.get(), message.data(), message.size(), MSG_NOSIGNAL,
                    reinterpret_cast<const sockaddr*>(&address), length) >= 0 ||
           errno != EAGAIN;
}

} // namespace eventsgw
