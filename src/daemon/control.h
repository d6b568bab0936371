// SPDX-License-Identifier: GPL-3.0-or-later
// Copyright (C) 2026 eventsgw contributors

#pragma once

#include "base/log.h"
#include "config/rules.h"
#include "daemon/task_sender.h"
#include "loop/http_server.h"
#include "loop/timers.h"
#include "runs/run_queue.h"

#include <chrono>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace eventsgw {

/// What an administrator asks of the running gateway about its work: to cancel runs, to pause and resume rules and
/// handlers, and how work is. Each answer is a line for the command line tools, or a refusal: status 409 and a reason
/// for people. Work that neither waits nor runs is answered with status 404 and kNoSuchWork.
class Control {
public:
    /// So long a pause may last at most, if it has an end: clocks that are set must not overflow.
    static constexpr std::chrono::hours kLongestPause{8760};

    /// What it looks at is the caller's, and outlives this: `rules`, `bases` (of events directories) and `sender` are
    /// read again at each request.
    struct Parts {
        Timers& timers;
        const Log& log;
        RunQueue& runs;
        const RuleSet& rules;
        const std::vector<std::string>& bases;
        const std::optional<TaskSender>& sender;
    };

    explicit Control(const Parts& parts) : parts_(parts) {}

    /// How the work is whose id begins with this: an object of JSON in one line.
    HttpResponse show(const std::string& id) const;
    /// "cancelled ID", or "ending ID" where a process has to end first.
    HttpResponse cancel(const std::string& id);
    /// An empty key is all of them. `query` is empty, or for=DURATION. "paused" and what else is to be said.
    HttpResponse pause(const std::string& key, const std::string& query);
    /// An empty key ends every pause. "resumed".
    HttpResponse resume(const std::string& key);

private:
    struct Match {
        const Run* run = nullptr;
        std::optional<Forwarder::Match> task{};
    };

    /// Fault::no_match, Fault::ambiguous.
    Result<Match> find(const std::string& id) const;
    std::string describe(const Run& run) const;
    bool is_known(std::string_view key) const;
    bool has_rule(RuleKind kind, std::string_view key) const;
    std::string explain_unknown(std::string_view key) const;

    Parts parts_;
};

/// Status 409: the request cannot be carried out as things are.
HttpResponse refuse(const std::string& reason);

} // namespace eventsgw
