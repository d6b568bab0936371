// SPDX-License-Identifier: GPL-3.0-or-later
// Copyright (C) 2026 eventsgw contributors

#include "config/settings.h"

#include "base/text.h"
#include "config/problem.h"

#include <algorithm>
#include <initializer_list>
#include <utility>

namespace eventsgw {
namespace {

constexpr std::uint64_t kMebibyte = std::uint64_t{1} << 20U;
constexpr std::uint64_t kGibibyte = std::uint64_t{1} << 30U;
constexpr std::uint64_t kTebibyte = std::uint64_t{1} << 40U;

std::vector<SettingRow> make_table() {
    return {
        {"durability", "", SettingKind::durability, "outage", 0, 0, &Settings::durability,
         "when a task is written to disk: outage (the leader does not take it in time) or always (before it is "
         "pushed)"},
        {"log_level", "", SettingKind::level, "info", 0, 0, &Settings::log_level,
         "least urgent records that are logged: error, warning, notice, info or debug"},
        {"max_concurrency", "MAX_CONCURRENCY", SettingKind::count, "32", 1, 100000, &Settings::max_concurrency,
         "commands that run at the same time"},
        {"polling_interval", "AGENT_POLLING_INTERVAL", SettingKind::duration, "5s", 10, 3600000,
         &Settings::polling_interval, "time between two health checks of a Redis connection"},
        {"queue_limit", "", SettingKind::count, "100000", 0, 1000000000, &Settings::queue_limit,
         "commands that wait for their turn; those beyond are refused"},
        {"queue_memory", "", SettingKind::size, "256M", kMebibyte, kTebibyte, &Settings::queue_memory,
         "memory that the payloads of waiting commands may take"},
        {"spool_limit", "", SettingKind::size, "1G", kMebibyte, kTebibyte, &Settings::spool_limit,
         "tasks on disk that wait for the leader, in bytes; those beyond are refused"},
        {"task_limit", "", SettingKind::count, "100000", 1, 1000000000, &Settings::task_limit,
         "tasks that wait in memory and cannot be written to disk; those beyond are refused"},
        {"task_memory", "", SettingKind::size, "512M", kMebibyte, kTebibyte, &Settings::task_memory,
         "memory that such tasks may take"},
    };
}

Result<Durability> parse_durability(std::string_view text) {
    if (text == "outage" || text == "always") {
        return text == "always" ? Durability::always : Durability::outage;
    }
    return Error{"must be outage or always: " + show(text)};
}

const SettingRow* find_row(std::string_view name) {
    const std::vector<SettingRow>& table = settings_table();
    const auto row = std::find_if(table.begin(), table.end(), [&](const SettingRow& r) { return r.name == name; });
    return row == table.end() ? nullptr : &*row;
}

Error unknown_setting(std::string_view name) {
    if (name.find('/') != std::string_view::npos) {
        return Error{"unknown setting " + show(name) + "; rules belong in [actions] or [commands]"};
    }
    std::vector<std::string_view> names;
    for (const SettingRow& row : settings_table()) {
        names.push_back(row.name);
    }
    const std::string_view nearest = find_nearest(to_lower(name), names);
    const std::string hint = nearest.empty() ? "" : "; did you mean " + std::string(nearest) + "?";
    return Error{"unknown setting " + show(name) + hint};
}

struct Unit {
    std::uint64_t size;
    const char* suffix;
};

std::string in_largest_unit(std::uint64_t number, std::initializer_list<Unit> from_large_to_small) {
    for (const Unit& unit : from_large_to_small) {
        if (number % unit.size == 0) {
            return std::to_string(number / unit.size) + unit.suffix;
        }
    }
    return std::to_string(number);
}

/// One of a row's limits as one would write it in the configuration: "1000", "10ms", "256M".
std::string format_limit(SettingKind kind, std::uint64_t limit) {
    if (kind == SettingKind::duration) {
        return in_largest_unit(limit, {{3600000, "h"}, {1000, "s"}, {1, "ms"}});
    }
    if (kind == SettingKind::size) {
        return in_largest_unit(limit, {{kGibibyte, "G"}, {kMebibyte, "M"}});
    }
    return std::to_string(limit);
}

template <typename T> Result<void> set_field(Settings& settings, const SettingRow& row, std::string_view value,
                                             const Result<T>& parsed, T minimum, T maximum) {
    if (!parsed) {
        return parsed.error();
    }
    if (*parsed < minimum || *parsed > maximum) {
        return Error{"must be between " + format_limit(row.kind, row.minimum) + " and " +
                     format_limit(row.kind, row.maximum) + ": " + show(value)};
    }
    settings.*std::get<T Settings::*>(row.field) = *parsed;
    return {};
}

Result<void> set_from_text(Settings& settings, const SettingRow& row, std::string_view value) {
    switch (row.kind) {
    case SettingKind::level:
        return set_field(settings, row, value, parse_log_level(value), LogLevel::error, LogLevel::debug);
    case SettingKind::durability:
        return set_field(settings, row, value, parse_durability(value), Durability::outage, Durability::always);
    case SettingKind::count: return set_field(settings, row, value, parse_count(value), row.minimum, row.maximum);
    case SettingKind::size: return set_field(settings, row, value, parse_size(value), row.minimum, row.maximum);
    case SettingKind::duration:
        return set_field(settings, row, value, parse_duration(value),
                         std::chrono::nanoseconds(std::chrono::milliseconds(row.minimum)),
                         std::chrono::nanoseconds(std::chrono::milliseconds(row.maximum)));
    }
    return {};
}

} // namespace

const std::vector<SettingRow>& settings_table() {
    static const std::vector<SettingRow> table = make_table();
    return table;
}

Result<void> apply_setting(Settings& settings, std::string_view name, std::string_view value) {
    const SettingRow* row = find_row(name);
    if (row == nullptr) {
        return unknown_setting(name);
    }
    if (Result<void> done = set_from_text(settings, *row, value); !done) {
        return within(name, std::move(done).error());
    }
    return {};
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
