// SPDX-License-Identifier: GPL-3.0-or-later
// Copyright (C) 2026 eventsgw contributors

#include "base/backoff.h"

#include <algorithm>
#include <cstdlib>

namespace eventsgw {

std::chrono::milliseconds Backoff::next() {
    const std::chrono::milliseconds whole = delay_;
    delay_ = std::min(2 * delay_, kLongest);
    const double part = 0.75 + 0.25 * ::erand48(random_.data());
    return std::chrono::milliseconds(
        static_cast<std::chrono::milliseconds::rep>(part * static_cast<double>(whole.count())));
}

} // namespace eventsgw
