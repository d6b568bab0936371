// SPDX-License-Identifier: GPL-3.0-or-later
// Copyright (C) 2026 eventsgw contributors

#pragma once

#include "base/result.h"

#include <cstdint>
#include <string>
#include <string_view>

namespace eventsgw {

/// Where a Redis server listens: host and port, or the path of a unix socket.
struct Address {
    std::string host; ///< a name or a numeric address without brackets; empty for a unix socket
    std::uint16_t port = 0;
    std::string path; ///< of a unix socket; empty otherwise

    bool is_unix() const { return !path.empty(); }
    bool operator==(const Address&) const = default;
};

/// Whether `host` is an IPv4 or IPv6 address, which needs no lookup.
bool is_numeric_host(const std::string& host);

/// "host:port", "[v6]:port" or a path with a slash in it. The port may be left out: 6379.
Result<Address> parse_address(std::string_view text);

/// The form that parse_address() takes.
std::string to_string(const Address& address);

} // namespace eventsgw
