// SPDX-License-Identifier: GPL-3.0-or-later
// Copyright (C) 2026 eventsgw contributors

#include "base/backoff.h"

#include <algorithm>
#include <cerrno>
#include <cstdlib>

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
    const double part = 0.75 + 0.25 * ::erand48(random_.data());
    return std::chrono::milliseconds(
        static_cast<std::chrono::milliseconds::rep>(part * static_cast<double>(whole.count())));
}

} // namespace eventsgw
