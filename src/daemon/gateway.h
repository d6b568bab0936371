// SPDX-License-Identifier: GPL-3.0-or-later
// Copyright (C) 2026 eventsgw contributors

#pragma once

#include "base/chrono.h"
#include "base/log.h"
#include "config/connections.h"
#include "config/rules.h"
#include "config/settings.h"
#include "daemon/control.h"
#include "daemon/notifier.h"
#include "daemon/rule_counters.h"
#include "daemon/status_line.h"
#include "daemon/status_server.h"
#include "daemon/task_sender.h"
#include "daemon/watchdog.h"
#include "event/event.h"
#include "event/outcome.h"
#include "journal/history.h"
#include "journal/journal.h"
#include "loop/loop.h"
#include "loop/refusals.h"
#include "loop/signals.h"
#include "loop/watch.h"
#include "process/child.h"
#include "process/remains.h"
#include "process/supervisor.h"
#include "redis/resolver.h"
#include "redis/subscriber.h"
#include "runs/attempt.h"
#include "runs/run_queue.h"

#include <cstdint>
#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace eventsgw {

/// The daemon: owns all parts, wires them, and is the one place where an event meets the rules. An event comes up from
/// the Subscriber; for each rule that holds its subscription a task goes down to the TaskSender, or a run of its
/// command to the RunQueue. What the pattern of the handlers brings goes to the RunQueue as well.
class Gateway {
public:
    /// What a reload replaces.
    struct Config {
        Settings settings;
        RuleSet rules;                                            ///< not empty, unless there are events directories
        std::map<std::string, RunSettings, std::less<>> handlers; ///< by event: what differs from the settings
    };
    struct Options {
        Connections connections; ///< with a password when there are rules with actions
        Config config;
        std::function<std::optional<Config>()> reload; ///< nothing when there are errors, which it has logged
        std::vector<std::string> command_environment;
        std::string version;
        std::string notify_socket;
        std::chrono::microseconds watchdog_timeout; ///< zero: nobody waits for signs of life
        std::function<StepOutput()> open_step_output;
        std::unique_ptr<Journal> journal;
    };

    /// The longest that readiness waits for the replica.
    static constexpr std::chrono::seconds kReadyTimeout{5};
    /// The longest that an end by signal waits for the leader.
    static constexpr std::chrono::milliseconds kDrainTimeout{300};
    /// What brings the events that handlers are for, first `/event/` or not.
    static constexpr std::string_view kHandlerPattern = "*/event/*";

    Gateway(Loop& loop, Log& log, Options options);
    Gateway(const Gateway&) = delete;
    Gateway& operator=(const Gateway&) = delete;
    ~Gateway();

    /// Runs until a signal asks for the end, and then brings it about: stops listening, pushes the tasks in hand,
    /// ends running commands and handlers, or with SIGUSR1 waits for them and for those that wait. What has not ended
    /// then is kept for the next start. Returns the signal's number.
    int run();

private:
    void on_message(const Message& message);
    const RuleSet::Indexes& rules_of(const Message& message) const;
    bool is_for_handlers(const Message& message) const;
    Outcome apply(const Rule& rule, const Event& event, Keeper& keeper);
    Outcome handle(const Event& event, Keeper& keeper);
    void on_too_large(const Message& message);
    /// Tells the history what a rule, or without one a handler, would have had to do. The payload is not kept.
    Outcome refuse_work(const Rule* rule, const Event& event, Outcome::Reason reason);

    std::vector<StatusServer::Verb> make_verbs();
    HttpResponse replay(const std::string& id);
    /// A line for each task, command and handler.
    struct Replayed {
        std::string started; ///< those that wait too
        std::string refused;
        bool is_full = false; ///< one was refused because too much waits
    };
    Replayed replay(const Event& event);

    void on_listening();
    void on_lost();
    void on_problem();
    void report_ready();
    Condition observe() const;
    Report report() const;

    void on_signal(int number);
    void drain();
    void end();
    void end_at_once();
    void reload();
    void switch_over();
    void adopt(Config config);
    void stop_if_drained();
    void log_summary() const;

    void make_sender();

    /// Never touched, so it takes no memory but room; given back when there is none, for what waits to be kept.
    static constexpr std::size_t kReserve = 16U << 20U;
    std::unique_ptr<char[]> reserve_{new char[kReserve]};
    Loop& loop_;
    Log& log_;
    std::string version_;
    Connections connections_;
    Config config_;
    std::function<std::optional<Config>()> reload_;
    std::optional<Config> next_; ///< takes over when its subscriptions are confirmed
    RuleCounters rule_counters_;
    Refusals shortages_;
    std::uint64_t messages_ = 0; ///< one for each subscription that an event matches
    Clock::time_point started_;

    Notifier notifier_;
    Watchdog watchdog_;
    StatusLine status_line_;
    bool ready_ = false; ///< as the service manager knows it
    std::unique_ptr<Timer> ready_timeout_;
    int end_signal_ = 0; ///< once the end has begun
    std::unique_ptr<Timer> drain_timeout_;
    bool is_leader_given_up_ = false; ///< at the end

    std::unique_ptr<Journal> journal_;
    Watch journal_watch_; ///< tells when the journal has something to say
    ChildLauncher launcher_;
    Supervisor supervisor_;
    Remains remains_;
    History history_;
    RunQueue runs_;
    Resolver replica_resolver_;
    std::optional<TaskSender> sender_; ///< from the first rule with an action on
    Subscriber subscriber_;
    Control control_;
    StatusServer status_server_;
};

} // namespace eventsgw
