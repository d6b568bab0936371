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
