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

/// When a task is written to disk.
enum class Durability : std::uint8_t {
    outage, ///< when the leader does not take it in time
    always  ///< before it is pushed
};

/// What an administrator can tune, with its defaults. Set from, weakest first: the defaults, [gateway] in the
/// configuration, the environment, the command line.
struct Settings {
    LogLevel log_level = LogLevel::info;
    std::uint64_t max_concurrency = 32;                                  ///< commands that run at once
    std::chrono::nanoseconds polling_interval = std::chrono::seconds(5); ///< between two health checks of a connection
    std::uint64_t queue_limit = 100000;                                  ///< commands that wait for their turn
    std::uint64_t queue_memory = 256U << 20U;                            ///< bytes of their payloads
    Durability durability = Durability::outage;
    std::uint64_t spool_limit = 1U << 30U;   ///< bytes of tasks on disk
    std::uint64_t task_limit = 100000;       ///< tasks in memory and not on disk
    std::uint64_t task_memory = 512U << 20U; ///< bytes of these tasks
};

enum class SettingKind : std::uint8_t { level, count, duration, size, durability };

/// The member of Settings that a setting fills.
using SettingField = std::variant<LogLevel Settings::*, std::uint64_t Settings::*, std::chrono::nanoseconds Settings::*,
                                  Durability Settings::*>;

/// One row of the table of settings, from which parsing, messages and the test of the documentation are fed.
struct SettingRow {
    std::string_view name;        ///< key in [gateway]
    std::string_view environment; ///< its twin among the environment variables; empty when it has none
    SettingKind kind;
    std::string_view default_value; ///< as one would write it
    std::uint64_t minimum;          ///< for count and size as it is, for duration in milliseconds; unused for words
    std::uint64_t maximum;
    SettingField field;
    std::string_view help;
};

/// The section of the configuration that holds them.
inline constexpr std::string_view kGatewaySection = "gateway";

const std::vector<SettingRow>& settings_table();

/// Sets one setting by its key in [gateway]. Errors say what was wrong and, for an unknown key, name the nearest known
/// one.
Result<void> apply_setting(Settings& settings, std::string_view name, std::string_view value);

/// Gives an environment variable's value, or nullptr when it is not set.
using Environment = std::function<const char*(const char* name)>;

/// Sets what the environment names; an empty variable counts as unset. Errors begin with the variable's name.
Result<void> apply_environment(Settings& settings, const Environment& environment);

} // namespace eventsgw
