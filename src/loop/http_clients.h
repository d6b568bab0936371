// SPDX-License-Identifier: GPL-3.0-or-later
// Copyright (C) 2026 eventsgw contributors

#pragma once

#include "loop/timers.h"

#include <cstddef>
#include <list>
#include <memory>

struct bufferevent;
struct event_base;

namespace eventsgw {

/// Bounds the clients of libevent's HTTP server, which up to version 2.1 takes any number of them, and begins its
/// time-out again with each byte. There are at most kMax, and the oldest goes for another one: so whoever asks at once
/// is answered, and idle ones take few descriptors from the rest of the program. None stays longer than kTime.
class HttpClients {
public:
    static constexpr std::size_t kMax = 32;
    static constexpr std::chrono::seconds kTime{10};

    HttpClients(event_base* base, Timers& timers);

    /// A client's connection has come to its end, and is not looked at any more.
    void forget(bufferevent* connection);
    /// The connection of a new client, which gets its socket from the server; nullptr for want of memory.
    bufferevent* make();

private:
    /// The server frees the connection of one that has not asked for anything, and tells nobody. The reference keeps
    /// the object, and its descriptor too: a number that others use by now could not be cut.
    struct Deleter {
        void operator()(bufferevent* connection) const;
    };
    struct Client {
        std::unique_ptr<bufferevent, Deleter> connection;
        Clock::time_point since;
    };

    void forget_ended();
    void cut_late();

    event_base* base_;
    Timers& timers_;
    std::list<Client> clients_; ///< the oldest first
    std::unique_ptr<Timer> deadline_;
};

} // namespace eventsgw
