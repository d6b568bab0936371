// SPDX-License-Identifier: GPL-3.0-or-later
// Copyright (C) 2026 eventsgw contributors

#pragma once

#include "base/result.h"
#include "config/address.h"
#include "loop/http_clients.h"
#include "loop/listening_socket.h"

#include <functional>
#include <memory>
#include <string>

struct evhttp;
struct evhttp_connection;

namespace eventsgw {

class Loop;

/// What was asked: the method is GET or POST, all others are refused.
struct HttpRequest {
    std::string method;
    std::string path;          ///< "/status", percent-encoded as it came
    std::string query;         ///< what follows the question mark; may be empty
    bool is_abandoned = false; ///< whoever asked has closed the connection already, or does not wait for an answer
};

struct HttpResponse {
    int status = 200; ///< of RFC 9110
    std::string content_type = "text/plain; charset=utf-8";
    std::string body;
};

/// Answers HTTP requests on a unix socket or a TCP port, from the loop, with libevent's own server. A client has one
/// request, without a body and with a header of a few KiB; HttpClients says for how long. When it goes, its socket's
/// path goes too.
class HttpServer {
public:
    using Handler = std::function<HttpResponse(const HttpRequest&)>;

    /// The loop is that of the sockets; `timers` measure how long clients take.
    HttpServer(Loop& loop, Timers& timers, Handler on_request);

    /// Once; the errors are those of ListeningSocket::open().
    Result<void> listen(const Address& address);

private:
    struct Deleter {
        void operator()(evhttp* server) const;
    };

    static void on_close(evhttp_connection* connection, void* self);

    Loop& loop_;
    Handler on_request_;
    ListeningSocket socket_;
    HttpClients clients_;
    std::unique_ptr<evhttp, Deleter> server_;
};

} // namespace eventsgw
