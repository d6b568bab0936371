// SPDX-License-Identifier: GPL-3.0-or-later
// Copyright (C) 2026 eventsgw contributors

#include "daemon/gateway.h"

#include "daemon/leader_session.h"
#include "event/task.h"

#include <csignal>
#include <new>
#include <stdexcept>
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

} // namespace

Gateway::Gateway(Loop& loop, const Log& log, Options options)
    : loop_(loop), log_(log), rules_(std::move(options.rules)), agent_id_(options.connections.agent_id),
      notifier_(options.notify_socket), spool_problem_(std::move(options.spool_problem)),
      ready_timeout_(loop.make_timer([this] { on_problem(); })),
      drain_timeout_(loop.make_timer([this] { loop_.stop(); })),
      launcher_(loop, std::move(options.command_environment)),
      run_queue_(loop, launcher_, log,
                 {options.settings.max_concurrency, options.settings.queue_limit, options.settings.queue_memory}),
      commands_(loop, run_queue_, log, [this] { stop_if_drained(); }), leader_resolver_(loop), replica_resolver_(loop),
      subscriber_(listener_options(options), make_network(loop, replica_resolver_), log, rules_.channels(),
                  rules_.patterns(),
                  Subscriber::Callbacks{[this](const Message& message) { on_message(message); },
                                        [this] { on_listening(); }, [this] { on_problem(); }}) {
    if (rules_.has(RuleKind::action)) {
        const Backlog::Options limits{options.settings.task_limit, options.settings.task_memory,
                                      options.settings.spool_limit, options.settings.durability == Durability::always};
        forwarder_.emplace(
            Forwarder::Options{make_leader_options(options.connections, options.settings.polling_interval), agent_id_,
                               uuids_.make(), limits},
            make_network(loop, leader_resolver_), log, std::move(options.spool),
            Forwarder::Callbacks{[this] { stop_if_drained(); },
                                 [this](const std::string& problem) { on_spool_problem(problem); }});
        watch_spool();
    }
}

void Gateway::watch_spool() {
    Spool* spool = forwarder_->spool();
    if (spool == nullptr) {
        return;
    }
    spool_watch_ =
        std::make_unique<Watch>(loop_, spool->descriptor(), Watch::For::reading, [spool] { spool->receive(); });
    if (!spool_watch_->on()) {
        throw std::runtime_error("the spool cannot be watched");
    }
}

/// No process group outlives the gateway, however it comes to its end.
Gateway::~Gateway() {
    run_queue_.signal_all(SIGKILL);
}

int Gateway::run() {
    const Signals signals(loop_, {SIGTERM, SIGINT, SIGHUP}, [this](int number) { on_signal(number); });
    ready_timeout_->start(kReadyTimeout);
    subscriber_.start();
    if (forwarder_) {
        forwarder_->start();
    }
    loop_.run();
    keep_tasks();
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
    report_status("listening to " + std::to_string(rules_.channels().size()) + " channels and " +
                  std::to_string(rules_.patterns().size()) + " patterns for " + agent_id_);
}

/// The replica is away. Nobody who waits for this service is made to wait for Redis, but not told before kReadyTimeout.
void Gateway::on_problem() {
    if (ready_timeout_->is_pending()) {
        return;
    }
    const Session& session = subscriber_.session();
    report_status("waiting for the replica at " + to_string(session.address()) + ": " + session.problem());
}

void Gateway::report_status(const std::string& status) {
    ready_timeout_->stop();
    status_ = status;
    const std::string whole = spool_problem_.empty()
                                  ? status
                                  : status + "; the spool cannot be used, tasks wait in memory: " + spool_problem_;
    if (std::exchange(ready_, true)) {
        notifier_.status(whole);
    } else {
        notifier_.ready(whole);
    }
}

void Gateway::on_spool_problem(const std::string& problem) {
    spool_problem_ = problem;
    if (ready_) {
        report_status(std::string(status_));
    }
}

void Gateway::on_signal(int number) {
    if (std::exchange(end_signal_, number) != 0) {
        loop_.stop(); // asked twice: at once
        return;
    }
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

/// What the leader has not taken is on disk when this returns, or lost.
void Gateway::keep_tasks() {
    if (!forwarder_) {
        return;
    }
    const std::size_t waiting = forwarder_->waiting();
    const std::size_t lost = forwarder_->finish();
    if (waiting > lost) {
        log_.notice("task", "kept for the next start", {{"waiting", waiting - lost}});
    }
    if (lost > 0) {
        log_.error("task", "lost at the end, the leader did not take them", {{"waiting", lost}});
    }
}

void Gateway::log_summary() const {
    const Forwarder::Counters tasks = forwarder_ ? forwarder_->counters() : Forwarder::Counters{};
    log_.notice("gateway", "ended",
                {{"messages", messages_},
                 {"pushed", tasks.pushed},
                 {"commands", commands_.counters().succeeded + commands_.counters().failed},
                 {"failed", commands_.counters().failed},
                 {"refused", commands_.refused() + tasks.refused}});
}

} // namespace eventsgw
