// SPDX-License-Identifier: GPL-3.0-or-later
// Copyright (C) 2026 eventsgw contributors

#pragma once

#include "redis/session.h"

#include <cstddef>
#include <functional>
#include <string>
#include <vector>

namespace eventsgw {

/// Listens to channels and patterns on the replica, over one connection; after a loss it subscribes to all of them
/// again. It never stops reading, because Redis cuts off a subscriber that falls behind, and never unsubscribes,
/// because the cluster's access rules do not allow it.
class Subscriber {
public:
    struct Callbacks {
        std::function<void(const Message&)> on_message;
        std::function<void()> on_listening;       ///< every subscription is confirmed
        std::function<void()> on_problem = [] {}; ///< session().problem() is another one now
    };

    /// At least one channel or pattern, each name once.
    Subscriber(Session::Options options, Network network, const Log& log, std::vector<std::string> channels,
               std::vector<std::string> patterns, Callbacks callbacks);

    void start() { session_.start(); }
    void stop() { session_.stop(); }
    bool is_listening() const { return session_.is_ready() && confirmed_ == wanted(); }
    std::size_t channel_count() const { return channels_.size(); }
    std::size_t pattern_count() const { return patterns_.size(); }
    const Session& session() const { return session_; }

private:
    std::size_t wanted() const { return channels_.size() + patterns_.size(); }
    void on_ready();
    void on_subscribed();
    void on_lost() { confirmed_ = 0; }
    void probe();

    std::vector<std::string> channels_;
    std::vector<std::string> patterns_;
    Callbacks callbacks_;
    std::size_t confirmed_ = 0; ///< subscriptions of this connection
    Session session_;
};

} // namespace eventsgw
