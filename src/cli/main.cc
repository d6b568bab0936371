// SPDX-License-Identifier: GPL-3.0-or-later
// Copyright (C) 2026 eventsgw contributors

#include "base/text.h"
#include "cli/check.h"
#include "cli/help.h"
#include "cli/history.h"
#include "cli/match.h"
#include "cli/migrate.h"
#include "cli/monitor.h"
#include "cli/options.h"
#include "cli/publish.h"
#include "cli/run.h"
#include "cli/spool.h"
#include "cli/standard_output.h"
#include "cli/status.h"
#include "cli/submit.h"

#include <algorithm>
#include <cstdlib>
#include <cstring>
#include <exception>
#include <iostream>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include <unistd.h>

namespace eventsgw {
namespace {

using Words = std::vector<std::string>;

int run_check(const Options& options) {
    return check({options.config, options.json}, std::cout, std::cerr);
}

int run_match(const Options& options) {
    std::optional<std::string> agent_id = options.agent_id;
    if (const char* variable = std::getenv("AGENT_ID"); !agent_id && variable != nullptr && *variable != '\0') {
        agent_id = variable;
    }
    return match({options.arguments.front(), options.config, agent_id}, std::cout, std::cerr);
}

int run_spool(const Options& options) {
    return spool(options, std::cout, std::cerr);
}

int run_history(const Options& options) {
    return history(options, std::cout, std::cerr);
}

int run_replay(const Options& options) {
    return replay(options, std::cout, std::cerr);
}

int run_publish(const Options& options) {
    return publish({options.arguments.front(), options.data, options.force, options.agent_id}, std::cout, std::cerr);
}

/// A handler's step is told which event it runs for.
std::optional<std::string> read_handled_channel() {
    const char* source = std::getenv("AGENT_EVENT_SOURCE");
    const char* name = std::getenv("AGENT_EVENT_NAME");
    if (source == nullptr || name == nullptr) {
        return std::nullopt;
    }
    return std::string(source) + "/event/" + name;
}

int run_submit(const Options& options) {
    const bool is_replay = std::getenv("AGENT_EVENT_REPLAY") != nullptr;
    return submit({options.arguments.front(), options.data, options.wait, options.retry, options.agent_id,
                   read_handled_channel(), is_replay, ::isatty(STDERR_FILENO) != 0},
                  std::cout, std::cerr);
}

bool wants_colour() {
    const char* no_colour = std::getenv("NO_COLOR");
    return ::isatty(STDOUT_FILENO) != 0 && (no_colour == nullptr || *no_colour == '\0');
}

int run_monitor(const Options& options) {
    return monitor({options.arguments, options.config, options.agent_id, options.json, options.payload, wants_colour()},
                   std::cout, std::cerr);
}

int run_migrate(const Options& options) {
    if (options.to.empty()) {
        std::cerr << "eventsgw: migrate needs --to DIR\nTry \"eventsgw migrate --help\".\n";
        return kExitUsage;
    }
    return migrate({options.config.path, options.to, options.dry_run, options.partial, options.force}, std::cout,
                   std::cerr);
}

int run_status(const Options& options) {
    const StatusFormat format = options.json                      ? StatusFormat::json
                                : options.format == "openmetrics" ? StatusFormat::openmetrics
                                                                  : StatusFormat::text;
    return status(format, std::cout, std::cerr);
}

/// What concerns the configuration.
std::vector<Subcommand> local_subcommands() {
    return {
        {"run",
         "",
         0,
         {"config", "agentid", "eventsdir", "log-level"},
         "listen to the events of eventsgw.conf and act on them",
         "AGENT_ID=module/mail1 REDIS_PASSWORD=... eventsgw --log-level debug",
         run_daemon},
        {"check",
         "",
         0,
         {"config", "eventsdir", "format"},
         "say what is wrong with a configuration",
         "eventsgw check --config /var/lib/nethserver/mail1/state/eventsgw.conf",
         run_check},
        {"match",
         "CHANNEL",
         1,
         {"config", "agentid", "eventsdir"},
         "tell which rules and steps would take an event, and why others would not",
         "eventsgw match module/traefik1/event/certificate-renew",
         run_match},
        {"migrate",
         "",
         0,
         {"config", "to", "dry-run", "partial", "force"},
         "write steps of an events directory that do what the rules do",
         "cd /var/lib/nethserver/mail1/state && eventsgw migrate --to ../events --dry-run",
         run_migrate},
    };
}

/// What looks at a gateway, or at what it has left.
std::vector<Subcommand> gateway_subcommands() {
    return {
        {"status",
         "",
         0,
         {"format"},
         "tell how the running gateway is: connections, rules, tasks, handlers",
         "cd /var/lib/nethserver/mail1/state && eventsgw status",
         run_status,
         0,
         {"text", "json", "openmetrics"}},
        {"history",
         "[VERB [ID]]",
         0,
         {"event", "failed", "since", "format", "payload"},
         "list the last commands and handlers; show one",
         "eventsgw history --failed --since 24h",
         run_history,
         2,
         {"text", "json"},
         "list (the default) or show ID"},
        {"replay",
         "ID",
         1,
         {},
         "have the running gateway take the event of a run once more",
         "eventsgw replay 1b9d6bcd",
         run_replay},
        {"spool",
         "[VERB [ID]]",
         0,
         {"spool", "agentid", "format"},
         "list the tasks on disk; show, retry or drop one; push those that wait",
         "eventsgw spool show 1b9d6bcd-bbfd-4b2d-9b5d-ab8dfbbd4bed",
         run_spool,
         2,
         {"text", "json"},
         "list (the default), show ID, retry ID, drop ID or push"},
    };
}

/// What talks to Redis.
std::vector<Subcommand> redis_subcommands() {
    return {
        {"publish",
         "EVENT",
         1,
         {"data", "force", "agentid"},
         "publish an event: NAME, or SOURCE/event/NAME",
         "eventsgw publish my-settings-changed --data '{\"reason\":\"configure-module\"}'",
         run_publish},
        {"submit",
         "ACTION",
         1,
         {"data", "wait", "retry", "agentid"},
         "give the module's agent a task, as a rule of [actions] does",
         "echo '{\"domain\":\"example.org\"}' | eventsgw submit renew-certificate --wait",
         run_submit},
        {"monitor",
         "[PATTERN...]",
         kAnyNumber,
         {"config", "eventsdir", "format", "payload", "agentid"},
         "show events as they pass, and which rules and steps take them",
         "eventsgw monitor 'module/traefik*/event/*' user-domain-changed",
         run_monitor},
    };
}

/// The first one is what a bare command line means.
const std::vector<Subcommand>& subcommands() {
    static const std::vector<Subcommand> table = [] {
        std::vector<Subcommand> rows = local_subcommands();
        for (const std::vector<Subcommand>& others : {gateway_subcommands(), redis_subcommands()}) {
            rows.insert(rows.end(), others.begin(), others.end());
        }
        return rows;
    }();
    return table;
}

const Subcommand* find_subcommand(std::string_view name) {
    for (const Subcommand& subcommand : subcommands()) {
        if (subcommand.name == name) {
            return &subcommand;
        }
    }
    return nullptr;
}

/// `subcommand` is the one that was named, or nullptr.
int complain(const std::string& message, const Subcommand* subcommand = nullptr) {
    std::cerr << "eventsgw: " << message << "\nTry \"eventsgw "
              << (subcommand == nullptr ? "" : std::string(subcommand->name) + " ") << "--help\".\n";
    return kExitUsage;
}

int complain_of_subcommand(const std::string& word) {
    std::vector<std::string_view> names{"help"};
    std::string list;
    for (const Subcommand& subcommand : subcommands()) {
        names.push_back(subcommand.name);
        list += std::string(subcommand.name) + ", ";
    }
    const std::string_view nearest = find_nearest(to_lower(word), names);
    const std::string question = nearest.empty() ? "" : "; did you mean " + std::string(nearest) + "?";
    return complain("unknown subcommand " + quote(word) + question + "\nThere are: " + list + "help");
}

/// What is wrong with the arguments besides options; empty when nothing is.
std::string find_argument_fault(const Subcommand& subcommand, const Words& arguments) {
    if (subcommand.argument_count == kAnyNumber) {
        return "";
    }
    if (arguments.size() < subcommand.argument_count) {
        return std::string(subcommand.name) + " needs " + std::string(subcommand.arguments);
    }
    const std::size_t most = subcommand.argument_count + subcommand.optional_arguments;
    if (arguments.size() <= most) {
        return "";
    }
    const std::string& surplus = arguments[most];
    const std::vector<std::string_view>& options = subcommand.options;
    const bool may_be_a_file = most == 0 && std::find(options.begin(), options.end(), "config") != options.end();
    return "unexpected argument " + quote(surplus) +
           (may_be_a_file
                ? "; the file goes behind --config: eventsgw " + std::string(subcommand.name) + " --config FILE"
                : "");
}

int dispatch(const Subcommand& subcommand, const Words& words) {
    const Result<Options> options = parse_options(words, subcommand.options);
    if (!options) {
        return complain(options.error().message, &subcommand);
    }
    if (options->help) {
        show_help(subcommand, std::cout);
        return kExitSuccess;
    }
    if (options->version) {
        std::cout << "eventsgw " << EVENTSGW_VERSION << "\n";
        return kExitSuccess;
    }
    if (std::find(subcommand.formats.begin(), subcommand.formats.end(), options->format) == subcommand.formats.end()) {
        return complain("--format: unknown format " + quote(options->format), &subcommand);
    }
    if (const std::string fault = find_argument_fault(subcommand, options->arguments); !fault.empty()) {
        return complain(fault, &subcommand);
    }
    return subcommand.function(*options);
}

/// A command line that begins with an option, or is empty.
int dispatch_bare(const Words& words) {
    const Subcommand& usual = subcommands().front();
    const Result<Options> options = parse_options(words, usual.options);
    if (options && options->help) {
        show_general_help(subcommands(), std::cout);
        return kExitSuccess;
    }
    const auto late = std::find_if(words.begin(), words.end(), find_subcommand);
    if (late != words.end() && (!options || !options->arguments.empty())) {
        return complain("the subcommand comes first: eventsgw " + *late + " [OPTION...]");
    }
    return options ? dispatch(usual, words) : complain(options.error().message);
}

int help(const Words& words) {
    const bool is_about_itself =
        words.empty() || words.front() == "help" || words.front() == "--help" || words.front() == "-h";
    if (is_about_itself) {
        show_general_help(subcommands(), std::cout);
        return kExitSuccess;
    }
    if (words.front() == "events") {
        list_well_known_events(std::cout);
        return kExitSuccess;
    }
    const Subcommand* subcommand = find_subcommand(words.front());
    if (subcommand == nullptr) {
        return complain_of_subcommand(words.front());
    }
    show_help(*subcommand, std::cout);
    return kExitSuccess;
}

int run(const Words& words) {
    if (words.empty() || words.front().substr(0, 1) == "-") {
        return dispatch_bare(words);
    }
    const Words rest{words.begin() + 1, words.end()};
    if (words.front() == "help") {
        return help(rest);
    }
    const Subcommand* subcommand = find_subcommand(words.front());
    return subcommand == nullptr ? complain_of_subcommand(words.front()) : dispatch(*subcommand, rest);
}

/// An answer that did not get out, as on a full disk, must not pass for one that did.
int flush_output(const StandardOutput& output, int status) {
    std::cout.flush();
    if (output.error() == 0) {
        return status;
    }
    std::cerr << "eventsgw: standard output cannot be written: " << std::strerror(output.error()) << "\n";
    return kExitIo;
}

} // namespace
} // namespace eventsgw

int main(int argc, char** argv) {
    try {
        const eventsgw::StandardOutput output(std::cout);
        return eventsgw::flush_output(output, eventsgw::run({argv + 1, argv + argc}));
    } catch (const std::exception& error) {
        // What no part expected: out of memory, or a kernel without what the event loop needs.
        std::cerr << "<3>eventsgw: " << error.what() << "\n";
        return eventsgw::kExitSystem;
    }
}
