// SPDX-License-Identifier: GPL-3.0-or-later
// Copyright (C) 2026 eventsgw contributors

#include "daemon/status_server.h"

#include "loop/loop.h"

#include <string_view>
#include <utility>

namespace eventsgw {

StatusServer::StatusServer(Loop& loop, const Log& log, std::function<Report()> observe, Replay replay)
    : loop_(loop), log_(log), observe_(std::move(observe)), replay_(std::move(replay)) {}

void StatusServer::start() {
    listen(socket_, Address{{}, 0, kStatusSocket}, true);
}

void StatusServer::serve_metrics(const Address& address) {
    listen(metrics_, address, false);
}

void StatusServer::listen(std::optional<HttpServer>& server, const Address& address, bool is_local) {
    server.emplace(loop_, loop_, [this, is_local](const HttpRequest& request) { return answer(request, is_local); });
    if (const Result<void> listening = server->listen(address); !listening) {
        log_.warning("status", "not served", {{"address", to_string(address)}, {"reason", listening.error().message}});
        server.reset();
    }
}

HttpResponse StatusServer::answer(const HttpRequest& request, bool is_local) {
    if (request.path == "/metrics") {
        return {200, "text/plain; version=0.0.4; charset=utf-8", to_openmetrics(observe_())};
    }
    if (request.path == "/status" && is_local) {
        return {200, "application/json", to_json(observe_()) + "\n"};
    }
    constexpr std::string_view kReplay = "/replay/";
    if (is_local && request.method == "POST" && request.path.starts_with(kReplay)) {
        return replay(request.path.substr(kReplay.size()), request.is_abandoned);
    }
    return {404, "text/plain; charset=utf-8", "There are /metrics and, on the gateway's own socket, /status.\n"};
}

/// Nobody would learn of it, and may have asked again meanwhile.
HttpResponse StatusServer::replay(const std::string& id, bool is_abandoned) {
    if (is_abandoned) {
        log_.notice("status", "does not replay an event, whoever asked is gone", {{"id", id}});
        return {408, "text/plain; charset=utf-8", "You did not wait.\n"};
    }
    return replay_(id);
}

} // namespace eventsgw
