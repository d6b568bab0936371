// SPDX-License-Identifier: GPL-3.0-or-later
// Copyright (C) 2026 eventsgw contributors

#pragma once

#include "base/fd.h"
#include "loop/timers.h"
#include "loop/watch.h"

#include <cstddef>
#include <memory>
#include <string_view>

namespace eventsgw {

class Loop;

/// Writes a child's standard input to its pipe as fast as the child reads, and then closes the pipe. A child that does
/// not read to the end, or at all, is none of its business: it just stops.
class InputFeed {
public:
    /// Writes what fits at once. `pipe` must be set to non-blocking. `input` must live as long as this.
    InputFeed(Loop& loop, UniqueFd pipe, std::string_view input);

private:
    void write_some();
    void wait();
    void finish();

    UniqueFd pipe_;
    std::string_view rest_;
    std::unique_ptr<Watch> writable_;
    std::unique_ptr<Timer> retry_; ///< where the kernel takes no more descriptors to watch
};

} // namespace eventsgw
