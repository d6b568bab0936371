// SPDX-License-Identifier: GPL-3.0-or-later
// Copyright (C) 2026 eventsgw contributors

#include "daemon/status_server.h"

#include "base/percent.h"
#include "loop/loop.h"

#include <utility>

namespace eventsgw {

StatusServer::StatusServer(Loop& loop, const Log& log, std::function<Report()> observe, std::vector<Verb> verbs)
    : loop_(loop), log_(log), observe_(std::move(observe)), verbs_(std::move(verbs)) {}

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
    const std::size_t slash = request.path.find('/', 1);
    if (is_local && slash != std::string::npos) {
        const std::string_view name = std::string_view(request.path).substr(1, slash - 1);
        for (const Verb& verb : verbs_) {
            if (verb.method == request.method && verb.name == name) {
                return carry_out(verb, std::string_view(request.path).substr(slash + 1), request);
            }
        }
    }
    return {404, "text/plain; charset=utf-8", "There are /metrics and, on the gateway's own socket, /status.\n"};
}

/// A client that has gone would not learn of it, and may have repeated the request meanwhile.
HttpResponse StatusServer::carry_out(const Verb& verb, std::string_view object, const HttpRequest& request) {
    constexpr int kBadRequest = 400;
    constexpr int kRequestTimeout = 408;
    const Result<std::string> decoded = percent_decode(object);
    if (!decoded) {
        return {kBadRequest, HttpResponse().content_type, decoded.error().message + "\n"};
    }
    if (request.is_abandoned) {
        log_.notice("status", "request not carried out, the client is gone",
                    {{"verb", verb.name}, {"object", *decoded}});
        return {kRequestTimeout, HttpResponse().content_type, "You did not wait.\n"};
    }
    return verb.act(*decoded, request.query);
}

} // namespace eventsgw
