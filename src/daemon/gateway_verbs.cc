// SPDX-License-Identifier: GPL-3.0-or-later
// Copyright (C) 2026 eventsgw contributors

#include "daemon/gateway.h"

#include <csignal>
#include <functional>
#include <string>
#include <vector>

namespace eventsgw {

/// What the gateway's own socket takes. The slow end still has runs to cancel or to resume; in the fast end nothing
/// that is asked for would come about.
std::vector<StatusServer::Verb> Gateway::make_verbs() {
    using Act = std::function<HttpResponse(const std::string& object, const std::string& query)>;
    const auto change = [this](Act act) -> Act {
        return [this, act = std::move(act)](const std::string& object, const std::string& query) {
            if (end_signal_ != 0 && end_signal_ != SIGUSR1) {
                return refuse("the gateway is about to end");
            }
            HttpResponse response = act(object, query);
            status_line_.touch();
            return response;
        };
    };
    return {
        {"GET", "state", [this](const std::string& id, const std::string& /*query*/) { return control_.show(id); }},
        {"POST", "replay", [this](const std::string& id, const std::string& /*query*/) { return replay(id); }},
        {"POST", "cancel",
         change([this](const std::string& id, const std::string& /*query*/) { return control_.cancel(id); })},
        {"POST", "pause",
         change([this](const std::string& key, const std::string& query) { return control_.pause(key, query); })},
        {"POST", "resume",
         change([this](const std::string& key, const std::string& /*query*/) { return control_.resume(key); })},
    };
}

} // namespace eventsgw
