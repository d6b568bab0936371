// SPDX-License-Identifier: GPL-3.0-or-later
// Copyright (C) 2026 eventsgw contributors

#pragma once

#include "base/result.h"
#include "config/run_settings.h"

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

namespace eventsgw {

inline constexpr std::uint64_t kKibibyte = std::uint64_t{1} << 10U;
inline constexpr std::uint64_t kMebibyte = std::uint64_t{1} << 20U;
inline constexpr std::uint64_t kGibibyte = std::uint64_t{1} << 30U;
inline constexpr std::uint64_t kTebibyte = std::uint64_t{1} << 40U;

/// When a task is written to disk.
enum class Durability : std::uint8_t {
    outage, ///< when the leader does not take it in time
    always  ///< before it is pushed
};

/// Of which work that has ended the payload is kept.
enum class HistoryPayload : std::uint8_t {
    no,
    failed, ///< of failed, dead and refused work
    yes
};

/// How the text of a setting is read.
enum class SettingKind : std::uint8_t {
    level,
    count,
    duration,
    size,
    flag,
    serialize,
    coalesce_by,
    interrupted,
    codes,
    directories,
    durability,
    address,
    history_payload
};

// The values of settings. Errors say what was wrong with the text, and do not name the setting.

Result<Durability> parse_durability(std::string_view text);
Result<HistoryPayload> parse_history_payload(std::string_view text);
Result<bool> parse_flag(std::string_view text);
Result<Serialize> parse_serialize(std::string_view text);
Result<CoalesceBy> parse_coalesce_by(std::string_view text);
Result<Interrupted> parse_interrupted(std::string_view text);

/// Exit statuses: numbers from `minimum` to `maximum` with blanks or line ends between them.
Result<std::vector<std::uint64_t>> parse_codes(std::string_view text, std::uint64_t minimum, std::uint64_t maximum);

/// One a line.
Result<std::vector<std::string>> parse_directories(std::string_view text);

/// Kept as it is written, once it is known to be an address; empty for none.
Result<std::string> parse_listen_address(std::string_view text);

/// One of a row's limits as one would write it in the configuration: "1000", "10ms", "256M".
std::string format_limit(SettingKind kind, std::uint64_t limit);

} // namespace eventsgw
