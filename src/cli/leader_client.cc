// SPDX-License-Identifier: GPL-3.0-or-later
// Copyright (C) 2026 eventsgw contributors

#include "cli/leader_client.h"

#include "base/text.h"
#include "cli/module_environment.h"
#include "cli/options.h"
#include "daemon/leader_session.h"

#include <algorithm>
#include <array>
#include <cerrno>
#include <csignal>
#include <utility>

#include <unistd.h>

namespace eventsgw {
namespace {

Session::Options make_session_options(const Connections& connections, std::string_view tool) {
    return {"leader",
            connections.leader,
            connections.user,
            connections.password.value_or(""),
            connections.agent_id + "/eventsgw/" + std::string(tool),
            kToolPollingInterval};
}

} // namespace

Network make_tool_network(Loop& loop, Resolver& resolver) {
    ::signal(SIGPIPE, SIG_IGN); // hiredis writes to connections that have ended
    return make_network(loop, resolver, kToolMaxPayload);
}

LeaderClient::LeaderClient(Loop& loop, const Connections& connections, std::string_view tool)
    : loop_(loop), user_(connections.user), log_(STDERR_FILENO, Log::Style::terminal, LogLevel::error), resolver_(loop),
      patience_(loop.make_timer([this] {
          is_patient_ = false;
          loop_.stop();
      })),
      session_(make_session_options(connections, tool), make_tool_network(loop, resolver_), log_,
               Session::Callbacks{.on_ready =
                                      [this] {
                                          session_.confirm_works();
                                          loop_.stop();
                                      },
                                  .on_lost =
                                      [this] {
                                          is_lost_ = true;
                                          loop_.stop();
                                      },
                                  .on_probe = [this] { session_.send({"PING"}, [](const Reply&) {}); },
                                  .on_problem = [this] { on_problem(); }}) {}

void LeaderClient::on_problem() {
    has_failed_ = true;
    loop_.stop();
}

Result<void> LeaderClient::connect(std::chrono::nanoseconds patience) {
    is_patient_ = patience > std::chrono::nanoseconds::zero();
    if (is_patient_) {
        patience_->start(patience);
    }
    if (!std::exchange(is_started_, true)) {
        session_.start();
    }
    while (!session_.is_ready() && (is_patient_ || !has_failed_)) {
        loop_.run();
    }
    patience_->stop();
    if (!session_.is_ready()) {
        return describe_problem();
    }
    return {};
}

Result<Reply> LeaderClient::ask(const std::vector<std::string_view>& command) {
    answer_.reset();
    is_lost_ = !session_.is_ready();
    sent_ = !is_lost_;
    if (sent_) {
        session_.send(command, [this](const Reply& reply) {
            answer_ = reply;
            loop_.stop();
        });
    }
    while (!answer_ && !is_lost_) {
        loop_.run();
    }
    if (!answer_) {
        return describe_problem();
    }
    if (answer_->is_error()) {
        return describe(answer_->error(), " answers: ");
    }
    return *answer_;
}

Error LeaderClient::describe(const Error& problem, const std::string& verb) const {
    const std::string leader = "the leader at " + to_string(session_.address());
    const std::string what = is_refusal(problem.fault) ? " refuses " + quote(user_) + ": " : verb;
    return Error{leader + what + escape(problem.message), problem.fault};
}

Error LeaderClient::describe_problem() const {
    return describe(Error{session_.problem(), session_.fault()}, " cannot be reached: ");
}

bool is_refusal(Fault fault) {
    return fault == Fault::denied || fault == Fault::unauthenticated;
}

int complain_of_leader(const std::string& command, const Error& error, std::ostream& err) {
    err << "eventsgw: " << error.message << "\n";
    if (is_refusal(error.fault)) {
        err << "REDIS_USER and REDIS_PASSWORD must be those of the module.\n" << advise_on_environment(command);
        return kExitNoPermission;
    }
    err << "Is REDIS_ADDRESS right, and does Redis run there? It may be back in a moment.\n";
    return kExitUnavailable;
}

} // namespace eventsgw
