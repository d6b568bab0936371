// SPDX-License-Identifier: GPL-3.0-or-later
// Copyright (C) 2026 eventsgw contributors

#include "loop/refusals.h"

namespace eventsgw {

Refusals::Refusals(Timers& timers, const Log& log, std::string_view area, std::string_view fact, std::string_view count)
    : log_(log), area_(area), fact_(fact), count_name_(count), pause_(timers.make_timer([this] { say(); })) {}

void Refusals::add(std::string_view channel, std::size_t waiting, std::size_t bytes) {
    queue_ = {waiting, bytes};
    count(channel);
}

void Refusals::add(std::string_view channel) {
    queue_.reset();
    count(channel);
}

void Refusals::count(std::string_view channel) {
    ++total_;
    channel_ = channel;
    if (!pause_->is_pending()) {
        say();
    }
}

void Refusals::say() {
    if (total_ == said_) {
        return;
    }
    const std::uint64_t fresh = total_ - said_;
    said_ = total_;
    if (queue_) {
        log_.error(area_, fact_,
                   {{"event", channel_},
                    {"waiting", queue_->waiting},
                    {"bytes", queue_->bytes},
                    {"new", fresh},
                    {count_name_, total_}});
    } else {
        log_.error(area_, fact_, {{"event", channel_}, {"new", fresh}, {count_name_, total_}});
    }
    pause_->start(std::chrono::seconds(1));
}

} // namespace eventsgw
