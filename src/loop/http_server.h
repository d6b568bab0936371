// SPDX-License-Identifier: GPL-3.0-or-later
// Copyright (C) 2026 eventsgw contributors

#pragma once

#include "base/result.h"
#include "config/address.h"
#include "loop/http_connection.h"
#include "loop/listening_socket.h"

#include <cstddef>
#include <list>
#include <memory>
#include <optional>

namespace eventsgw {

/// Answers HTTP requests on a unix socket or a TCP port, from the loop. A client has one request, without a body. There
/// are few clients at a time: where there are more, those that have held on the longest without a whole request go, so
/// that whoever asks at once is answered, and idle ones take no descriptors from the rest of the program. When it goes,
/// its socket's path goes too.
class HttpServer {
public:
    using Handler = HttpConnection::Handler;

    static constexpr std::size_t kMaxConnections = 32;

    /// The loop is that of the sockets; `timers` measure how long clients take.
    HttpServer(Loop& loop, Timers& timers, Handler on_request);

    /// Once; the errors are those of ListeningSocket::open().
    Result<void> listen(const Address& address);

private:
    using Connections = std::list<std::unique_ptr<HttpConnection>>; ///< the oldest first

    void accept_some();
    void add(UniqueFd socket);
    void make_room();
    void remove(Connections::iterator place);

    Loop& loop_;
    Timers& timers_;
    Handler on_request_;
    ListeningSocket socket_;
    std::optional<Watch> incoming_;
    std::unique_ptr<Timer> pause_; ///< while there are no descriptors for more clients
    Connections connections_;
};

} // namespace eventsgw
