// SPDX-License-Identifier: GPL-3.0-or-later
// Copyright (C) 2026 eventsgw contributors

#include "base/log.h"

#include "base/text.h"

#include <array>
#include <cerrno>
#include <cstdio>
#include <ctime>
#include <utility>

#include <poll.h>
#include <unistd.h>

namespace eventsgw {
namespace {

struct LevelName {
    LogLevel level;
    std::string_view name;
};
constexpr std::array kLevels{
    LevelName{LogLevel::error, "error"}, LevelName{LogLevel::warning, "warning"}, LevelName{LogLevel::notice, "notice"},
    LevelName{LogLevel::info, "info"},   LevelName{LogLevel::debug, "debug"},
};

std::string format_local_time(std::chrono::system_clock::time_point time) {
    const std::time_t seconds = std::chrono::system_clock::to_time_t(time);
    const auto since_epoch = std::chrono::duration_cast<std::chrono::milliseconds>(time.time_since_epoch());
    std::tm parts{};
    ::localtime_r(&seconds, &parts);
    std::array<char, 64> text{};
    const std::size_t length = std::strftime(text.data(), text.size(), "%Y-%m-%d %H:%M:%S", &parts);
    std::snprintf(text.data() + length, text.size() - length, ".%03d", static_cast<int>(since_epoch.count() % 1000));
    return text.data();
}

std::string make_head(Log::Style style, LogLevel level) {
    if (style == Log::Style::journal) {
        return "<" + std::to_string(static_cast<int>(level)) + ">";
    }
    std::string head = format_local_time(std::chrono::system_clock::now());
    head += ' ';
    head += to_string(level);
    return head.append(" ");
}

void write_line(int fd, std::string_view line) {
    while (!line.empty()) {
        const ssize_t written = ::write(fd, line.data(), line.size());
        if (written < 0 && errno == EINTR) {
            continue;
        }
        if (written <= 0) {
            return;
        }
        line.remove_prefix(static_cast<std::size_t>(written));
    }
}

} // namespace

std::string_view to_string(LogLevel level) {
    for (const LevelName& entry : kLevels) {
        if (entry.level == level) {
            return entry.name;
        }
    }
    return "unknown";
}

Result<LogLevel> parse_log_level(std::string_view name) {
    for (const LevelName& entry : kLevels) {
        if (entry.name == name) {
            return entry.level;
        }
    }
    return Error{"not one of error, warning, notice, info, debug: " + quote(name)};
}

LogField::LogField(std::string_view name, std::chrono::nanoseconds duration)
    : key(name), value(format_duration(duration)) {}

Log Log::to_stderr(LogLevel level) {
    return Log(STDERR_FILENO, ::isatty(STDERR_FILENO) != 0 ? Style::terminal : Style::journal, level);
}

void Log::write(LogLevel level, std::string_view area, std::string_view fact, Fields fields) const {
    if (is_enabled(level)) {
        say(level, std::string(area).append(": ").append(fact), fields);
    }
}

void Log::say(LogLevel level, std::string text, Fields fields) const {
    if (!is_enabled(level)) {
        return;
    }
    const int saved_errno = errno; // a caller that logs on its way to reading errno keeps it
    for (const LogField& field : fields) {
        if (!field.is_hidden) {
            text.append(" ").append(field.key).append("=").append(quote_if_needed(shorten(field.value, kMaxValue)));
        }
    }
    if (!sink_ || !sink_(level, text, fields)) {
        put(level, std::move(text));
    }
    errno = saved_errno;
}

void Log::put(LogLevel level, std::string line) const {
    line.insert(0, make_head(style_, level));
    line += '\n';
    if (!takes_output()) {
        ++lost_;
    } else {
        if (lost_ > 0) {
            line.insert(0, make_head(style_, LogLevel::warning) + "log: records lost, nobody read them lost=" +
                               std::to_string(std::exchange(lost_, 0)) + "\n");
        }
        write_line(fd_, line);
    }
}

bool Log::takes_output() const {
    pollfd entry{fd_, POLLOUT, 0};
    return ::poll(&entry, 1, lost_ == 0 ? static_cast<int>(kPatience.count()) : 0) != 0;
}

void Log::error(std::string_view area, std::string_view fact, Fields fields) const {
    write(LogLevel::error, area, fact, fields);
}

void Log::warning(std::string_view area, std::string_view fact, Fields fields) const {
    write(LogLevel::warning, area, fact, fields);
}

void Log::notice(std::string_view area, std::string_view fact, Fields fields) const {
    write(LogLevel::notice, area, fact, fields);
}

void Log::info(std::string_view area, std::string_view fact, Fields fields) const {
    write(LogLevel::info, area, fact, fields);
}

void Log::debug(std::string_view area, std::string_view fact, Fields fields) const {
    write(LogLevel::debug, area, fact, fields);
}

std::string format_duration(std::chrono::nanoseconds duration) {
    using namespace std::chrono_literals;
    const double seconds = std::chrono::duration<double>(duration).count();
    std::array<char, 64> text{};
    // What three digits would round up to the next unit belongs to that unit.
    if (duration < 999'500ns) {
        std::snprintf(text.data(), text.size(), "%.3gus", seconds * 1e6);
    } else if (duration < 999'500us) {
        std::snprintf(text.data(), text.size(), "%.3gms", seconds * 1e3);
    } else if (duration < 59'950ms) {
        std::snprintf(text.data(), text.size(), "%.3gs", seconds);
    } else {
        const auto whole = std::chrono::round<std::chrono::seconds>(duration).count();
        std::snprintf(text.data(), text.size(), "%lldm%llds", static_cast<long long>(whole / 60),
                      static_cast<long long>(whole % 60));
    }
    return text.data();
}

} // namespace eventsgw
