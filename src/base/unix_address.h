// SPDX-License-Identifier: GPL-3.0-or-later
// Copyright (C) 2026 eventsgw contributors

#pragma once

#include <cstddef>
#include <string_view>

#include <sys/socket.h>
#include <sys/un.h>

namespace eventsgw {

/// The longest path of a unix socket.
inline constexpr std::size_t kMaxSocketPath = sizeof(sockaddr_un::sun_path) - 1;

/// The address of the unix socket at `path`, which is cut where it is too long, for the calls that want a sockaddr.
class UnixAddress {
public:
    explicit UnixAddress(std::string_view path);

    /// The name after the @ that `name` begins with, of the abstract namespace: unix(7).
    static UnixAddress abstract(std::string_view name);

    const sockaddr* get() const { return reinterpret_cast<const sockaddr*>(&address_); }
    socklen_t size() const { return size_; }
    const char* path() const { return address_.sun_path; }

private:
    sockaddr_un address_{};
    socklen_t size_;
};

} // namespace eventsgw
