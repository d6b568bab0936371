// SPDX-License-Identifier: GPL-3.0-or-later
// Copyright (C) 2026 eventsgw contributors

#include "redis/subscriber.h"

#include <utility>

namespace eventsgw {

Subscriber::Subscriber(Session::Options options, Network network, const Log& log, std::vector<std::string> channels,
                       std::vector<std::string> patterns, Callbacks callbacks)
    : channels_(std::move(channels)), patterns_(std::move(patterns)), callbacks_(std::move(callbacks)),
      session_(std::move(options), std::move(network), log,
               Session::Callbacks{.on_ready = [this] { on_ready(); },
                                  .on_lost = [this] { on_lost(); },
                                  .on_probe = [this] { probe(); },
                                  .on_message = callbacks_.on_message,
                                  .on_subscribed = [this](std::string_view) { on_subscribed(); },
                                  .on_problem = callbacks_.on_problem}) {}

void Subscriber::on_ready() {
    confirmed_ = 0;
    if (!channels_.empty()) {
        session_.subscribe(channels_);
    }
    if (!patterns_.empty()) {
        session_.psubscribe(patterns_);
    }
}

void Subscriber::on_subscribed() {
    if (is_listening()) {
        return; // the answer to a probe
    }
    ++confirmed_;
    if (is_listening()) {
        session_.confirm_works();
        callbacks_.on_listening();
    }
}

/// Subscribes once more to a name it holds. A PING would do, but before hiredis 1.1 the answer to a PING of a
/// subscriber is lost, or handed to a subscription.
void Subscriber::probe() {
    if (!is_listening()) {
        return; // the confirmations themselves are due
    }
    if (!channels_.empty()) {
        session_.subscribe({channels_.front()});
    } else {
        session_.psubscribe({patterns_.front()});
    }
}

} // namespace eventsgw
