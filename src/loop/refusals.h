// SPDX-License-Identifier: GPL-3.0-or-later
// Copyright (C) 2026 eventsgw contributors

#pragma once

#include "base/log.h"
#include "loop/timers.h"

#include <cstddef>
#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>

namespace eventsgw {

/// Counts what a full queue refuses, and logs it so that a flood of refusals is loud without flooding the log as well:
/// the first one at once, then for as long as it goes on one line a second with the last event, how many there were
/// since the line before (`new`), and the number so far.
class Refusals {
public:
    /// `area` and `fact` begin the log's records, `count` is the name of the number so far; all must be literals.
    Refusals(Timers& timers, const Log& log, std::string_view area, std::string_view fact,
             std::string_view count = "refused");

    /// Of an event on `channel`, while so many others wait, with so many bytes.
    void add(std::string_view channel, std::size_t waiting, std::size_t bytes);

    /// For another reason than what waits.
    void add(std::string_view channel);

    std::uint64_t total() const { return total_; }

private:
    void count(std::string_view channel);
    void say();

    const Log& log_;
    std::string_view area_;
    std::string_view fact_;
    std::string_view count_name_;
    std::unique_ptr<Timer> pause_;
    std::uint64_t total_ = 0;
    std::uint64_t said_ = 0; ///< `total_` as last logged
    std::string channel_;
    struct Queue {
        std::size_t waiting;
        std::size_t bytes;
    };
    std::optional<Queue> queue_; ///< as it was at the last one
};

} // namespace eventsgw
