// SPDX-License-Identifier: GPL-3.0-or-later
// Copyright (C) 2026 eventsgw contributors

#include "loop/loop.h"

#include "loop/event_handle.h"

#include <stdexcept>
#include <utility>

#include <event2/event.h>

namespace eventsgw {
namespace {

class LoopTimer : public Timer {
public:
    LoopTimer(event_base* base, std::function<void()> on_due)
        : on_due_(std::move(on_due)), event_(event_new(base, -1, 0, &LoopTimer::on_event, this)) {}

    void start(std::chrono::nanoseconds delay) override {
        if (delay <= std::chrono::nanoseconds::zero()) {
            event_del(event_.get());
            event_active(event_.get(), EV_TIMEOUT, 0);
            return;
        }
        const timeval time = to_timeval(delay);
        event_add(event_.get(), &time);
    }

    void stop() override { event_del(event_.get()); }

    bool is_pending() const override { return event_pending(event_.get(), EV_TIMEOUT, nullptr) != 0; }

private:
    static void on_event(evutil_socket_t /*fd*/, short /*what*/, void* self) {
        static_cast<LoopTimer*>(self)->on_due_();
    }

    std::function<void()> on_due_;
    EventHandle event_;
};

} // namespace

void EventDeleter::operator()(event* handle) const {
    event_free(handle);
}

timeval to_timeval(std::chrono::nanoseconds duration) {
    const auto micros = std::chrono::ceil<std::chrono::microseconds>(duration).count();
    return timeval{static_cast<time_t>(micros / 1000000), static_cast<suseconds_t>(micros % 1000000)};
}

void Loop::BaseDeleter::operator()(event_base* base) const {
    event_base_free(base);
}

Loop::Loop() : base_(event_base_new()) {
    if (!base_) {
        throw std::runtime_error("cannot make an event loop");
    }
    burial_ = make_timer([this] { std::exchange(retired_, {}).clear(); });
}

Loop::~Loop() = default;

void Loop::run() {
    if (event_base_loop(base_.get(), EVLOOP_NO_EXIT_ON_EMPTY) < 0) {
        throw std::runtime_error("the event loop failed");
    }
}

void Loop::stop() {
    event_base_loopbreak(base_.get());
}

std::unique_ptr<Timer> Loop::make_timer(std::function<void()> on_due) {
    return std::make_unique<LoopTimer>(base_.get(), std::move(on_due));
}

void Loop::retire(std::unique_ptr<Retirable> object) {
    retired_.push_back(std::move(object));
    burial_->start(std::chrono::nanoseconds::zero());
}

} // namespace eventsgw
