// SPDX-License-Identifier: GPL-3.0-or-later
// Copyright (C) 2026 eventsgw contributors

#pragma once

#include "config/address.h"
#include "loop/timers.h"
#include "redis/reply.h"

#include <cstdint>
#include <functional>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

namespace eventsgw {

/// One message of a subscription. The views live as long as the callback.
struct Message {
    std::string_view pattern; ///< the subscribed pattern that brought it; empty when `is_pattern` is false
    bool is_pattern;
    std::string_view channel;
    std::string_view payload;
};

/// One connection to a Redis server: an ordinary one for send(), or, from the first subscribe() on, one that listens.
/// The real one is hiredis; the fake one is played by tests. It is used once: a new attempt is a new link.
///
/// All callbacks come from the loop, never from inside a call to the link. After on_closed no other comes. A link may
/// be destroyed at any time but inside its own callbacks (retire it there); destroying it closes the connection without
/// a word.
class Link : public Retirable {
public:
    struct Callbacks {
        std::function<void(const Message&)> on_message;
        std::function<void(std::string_view name)> on_subscribed; ///< the server confirms one channel or pattern
        std::function<void()> on_oversized;                       ///< the link ends because a message is too large
        std::function<void(Error reason)> on_closed;              ///< connecting failed, or the connection ended
    };

    /// With the answer; with nullptr when the connection ended first, and nobody knows whether the command was carried
    /// out.
    using ReplyCallback = std::function<void(const Reply*)>;

    /// Commands given before the connection stands are sent when it does. They are answered in their order.
    virtual void send(const std::vector<std::string_view>& command, ReplyCallback on_reply) = 0;

    /// SUBSCRIBE, or PSUBSCRIBE, of at least one name. An error for any of them closes the connection.
    virtual void subscribe(const std::vector<std::string>& channels) = 0;
    virtual void psubscribe(const std::vector<std::string>& patterns) = 0;

    /// Goes up with all that the server sends and, as long as something waits to be sent, with all that it takes: proof
    /// that it is alive. Something small that its kernel takes while the server itself stands still does not count.
    virtual std::uint64_t progress() = 0;

    /// When the server was last heard; the time of the link's making until then.
    virtual Clock::time_point last_heard() const = 0;
};

/// Opens a link to an address whose host is numeric. What goes wrong is told through on_closed.
using LinkFactory = std::function<std::unique_ptr<Link>(const Address&, Link::Callbacks)>;

} // namespace eventsgw
