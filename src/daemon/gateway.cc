// SPDX-License-Identifier: GPL-3.0-or-later
// Copyright (C) 2026 eventsgw contributors

#include "daemon/gateway.h"

#include "event/task.h"
#include "redis/hiredis_link.h"

#include <csignal>
#include <new>
#include <random>
#include <utility>

namespace eventsgw {
namespace {

/// The account for listening has no password: any will do, and this is the one that the cluster's programs send.
constexpr const char* kListenerUser = "default";
constexpr const char* kListenerPassword = "default";

Session::Options listener_options(const Gateway::Options& options) {
    return {"replica",         options.connections.replica,  kListenerUser,
            kListenerPassword, options.connections.agent_id, options.settings.polling_interval};
}

/// The client name is not the agent id: the cluster takes an agent for alive as long as a client of that name is
/// connected.
Session::Options pusher_options(const Gateway::Options& options) {
    const Connections& connections = options.connections;
    return {"leader",
            connections.leader,
            connections.user,
            connections.password.value_or(""),
            connections.agent_id + "/eventsgw",
            options.settings.polling_interval};
}

} // namespace

Gateway::Gateway(Loop& loop, const Log& log, Options options)
    : loop_(loop), log_(log), rules_(std::move(options.rules)), agent_id_(options.connections.agent_id),
      notifier_(options.notify_socket), watchdog_(loop, options.watchdog_timeout, [this] { notifier_.alive(); }),
      status_line_(
          loop, [this] { return observe(); }, [this](const std::string& status) { show_status(status); }),
      ready_timeout_(loop.make_timer([this] { on_problem(); })),
      drain_timeout_(loop.make_timer([this] { loop_.stop(); })),
      launcher_(loop, std::move(options.command_environment)),
      run_queue_(loop, launcher_, log,
                 {options.settings.max_concurrency, options.settings.queue_limit, options.settings.queue_memory}),
      commands_(loop, run_queue_, log, [this] { stop_if_drained(); }), leader_resolver_(loop), replica_resolver_(loop),
      subscriber_(listener_options(options), make_network(replica_resolver_), log, rules_.channels(), rules_.patterns(),
                  Subscriber::Callbacks{[this](const Message& message) { on_message(message); },
                                        [this] { on_listening(); }, [this] { on_problem(); }}) {
    if (rules_.has(RuleKind::action)) {
        const Forwarder::Limits limits{options.settings.task_limit, options.settings.task_memory};
        forwarder_.emplace(pusher_options(options), make_network(leader_resolver_), log, agent_id_, uuids_.make(),
                           limits, [this] { stop_if_drained(); });
    }
}

Network Gateway::make_network(Resolver& resolver) {
    return Network{loop_, make_hiredis_links(loop_),
                   [&resolver](const std::string& host, ResolveCallback on_resolved) {
                       resolver.start(host, std::move(on_resolved));
                   },
                   std::random_device{}()};
}

/// No process group outlives the gateway, however it comes to its end.
Gateway::~Gateway() {
    run_queue_.signal_all(SIGKILL);
}

int Gateway::run() {
    const Signals signals(loop_, {SIGTERM, SIGINT, SIGHUP}, [this](int number) { on_signal(number); });
    ready_timeout_->start(kReadyTimeout);
    watchdog_.start();
    subscriber_.start();
    if (forwarder_) {
        forwarder_->start();
    }
    loop_.run();
    log_summary();
    return end_signal_;
}

void Gateway::on_message(const Message& message) {
    ++messages_;
    const RuleSet::Indexes* held =
        message.is_pattern ? rules_.find_pattern(message.pattern) : rules_.find_channel(message.channel);
    if (held == nullptr) {
        return;
    }
    const Event event{message.channel, message.payload};
    for (const std::size_t index : *held) {
        apply(rules_.all()[index], event);
    }
    if (ready_) {
        status_line_.touch();
    }
}

/// A payload that there is no memory for must not end the daemon, which has others in hand.
void Gateway::apply(const Rule& rule, const Event& event) {
    try {
        if (rule.kind == RuleKind::action) {
            forward(rule, event);
        } else {
            commands_.run(rule, event);
        }
    } catch (const std::bad_alloc&) {
        log_.error("gateway", "refused, out of memory",
                   {{"event", event.channel}, {"rule", rule.line}, {"bytes", event.payload.size()}});
    }
}

void Gateway::forward(const Rule& rule, const Event& event) {
    const PayloadForm form = classify_payload(event.payload);
    const std::string id = uuids_.make();
    if (form == PayloadForm::bytes) {
        log_.warning("task", "payload is not UTF-8, its bytes go along as base64",
                     {{"event", event.channel}, {"bytes", event.payload.size()}, {"id", id}});
    }
    if (log_.is_enabled(LogLevel::debug)) {
        log_.debug("task", "made", {{"event", event.channel}, {"rule", rule.line}, {"action", rule.value}, {"id", id}});
    }
    forwarder_->accept(make_task(event, form, rule.value, id), event.channel);
}

void Gateway::on_listening() {
    if (deaf_since_) {
        last_gap_ = Condition::Gap{std::chrono::system_clock::now(), loop_.now() - *deaf_since_};
        deaf_since_.reset();
    }
    has_listened_ = true;
    report_ready();
}

/// The replica is away. Nobody who waits for this service is made to wait for Redis, but not told before kReadyTimeout.
void Gateway::on_problem() {
    if (has_listened_ && !deaf_since_) {
        deaf_since_ = loop_.now();
    }
    if (!ready_timeout_->is_pending()) {
        report_ready();
    }
}

/// The first time it is the end of the start; from then on it brings the status up to date.
void Gateway::report_ready() {
    ready_timeout_->stop();
    status_line_.touch();
}

void Gateway::show_status(const std::string& status) {
    if (std::exchange(ready_, true)) {
        notifier_.status(status);
    } else {
        notifier_.ready(status);
    }
}

Condition Gateway::observe() const {
    Condition condition;
    condition.agent_id = agent_id_;
    if (!subscriber_.is_listening()) {
        const Session& session = subscriber_.session();
        condition.problem = "waiting for the replica at " + to_string(session.address()) +
                            (session.problem().empty() ? "" : ": " + session.problem());
    }
    condition.channels = subscriber_.channel_count();
    condition.patterns = subscriber_.pattern_count();
    condition.tasks_waiting = forwarder_ ? forwarder_->waiting() : 0;
    condition.commands_running = run_queue_.running();
    condition.commands_waiting = run_queue_.waiting();
    condition.last_gap = last_gap_;
    return condition;
}

void Gateway::on_signal(int number) {
    if (std::exchange(end_signal_, number) != 0) {
        loop_.stop(); // asked twice: at once
        return;
    }
    status_line_.stop();
    notifier_.stopping();
    subscriber_.stop();
    if (run_queue_.waiting() > 0) {
        log_.error("command", "dropped at the end, they had not started", {{"waiting", run_queue_.waiting()}});
    }
    run_queue_.close();
    run_queue_.signal_all(SIGTERM);
    drain_timeout_->start(kDrainTimeout);
    stop_if_drained();
}

void Gateway::stop_if_drained() {
    const bool drained = run_queue_.running() == 0 && (!forwarder_ || forwarder_->waiting() == 0);
    if (end_signal_ != 0 && drained) {
        loop_.stop();
    }
}

void Gateway::log_summary() const {
    if (forwarder_ && forwarder_->waiting() > 0) {
        log_.error("task", "lost at the end, the leader did not take them", {{"waiting", forwarder_->waiting()}});
    }
    log_.notice("gateway", "ended",
                {{"messages", messages_},
                 {"pushed", forwarder_ ? forwarder_->pushed() : 0},
                 {"commands", commands_.counters().succeeded + commands_.counters().failed},
                 {"failed", commands_.counters().failed},
                 {"refused", commands_.refused() + (forwarder_ ? forwarder_->refused() : 0)}});
}

} // namespace eventsgw
