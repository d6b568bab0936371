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

namespace eventsgw {

class Loop;

/// The gateway's own socket, in its state directory and for its own user: where `eventsgw status` asks.
inline constexpr const char* kStatusSocket = "eventsgw.sock";

/// Tells how the gateway is to whoever asks, over HTTP: GET /status as JSON, GET /metrics for monitoring. On the
/// gateway's own socket it also takes wishes: POST /replay/ID. A place that cannot be listened to is logged, and the
/// gateway does its work without.
class StatusServer {
public:
    using Replay = std::function<HttpResponse(const std::string& id)>;

    /// `observe` is called for each question, `replay` for each run whose event is to be replayed.
    StatusServer(Loop& loop, const Log& log, std::function<Report()> observe, Replay replay);

    void start();

    /// Serves the metrics there as well. Once.
    void serve_metrics(const Address& address);

private:
    HttpResponse answer(const HttpRequest& request, bool is_local);
    HttpResponse replay(const std::string& id, bool is_abandoned);
    void listen(std::optional<HttpServer>& server, const Address& address, bool is_local);

    Loop& loop_;
    const Log& log_;
    std::function<Report()> observe_;
    Replay replay_;
    std::optional<HttpServer> socket_;
    std::optional<HttpServer> metrics_;
};

} // namespace eventsgw
