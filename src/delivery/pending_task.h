// SPDX-License-Identifier: GPL-3.0-or-later
// Copyright (C) 2026 eventsgw contributors

#pragma once

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>
#include <utility>

namespace eventsgw {

/// Time of day, for what outlives the process.
using WallTime = std::chrono::sys_time<std::chrono::milliseconds>;

/// A task on its way, with the number that stands for its place in the order. Channel and text share one string,
/// because in a flood each allocation counts.
class PendingTask {
public:
    PendingTask(std::uint64_t number, std::string_view channel, std::string_view text, WallTime arrived)
        : number_(number), arrived_(arrived), channel_size_(channel.size()) {
        bytes_.reserve(channel.size() + text.size());
        bytes_.append(channel).append(text);
    }

    std::uint64_t number() const { return number_; }
    WallTime arrived() const { return arrived_; }
    std::string_view channel() const { return std::string_view(bytes_).substr(0, channel_size_); }
    std::string_view text() const { return std::string_view(bytes_).substr(channel_size_); }

    /// What limits count: the bytes, and about what it costs to hold them.
    std::size_t cost() const { return bytes_.size() + kOverhead; }
    static constexpr std::size_t kOverhead = 80;

private:
    std::uint64_t number_;
    WallTime arrived_;
    std::size_t channel_size_;
    std::string bytes_;
};

} // namespace eventsgw
