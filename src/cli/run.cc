// SPDX-License-Identifier: GPL-3.0-or-later
// Copyright (C) 2026 eventsgw contributors

#include "cli/run.h"

#include "base/fd.h"
#include "base/text.h"
#include "config/config.h"
#include "config/connections.h"
#include "config/rules.h"
#include "daemon/gateway.h"
#include "delivery/spool.h"
#include "loop/loop.h"

#include <algorithm>
#include <array>
#include <cerrno>
#include <csignal>
#include <cstdlib>
#include <iostream>
#include <memory>
#include <optional>
#include <string_view>
#include <utility>

#include <unistd.h>
#ifdef __SANITIZE_ADDRESS__
#include <sanitizer/lsan_interface.h>
#endif

namespace eventsgw {
namespace {

const char* read_environment(const char* name) {
    return std::getenv(name); // NOLINT(concurrency-mt-unsafe): before the first thread
}

/// What commands get: everything but the variables that speak to this process alone.
std::vector<std::string> make_command_environment() {
    constexpr std::array<std::string_view, 3> kOurs{"NOTIFY_SOCKET=", "WATCHDOG_PID=", "WATCHDOG_USEC="};
    std::vector<std::string> environment;
    for (char** entry = environ; *entry != nullptr; ++entry) {
        const std::string_view variable = *entry;
        const bool ours = std::any_of(kOurs.begin(), kOurs.end(), [&](std::string_view prefix) {
            return variable.substr(0, prefix.size()) == prefix;
        });
        if (!ours) {
            environment.emplace_back(variable);
        }
    }
    return environment;
}

/// Logs why the configuration cannot be used, if it cannot.
bool is_usable(const Log& log, const std::string& file, const ConfigReport& config) {
    for (const Problem& warning : config.warnings) {
        log.warning("config", format_problem(file, warning));
    }
    for (const Problem& error : config.errors) {
        log.error("config", format_problem(file, error));
    }
    if (config.errors.empty() && config.rules.empty()) {
        log.error("config", escape(file) + ": nothing to do: there is no rule in [actions] or [commands]");
        return false;
    }
    return config.errors.empty();
}

/// The environment's part: settings on top of the file's, and the connections.
Result<Connections> apply_surroundings(const Options& options, ConfigReport& config) {
    if (Result<void> applied = apply_environment(config.settings, read_environment); !applied) {
        return applied.error();
    }
    Result<Connections> connections = read_connections(read_environment, options.agent_id);
    if (connections && !connections->password && config.rules.has(RuleKind::action)) {
        return Error{"REDIS_PASSWORD is not set, and [actions] needs it to push tasks"};
    }
    return connections;
}

/// What a parent has left blocked or ignored would go through exec.
void set_signals() {
    sigset_t none;
    ::sigemptyset(&none);
    ::sigprocmask(SIG_SETMASK, &none, nullptr);
    ::signal(SIGPIPE, SIG_IGN);
    ::signal(SIGCHLD, SIG_DFL); // where it is ignored no exit status can be had
}

/// The spool, where tasks need one; without it they wait in memory. Nothing when another process has it.
std::optional<Gateway::Options> add_spool(const Log& log, Gateway::Options options) {
    if (!options.rules.has(RuleKind::action)) {
        return options;
    }
    Result<std::unique_ptr<Spool>> spool = Spool::open(kSpoolName);
    if (spool) {
        options.spool = std::move(*spool);
        return options;
    }
    options.spool_problem = spool.error().message;
    if (spool.error().os_error == EWOULDBLOCK) {
        log.error("spool", "another process has it, such as a gateway of the same module", {{"file", kSpoolName}});
        return std::nullopt;
    }
    log.error("spool", "cannot be used, tasks wait in memory",
              {{"file", kSpoolName}, {"reason", spool.error().message}});
    return options;
}

/// Runs the gateway to its end; the signal that asked for it.
int run_gateway(const Log& log, Gateway::Options options) {
    Loop loop;
    Gateway gateway(loop, log, std::move(options));
    return gateway.run();
}

[[noreturn]] void end_by_signal(int number) {
#ifdef __SANITIZE_ADDRESS__
    __lsan_do_leak_check(); // an end by signal would pass it over
#endif
    ::signal(number, SIG_DFL);
    ::raise(number);
    std::abort(); // not reached: the default of every signal that ends the gateway is to end
}

} // namespace

int run_daemon(const Options& options) {
    open_missing_standard_descriptors();
    set_signals();
    ConfigReport config = load_config(options.config);
    const Result<Connections> connections = apply_surroundings(options, config);
    const Log log = Log::to_stderr(options.log_level.value_or(config.settings.log_level));
    if (!connections) {
        log.error("config", connections.error().message);
    }
    if (!is_usable(log, options.config, config) || !connections) {
        return kExitConfig;
    }

    log.notice("gateway", "started",
               {{"version", EVENTSGW_VERSION}, {"agent", connections->agent_id}, {"rules", config.rules.all().size()}});
    const char* notify_socket = read_environment("NOTIFY_SOCKET");
    std::optional<Gateway::Options> gateway_options =
        add_spool(log, {*connections, config.settings, std::move(config.rules), make_command_environment(),
                        notify_socket != nullptr ? notify_socket : "", nullptr, ""});
    if (!gateway_options) {
        return kExitInUse;
    }
    end_by_signal(run_gateway(log, std::move(*gateway_options)));
}

} // namespace eventsgw
