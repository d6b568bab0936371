// SPDX-License-Identifier: GPL-3.0-or-later
// Copyright (C) 2026 eventsgw contributors

#pragma once

#include "loop/timers.h"

#include <memory>
#include <vector>

struct event_base;

namespace eventsgw {

/// The one event loop of the program: libevent's base, timers, and the place where objects retire. Everything runs in
/// the thread that calls run(); there is one priority, so that neither Redis nor the children starve each other.
class Loop : public Timers {
public:
    /// Throws std::runtime_error where the kernel gives no epoll descriptor: without a loop there is no program.
    Loop();
    ~Loop() override;

    /// Runs until stop(). May be called again. Throws std::runtime_error when the kernel fails it.
    void run();

    /// Makes run() return after the current turn.
    void stop();

    Clock::time_point now() const override { return Clock::now(); }
    std::unique_ptr<Timer> make_timer(std::function<void()> on_due) override;
    void retire(std::unique_ptr<Retirable> object) override;

    /// For the other files of this floor.
    event_base* base() { return base_.get(); }

private:
    struct BaseDeleter {
        void operator()(event_base* base) const;
    };

    std::unique_ptr<event_base, BaseDeleter> base_;
    std::vector<std::unique_ptr<Retirable>> retired_;
    std::unique_ptr<Timer> burial_; ///< after the turn: destroys what has retired
};

} // namespace eventsgw
