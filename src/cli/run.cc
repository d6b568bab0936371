// SPDX-License-Identifier: GPL-3.0-or-later
// Copyright (C) 2026 eventsgw contributors

#include "cli/run.h"

#include "base/fd.h"
#include "base/text.h"
#include "cli/module_environment.h"
#include "cli/review.h"
#include "config/config.h"
#include "config/connections.h"
#include "config/rules.h"
#include "daemon/gateway.h"
#include "daemon/open_journal.h"
#include "daemon/systemd_journal.h"
#include "daemon/watchdog.h"
#include "loop/loop.h"

#include <algorithm>
#include <array>
#include <cerrno>
#include <csignal>
#include <cstring>
#include <optional>
#include <string_view>
#include <utility>

#include <fcntl.h>
#include <malloc.h>
#include <unistd.h>
#ifdef __SANITIZE_ADDRESS__
#include <sanitizer/lsan_interface.h>
#endif

namespace eventsgw {
namespace {

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

/// The configuration with the environment and the command line on top, and the connections.
struct Loaded {
    ConfigReport config;
    Result<Connections> connections;
};

Result<Connections> read_surroundings(const Options& options, ConfigReport& config) {
    if (Result<void> applied = apply_environment(config.settings, read_environment); !applied) {
        return applied.error();
    }
    config.settings.log_level = options.log_level.value_or(config.settings.log_level);
    Result<Connections> connections = read_connections(read_environment, options.agent_id);
    if (connections && !connections->password && config.rules.has(RuleKind::action)) {
        return Error{"REDIS_PASSWORD is not set, and [actions] needs it to push tasks", Fault::absent};
    }
    return connections;
}

Loaded load(const Options& options) {
    ConfigReport config = load_config(options.config);
    Result<Connections> connections = read_surroundings(options, config);
    return {std::move(config), std::move(connections)};
}

/// Logs why it cannot be used, if it cannot.
bool is_usable(const Log& log, const std::string& file, const Loaded& loaded) {
    const ConfigReport& config = loaded.config;
    if (!loaded.connections) {
        log.error("config", loaded.connections.error().message);
    }
    if (!loaded.connections && loaded.connections.error().fault == Fault::absent) {
        log.error("config", "the service of the module sets it; by hand: " + show_module_call(""));
    }
    for (const Problem& warning : config.warnings) {
        log.warning("config", format_problem(file, warning));
    }
    for (const Problem& error : config.errors) {
        log.error("config", format_problem(file, error));
    }
    const bool is_idle = config.errors.empty() && config.rules.empty() && config.settings.eventsdir.empty();
    if (is_idle) {
        log.error("config",
                  escape(file) + ": nothing to do: there is no rule in [actions] or [commands], and no eventsdir");
    }
    return loaded.connections && config.errors.empty() && !is_idle;
}

/// All the same they may appear later.
void warn_of_events_directories(const Log& log, const Settings& settings) {
    for (const std::string& path : settings.eventsdir) {
        if (!UniqueFd(::open(path.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC))) {
            log.warning("handler", "an events directory cannot be read",
                        {{"directory", path}, {"reason", std::strerror(errno)}}); // NOLINT(concurrency-mt-unsafe)
        }
    }
}

/// By itself glibc takes large blocks for usual after the first ones, and keeps what is freed of them: a gateway would
/// hold the memory of its largest payload for good.
void give_large_blocks_back() {
    ::mallopt(M_MMAP_THRESHOLD, 256 << 10);
}

Gateway::Config make_gateway_config(ConfigReport config) {
    return {std::move(config.settings), std::move(config.rules), std::move(config.handlers)};
}

std::optional<Gateway::Config> load_again(const Options& options, const Log& log) {
    Loaded loaded = load(options);
    if (!is_usable(log, options.config.path, loaded)) {
        return std::nullopt;
    }
    return make_gateway_config(std::move(loaded.config));
}

/// What a parent has left blocked or ignored would go through exec. A signal that asks for something and not for the
/// end waits until the gateway can do it.
void set_signals() {
    sigset_t later;
    ::sigemptyset(&later);
    ::sigaddset(&later, SIGHUP);
    ::sigaddset(&later, SIGUSR1);
    ::sigprocmask(SIG_SETMASK, &later, nullptr);
    ::signal(SIGPIPE, SIG_IGN);
    ::signal(SIGCHLD, SIG_DFL); // where it is ignored no exit status can be had
}

/// Runs the gateway to its end; the signal that asked for it.
int run_gateway(const Options& options, Log& log, const std::optional<SystemdJournal>& journal, Loaded loaded,
                std::unique_ptr<Journal> work) {
    Loop loop;
    const char* notify_socket = read_environment("NOTIFY_SOCKET");
    Gateway gateway(loop, log,
                    {std::move(loaded.connections).value(), make_gateway_config(std::move(loaded.config)),
                     [&] { return load_again(options, log); }, make_command_environment(), EVENTSGW_VERSION,
                     notify_socket != nullptr ? notify_socket : "", read_watchdog_timeout(read_environment, ::getpid()),
                     [&journal] { return journal ? journal->open_output() : StepOutput(); }, std::move(work)});
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
    give_large_blocks_back();
    set_signals();
    Loaded loaded = load(options);
    Log log = Log::to_stderr(loaded.config.settings.log_level);
    if (!is_usable(log, options.config.path, loaded)) {
        return kExitConfig;
    }

    const std::optional<SystemdJournal> journal =
        SystemdJournal::find(read_environment("JOURNAL_STREAM"), loaded.connections->agent_id);
    if (journal) {
        log.set_sink([&journal](LogLevel level, const std::string& text, Log::Fields fields) {
            return journal->send(level, text, fields);
        });
    }
    log.notice("gateway", "started",
               {{"version", EVENTSGW_VERSION},
                {"agent", loaded.connections->agent_id},
                {"rules", loaded.config.rules.all().size()}});
    warn_of_events_directories(log, loaded.config.settings);
    Result<std::unique_ptr<Journal>> work = open_journal(log, loaded.connections->agent_id);
    if (!work) {
        return work.error().fault == Fault::busy ? kExitInUse : kExitSystem;
    }
    const int end = run_gateway(options, log, journal, std::move(loaded), std::move(*work));
    if (end == SIGUSR1) {
        return kExitSuccess;
    }
    end_by_signal(end);
}

} // namespace eventsgw
