// SPDX-License-Identifier: GPL-3.0-or-later
// Copyright (C) 2026 eventsgw contributors

#include "cli/task_follower.h"

#include "base/text.h"
#include "cli/leader_client.h"
#include "daemon/json_tree.h"

#include <algorithm>
#include <cerrno>

#include <unistd.h>

namespace eventsgw {

TaskFollower::TaskFollower(Loop& loop, const Connections& connections, const std::string& id)
    : loop_(loop), log_(STDERR_FILENO, Log::Style::terminal, LogLevel::error), resolver_(loop),
      limit_(loop.make_timer([this] {
          is_due_ = true;
          loop_.stop();
      })),
      subscriber_(Session::Options{"replica", connections.replica, kListenerUser, kListenerPassword,
                                   connections.agent_id + "/eventsgw/submit", kToolPollingInterval},
                  make_tool_network(loop, resolver_), log_,
                  Subscriptions{{"progress/" + connections.agent_id + "/task/" + id}, {}}, kToolMaxPayload,
                  Subscriber::Callbacks{[this](const Message& message) { on_message(message.payload); },
                                        [this] { loop_.stop(); }, [] {},
                                        [this] {
                                            has_failed_ = true;
                                            loop_.stop();
                                        }}) {}

Result<void> TaskFollower::listen() {
    subscriber_.start();
    while (!subscriber_.is_listening() && !has_failed_) {
        loop_.run();
    }
    if (!subscriber_.is_listening()) {
        const Session& session = subscriber_.session();
        return Error{"the replica at " + to_string(session.address()) +
                         " cannot be listened to: " + escape(session.problem()),
                     session.fault()};
    }
    return {};
}

const TaskProgress& TaskFollower::wait(std::chrono::nanoseconds limit) {
    limit_->start(limit);
    while (!is_due_) {
        loop_.run();
    }
    is_due_ = false; // from here on: what comes before the next call is due in it
    limit_->stop();
    return progress_;
}

void TaskFollower::on_message(std::string_view payload) {
    const JsonTree tree(cJSON_ParseWithLength(payload.data(), payload.size()));
    const cJSON* status = cJSON_GetObjectItemCaseSensitive(tree.get(), "status");
    const cJSON* percent = cJSON_GetObjectItemCaseSensitive(tree.get(), "progress");
    if (cJSON_IsString(status) != 0) {
        progress_.status = status->valuestring;
    }
    if (cJSON_IsNumber(percent) != 0) {
        progress_.percent = std::clamp(percent->valuedouble, 0.0, 100.0);
    }
    is_due_ = true;
    loop_.stop();
}

} // namespace eventsgw
