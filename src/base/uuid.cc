// SPDX-License-Identifier: GPL-3.0-or-later
// Copyright (C) 2026 eventsgw contributors

#include "base/uuid.h"

#include "base/text.h"

#include <algorithm>
#include <cerrno>
#include <cstdio>
#include <cstdlib>

#include <sys/random.h>

namespace eventsgw {
namespace {

/// The kernel gives at most 256 bytes in one piece for sure (getrandom(2)).
void fill_random(unsigned char* bytes, std::size_t size) {
    std::size_t filled = 0;
    while (filled < size) {
        const ssize_t got = ::getrandom(bytes + filled, size - filled, 0);
        if (got > 0) {
            filled += static_cast<std::size_t>(got);
        } else if (errno != EINTR) {
            // Without a random source ids would not be unique, and nothing else could be trusted either.
            std::perror("eventsgw: getrandom");
            std::abort();
        }
    }
}

} // namespace

std::string_view view_bytes(const Uuid& uuid) {
    return {reinterpret_cast<const char*>(uuid.data()), uuid.size()}; // NOLINT(*-reinterpret-cast): bytes as such
}

std::string to_string(const Uuid& uuid) {
    std::string text;
    text.reserve(36);
    for (std::size_t i = 0; i < uuid.size(); ++i) {
        if (i == 4 || i == 6 || i == 8 || i == 10) {
            text += '-';
        }
        append_hex(text, uuid[i]);
    }
    return text;
}

bool has_prefix(const Uuid& uuid, std::string_view prefix) {
    constexpr std::string_view kDigits = "0123456789abcdef";
    const std::array first{kDigits[uuid[0] >> 4U], kDigits[uuid[0] & 0x0FU]};
    const std::size_t count = std::min(prefix.size(), first.size()); // which differ in nearly all that do not match
    return prefix.substr(0, count) == std::string_view(first.data(), count) && to_string(uuid).starts_with(prefix);
}

Uuid UuidSource::make_bytes() {
    if (used_ == pool_.size()) {
        fill_random(pool_.data(), pool_.size());
        used_ = 0;
    }
    Uuid uuid{};
    std::copy_n(pool_.data() + used_, uuid.size(), uuid.data());
    used_ += uuid.size();
    uuid[6] = static_cast<unsigned char>((uuid[6] & 0x0FU) | 0x40U); // version 4
    uuid[8] = static_cast<unsigned char>((uuid[8] & 0x3FU) | 0x80U); // the RFC's variant
    return uuid;
}

} // namespace eventsgw
