// SPDX-License-Identifier: GPL-3.0-or-later
// Copyright (C) 2026 eventsgw contributors

#pragma once

#include "base/log.h"
#include "config/address.h"
#include "daemon/report.h"
#include "loop/http_server.h"

#include <functional>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace eventsgw {

class Loop;

/// The gateway's own socket, in its state directory and for its own user: where `eventsgw status` asks.
inline constexpr const char* kStatusSocket = "eventsgw.sock";

/// The whole body of a response with status 404 where nothing that waits or runs has the id: a client can tell it from
/// what another server, or another version, answers.
inline constexpr std::string_view kNoSuchWork = "no such work\n";

/// Reports the gateway's condition over HTTP: GET /status as JSON, GET /metrics for monitoring. On the gateway's own
/// socket it also takes the requests of a table: METHOD /VERB/OBJECT?QUERY. A place that cannot be listened to is
/// logged, and the gateway works without it.
class StatusServer {
public:
    /// One row of the table.
    struct Verb {
        std::string_view method; ///< GET or POST
        std::string_view name;
        /// Carries out the request and answers it. `object` is decoded and may be any bytes; `query` is as it came.
        std::function<HttpResponse(const std::string& object, const std::string& query)> act;
    };

    /// `observe` is called for each question.
    StatusServer(Loop& loop, const Log& log, std::function<Report()> observe, std::vector<Verb> verbs);

    void start();

    /// Serves the metrics there as well. Once.
    void serve_metrics(const Address& address);

private:
    HttpResponse answer(const HttpRequest& request, bool is_local);
    HttpResponse carry_out(const Verb& verb, std::string_view object, const HttpRequest& request);
    void listen(std::optional<HttpServer>& server, const Address& address, bool is_local);

    Loop& loop_;
    const Log& log_;
    std::function<Report()> observe_;
    std::vector<Verb> verbs_;
    std::optional<HttpServer> socket_;
    std::optional<HttpServer> metrics_;
};

} // namespace eventsgw
