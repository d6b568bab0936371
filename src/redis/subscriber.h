// SPDX-License-Identifier: GPL-3.0-or-later
// Copyright (C) 2026 eventsgw contributors

#pragma once

#include "base/chrono.h"
#include "base/log.h"
#include "redis/session.h"

#include <cstddef>
#include <cstdint>
#include <functional>
#include <optional>
#include <set>
#include <string>
#include <vector>

namespace eventsgw {

/// What to listen to; each name once.
struct Subscriptions {
    std::vector<std::string> channels;
    std::vector<std::string> patterns;
};

/// Listens to channels and patterns on the replica, over one connection; after a loss it subscribes to all of them
/// again, and says for how long it has heard nothing. It never stops reading, because Redis cuts off a subscriber that
/// falls behind, and never unsubscribes, because the cluster's access rules do not allow it: what is no longer wanted
/// still comes until the next connection, and the owner must not mind.
class Subscriber {
public:
    struct Callbacks {
        std::function<void(const Message&)> on_message;
        std::function<void()> on_listening;       ///< every subscription that is wanted is confirmed
        std::function<void()> on_lost = [] {};    ///< none is any more
        std::function<void()> on_problem = [] {}; ///< session().problem() is another one now
        std::function<void()> on_probe = [] {};   ///< with each health check
        /// A message was refused, for its payload is over the limit.
        std::function<void(const Message&)> on_too_large = [](const Message&) {};
    };

    /// A time in which events may have passed unheard.
    struct Gap {
        std::chrono::system_clock::time_point end;
        std::chrono::nanoseconds length;
    };
    struct Gaps {
        std::uint64_t count = 0;
        std::chrono::nanoseconds total{};
        std::optional<Gap> last;
    };

    /// `wanted` has at least one name. A payload of more than `max_payload` bytes is refused, which is logged.
    Subscriber(Session::Options options, Network network, const Log& log, Subscriptions wanted, std::size_t max_payload,
               Callbacks callbacks);

    void start() { session_.start(); }
    void stop();

    /// Listens to these instead. The new names are subscribed at once, on the connection that there is. If it
    /// is_connected(), on_listening follows from the loop, and not within the messages of one event: where no name is
    /// new, one that is held is subscribed again for that.
    void listen_to(Subscriptions wanted);

    bool is_connected() const { return session_.is_ready(); }
    bool is_listening() const { return session_.is_ready() && unconfirmed_ == 0; }
    const Subscriptions& wanted() const { return wanted_; }
    const Gaps& gaps() const { return gaps_; }
    std::uint64_t refused() const { return refused_; } ///< messages over the limit
    Session& session() { return session_; }
    const Session& session() const { return session_; }

private:
    void on_ready();
    void on_message(const Message& message);
    void on_oversized();
    void on_subscribed();
    void on_lost();
    void probe();
    /// Subscribes to what is wanted and not held.
    void subscribe();
    void subscribe_again();
    void end_gap(bool is_listening_again);

    Timers& timers_;
    const Log& log_;
    Subscriptions wanted_;
    std::size_t max_payload_;
    Callbacks callbacks_;
    std::set<std::string> held_channels_; ///< asked for on this connection
    std::set<std::string> held_patterns_;
    std::size_t unconfirmed_ = 0; ///< names asked for whose confirmation is due
    std::size_t probes_ = 0;      ///< sent, and whose confirmation is due
    bool has_listened_ = false;   ///< to all that was wanted, once
    std::optional<Clock::time_point> deaf_since_;
    Gaps gaps_;
    std::uint64_t refused_ = 0;
    Session session_;
};

} // namespace eventsgw
