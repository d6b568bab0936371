// SPDX-License-Identifier: GPL-3.0-or-later
// Copyright (C) 2026 eventsgw contributors

#include "cli/subcommands.h"

#include "cli/check.h"
#include "cli/control.h"
#include "cli/history.h"
#include "cli/match.h"
#include "cli/migrate.h"
#include "cli/module_environment.h"
#include "cli/monitor.h"
#include "cli/options.h"
#include "cli/publish.h"
#include "cli/run.h"
#include "cli/spool.h"
#include "cli/status.h"
#include "cli/submit.h"
#include "cli/wait.h"

#include <iostream>
#include <optional>
#include <string>

#include <unistd.h>

namespace eventsgw {
namespace {

int run_check(const Options& options) {
    return check({options.config, options.json}, std::cout, std::cerr);
}

int run_match(const Options& options) {
    std::optional<std::string> agent_id = options.agent_id;
    if (const char* variable = read_environment("AGENT_ID"); !agent_id && variable != nullptr && *variable != '\0') {
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

int run_cancel(const Options& options) {
    return cancel(options, std::cout, std::cerr);
}

int run_pause(const Options& options) {
    return pause(options, std::cout, std::cerr);
}

int run_resume(const Options& options) {
    return resume(options, std::cout, std::cerr);
}

int run_wait(const Options& options) {
    return wait(options, std::cout, std::cerr);
}

int run_publish(const Options& options) {
    return publish({options.arguments.front(), options.data, options.force, options.agent_id}, std::cout, std::cerr);
}

/// A handler's step is told which event it runs for.
std::optional<std::string> read_handled_channel() {
    const char* source = read_environment("AGENT_EVENT_SOURCE");
    const char* name = read_environment("AGENT_EVENT_NAME");
    if (source == nullptr || name == nullptr) {
        return std::nullopt;
    }
    return std::string(source) + "/event/" + name;
}

int run_submit(const Options& options) {
    const bool is_replay = read_environment("AGENT_EVENT_REPLAY") != nullptr;
    return submit({options.arguments.front(), options.data, options.wait, options.retry, options.agent_id,
                   read_handled_channel(), is_replay, ::isatty(STDERR_FILENO) != 0},
                  std::cout, std::cerr);
}

bool wants_colour() {
    const char* no_colour = read_environment("NO_COLOR");
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
    return migrate({options.config.path, options.to, options.dry_run, options.partial, options.force, options.prune},
                   std::cout, std::cerr);
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
         {"config", "to", "dry-run", "partial", "force", "prune"},
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
         "list the last tasks, commands and handlers; show one",
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
        {"cancel",
         "ID...",
         1,
         {},
         "give up runs: those that wait, and those that run",
         "eventsgw cancel 1b9d6bcd",
         run_cancel,
         kAnyNumber},
        {"pause",
         "[KEY]",
         0,
         {"all", "for"},
         "let no run of a rule or handler start for now; list what is paused",
         "eventsgw pause 'module/traefik1/event/*' --for 1h",
         run_pause,
         1},
        {"resume", "[KEY]", 0, {"all"}, "end a pause", "eventsgw resume --all", run_resume, 1},
        {"wait",
         "[ID]",
         0,
         {"idle", "timeout"},
         "wait until a task, command or handler has ended, or nothing is left to do",
         "eventsgw wait --idle --timeout 30s",
         run_wait,
         1},
        {"spool",
         "[VERB [ID]]",
         0,
         {"journal", "agentid", "format"},
         "list tasks on disk and held runs; show, retry or drop one; push what waits",
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

} // namespace

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

} // namespace eventsgw
