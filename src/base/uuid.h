// SPDX-License-Identifier: GPL-3.0-or-later
// Copyright (C) 2026 eventsgw contributors

#pragma once

#include <array>
#include <cstddef>
#include <string>
#include <string_view>

namespace eventsgw {

/// Its bytes, as a file holds it.
using Uuid = std::array<unsigned char, 16>;

/// They, as a file takes them. Valid as long as the UUID is.
std::string_view view_bytes(const Uuid& uuid);

/// 36 characters, lower case: "f81d4fae-7dec-41d0-a765-00a0c91e6bf6".
std::string to_string(const Uuid& uuid);

/// Whether to_string() begins with this, without making a string: for searches through many.
bool has_prefix(const Uuid& uuid, std::string_view prefix);

/// Makes version 4 UUIDs (RFC 9562, section 5.4) from the kernel's random source, asked for many at a time because each
/// question costs a system call. Not thread-safe; one instance has one owner.
class UuidSource {
public:
    Uuid make_bytes();
    std::string make() { return to_string(make_bytes()); }

private:
    std::array<unsigned char, 256 * sizeof(Uuid)> pool_{};
    std::size_t used_ = pool_.size();
};

} // namespace eventsgw
