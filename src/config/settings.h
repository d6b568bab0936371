// SPDX-License-Identifier: GPL-3.0-or-later
// Copyright (C) 2026 eventsgw contributors

#pragma once

#include "base/log.h"
#include "base/result.h"

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

namespace eventsgw {

/// What an administrator can tune, with its defaults. Set from, weakest first: the defaults, [gateway] in the
/// configuration, the environment, the command line.
struct Settings {
    LogLevel log_level = LogLevel::info;
    std::uint64_t max_concurrency = 32;                                  ///< commands that run at once
    std::chrono::nanoseconds polling_interval = std::chrono::seconds(5); ///< between two health checks of a connection
    std::uint64_t queue_limit = 100000;                                  ///< commands that wait for their turn
    std::uint64_t queue_memory = 256U << 20U;                            ///< bytes of their payloads
    std::uint64_t task_limit = 100000;                                   ///< tasks that wait in memory for the leader
    std::uint64_t task_memory = 512U << 20U;                             ///< bytes of these tasks
    std::uint64_t max_payload = 64U << 20U;                              ///< bytes of one event
};

enum class SettingKind : std::uint8_t { level, count, duration, size };

/// The member of Settings that a setting fills.
using SettingField =
    std::variant<LogLevel Settings::*, std::uint64_t Settings::*, std::chrono::nanoseconds Settings::*>;

/// One row of the table of settings, from which parsing, messages and the test of the documentation are fed.
struct SettingRow {
    std::string_view name;        ///< key in [gateway]
    std::string_view environment; ///< its twin among the environment variables; empty when it has none
    SettingKind kind;
    std::string_view default_value; ///< as one would write it
    std::uint64_t minimum;          ///< for count and size as it is, for duration in milliseconds; unused for level
    std::uint64_t maximum;
    SettingField field;
    bool is_reloadable; ///< a reload changes it; otherwise the next start does
    std::string_view help;
};

/// The section of the configuration that holds them.
inline constexpr std::string_view kGatewaySection = "gateway";

const std::vector<SettingRow>& settings_table();

/// Sets one setting by its key in [gateway]. Errors say what was wrong and, for an unknown key, name the nearest known
/// one.
Result<void> apply_setting(Settings& settings, std::string_view name, std::string_view value);

/// Gives the settings that a reload cannot change the values that they have in `running`; returns the names of those
/// that were to change.
std::vector<std::string_view> keep_fixed_settings(Settings& next, const Settings& running);

/// Gives an environment variable's value, or nullptr when it is not set.
using Environment = std::function<const char*(const char* name)>;

/// Sets what the environment names; an empty variable counts as unset. Errors begin with the variable's name.
Result<void> apply_environment(Settings& settings, const Environment& environment);

} // namespace eventsgw
