// SPDX-License-Identifier: GPL-3.0-or-later
// Copyright (C) 2026 eventsgw contributors

#pragma once

#include "base/chrono.h"

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>
#include <utility>

namespace eventsgw {

/// Time of day, for what outlives the process; as fine as times to a confirmation are told.
using WallTime = std::chrono::sys_time<std::chrono::microseconds>;

/// How a file holds it: in milliseconds.
inline std::int64_t to_number(WallTime time) {
    return std::chrono::floor<std::chrono::milliseconds>(time).time_since_epoch().count();
}
inline WallTime to_time(std::int64_t number) {
    return WallTime(std::chrono::milliseconds(number));
}

/// A task on its way, with the number that stands for its place in the order. Text and channel share one string,
/// because in a flood each allocation counts.
class PendingTask {
public:
    PendingTask(std::uint64_t number, std::string_view channel, std::string text, WallTime arrived)
        : number_(number), arrived_(arrived), text_size_(text.size()), bytes_(std::move(text)) {
        bytes_.append(channel);
    }

    std::uint64_t number() const { return number_; }
    WallTime arrived() const { return arrived_; }
    std::string_view channel() const { return std::string_view(bytes_).substr(text_size_); }
    std::string_view text() const { return std::string_view(bytes_).substr(0, text_size_); }

    /// What limits count: the bytes, and about what it costs to hold them.
    std::size_t cost() const { return bytes_.size() + kOverhead; }
    static constexpr std::size_t kOverhead = 80;

private:
    std::uint64_t number_;
    WallTime arrived_;
    std::size_t text_size_;
    std::string bytes_;
};

/// The first of the tasks, which are in the order of their numbers, with one above `number`.
template <typename Tasks> auto find_after(Tasks& tasks, std::uint64_t number) {
    return std::upper_bound(tasks.begin(), tasks.end(), number,
                            [](std::uint64_t limit, const PendingTask& task) { return limit < task.number(); });
}

} // namespace eventsgw
