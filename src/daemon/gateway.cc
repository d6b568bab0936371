// SPDX-License-Identifier: GPL-3.0-or-later
// Copyright (C) 2026 eventsgw contributors

#include "daemon/gateway.h"

#include "daemon/leader_session.h"

#include <csignal>
#include <new>
#include <stdexcept>
#include <utility>

#include <sys/stat.h>

namespace eventsgw {
namespace {

/// The log of writes may take one of so many parts of what the journal may.
constexpr std::size_t kLogParts = 4;

Session::Options listener_options(const Connections& connections, const Settings& settings) {
    return {"replica",         connections.replica,  kListenerUser,
            kListenerPassword, connections.agent_id, settings.polling_interval};
}

/// A rule and the events directory can share a pattern.
Subscriptions subscriptions_of(const Gateway::Config& config) {
    Subscriptions all{config.rules.channels(), config.rules.patterns()};
    if (!config.settings.eventsdir.empty() && config.rules.find_pattern(Gateway::kHandlerPattern) == nullptr) {
        all.patterns.emplace_back(Gateway::kHandlerPattern);
    }
    return all;
}

/// A gateway that comes to an orderly end removes it.
bool has_stale_socket() {
    struct stat info {};
    return ::lstat(kStatusSocket, &info) == 0;
}

RunQueue::Limits run_limits(const Settings& settings) {
    return {settings.max_concurrency,
            settings.queue_limit,
            {settings.queue_memory, settings.journal_limit},
            settings.durability == Durability::always,
            settings.max_attempts,
            settings.hold_after,
            settings.kill_grace};
}

RunGroups::Config run_groups(const Gateway::Config& config) {
    RunGroups::Config groups{{}, config.settings.eventsdir, make_handler_settings(config.settings), config.handlers};
    for (const Rule& rule : config.rules.all()) {
        if (rule.kind == RuleKind::command) {
            groups.commands.push_back(rule);
        }
    }
    return groups;
}

} // namespace

Gateway::Gateway(Loop& loop, Log& log, Options options)
    : loop_(loop), log_(log), version_(std::move(options.version)), connections_(std::move(options.connections)),
      config_(std::move(options.config)), reload_(std::move(options.reload)), rule_counters_(config_.rules),
      shortages_(loop, log, "gateway", "refused, out of memory"), started_(loop.now()),
      notifier_(loop, options.notify_socket), watchdog_(loop, options.watchdog_timeout, [this] { notifier_.alive(); }),
      status_line_(
          loop, [this] { return observe(); }, [this](const std::string& status) { notifier_.status(status); }),
      ready_timeout_(loop.make_timer([this] { on_problem(); })), drain_timeout_(loop.make_timer([this] {
          is_leader_given_up_ = true;
          stop_if_drained();
      })),
      journal_(std::move(options.journal)),
      journal_watch_(loop, journal_->descriptor(), Watch::For::reading, [this] { journal_->receive(); }),
      launcher_(loop, std::move(options.command_environment)), supervisor_(loop, launcher_, log),
      history_(loop, log, make_history_settings(config_.settings), *journal_),
      runs_({loop, supervisor_, remains_, log, std::move(options.open_step_output)}, *journal_, history_,
            run_limits(config_.settings), run_groups(config_), [this] { stop_if_drained(); }),
      replica_resolver_(loop),
      subscriber_(listener_options(connections_, config_.settings),
                  make_network(loop, replica_resolver_, config_.settings.max_payload), log, subscriptions_of(config_),
                  config_.settings.max_payload,
                  Subscriber::Callbacks{[this](const Message& message) { on_message(message); },
                                        [this] { on_listening(); }, [this] { on_lost(); }, [this] { on_problem(); },
                                        [this] { journal_->show_life(loop_.now()); },
                                        [this](const Message& message) { on_too_large(message); }}),
      control_({loop, log, runs_, config_.rules, config_.settings.eventsdir, sender_}),
      status_server_(
          loop, log, [this] { return report(); }, make_verbs()) {
    journal_->limit_log(config_.settings.journal_limit / kLogParts);
    if (!journal_watch_.on()) {
        throw std::runtime_error("the journal cannot be watched");
    }
    if (config_.rules.has(RuleKind::action)) {
        make_sender();
    }
}

void Gateway::make_sender() {
    sender_.emplace(loop_, log_, connections_, config_.settings, *journal_, history_,
                    TaskSender::Callbacks{[this] { stop_if_drained(); }, [this] { status_line_.touch(); }});
}

/// No process group outlives the gateway, however it comes to its end; but what commands have left behind does.
Gateway::~Gateway() {
    supervisor_.signal_all(SIGKILL);
    remains_.kill_all();
}

int Gateway::run() {
    const Signals signals(loop_, {SIGTERM, SIGINT, SIGHUP, SIGUSR1}, [this](int number) { on_signal(number); });
    ready_timeout_->start(kReadyTimeout);
    watchdog_.start();
    runs_.recover(has_stale_socket() ? std::string_view(connections_.agent_id) : std::string_view());
    status_server_.start();
    if (const Result<Address> place = parse_address(config_.settings.metrics_listen)) {
        status_server_.serve_metrics(*place); // an empty setting is no address
    }
    subscriber_.start();
    if (sender_) {
        sender_->start();
    } else if (const std::uint64_t waiting = journal_->extent().tasks; waiting > 0) {
        log_.warning("task", "none is pushed, for no rule has an action", {{"waiting", waiting}});
    }
    try {
        loop_.run();
    } catch (const std::bad_alloc&) {
        reserve_.reset(); // first: a record takes memory too
        log_.error("gateway", "ends, out of memory", {{"tasks", sender_ ? sender_->waiting() : 0}});
        runs_.give_to_journal();
        if (sender_) {
            sender_->keep();
        }
        throw;
    }
    runs_.give_to_journal();
    history_.flush();
    if (sender_) {
        sender_->keep();
    }
    journal_->finish(); // where there was no sender
    journal_->receive();
    runs_.give_to_journal(); // runs that were given up, and had to wait for their events, have ended only now
    journal_->finish();
    journal_->receive();
    runs_.log_kept(journal_->unwritten_runs());
    history_.end();
    log_summary();
    return end_signal_;
}

/// Those that hold the subscription which has brought it.
const RuleSet::Indexes& Gateway::rules_of(const Message& message) const {
    static const RuleSet::Indexes none;
    const RuleSet::Indexes* held =
        message.is_pattern ? config_.rules.find_pattern(message.pattern) : config_.rules.find_channel(message.channel);
    return held != nullptr ? *held : none;
}

bool Gateway::is_for_handlers(const Message& message) const {
    return runs_.has_handlers() && message.is_pattern && message.pattern == kHandlerPattern;
}

void Gateway::on_message(const Message& message) {
    ++messages_;
    const Event event{message.channel, message.payload, subscriber_.session().last_heard()};
    Keeper keeper(event);
    for (const std::size_t index : rules_of(message)) {
        static_cast<void>(apply(config_.rules.all()[index], event, keeper)); // a refusal has been counted
        rule_counters_.note(index, event.read);
    }
    if (is_for_handlers(message)) {
        static_cast<void>(handle(event, keeper));
    }
    status_line_.touch();
}

/// A payload that there is no memory for must not end the daemon, which has others in hand.
Outcome Gateway::apply(const Rule& rule, const Event& event, Keeper& keeper) {
    try {
        return rule.kind == RuleKind::action ? sender_->send(rule, keeper.keep())
                                             : runs_.run_command(rule, event, keeper);
    } catch (const std::bad_alloc&) {
        shortages_.add(event.channel);
        return refuse_work(&rule, event, Outcome::Reason::out_of_memory);
    }
}

Outcome Gateway::handle(const Event& event, Keeper& keeper) {
    try {
        return runs_.run_handler(event, keeper);
    } catch (const std::bad_alloc&) {
        shortages_.add(event.channel);
        return refuse_work(nullptr, event, Outcome::Reason::out_of_memory);
    }
}

void Gateway::on_listening() {
    if (next_) {
        switch_over();
    }
    report_ready();
}

/// Nothing is subscribed any more that the old rules could be needed for. But new names that Redis refuses would keep
/// the old ones from being heard as well.
void Gateway::on_lost() {
    if (!next_) {
        return;
    }
    if (subscriber_.session().fault() == Fault::denied) {
        log_.error("gateway", "not reloaded, Redis refuses the new subscriptions",
                   {{"reason", subscriber_.session().problem()}});
        next_.reset();
        subscriber_.listen_to(subscriptions_of(config_));
    } else {
        switch_over();
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

void Gateway::on_signal(int number) {
    const bool is_ending = end_signal_ != 0;
    if (number == SIGHUP || number == SIGUSR1) {
        if (!is_ending) {
            number == SIGHUP ? reload() : drain();
        }
    } else if (is_ending && end_signal_ != SIGUSR1) {
        end_at_once(); // asked twice
    } else {
        end_signal_ = number;
        end();
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
    if (std::optional<Config> next = reload_(); next) {
        next_ = std::move(next);
        subscriber_.listen_to(subscriptions_of(*next_));
    } else {
        log_.error("gateway", "not reloaded, the old configuration stays");
    }
    if (next_ && subscriber_.is_connected()) {
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
    rule_counters_.change(config_.rules, config.rules);
    config_ = std::move(config);
    log_.set_level(config_.settings.log_level);
    history_.set_settings(make_history_settings(config_.settings));
    runs_.set_config(run_limits(config_.settings), run_groups(config_));
    subscriber_.session().set_polling_interval(config_.settings.polling_interval);
    if (sender_) {
        sender_->set_polling_interval(config_.settings.polling_interval);
    } else if (config_.rules.has(RuleKind::action)) {
        make_sender();
        sender_->start();
    }
}

/// The slow end: what has arrived is still done, however long it takes.
void Gateway::drain() {
    end_signal_ = SIGUSR1;
    log_.notice("gateway", "listens no more, and finishes what it has",
                {{"running", runs_.running()}, {"waiting", runs_.waiting()}});
    notifier_.stopping();
    subscriber_.stop();
    runs_.drain();
    stop_if_drained();
}

/// Steps and commands have the time to come to their end, as at a time-out, and the service manager learns of it.
void Gateway::end() {
    constexpr std::chrono::seconds kMargin{10};
    status_line_.stop();
    notifier_.stopping();
    notifier_.extend_timeout(std::chrono::ceil<std::chrono::microseconds>(config_.settings.kill_grace + kMargin));
    subscriber_.stop();
    if (sender_) {
        sender_->hurry();
    }
    drain_timeout_->start(kDrainTimeout);
    runs_.stop(config_.settings.kill_grace);
    stop_if_drained();
}

void Gateway::end_at_once() {
    is_leader_given_up_ = true;
    runs_.kill();
    stop_if_drained();
}

void Gateway::stop_if_drained() {
    if (end_signal_ == 0 || (end_signal_ == SIGUSR1 ? !runs_.is_drained() : runs_.running() > 0)) {
        return;
    }
    if (!sender_ || sender_->waiting() == 0 || is_leader_given_up_) {
        runs_.stop(std::chrono::nanoseconds::zero()); // what a slow end does not wait for is kept
        loop_.stop();
    } else if (!drain_timeout_->is_pending()) {
        sender_->hurry();
        drain_timeout_->start(kDrainTimeout); // after it they are kept on disk
    }
}

} // namespace eventsgw
