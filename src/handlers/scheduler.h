// SPDX-License-Identifier: GPL-3.0-or-later
// Copyright (C) 2026 eventsgw contributors

#pragma once

#include "handlers/occurrence.h"
#include "loop/timers.h"
#include "process/slots.h"

#include <deque>
#include <functional>
#include <map>
#include <memory>
#include <string>
#include <unordered_map>

namespace eventsgw {

/// Decides when the handler of an event starts: in the order of the events, as many at once as there are slots, those
/// that are serialised or coalesced one after the other, those that are coalesced after their window.
class Scheduler {
public:
    /// Begins a handler; finish() must follow, with the same lane.
    using StartCallback = std::function<void(Occurrence occurrence, const std::string& lane)>;

    /// `start` is called when a handler's turn has come: from within submit() where it comes at once, else from the
    /// loop or from within another's finish().
    Scheduler(Timers& timers, Slots& slots, StartCallback start);

    /// Refuses the event when the queue is full. Otherwise its handler starts, now or later, or one that stands for it
    /// too.
    Admission submit(Occurrence occurrence);

    /// The handler has ended: lets the next of its lane go on and gives its slot back.
    void finish(const std::string& lane);

    std::size_t waiting() const { return entries_.size(); }

    /// No more events will come: nothing is gained by waiting for them.
    void close_windows();

    /// Forgets what waits; the slots are closed.
    void close();

private:
    struct Entry {
        Occurrence occurrence;
        std::string lane;      ///< what must not run side by side has the same; empty: none
        std::string merge_key; ///< events of the same join it as long as it has not started; empty: none do
    };

    /// With the event that waits under this key; refused when its payload is too much.
    Admission merge(const std::string& key, Occurrence& occurrence);
    void open_window(Slots::Number number, std::chrono::nanoseconds length);
    void close_windows_until(Clock::time_point time);
    Admission line_up(Slots::Number number);
    Admission ask(Slots::Number number);
    void begin(Slots::Number number);

    Timers& timers_;
    Slots& slots_;
    StartCallback start_;
    std::unordered_map<Slots::Number, Entry> entries_;                 ///< those that have not started
    std::unordered_map<std::string, Slots::Number> mergeable_;         ///< of `entries_`, by merge key
    std::multimap<Clock::time_point, Slots::Number> windows_;          ///< by their ends
    std::unordered_map<std::string, std::deque<Slots::Number>> lanes_; ///< each lane that is held, and who waits for it
    std::unique_ptr<Timer> window_over_;
};

} // namespace eventsgw
