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

Session::Options listener_options(const Connections& connections, const Settings& settings) {
    return {"replica",         connections.replica,  kListenerUser,
            kListenerPassword, connections.agent_id, settings.polling_interval};
}

/// The client name is not the agent id: the cluster takes an agent for alive as long as a client of that name is
/// connected.
Session::Options pusher_options(const Connections& connections, const Settings& settings) {
    return {"leader",
            connections.leader,
            connections.user,
            connections.password.value_or(""),
            connections.agent_id + "/eventsgw",
            settings.polling_interval};
}

Subscriptions subscriptions_of(const RuleSet& rules) {
    return {rules.channels(), rules.patterns()};
}

RunQueue::Limits run_limits(const Settings& settings) {
    return {settings.max_concurrency, settings.queue_limit, settings.queue_memory};
}

} // namespace

Gateway::Gateway(Loop& loop, Log& log, Options options)
    : loop_(loop), log_(log), connections_(std::move(options.connections)), config_(std::move(options.config)),
      reload_(std::move(options.reload)), notifier_(options.notify_socket),
      watchdog_(loop, options.watchdog_timeout, [this] { notifier_.alive(); }),
      status_line_(
          loop, [this] { return observe(); }, [this](const std::string& status) { notifier_.status(status); }),
      ready_timeout_(loop.make_timer([this] { on_problem(); })),
      drain_timeout_(loop.make_timer([this] { loop_.stop(); })),
      launcher_(loop, std::move(options.command_environment)),
      run_queue_(loop, launcher_, log, run_limits(config_.settings)),
      commands_(loop, run_queue_, log, [this] { stop_if_drained(); }), leader_resolver_(loop), replica_resolver_(loop),
      subscriber_(listener_options(connections_, config_.settings), make_network(replica_resolver_), log,
                  subscriptions_of(config_.rules), config_.settings.max_payload,
                  Subscriber::Callbacks{[this](const Message& message) { on_message(message); },
                                        [this] { on_listening(); }, [this] { on_lost(); }, [this] { on_problem(); }}) {
    if (config_.rules.has(RuleKind::action)) {
        make_forwarder();
    }
}

Network Gateway::make_network(Resolver& resolver) {
    return Network{loop_, make_hiredis_links(loop_, config_.settings.max_payload),
                   [&resolver](const std::string& host, ResolveCallback on_resolved) {
                       resolver.start(host, std::move(on_resolved));
                   },
                   std::random_device{}()};
}

void Gateway::make_forwarder() {
    const Settings& settings = config_.settings;
    forwarder_.emplace(pusher_options(connections_, settings), make_network(leader_resolver_), log_,
                       connections_.agent_id, uuids_.make(),
                       Forwarder::Limits{settings.task_limit, settings.task_memory}, [this] { stop_if_drained(); });
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
        message.is_pattern ? config_.rules.find_pattern(message.pattern) : config_.rules.find_channel(message.channel);
    if (held == nullptr) {
        return;
    }
    const Event event{message.channel, message.payload};
    for (const std::size_t index : *held) {
        apply(config_.rules.all()[index], event);
    }
    status_line_.touch();
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
    if (next_) {
        switch_over();
    }
    report_ready();
}

void Gateway::on_lost() {
    if (next_) {
        switch_over(); // nothing is subscribed any more that the old rules could be needed for
    }
}

/// The replica is away. Nobody who waits for this service is made to wait for Redis, but not told before kReadyTimeout.
void Gateway::on_problem() {
    if (!ready_timeout_->is_pending()) {
        report_ready();
    }
}

/// Ends the start or a reload, as far as the service manager knows of one; from then on it brings the status up to
/// date.
void Gateway::report_ready() {
    ready_timeout_->stop();
    if (!std::exchange(ready_, true)) {
        notifier_.ready(format_condition(observe()));
    }
    status_line_.touch();
}

Condition Gateway::observe() const {
    Condition condition;
    condition.agent_id = connections_.agent_id;
    if (!subscriber_.is_listening()) {
        const Session& session = subscriber_.session();
        condition.problem = "waiting for the replica at " + to_string(session.address()) +
                            (session.problem().empty() ? "" : ": " + session.problem());
    }
    condition.channels = subscriber_.wanted().channels.size();
    condition.patterns = subscriber_.wanted().patterns.size();
    condition.tasks_waiting = forwarder_ ? forwarder_->waiting() : 0;
    condition.commands_running = run_queue_.running();
    condition.commands_waiting = run_queue_.waiting();
    if (const auto& gap = subscriber_.gaps().last) {
        condition.last_gap = Condition::Gap{gap->end, gap->length};
    }
    return condition;
}

void Gateway::on_signal(int number) {
    if (number != SIGHUP) {
        end(number);
    } else if (end_signal_ == 0) {
        reload();
    }
}

/// The old rules stay in force until every new subscription is confirmed, on the same connection, and the new rules
/// take over then, between two events. Redis confirms in line with the messages: so each event of a subscription that
/// both have comes to either the old rules or the new ones, and one that comes by an old and a new subscription counts
/// only for the side that is in force.
void Gateway::reload() {
    const bool was_ready = std::exchange(ready_, false);
    if (was_ready) {
        notifier_.reloading();
    }
    if (std::optional<Config> next = reload_()) {
        next_ = std::move(next);
        subscriber_.listen_to(subscriptions_of(next_->rules));
    } else {
        log_.error("gateway", "not reloaded, the old configuration stays");
    }
    if (next_ && subscriber_.is_connected() && !subscriber_.is_listening()) {
        return; // on_listening follows
    }
    if (next_) {
        switch_over();
    }
    if (was_ready) {
        report_ready();
    }
}

void Gateway::switch_over() {
    adopt(*std::exchange(next_, std::nullopt));
    log_.notice("gateway", "reloaded", {{"rules", config_.rules.all().size()}});
}

void Gateway::adopt(Config config) {
    for (const std::string_view name : keep_fixed_settings(config.settings, config_.settings)) {
        log_.warning("config", "takes effect at the next start", {{"setting", name}});
    }
    config_ = std::move(config);
    log_.set_level(config_.settings.log_level);
    run_queue_.set_limits(run_limits(config_.settings));
    subscriber_.session().set_polling_interval(config_.settings.polling_interval);
    if (!forwarder_ && config_.rules.has(RuleKind::action)) {
        make_forwarder();
        forwarder_->start();
    }
}

void Gateway::end(int signal) {
    if (std::exchange(end_signal_, signal) != 0) {
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
