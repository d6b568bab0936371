// SPDX-License-Identifier: GPL-3.0-or-later
// Copyright (C) 2026 eventsgw contributors

#include "cli/monitor.h"

#include "base/glob.h"
#include "base/log.h"
#include "base/text.h"
#include "cli/event_printer.h"
#include "cli/leader_client.h"
#include "cli/module_environment.h"
#include "cli/options.h"
#include "cli/review.h"
#include "cli/takers.h"
#include "redis/subscriber.h"

#include <algorithm>
#include <cerrno>
#include <csignal>

#include <unistd.h>

namespace eventsgw {
namespace {

constexpr const char* kAllEvents = "*/event/*";

Subscriptions read_patterns(std::vector<std::string> words) {
    if (words.empty()) {
        words.emplace_back(kAllEvents);
    }
    Subscriptions wanted;
    for (const std::string& word : words) {
        const bool is_name = word.find('/') == std::string::npos;
        const std::string name = is_name ? "*/event/" + word : word;
        std::vector<std::string>& list = is_glob(name) ? wanted.patterns : wanted.channels;
        if (std::find(list.begin(), list.end(), name) == list.end()) {
            list.push_back(name);
        }
    }
    return wanted;
}

/// A module without a configuration has no rules, and one that is broken has none that run.
ConfigReport load_quietly(const ConfigChoice& choice, std::ostream& err) {
    const bool is_there = ::access(choice.path.c_str(), F_OK) == 0;
    if (!choice.is_named && !is_there && choice.events_directories.empty()) {
        return {};
    }
    ConfigReport report = load_config(choice);
    report.warnings.clear();
    print_problems(choice.path, report, err);
    return report;
}

/// Whom to listen for is not needed in order to listen: the user `default` may.
Result<Connections> find_listener_connections(const std::optional<std::string>& agent_id) {
    Result<Connections> connections = find_connections(agent_id);
    return connections ? connections : find_connections("eventsgw");
}

class Monitor {
public:
    Monitor(Loop& loop, const Connections& connections, Subscriptions wanted, ConfigReport config,
            const MonitorOptions& options, std::ostream& out, std::ostream& err)
        : loop_(loop), wanted_(std::move(wanted)), config_(std::move(config)), out_(out), err_(err),
          printer_(out, {options.json, options.payload, options.colour}),
          log_(STDERR_FILENO, Log::Style::terminal, LogLevel::error), resolver_(loop),
          subscriber_(Session::Options{"replica", connections.replica, kListenerUser, kListenerPassword,
                                       connections.agent_id + "/eventsgw/monitor", kToolPollingInterval},
                      make_tool_network(loop, resolver_), log_, wanted_, kToolMaxPayload,
                      Subscriber::Callbacks{[this](const Message& message) { on_message(message); },
                                            [this] { on_listening(); }, [] {}, [this] { on_problem(); }}) {}

    void run() {
        printer_.print_heads();
        subscriber_.start();
        loop_.run();
    }

private:
    std::string address() const { return to_string(subscriber_.session().address()); }

    void on_listening() {
        if (away_since_) {
            err_ << "eventsgw: listening again after " << format_duration(Clock::now() - *away_since_)
                 << "; events of that time were not seen\n";
        } else {
            err_ << "eventsgw: listening at " << address() << "\n";
        }
        away_since_.reset();
        err_ << std::flush;
    }

    void on_problem() {
        if (!away_since_) {
            away_since_ = Clock::now();
        }
        err_ << "eventsgw: the replica at " << address() << " is away: " << escape(subscriber_.session().problem())
             << "; trying again\n"
             << std::flush;
    }

    void on_message(const Message& message) {
        if (!is_first_of_event(message)) {
            return;
        }
        errno = 0;
        printer_.print(std::chrono::system_clock::now(), {message.channel, message.payload},
                       find_takers(config_, message.channel));
        if (!out_) {
            end_with_output();
        }
    }

    /// Redis sends an event once for each subscription that it matches: the first of them in our own order counts.
    bool is_first_of_event(const Message& message) const {
        if (!message.is_pattern) {
            return true;
        }
        if (std::find(wanted_.channels.begin(), wanted_.channels.end(), message.channel) != wanted_.channels.end()) {
            return false;
        }
        const auto first =
            std::find_if(wanted_.patterns.begin(), wanted_.patterns.end(),
                         [&](const std::string& pattern) { return match_glob(pattern, message.channel).matches; });
        return first == wanted_.patterns.end() || *first == message.pattern;
    }

    /// As for any filter, the end of its reader is no error.
    void end_with_output() {
        if (errno == EPIPE) {
            ::signal(SIGPIPE, SIG_DFL);
            ::raise(SIGPIPE);
        }
        loop_.stop();
    }

    Loop& loop_;
    Subscriptions wanted_;
    ConfigReport config_;
    std::ostream& out_;
    std::ostream& err_;
    EventPrinter printer_;
    Log log_; ///< says nothing: it is said here
    Resolver resolver_;
    std::optional<Clock::time_point> away_since_;
    Subscriber subscriber_;
};

} // namespace

int monitor(const MonitorOptions& options, std::ostream& out, std::ostream& err) {
    if (std::find(options.patterns.begin(), options.patterns.end(), "") != options.patterns.end()) {
        err << "eventsgw: a PATTERN is empty, and no event has an empty name: leave it out to see all events\n";
        return kExitUsage;
    }
    const Result<Connections> connections = find_listener_connections(options.agent_id);
    if (!connections) {
        err << "eventsgw: " << connections.error().message << "\n";
        return kExitConfig;
    }
    Loop loop;
    Monitor(loop, *connections, read_patterns(options.patterns), load_quietly(options.config, err), options, out, err)
        .run();
    return kExitIo;
}

} // namespace eventsgw
