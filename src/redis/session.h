// SPDX-License-Identifier: GPL-3.0-or-later
// Copyright (C) 2026 eventsgw contributors

#pragma once

#include "base/backoff.h"
#include "base/chrono.h"
#include "base/log.h"
#include "config/address.h"
#include "loop/timers.h"
#include "redis/link.h"
#include "redis/resolver.h"

#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace eventsgw {

/// What a session needs of the world.
struct Network {
    Timers& timers;
    LinkFactory make_link;
    std::function<void(const std::string& host, ResolveCallback)> resolve;
    std::uint32_t seed; ///< of the back-off's jitter
};

/// Keeps one connection to one Redis server, for as long as it lives: looks the name up, connects, logs in, watches
/// that the server answers, and after whatever goes wrong waits a little longer than the last time and begins anew. It
/// says so once for each change of the reason, not for each attempt.
///
/// Owned by whoever talks through it (Subscriber, TaskQueue). All callbacks come from the loop, on_ready and on_lost in
/// turns.
class Session {
public:
    struct Options {
        std::string server; ///< "leader" or "replica": the area of its log records
        Address address;
        std::string user;
        std::string password;
        std::string client_name;
        std::chrono::nanoseconds polling_interval; ///< between two health checks
    };
    struct Callbacks {
        std::function<void()> on_ready; ///< logged in; commands may be sent until on_lost
        std::function<void()> on_lost;  ///< after on_ready: what has not been answered never will be
        std::function<void()> on_probe; ///< time to ask the server something, for a sign of life
        std::function<void(const Message&)> on_message = [](const Message&) {};
        std::function<void(std::string_view name)> on_subscribed = [](std::string_view) {};
        std::function<void()> on_oversized = [] {}; ///< the connection ends because a message is too large
        std::function<void()> on_problem = [] {};   ///< problem() is another one now
    };

    /// For the lookup of the name, and then from the start of a connection to the answer of AUTH.
    static constexpr std::chrono::seconds kSetupTimeout{5};
    /// From a health check to the end of a connection on which nothing has moved since.
    static constexpr std::chrono::seconds kSilenceTimeout{10};

    Session(Options options, Network network, const Log& log, Callbacks callbacks);
    Session(const Session&) = delete;
    Session& operator=(const Session&) = delete;

    void start();

    /// Ends it for good, without a callback.
    void stop();

    bool is_ready() const { return state_ == State::ready; }

    /// When the last connection heard from its server for the last time.
    Clock::time_point last_heard() const { return link_ ? link_->last_heard() : last_heard_; }

    /// The next health check comes after that time.
    void set_polling_interval(std::chrono::nanoseconds interval);

    /// If it waits before the next attempt, that is made now.
    void hurry();

    /// The three below only while ready.
    using AnswerCallback = std::function<void(const Reply&)>;
    void send(const std::vector<std::string_view>& command, AnswerCallback on_answer);
    void subscribe(const std::vector<std::string>& channels) { link_->subscribe(channels); }
    void psubscribe(const std::vector<std::string>& patterns) { link_->psubscribe(patterns); }

    /// The owner found that the server does its work: says so if it was not known, and forgets former failures.
    void confirm_works();

    /// Drops the connection and comes back later. For an answer that means "not now", such as READONLY. Calls on_lost
    /// before it returns, if the session was ready.
    void fail(Error reason);

    /// Why there is no connection that works; empty when there is.
    const std::string& problem() const { return problem_.message; }
    Fault fault() const { return problem_.fault; }
    const Address& address() const { return options_.address; }
    /// Whether the last connection was given up because nothing came any more.
    bool went_silent() const { return went_silent_; }

private:
    enum class State : std::uint8_t { idle, resolving, connecting, ready, waiting };

    void begin();
    void on_resolved(Addresses addresses);
    void connect(const Address& address);
    void on_authenticated(const Reply& reply);
    void on_setup_timeout();
    void check_health();
    void drop_link();
    void note_problem(Error reason);
    std::string describe() const { return to_string(options_.address); }

    Options options_;
    Network network_;
    const Log& log_;
    Callbacks callbacks_;

    State state_ = State::idle;
    std::unique_ptr<Link> link_;
    std::uint64_t generation_ = 0; ///< of the link: callbacks of a former one are dropped
    std::size_t attempts_ = 0;     ///< since it was last healthy: takes turns among a name's addresses
    Backoff backoff_;
    std::unique_ptr<Timer> retry_;
    std::unique_ptr<Timer> setup_;
    std::unique_ptr<Timer> health_;
    std::uint64_t progress_seen_ = 0;
    Clock::time_point last_heard_; ///< by the link before this one
    std::optional<Clock::time_point> unanswered_since_;

    bool went_silent_ = false;
    bool works_ = false; ///< as last said in the log
    Error problem_;      ///< as last said in the log
    Clock::time_point down_since_;
};

} // namespace eventsgw
