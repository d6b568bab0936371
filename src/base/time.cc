// SPDX-License-Identifier: GPL-3.0-or-later
// Copyright (C) 2026 eventsgw contributors

#include "base/time.h"

#include <array>
#include <chrono> // dates
#include <cstdio>
#include <ctime>

namespace eventsgw {
namespace {

// What the system's clock can count, with a margin.
constexpr int kFirstYear = 1700;
constexpr int kLastYear = 2200;

/// Reads a text from its beginning to its end.
class Reader {
public:
    explicit Reader(std::string_view text) : rest_(text) {}

    /// So many digits; -1 where they are not there.
    int number(std::size_t digits) {
        int value = 0;
        for (; digits > 0; --digits) {
            if (rest_.empty() || rest_.front() < '0' || rest_.front() > '9') {
                return -1;
            }
            value = 10 * value + (rest_.front() - '0');
            rest_.remove_prefix(1);
        }
        return value;
    }

    /// Whether one of the characters is next, which is then left behind.
    bool take(std::string_view characters) {
        if (rest_.empty() || characters.find(rest_.front()) == std::string_view::npos) {
            return false;
        }
        rest_.remove_prefix(1);
        return true;
    }

    bool is_at_end() const { return rest_.empty(); }

private:
    std::string_view rest_;
};

/// What may follow the seconds: nothing, or a point and digits. Negative where it is neither.
std::chrono::microseconds read_fraction(Reader& reader) {
    if (!reader.take(".")) {
        return std::chrono::microseconds(0);
    }
    std::chrono::microseconds fraction{0};
    std::chrono::microseconds place{100000};
    int digits = 0;
    for (int digit = reader.number(1); digit >= 0; digit = reader.number(1)) {
        fraction += digit * place;
        place /= 10;
        ++digits;
    }
    return digits > 0 ? fraction : std::chrono::microseconds(-1);
}

/// Minutes east of Greenwich, or a day where there is no zone.
std::chrono::minutes read_zone(Reader& reader) {
    constexpr std::chrono::minutes kNone{24 * 60};
    if (reader.take("Zz")) {
        return std::chrono::minutes(0);
    }
    const bool is_east = reader.take("+");
    if (!is_east && !reader.take("-")) {
        return kNone;
    }
    const int hours = reader.number(2);
    const bool has_colon = reader.take(":");
    const int minutes = reader.number(2);
    if (hours < 0 || hours > 23 || !has_colon || minutes < 0 || minutes > 59) {
        return kNone;
    }
    const std::chrono::minutes offset = std::chrono::hours(hours) + std::chrono::minutes(minutes);
    return is_east ? offset : -offset;
}

} // namespace

double to_seconds(std::chrono::nanoseconds duration) {
    return std::chrono::duration<double>(duration).count();
}

Result<std::chrono::system_clock::time_point> parse_rfc3339(std::string_view text) {
    Reader reader(text);
    const int year = reader.number(4);
    const bool has_first_dash = reader.take("-");
    const int month = reader.number(2);
    const bool has_second_dash = reader.take("-");
    const int day = reader.number(2);
    const bool has_mark = reader.take("Tt ");
    const int hour = reader.number(2);
    const bool has_first_colon = reader.take(":");
    const int minute = reader.number(2);
    const bool has_second_colon = reader.take(":");
    const int second = reader.number(2);
    const std::chrono::microseconds fraction = read_fraction(reader);
    const std::chrono::minutes zone = read_zone(reader);
    const std::chrono::year_month_day date{std::chrono::year(year), std::chrono::month(static_cast<unsigned>(month)),
                                           std::chrono::day(static_cast<unsigned>(day))};
    const bool is_time = hour >= 0 && hour < 24 && minute >= 0 && minute < 60 && second >= 0 && second <= 60;
    if (!has_first_dash || !has_second_dash || !has_mark || !has_first_colon || !has_second_colon || !is_time ||
        year < kFirstYear || year > kLastYear || !date.ok() || fraction.count() < 0 || zone >= std::chrono::hours(24) ||
        !reader.is_at_end()) {
        return Error{"no time such as 2026-11-24T19:22:01Z"};
    }
    const auto time = std::chrono::sys_days(date) + std::chrono::hours(hour) + std::chrono::minutes(minute) +
                      std::chrono::seconds(second) + fraction - zone;
    return std::chrono::time_point_cast<std::chrono::system_clock::duration>(time);
}

Result<std::chrono::system_clock::time_point> parse_local_time(std::string_view text) {
    Reader reader(text);
    std::tm parts{};
    const int year = reader.number(4);
    const bool has_first_dash = reader.take("-");
    const int month = reader.number(2);
    const bool has_second_dash = reader.take("-");
    const int day = reader.number(2);
    bool is_time = true;
    if (reader.take("Tt ")) {
        parts.tm_hour = reader.number(2);
        is_time = reader.take(":");
        parts.tm_min = reader.number(2);
        parts.tm_sec = reader.take(":") ? reader.number(2) : 0;
        is_time = is_time && parts.tm_hour >= 0 && parts.tm_hour < 24 && parts.tm_min >= 0 && parts.tm_min < 60 &&
                  parts.tm_sec >= 0 && parts.tm_sec <= 60;
    }
    const std::chrono::year_month_day date{std::chrono::year(year), std::chrono::month(static_cast<unsigned>(month)),
                                           std::chrono::day(static_cast<unsigned>(day))};
    if (!has_first_dash || !has_second_dash || !is_time || year < kFirstYear || year > kLastYear || !date.ok() ||
        !reader.is_at_end()) {
        return Error{"no time such as 2026-11-24 19:22"};
    }
    parts.tm_year = year - 1900;
    parts.tm_mon = month - 1;
    parts.tm_mday = day;
    parts.tm_isdst = -1;
    return std::chrono::system_clock::from_time_t(std::mktime(&parts));
}

std::string format_rfc3339(std::chrono::system_clock::time_point time) {
    const auto whole = std::chrono::floor<std::chrono::seconds>(time);
    const auto millis = std::chrono::duration_cast<std::chrono::milliseconds>(time - whole).count();
    const std::time_t seconds = std::chrono::system_clock::to_time_t(whole);
    std::tm parts{};
    ::gmtime_r(&seconds, &parts);
    std::array<char, 64> text{};
    const std::size_t length = std::strftime(text.data(), text.size(), "%Y-%m-%dT%H:%M:%S", &parts);
    std::snprintf(text.data() + length, text.size() - length, ".%03dZ", static_cast<int>(millis));
    return text.data();
}

} // namespace eventsgw
