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

/// What to subscribe besides channels: a rule and the events directory can share a pattern.
std::vector<std::string> patterns(const RuleSet& rules, bool has_handlers) {
    std::vector<std::string> all = rules.patterns();
    if (has_handlers && rules.find_pattern(EventsDirectory::kPattern) == nullptr) {
        all.emplace_back(EventsDirectory::kPattern);
    }
    return all;
}

} // namespace

Gateway::Gateway(Loop& loop, const Log& log, Options options)
    : loop_(loop), log_(log), rules_(std::move(options.rules)), agent_id_(options.connections.agent_id),
      notifier_(options.notify_socket), ready_timeout_(loop.make_timer([this] { on_problem(); })),
      drain_timeout_(loop.make_timer([this] { loop_.stop(); })),
      launcher_(loop, std::move(options.command_environment)),
      slots_({options.settings.max_concurrency, options.settings.queue_limit, options.settings.queue_memory}),
      supervisor_(loop, launcher_, log), run_queue_(slots_, supervisor_),
      commands_(loop, run_queue_, log, [this] { stop_if_drained(); }), leader_resolver_(loop), replica_resolver_(loop),
      subscriber_(listener_options(options), make_network(replica_resolver_), log, rules_.channels(),
                  patterns(rules_, !options.events.bases.empty()),
                  Subscriber::Callbacks{[this](const Message& message) { on_message(message); },
                                        [this] { on_listening(); }, [this] { on_problem(); }}) {
    if (!options.events.bases.empty()) {
        const HandlerMeans means{loop, supervisor_, remains_, log, std::move(options.open_step_output)};
        events_.emplace(means, slots_, std::move(options.events), [this] { stop_if_drained(); });
    }
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

/// No process group outlives the gateway, however it comes to its end; but what commands have left behind does.
Gateway::~Gateway() {
    supervisor_.signal_all(SIGKILL);
    remains_.kill_all();
}

int Gateway::run() {
    const Signals signals(loop_, {SIGTERM, SIGINT, SIGHUP, SIGUSR1}, [this](int number) { on_signal(number); });
    ready_timeout_->start(kReadyTimeout);
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
    const Event event{message.channel, message.payload};
    if (held != nullptr) {
        for (const std::size_t index : *held) {
            apply(rules_.all()[index], event);
        }
    }
    if (events_ && message.is_pattern && message.pattern == EventsDirectory::kPattern) {
        handle(event);
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

void Gateway::handle(const Event& event) {
    try {
        events_->accept(event);
    } catch (const std::bad_alloc&) {
        log_.error("gateway", "refused, out of memory", {{"event", event.channel}, {"bytes", event.payload.size()}});
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
                  std::to_string(patterns(rules_, events_.has_value()).size()) + " patterns for " + agent_id_);
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
    if (std::exchange(ready_, true)) {
        notifier_.status(status);
    } else {
        notifier_.ready(status);
    }
}

void Gateway::on_signal(int number) {
    if (number == SIGUSR1) {
        if (end_signal_ == 0) {
            drain();
        }
    } else if (end_signal_ != 0 && end_signal_ != SIGUSR1) {
        loop_.stop(); // asked twice: at once
    } else {
        end_signal_ = number;
        end();
    }
}

/// The slow end: what has arrived is still done, however long it takes.
void Gateway::drain() {
    end_signal_ = SIGUSR1;
    log_.notice("gateway", "listens no more, and finishes what it has",
                {{"running", slots_.running()}, {"waiting", slots_.waiting()}});
    notifier_.stopping();
    subscriber_.stop();
    if (events_) {
        events_->drain();
    }
    stop_if_drained();
}

void Gateway::end() {
    notifier_.stopping();
    subscriber_.stop();
    std::size_t dropped = slots_.close(); // first: a handler that ends now must make room for nobody
    if (events_) {
        events_->close();
    }
    dropped += supervisor_.close();
    if (dropped > 0) {
        log_.error("gateway", "commands and handlers dropped at the end, they had not started", {{"waiting", dropped}});
    }
    supervisor_.signal_all(SIGTERM);
    drain_timeout_->start(kDrainTimeout);
    stop_if_drained();
}

void Gateway::stop_if_drained() {
    const bool has_tasks = forwarder_ && forwarder_->waiting() > 0;
    const bool is_at_work =
        end_signal_ == SIGUSR1 ? slots_.running() + slots_.waiting() > 0 : supervisor_.running() > 0;
    if (end_signal_ != 0 && !has_tasks && !is_at_work) {
        loop_.stop();
    }
}

void Gateway::log_summary() const {
    if (forwarder_ && forwarder_->waiting() > 0) {
        log_.error("task", "lost at the end, the leader did not take them", {{"waiting", forwarder_->waiting()}});
    }
    const EventsDirectory::Counters handled = events_ ? events_->counters() : EventsDirectory::Counters();
    log_.notice("gateway", "ended",
                {{"messages", messages_},
                 {"pushed", forwarder_ ? forwarder_->pushed() : 0},
                 {"commands", commands_.counters().succeeded + commands_.counters().failed},
                 {"handlers", handled.completed + handled.aborted + handled.skipped},
                 {"failed", commands_.counters().failed + handled.aborted},
                 {"refused", commands_.refused() + (forwarder_ ? forwarder_->refused() : 0) +
                                 (events_ ? events_->refused() : 0)}});
}

} // namespace eventsgw
