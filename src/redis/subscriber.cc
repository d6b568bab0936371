// SPDX-License-Identifier: GPL-3.0-or-later
// Copyright (C) 2026 eventsgw contributors

#include "redis/subscriber.h"

#include "base/time.h"

#include <algorithm>
#include <iterator>
#include <utility>

namespace eventsgw {
namespace {

/// The names that are not in `held`, which has them afterwards.
std::vector<std::string> take_new(const std::vector<std::string>& names, std::set<std::string>& held) {
    std::vector<std::string> added;
    std::copy_if(names.begin(), names.end(), std::back_inserter(added),
                 [&](const std::string& name) { return held.insert(name).second; });
    return added;
}

} // namespace

Subscriber::Subscriber(Session::Options options, Network network, const Log& log, Subscriptions wanted,
                       std::size_t max_payload, Callbacks callbacks)
    : timers_(network.timers), log_(log), wanted_(std::move(wanted)), max_payload_(max_payload),
      callbacks_(std::move(callbacks)),
      session_(std::move(options), std::move(network), log,
               Session::Callbacks{.on_ready = [this] { on_ready(); },
                                  .on_lost = [this] { on_lost(); },
                                  .on_probe = [this] { probe(); },
                                  .on_message = [this](const Message& message) { on_message(message); },
                                  .on_subscribed = [this](std::string_view) { on_subscribed(); },
                                  .on_oversized = [this] { on_oversized(); },
                                  .on_problem = callbacks_.on_problem}) {}

void Subscriber::stop() {
    session_.stop();
    end_gap(false);
}

void Subscriber::listen_to(Subscriptions wanted) {
    wanted_ = std::move(wanted);
    if (!session_.is_ready()) {
        return;
    }
    subscribe();
    if (unconfirmed_ == 0) {
        ++unconfirmed_;
        subscribe_again();
    }
}

void Subscriber::on_ready() {
    held_channels_.clear();
    held_patterns_.clear();
    unconfirmed_ = 0;
    probes_ = 0;
    subscribe();
}

void Subscriber::subscribe() {
    const std::vector<std::string> channels = take_new(wanted_.channels, held_channels_);
    const std::vector<std::string> patterns = take_new(wanted_.patterns, held_patterns_);
    unconfirmed_ += channels.size() + patterns.size();
    if (!channels.empty()) {
        session_.subscribe(channels);
    }
    if (!patterns.empty()) {
        session_.psubscribe(patterns);
    }
}

void Subscriber::on_message(const Message& message) {
    if (message.payload.size() > max_payload_) {
        ++refused_;
        log_.error("replica", "refused, the payload is over max_payload",
                   {{"event", message.channel}, {"bytes", message.payload.size()}, {"refused", refused_}});
        callbacks_.on_too_large(message);
        return;
    }
    callbacks_.on_message(message);
}

void Subscriber::on_oversized() {
    ++refused_;
    log_.error("replica", "refused with its connection, a payload far over max_payload", {{"refused", refused_}});
}

/// Confirmations come one for each name in the order of asking, and no probe is sent while others are due: so those of
/// probes come first.
void Subscriber::on_subscribed() {
    if (probes_ > 0) {
        --probes_;
        return;
    }
    if (unconfirmed_ == 0 || --unconfirmed_ > 0) {
        return;
    }
    has_listened_ = true;
    session_.confirm_works();
    end_gap(true);
    callbacks_.on_listening();
}

void Subscriber::on_lost() {
    if (has_listened_ && !deaf_since_) {
        deaf_since_ = session_.last_heard();
    }
    callbacks_.on_lost();
}

void Subscriber::end_gap(bool is_listening_again) {
    if (!deaf_since_) {
        return;
    }
    const auto length = timers_.now() - *std::exchange(deaf_since_, std::nullopt);
    const auto end = std::chrono::system_clock::now();
    ++gaps_.count;
    gaps_.total += length;
    gaps_.last = Gap{end, length};
    log_.warning(
        "replica", "a gap, what was published meanwhile is lost",
        {{"from", format_rfc3339(end - std::chrono::duration_cast<std::chrono::system_clock::duration>(length))},
         {"until", format_rfc3339(end)},
         {"gap", length},
         {"resubscribed", is_listening_again ? "yes" : "no"},
         {"gaps", gaps_.count}});
}

void Subscriber::probe() {
    callbacks_.on_probe();
    if (unconfirmed_ > 0) {
        return; // the confirmations themselves are due
    }
    ++probes_;
    subscribe_again();
}

/// To a name it holds, which changes nothing and is answered in line with the messages. A PING would do for a health
/// check, but before hiredis 1.1 the answer to a PING of a subscriber is lost, or handed to a subscription.
void Subscriber::subscribe_again() {
    if (!held_channels_.empty()) {
        session_.subscribe({*held_channels_.begin()});
    } else {
        session_.psubscribe({*held_patterns_.begin()});
    }
}

} // namespace eventsgw
