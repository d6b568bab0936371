// SPDX-License-Identifier: GPL-3.0-or-later
// Copyright (C) 2026 eventsgw contributors

#pragma once

#include "base/log.h"
#include "base/uuid.h"
#include "config/connections.h"
#include "config/rules.h"
#include "config/settings.h"
#include "daemon/command_runner.h"
#include "daemon/notifier.h"
#include "delivery/forwarder.h"
#include "event/event.h"
#include "loop/loop.h"
#include "loop/signals.h"
#include "loop/watch.h"
#include "process/child.h"
#include "process/run_queue.h"
#include "redis/resolver.h"
#include "redis/subscriber.h"

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <vector>

namespace eventsgw {

/// The daemon: owns all parts, wires them, and is the one place where an event meets the rules. An event comes up from
/// the Subscriber; for each rule that holds its subscription a task goes down to the Forwarder or a command to the
/// CommandRunner.
class Gateway {
public:
    struct Options {
        Connections connections; ///< with a password when there are rules with actions
        Settings settings;
        RuleSet rules; ///< not empty
        std::vector<std::string> command_environment;
        std::string notify_socket;
        std::unique_ptr<Spool> spool; ///< null: tasks wait in memory
        std::string spool_problem;    ///< why
    };

    /// The longest that readiness waits for the replica.
    static constexpr std::chrono::seconds kReadyTimeout{5};
    /// The longest that an end by signal waits for the leader and for running commands.
    static constexpr std::chrono::milliseconds kDrainTimeout{300};

    Gateway(Loop& loop, const Log& log, Options options);
    Gateway(const Gateway&) = delete;
    Gateway& operator=(const Gateway&) = delete;
    ~Gateway();

    /// Runs until a signal asks for the end, and then brings it about: stops listening, pushes the tasks in hand,
    /// terminates running commands. Returns the signal's number.
    int run();

private:
    void on_message(const Message& message);
    void apply(const Rule& rule, const Event& event);
    void forward(const Rule& rule, const Event& event);

    void on_listening();
    void on_problem();
    void report_status(const std::string& status);
    void on_spool_problem(const std::string& problem);
    void watch_spool();
    void keep_tasks();

    void on_signal(int number);
    void stop_if_drained();
    void log_summary() const;

    Loop& loop_;
    const Log& log_;
    RuleSet rules_;
    std::string agent_id_;
    UuidSource uuids_;
    std::uint64_t messages_ = 0; ///< one for each subscription that an event matches

    Notifier notifier_;
    bool ready_ = false;
    std::string status_; ///< as last reported, without what ails the spool
    std::string spool_problem_;
    std::unique_ptr<Timer> ready_timeout_;
    int end_signal_ = 0; ///< once the end has begun
    std::unique_ptr<Timer> drain_timeout_;

    ChildLauncher launcher_;
    RunQueue run_queue_;
    CommandRunner commands_;
    Resolver leader_resolver_;
    Resolver replica_resolver_;
    std::optional<Forwarder> forwarder_; ///< only where a rule has an action
    std::unique_ptr<Watch> spool_watch_; ///< tells when the spool has something to say
    Subscriber subscriber_;
};

} // namespace eventsgw
