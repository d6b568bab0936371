// SPDX-License-Identifier: GPL-3.0-or-later
// Copyright (C) 2026 eventsgw contributors

#pragma once

#include "loop/timers.h"

#include <algorithm>
#include <utility>
#include <vector>

namespace eventsgw::testing {

/// Time that stands still until a test winds it on. Timers fall due in the order of their times.
class FakeTimers : public Timers {
public:
    Clock::time_point now() const override { return now_; }

    std::unique_ptr<Timer> make_timer(std::function<void()> on_due) override {
        return std::make_unique<FakeTimer>(*this, std::move(on_due));
    }

    void retire(std::unique_ptr<Retirable> object) override { retired_.push_back(std::move(object)); }

    /// Lets the time pass, and on the way whatever falls due.
    void advance(std::chrono::nanoseconds duration) {
        const Clock::time_point end = now_ + duration;
        while (FakeTimer* next = find_due(end)) {
            now_ = std::max(now_, next->due);
            next->is_started = false;
            next->on_due();
            bury();
        }
        now_ = end;
        bury();
    }

    /// Destroys what has retired.
    void bury() { retired_.clear(); }

    /// Runs what is due now, as the end of a turn does.
    void turn() { advance(std::chrono::nanoseconds::zero()); }

private:
    struct FakeTimer : Timer {
        FakeTimer(FakeTimers& all, std::function<void()> callback) : timers(all), on_due(std::move(callback)) {
            timers.timers_.push_back(this);
        }
        FakeTimer(const FakeTimer&) = delete;
        FakeTimer& operator=(const FakeTimer&) = delete;
        ~FakeTimer() override { std::erase(timers.timers_, this); }

        void start(std::chrono::nanoseconds delay) override {
            due = timers.now_ + delay;
            is_started = true;
        }
        void stop() override { is_started = false; }
        bool is_pending() const override { return is_started; }

        FakeTimers& timers;
        std::function<void()> on_due;
        Clock::time_point due;
        bool is_started = false;
    };

    FakeTimer* find_due(Clock::time_point end) const {
        FakeTimer* next = nullptr;
        for (FakeTimer* timer : timers_) {
            if (timer->is_started && timer->due <= end && (next == nullptr || timer->due < next->due)) {
                next = timer;
            }
        }
        return next;
    }

    Clock::time_point now_{};
    std::vector<FakeTimer*> timers_;
    std::vector<std::unique_ptr<Retirable>> retired_;
};

} // namespace eventsgw::testing
