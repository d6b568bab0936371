// SPDX-License-Identifier: GPL-3.0-or-later
// Copyright (C) 2026 eventsgw contributors

#include "base/unix_address.h"

#include <cstddef>

namespace eventsgw {

UnixAddress::UnixAddress(std::string_view path) {
    address_.sun_family = AF_UNIX;
    const std::size_t length = path.copy(address_.sun_path, kMaxSocketPath);
    size_ = static_cast<socklen_t>(offsetof(sockaddr_un, sun_path) + length + 1);
}

UnixAddress UnixAddress::abstract(std::string_view name) {
    UnixAddress address(name);
    address.address_.sun_path[0] = '\0';
    --address.size_; // its end is its length, not a NUL
    return address;
}

} // namespace eventsgw
