// SPDX-License-Identifier: GPL-3.0-or-later
// Copyright (C) 2026 eventsgw contributors

#pragma once

#include "base/chrono.h"
#include "base/uuid.h"
#include "event/event.h"
#include "event/task.h"

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <optional>
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
/// A file may hold any number: what is before 1970 or after 2100 is moved to there, so that no difference of two times
/// overflows.
inline WallTime to_time(std::int64_t number) {
    constexpr std::int64_t kLatest = 4102444800000;
    return WallTime(std::chrono::milliseconds(std::clamp<std::int64_t>(number, 0, kLatest)));
}

/// An event that work waits for: kept once, in memory and on disk, however many rules it meets. Channel and payload
/// share one string with the id of a replay, because in a flood each allocation counts.
class KeptEvent {
public:
    KeptEvent(std::string_view channel, std::string_view payload, std::string_view replay_of = {})
        : channel_size_(channel.size()), size_(channel.size() + payload.size()) {
        bytes_.reserve(size_ + replay_of.size());
        bytes_.append(channel).append(payload).append(replay_of);
    }

    std::string_view channel() const { return std::string_view(bytes_).substr(0, channel_size_); }
    std::string_view payload() const { return std::string_view(bytes_).substr(channel_size_, size_ - channel_size_); }
    /// The id of the work whose event was replayed; empty if this is no replay.
    std::string_view replay_of() const { return std::string_view(bytes_).substr(size_); }
    bool is_replay() const { return size_ < bytes_.size(); }
    /// Found out when it is asked for first, by the one thread that makes tasks: commands do not care.
    PayloadForm form() const {
        if (!form_) {
            form_ = classify_payload(payload());
        }
        return *form_;
    }
    Event view() const { return {channel(), payload(), {}, replay_of()}; }

    /// Of channel and payload, as the journal counts an event.
    std::size_t size() const { return size_; }

    /// In the file, and not changed any more once it is given. 0 as long as the event has none.
    std::uint64_t number = 0;

private:
    mutable std::optional<PayloadForm> form_;
    std::size_t channel_size_;
    std::size_t size_;
    std::string bytes_;
};

/// Keeps an event when the first work needs it.
class Keeper {
public:
    /// The event must live as long as this.
    explicit Keeper(const Event& event) : event_(event) {}

    const std::shared_ptr<KeptEvent>& keep() {
        if (!kept_) {
            kept_ = std::make_shared<KeptEvent>(event_.channel, event_.payload, event_.replay_of);
        }
        return kept_;
    }

private:
    const Event& event_;
    std::shared_ptr<KeptEvent> kept_;
};

/// What the agent is asked to do about an event. Its number stands for its place in the order.
struct Task {
    std::uint64_t number;
    WallTime arrived;
    std::shared_ptr<KeptEvent> event;
    std::string action;
    Uuid id;

    std::string_view channel() const { return event->channel(); }
    /// What is pushed to the queue.
    std::string text() const { return make_task(event->view(), event->form(), action, to_string(id)); }

    /// What limits count: the bytes, and about what it costs to hold them.
    std::size_t cost() const { return event->size() + action.size() + kOverhead; }
    static constexpr std::size_t kOverhead = 200;
};

/// The first of the tasks, which are in the order of their numbers, with one above `number`.
template <typename Tasks> auto find_after(Tasks& tasks, std::uint64_t number) {
    return std::upper_bound(tasks.begin(), tasks.end(), number,
                            [](std::uint64_t limit, const Task& task) { return limit < task.number; });
}

} // namespace eventsgw
