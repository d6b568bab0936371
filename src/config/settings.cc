// SPDX-License-Identifier: GPL-3.0-or-later
// Copyright (C) 2026 eventsgw contributors

#include "config/settings.h"

#include "base/text.h"
#include "config/problem.h"
#include "config/python_text.h"
#include "config/setting_values.h"

#include <algorithm>
#include <utility>

namespace eventsgw {
namespace {

// Milliseconds, as the limits of durations.
constexpr std::uint64_t kMinute = 60000;
constexpr std::uint64_t kHour = 3600000;
constexpr std::uint64_t kDay = 24 * kHour;
constexpr std::uint64_t kYear = 8760 * kHour;

constexpr std::uint64_t kMaxRetry = 100;

// NOLINTNEXTLINE(readability-function-size): a table
std::vector<SettingRow> make_table() {
    return {
        {"durability", "", SettingKind::durability, "outage", 0, 0, &Settings::durability, false,
         "when a task or a run is written to disk: outage (when it has to wait) or always (before it is pushed or "
         "starts)"},
        {"history", "", SettingKind::count, "1000", 0, 1000000, &Settings::history, true,
         "tasks, commands and handlers that have ended well and are kept for eventsgw history; 0: no history"},
        {"history_age", "", SettingKind::duration, "720h", kMinute, kYear, &Settings::history_age, true,
         "time that they are kept"},
        {"history_failures", "", SettingKind::count, "1000", 0, 1000000, &Settings::history_failures, true,
         "those that have failed or are dead and are kept"},
        {"history_payload", "", SettingKind::history_payload, "no", 0, 0, &Settings::history_payload, true,
         "whether payloads are kept too, as eventsgw replay needs them: yes, no, or failed (all but those of what has "
         "ended well)"},
        {"journal_limit", "", SettingKind::size, "256M", kMebibyte, kTebibyte, &Settings::journal_limit, false,
         "tasks and runs on disk, in bytes; those beyond are refused"},
        {"log_level", "", SettingKind::level, "info", 0, 0, &Settings::log_level, true,
         "least urgent records that are logged: error, warning, notice, info or debug"},
        {"max_concurrency", "MAX_CONCURRENCY", SettingKind::count, "32", 1, 100000, &Settings::max_concurrency, true,
         "commands and handlers that run at the same time"},
        {"max_payload", "", SettingKind::size, "64M", kKibibyte, kGibibyte, &Settings::max_payload, false,
         "the largest payload that is taken"},
        {"metrics_listen", "", SettingKind::address, "", 0, 0, &Settings::metrics_listen, false,
         "where to serve metrics for Prometheus: ADDRESS:PORT or the path of a socket; empty: nowhere"},
        {"polling_interval", "AGENT_POLLING_INTERVAL", SettingKind::duration, "5s", 10, 3600000,
         &Settings::polling_interval, true, "time between two health checks of a Redis connection"},
        {"queue_limit", "", SettingKind::count, "100000", 0, 1000000000, &Settings::queue_limit, true,
         "commands and handlers that wait for their turn; those beyond are refused"},
        {"queue_memory", "", SettingKind::size, "256M", kMebibyte, kTebibyte, &Settings::queue_memory, true,
         "memory that the events of waiting commands and handlers may take; others wait on disk"},
        {"task_limit", "", SettingKind::count, "100000", 1, 1000000000, &Settings::task_limit, false,
         "tasks that wait in memory and cannot be written to disk; those beyond are refused"},
        {"task_memory", "", SettingKind::size, "512M", kMebibyte, kTebibyte, &Settings::task_memory, false,
         "memory that such tasks may take"},
        {"eventsdir", "", SettingKind::directories, "", 0, 0, &Settings::eventsdir, true,
         "directories of event handlers, one a line; none: there are no handlers"},
        {"handler_timeout", "", SettingKind::duration, "0s", 0, kYear, &Settings::handler_timeout, true,
         "time that the steps of a handler may take together; 0: any"},
        {"kill_grace", "", SettingKind::duration, "5s", 0, kHour, &Settings::kill_grace, true,
         "time from SIGTERM to SIGKILL for what has taken too long, and at the end of the gateway"},
        {"serialize", "", SettingKind::serialize, "none", 0, 0, &Settings::serialize, true,
         "handlers that run one after the other, in the order of their events: none, event or source"},
        {"strict_modes", "", SettingKind::flag, "yes", 0, 0, &Settings::strict_modes, true,
         "whether steps that others could have written are refused: yes or no"},
        {"coalesce_by", "", SettingKind::coalesce_by, "payload", 0, 0, &Settings::coalesce_by, true,
         "which events of one name and source coalesce joins: those with the same payload, or all of the event"},
        {"retry", "", SettingKind::count, "0", 0, kMaxRetry, &Settings::retry, true,
         "further attempts after a run has failed"},
        {"retry_delay", "", SettingKind::duration, "1s", 1, kHour, &Settings::retry_delay, true,
         "time before the first of them, doubled before each further one"},
        {"retry_max_delay", "", SettingKind::duration, "5m", 1, kDay, &Settings::retry_max_delay, true,
         "time beyond which it does not grow"},
        {"interrupted", "", SettingKind::interrupted, "again", 0, 0, &Settings::interrupted, true,
         "what becomes of a run that the end of the gateway interrupts: again or drop"},
        {"max_age", "", SettingKind::duration, "0s", 0, kYear, &Settings::max_age, true,
         "age beyond which a run that waits is dead; 0: any"},
        {"hold_after", "", SettingKind::duration, "24h", 0, kYear, &Settings::hold_after, true,
         "age beyond which a run from the journal is held at a start; 0: none is held"},
        {"max_attempts", "", SettingKind::count, "3", 1, 100, &Settings::max_attempts, true,
         "interruptions by an unclean end of the gateway after which a run is dead"},
    };
}

std::vector<RunSettingRow> make_run_table() {
    return {
        {"timeout", "", SettingKind::duration, "0s", 0, kYear, &RunSettings::timeout, true,
         "time that an attempt may take; for a handler in the place of handler_timeout"},
        {"serialize", "", SettingKind::serialize, "none", 0, 0, &RunSettings::serialize, true,
         "runs that run one after the other, in the order of their events: none, event or source"},
        {"skip_exit_codes", "", SettingKind::codes, "", 1, 255, &RunSettings::skip_exit_codes, true,
         "exit statuses of a command or step that end the run without an error"},
        {"coalesce", "", SettingKind::duration, "0s", 0, kHour, &RunSettings::coalesce, true,
         "time from an event to its run, which further events of its source join; 0: each has its own run"},
        {"coalesce_by", "", SettingKind::coalesce_by, "payload", 0, 0, &RunSettings::coalesce_by, true,
         "in the place of coalesce_by in [gateway]"},
        {"retry", "", SettingKind::count, "0", 0, kMaxRetry, &RunSettings::retry, true,
         "in the place of retry in [gateway]"},
        {"retry_delay", "", SettingKind::duration, "1s", 1, kHour, &RunSettings::retry_delay, true,
         "in the place of retry_delay in [gateway]"},
        {"retry_max_delay", "", SettingKind::duration, "5m", 1, kDay, &RunSettings::retry_max_delay, true,
         "in the place of retry_max_delay in [gateway]"},
        {"interrupted", "", SettingKind::interrupted, "again", 0, 0, &RunSettings::interrupted, true,
         "in the place of interrupted in [gateway]"},
        {"max_age", "", SettingKind::duration, "0s", 0, kYear, &RunSettings::max_age, true,
         "in the place of max_age in [gateway]"},
    };
}

template <typename Row> const Row* find_row(const std::vector<Row>& table, std::string_view name) {
    const auto row = std::find_if(table.begin(), table.end(), [&](const Row& r) { return r.name == name; });
    return row == table.end() ? nullptr : &*row;
}

template <typename Row> Error unknown_setting(const std::vector<Row>& table, std::string_view name) {
    if (name.find('/') != std::string_view::npos) {
        return Error{"unknown setting " + show(name) + "; rules belong in [actions] or [commands]"};
    }
    std::vector<std::string_view> names;
    names.reserve(table.size());
    for (const Row& row : table) {
        names.push_back(row.name);
    }
    const std::string_view nearest = find_nearest(to_lower(name), names);
    const std::string hint = nearest.empty() ? "" : "; did you mean " + std::string(nearest) + "?";
    return Error{"unknown setting " + show(name) + hint};
}

template <typename S, typename T> Result<void> set_field(S& settings, const SettingRowOf<S>& row,
                                                         std::string_view value, const Result<T>& parsed, T minimum,
                                                         T maximum) {
    if (!parsed) {
        return parsed.error();
    }
    if (*parsed < minimum || *parsed > maximum) {
        return Error{"must be between " + format_limit(row.kind, row.minimum) + " and " +
                     format_limit(row.kind, row.maximum) + ": " + show(value)};
    }
    settings.*std::get<T S::*>(row.field) = *parsed;
    return {};
}

/// For kinds whose values have no order.
template <typename S, typename T> Result<void> set_field(S& settings, const SettingRowOf<S>& row, Result<T> parsed) {
    if (!parsed) {
        return std::move(parsed).error();
    }
    settings.*std::get<T S::*>(row.field) = std::move(*parsed);
    return {};
}

template <typename S> Result<void> set_from_text(S& settings, const SettingRowOf<S>& row, std::string_view value) {
    switch (row.kind) {
    case SettingKind::level:
        return set_field(settings, row, value, parse_log_level(value), LogLevel::error, LogLevel::debug);
    case SettingKind::count: return set_field(settings, row, value, parse_count(value), row.minimum, row.maximum);
    case SettingKind::size: return set_field(settings, row, value, parse_size(value), row.minimum, row.maximum);
    case SettingKind::duration:
        return set_field(settings, row, value, parse_duration(value),
                         std::chrono::nanoseconds(std::chrono::milliseconds(row.minimum)),
                         std::chrono::nanoseconds(std::chrono::milliseconds(row.maximum)));
    case SettingKind::flag: return set_field(settings, row, parse_flag(value));
    case SettingKind::serialize: return set_field(settings, row, parse_serialize(value));
    case SettingKind::coalesce_by: return set_field(settings, row, parse_coalesce_by(value));
    case SettingKind::interrupted: return set_field(settings, row, parse_interrupted(value));
    case SettingKind::codes: return set_field(settings, row, parse_codes(value, row.minimum, row.maximum));
    case SettingKind::durability: return set_field(settings, row, parse_durability(value));
    case SettingKind::address: return set_field(settings, row, parse_listen_address(value));
    case SettingKind::history_payload: return set_field(settings, row, parse_history_payload(value));
    case SettingKind::directories: return set_field(settings, row, parse_directories(value));
    }
    return {};
}

template <typename S> Result<void> apply_row(S& settings, const std::vector<SettingRowOf<S>>& table,
                                             std::string_view name, std::string_view value) {
    const SettingRowOf<S>* row = find_row(table, name);
    if (row == nullptr) {
        return unknown_setting(table, name);
    }
    if (Result<void> done = set_from_text(settings, *row, value); !done) {
        return within(name, std::move(done).error());
    }
    return {};
}

} // namespace

std::optional<std::string_view> handler_of(std::string_view section) {
    constexpr std::string_view kPrefix = "handler ";
    if (section.substr(0, kPrefix.size()) != kPrefix) {
        return std::nullopt;
    }
    return trim(section.substr(kPrefix.size()));
}

std::optional<std::string_view> rule_of(std::string_view section) {
    constexpr std::string_view kPrefix = "rule ";
    if (section.substr(0, kPrefix.size()) != kPrefix) {
        return std::nullopt;
    }
    return python_rstrip(python_lstrip(section.substr(kPrefix.size()))); // as the keys of rules are
}

const std::vector<SettingRow>& settings_table() {
    static const std::vector<SettingRow> table = make_table();
    return table;
}

const std::vector<RunSettingRow>& run_settings_table() {
    static const std::vector<RunSettingRow> table = make_run_table();
    return table;
}

Result<void> apply_setting(Settings& settings, std::string_view name, std::string_view value) {
    return apply_row(settings, settings_table(), name, value);
}

Result<void> apply_setting(RunSettings& settings, std::string_view name, std::string_view value) {
    return apply_row(settings, run_settings_table(), name, value);
}

RunSettings make_command_settings(const Settings& settings) {
    RunSettings made;
    made.coalesce_by = settings.coalesce_by;
    made.kill_grace = settings.kill_grace;
    made.retry = settings.retry;
    made.retry_delay = settings.retry_delay;
    made.retry_max_delay = settings.retry_max_delay;
    made.interrupted = settings.interrupted;
    made.max_age = settings.max_age;
    return made;
}

RunSettings make_handler_settings(const Settings& settings) {
    RunSettings made = make_command_settings(settings);
    made.timeout = settings.handler_timeout;
    made.serialize = settings.serialize;
    made.strict_modes = settings.strict_modes;
    return made;
}

std::vector<std::string_view> keep_fixed_settings(Settings& next, const Settings& running) {
    std::vector<std::string_view> kept;
    for (const SettingRow& row : settings_table()) {
        const auto keep = [&](auto field) {
            if (!row.is_reloadable && std::exchange(next.*field, running.*field) != running.*field) {
                kept.push_back(row.name);
            }
        };
        std::visit(keep, row.field);
    }
    return kept;
}

Result<void> apply_environment(Settings& settings, const Environment& environment) {
    for (const SettingRow& row : settings_table()) {
        const std::string variable(row.environment);
        const char* value = variable.empty() ? nullptr : environment(variable.c_str());
        if (value == nullptr || *value == '\0') {
            continue;
        }
        if (Result<void> done = set_from_text(settings, row, value); !done) {
            return within(variable, std::move(done).error());
        }
    }
    return {};
}

} // namespace eventsgw
