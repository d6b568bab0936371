// SPDX-License-Identifier: GPL-3.0-or-later
// Copyright (C) 2026 eventsgw contributors

#include "loop/refusals.h"

namespace eventsgw {

Refusals::Refusals(Timers& timers, const Log& log, std::string_view area, std::string_view fact, std::string_view count)
    : log_(log), area_(area), fact_(fact), count_(count), pause_(timers.make_timer([this] { say(); })) {}

void Refusals::add(std::string_view channel, std::size_t waiting, std::size_t bytes) {
    ++total_;
    channel_ = channel;
    waiting_ = waiting;
    bytes_ = bytes;
    if (!pause_->is_pending()) {
        say();
    }
}

void Refusals::say() {
    if (total_ == said_) {
        return;
    }
    said_ = total_;
    log_.error(area_, fact_, {{"event", channel_}, {"waiting", waiting_}, {"bytes", bytes_}, {count_, total_}});
    pause_->start(std::chrono::seconds(1));
}

} // namespace eventsgw
