// SPDX-License-Identifier: GPL-3.0-or-later
// Copyright (C) 2026 eventsgw contributors

#pragma once

#include "base/result.h"
#include "config/address.h"

#include <functional>
#include <memory>
#include <string>

#include <sys/types.h>

struct evhttp;

namespace eventsgw {

class Loop;

/// What was asked: the method is GET or POST, all others are refused.
struct HttpRequest {
    std::string method;
    std::string path; ///< "/status", without what follows a question mark
};

struct HttpResponse {
    int status = 200; ///< of RFC 9110
    std::string content_type = "text/plain; charset=utf-8";
    std::string body;
};

/// Answers HTTP requests on a unix socket or a TCP port, from the loop, with libevent's own server. A request has no
/// body, a header of at most a few KiB and 5 s to arrive. When it goes, its socket's path goes too.
class HttpServer {
public:
    using Handler = std::function<HttpResponse(const HttpRequest&)>;

    HttpServer(Loop& loop, Handler on_request);
    HttpServer(const HttpServer&) = delete;
    HttpServer& operator=(const HttpServer&) = delete;
    ~HttpServer();

    /// Once. A unix socket is open to its owner alone (0600); one that is left behind in its place, with nobody behind
    /// it, is replaced. The host of a TCP address must be numeric. Errors: the system's, and that somebody else answers
    /// there.
    Result<void> listen(const Address& address);

private:
    struct Deleter {
        void operator()(evhttp* server) const;
    };

    Loop& loop_;
    Handler on_request_;
    std::unique_ptr<evhttp, Deleter> server_;
    std::string socket_path_; ///< to be removed, if it is still ours; empty when there is none
    ino_t socket_inode_ = 0;
};

} // namespace eventsgw
