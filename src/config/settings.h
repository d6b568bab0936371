// SPDX-License-Identifier: GPL-3.0-or-later
// Copyright (C) 2026 eventsgw contributors

#pragma once

#include "base/chrono.h"
#include "base/log.h"
#include "base/result.h"
#include "config/run_settings.h"
#include "config/setting_values.h"

#include <cstddef>
#include <cstdint>
#include <functional>
#include <optional>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

namespace eventsgw {

/// What an administrator can tune, with its defaults. Set from, weakest first: the defaults, [gateway] in the
/// configuration, the environment, the command line.
struct Settings {
    LogLevel log_level = LogLevel::info;
    std::uint64_t max_concurrency = 32;                                  ///< commands and handlers that run at once
    std::chrono::nanoseconds polling_interval = std::chrono::seconds(5); ///< between two health checks of a connection
    std::uint64_t queue_limit = 100000;                                  ///< commands and handlers that wait
    std::uint64_t queue_memory = 256U << 20U;                            ///< bytes of their payloads
    Durability durability = Durability::outage;
    std::uint64_t journal_limit = 256U << 20U; ///< bytes of tasks on disk
    std::uint64_t task_limit = 100000;         ///< tasks in memory and not on disk
    std::uint64_t task_memory = 512U << 20U;   ///< bytes of these tasks
    std::uint64_t max_payload = 64U << 20U;    ///< bytes of one event
    std::string metrics_listen; ///< an address; empty: metrics are served on the gateway's own socket alone

    std::uint64_t history = 1000;          ///< work that is done and kept; 0: nothing is, failures neither
    std::uint64_t history_failures = 1000; ///< failed and dead work that is kept
    std::chrono::nanoseconds history_age = std::chrono::hours(720); ///< of work that is kept
    HistoryPayload history_payload = HistoryPayload::no;

    std::vector<std::string> eventsdir;          ///< base directories of handlers; none: there are no handlers
    std::chrono::nanoseconds handler_timeout{0}; ///< of a handler's steps together; 0 for none
    std::chrono::nanoseconds kill_grace = std::chrono::seconds(5); ///< from TERM to KILL
    Serialize serialize = Serialize::none;                         ///< which handlers do not run side by side
    bool strict_modes = true;                                      ///< refuse steps that others can write

    // Of all commands and handlers; RunSettings has members of the same names.
    CoalesceBy coalesce_by = CoalesceBy::payload;
    std::uint64_t retry = 0;
    std::chrono::nanoseconds retry_delay = std::chrono::seconds(1);
    std::chrono::nanoseconds retry_max_delay = std::chrono::minutes(5);
    Interrupted interrupted = Interrupted::again;
    std::chrono::nanoseconds max_age{0};

    std::chrono::nanoseconds hold_after = std::chrono::hours(24); ///< of a run at a start, which is then held; 0: never
    std::uint64_t max_attempts = 3; ///< interruptions by an unclean end after which a run is dead
};

/// What [gateway] says of all handlers; a section [handler NAME] is applied on top of it.
RunSettings make_handler_settings(const Settings& settings);

/// What [gateway] says of all commands, to which `handler_timeout` and `serialize` mean nothing; a section [rule KEY]
/// is applied on top of it.
RunSettings make_command_settings(const Settings& settings);

/// The member of T that a setting fills.
template <typename T> using SettingField =
    std::variant<LogLevel T::*, std::uint64_t T::*, std::chrono::nanoseconds T::*, bool T::*, Serialize T::*,
                 CoalesceBy T::*, Interrupted T::*, std::vector<std::uint64_t> T::*, std::vector<std::string> T::*,
                 Durability T::*, std::string T::*, HistoryPayload T::*>;

/// One row of a table of settings, from which parsing, messages and the test of the documentation are fed.
template <typename T> struct SettingRowOf {
    std::string_view name;        ///< key in the section
    std::string_view environment; ///< its twin among the environment variables; empty when it has none
    SettingKind kind;
    std::string_view default_value; ///< as one would write it
    std::uint64_t minimum;          ///< for count and size as it is, for duration in milliseconds; else unused
    std::uint64_t maximum;
    SettingField<T> field;
    bool is_reloadable; ///< a reload changes it; otherwise the next start does
    std::string_view help;
};

using SettingRow = SettingRowOf<Settings>;
using RunSettingRow = SettingRowOf<RunSettings>;

/// The section of the configuration that holds them.
inline constexpr std::string_view kGatewaySection = "gateway";

/// The event that a section [handler NAME] is about; nothing where the section is another.
std::optional<std::string_view> handler_of(std::string_view section);

/// The key of the rules that a section [rule KEY] is about; nothing where the section is another.
std::optional<std::string_view> rule_of(std::string_view section);

const std::vector<SettingRow>& settings_table();
const std::vector<RunSettingRow>& run_settings_table();

/// Sets one setting by its key in [gateway]. Errors say what was wrong and, for an unknown key, name the nearest known
/// one.
Result<void> apply_setting(Settings& settings, std::string_view name, std::string_view value);

/// The same for a key of [rule KEY] or [handler NAME].
Result<void> apply_setting(RunSettings& settings, std::string_view name, std::string_view value);

/// Gives the settings that a reload cannot change the values that they have in `running`; returns the names of those
/// that were to change.
std::vector<std::string_view> keep_fixed_settings(Settings& next, const Settings& running);

/// Gives an environment variable's value, or nullptr when it is not set.
using Environment = std::function<const char*(const char* name)>;

/// Sets what the environment names; an empty variable counts as unset. Errors begin with the variable's name.
Result<void> apply_environment(Settings& settings, const Environment& environment);

} // namespace eventsgw
