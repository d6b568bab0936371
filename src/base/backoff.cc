// SPDX-License-Identifier: GPL-3.0-or-later
// Copyright (C) 2026 eventsgw contributors

#include "base/backoff.h"

#include <algorithm>
#include <cerrno>

namespace eventsgw {

bool is_shortage(const Error& error) {
    switch (error.os_error) {
    case EAGAIN:
    case ENOMEM:
    case EMFILE:
    case ENFILE:
    case ENOBUFS: return true;
    default: return false;
    }
}

std::chrono::milliseconds Backoff::next() {
    const std::chrono::milliseconds whole = delay_;
    delay_ = std::min(2 * delay_, kLongest);
    std::uniform_int_distribution<std::chrono::milliseconds::rep> part(whole.count() * 3 / 4, whole.count());
    return std::chrono::milliseconds(part(random_));
}

} // namespace eventsgw
