// SPDX-License-Identifier: GPL-3.0-or-later
// Copyright (C) 2026 eventsgw contributors

#include "daemon/notifier.h"

#include "base/chrono.h"
#include "base/text.h"
#include "base/unix_address.h"

#include <cerrno>
#include <utility>

#include <sys/socket.h>

namespace eventsgw {

Notifier::Notifier(Timers& timers, std::string socket_path)
    : path_(std::move(socket_path)), retry_(timers.make_timer([this] { tell_again(); })) {
    const bool usable = !path_.empty() && (path_[0] == '/' || path_[0] == '@') && path_.size() <= kMaxSocketPath;
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

void Notifier::extend_timeout(std::chrono::microseconds timeout) {
    if (timeout.count() > 0) {
        tell("EXTEND_TIMEOUT_USEC=" + std::to_string(timeout.count()));
    }
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
    const UnixAddress address = path_[0] == '@' ? UnixAddress::abstract(path_) : UnixAddress(path_);
    return ::sendto(socket_.get(), message.data(), message.size(), MSG_NOSIGNAL, address.get(), address.size()) >= 0 ||
           errno != EAGAIN;
}

} // namespace eventsgw
