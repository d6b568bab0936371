// SPDX-License-Identifier: GPL-3.0-or-later
// Copyright (C) 2026 eventsgw contributors

#pragma once

#include "base/chrono.h"
#include "base/result.h"

#include <concepts>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <initializer_list>
#include <string>
#include <string_view>
#include <utility>

namespace eventsgw {

/// The numbers are syslog's, which the sd-daemon(3) prefixes use too.
enum class LogLevel : std::uint8_t { error = 3, warning = 4, notice = 5, info = 6, debug = 7 };

std::string_view to_string(LogLevel level);
Result<LogLevel> parse_log_level(std::string_view name);

/// One key=value of a record. The value may hold any bytes; the log escapes them.
struct LogField {
    LogField(std::string_view name, std::string_view text) : key(name), value(text) {}
    LogField(std::string_view name, std::integral auto number) : key(name), value(std::to_string(number)) {}
    LogField(std::string_view name, std::chrono::nanoseconds duration);

    /// For the sink alone: the record's text says it already.
    static LogField hidden(std::string_view name, std::string_view text) {
        LogField field(name, text);
        field.is_hidden = true;
        return field;
    }

    std::string_view key;
    std::string value;
    bool is_hidden = false;
};

/// Writes records to one descriptor, which it does not own: one record is one line and one write(2). Lines read
/// "area: fact key=value key=value"; they start with the sd-daemon prefix (<3> and so on) for the journal,
/// with time and level for a terminal. `area` and `fact` are the program's own words; whatever comes from outside goes
/// into fields. A descriptor that takes nothing loses the record, never the program: a reader that has stopped reading
/// is waited for once, for kPatience, and told how many records it has missed when it reads again.
class Log {
public:
    enum class Style : std::uint8_t { journal, terminal };

    Log(int fd, Style style, LogLevel level) : fd_(fd), style_(style), level_(level) {}

    using Fields = std::initializer_list<LogField>;
    /// Takes a record, without its prefix, in the place of the descriptor; false when it cannot.
    using Sink = std::function<bool(LogLevel level, const std::string& text, Fields fields)>;
    void set_sink(Sink sink) { sink_ = std::move(sink); }

    /// Standard error, in the terminal's style if it is one.
    static Log to_stderr(LogLevel level);

    void set_level(LogLevel level) { level_ = level; }
    bool is_enabled(LogLevel level) const { return level <= level_; }

    static constexpr std::chrono::milliseconds kPatience{100};
    /// A longer value is cut; a record must stay small enough for a pipe to take it in one piece.
    static constexpr std::size_t kMaxValue = 400;

    void error(std::string_view area, std::string_view fact, Fields fields = {}) const;
    void warning(std::string_view area, std::string_view fact, Fields fields = {}) const;
    void notice(std::string_view area, std::string_view fact, Fields fields = {}) const;
    void info(std::string_view area, std::string_view fact, Fields fields = {}) const;
    void debug(std::string_view area, std::string_view fact, Fields fields = {}) const;
    void write(LogLevel level, std::string_view area, std::string_view fact, Fields fields = {}) const;

    /// A record whose words somebody else has chosen: no area, and `text` is one line already.
    void say(LogLevel level, std::string text, Fields fields = {}) const;

private:
    void put(LogLevel level, std::string line) const;
    bool takes_output() const;

    int fd_;
    Style style_;
    LogLevel level_;
    Sink sink_;
    mutable std::uint64_t lost_ = 0; ///< records since the last one that was written
};

/// "12.3ms", "4.05s", "2m10s": three significant digits are enough for a reader.
std::string format_duration(std::chrono::nanoseconds duration);

} // namespace eventsgw
