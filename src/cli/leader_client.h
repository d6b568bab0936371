// SPDX-License-Identifier: GPL-3.0-or-later
// Copyright (C) 2026 eventsgw contributors

#pragma once

#include "base/chrono.h"
#include "base/log.h"
#include "config/connections.h"
#include "loop/loop.h"
#include "redis/resolver.h"
#include "redis/session.h"

#include <cstddef>
#include <optional>
#include <ostream>
#include <string>
#include <string_view>
#include <vector>

namespace eventsgw {

/// Of a tool's connections.
constexpr std::chrono::seconds kToolPollingInterval{5};
/// What a tool takes of one message: whatever Redis does.
constexpr std::size_t kToolMaxPayload = std::size_t{1} << 30U;

/// What a session of a command line tool needs of the world.
Network make_tool_network(Loop& loop, Resolver& resolver);

/// A connection to the leader as the module's user, for a tool that asks and waits for the answer. It runs the loop
/// meanwhile, and so must not be called from a callback. Where the server refuses, such as for a wrong
/// password, is_refusal() is true of the error; after all others the server may be back later.
class LeaderClient {
public:
    /// `tool` tells its connection from others: the client name is "module/mail1/eventsgw/publish".
    LeaderClient(Loop& loop, const Connections& connections, std::string_view tool);

    /// Waits for success or for the first failure; where there is `patience`, for its end and all attempts until then.
    Result<void> connect(std::chrono::nanoseconds patience = std::chrono::nanoseconds::zero());

    /// The answer to a command. An error that the server answers is an Error: the command was not carried out. The
    /// connection's end is an Error too, and is_unanswered() tells whether the command may have been carried out.
    Result<Reply> ask(const std::vector<std::string_view>& command);

    /// Gives the connection up, after an answer that means "not now", and leaves it to come back.
    void reconnect(const Error& reason) { session_.fail(reason); }

    bool is_connected() const { return session_.is_ready(); }

    /// Whether the last ask() got no answer to what it had sent.
    bool is_unanswered() const { return !answer_ && sent_; }

private:
    void on_problem();
    Error describe(const Error& problem, const std::string& verb) const;
    Error describe_problem() const;

    Loop& loop_;
    std::string user_;
    Log log_; ///< says nothing: the tool says what went wrong
    Resolver resolver_;
    std::unique_ptr<Timer> patience_;
    bool is_patient_ = false;
    bool has_failed_ = false;
    bool is_started_ = false;
    bool sent_ = false;
    bool is_lost_ = false;
    std::optional<Reply> answer_;
    Session session_;
};

/// Whether the server knows who asks, and refuses, or does not know him.
bool is_refusal(Fault fault);

/// Says on `err` that `command` could not do its work at the leader, why, and what to look at. Returns the exit status:
/// 77 (EX_NOPERM) for a refusal, else 69 (EX_UNAVAILABLE).
int complain_of_leader(const std::string& command, const Error& error, std::ostream& err);

} // namespace eventsgw
