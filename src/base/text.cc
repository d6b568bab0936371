// SPDX-License-Identifier: GPL-3.0-or-later
// Copyright (C) 2026 eventsgw contributors

#include "base/text.h"

#include "base/utf8.h"

#include <algorithm>
#include <array>
#include <cstddef>
#include <cstdio>
#include <ctime>
#include <limits>
#include <numeric>
#include <optional>

namespace eventsgw {
namespace {

constexpr std::string_view kBlanks = " \t\n\r\f\v";

/// Code points that would start a new line, move the cursor or turn the writing direction of what follows.
bool is_unsafe(char32_t c) {
    const bool control = c < 0x20 || (c >= 0x7F && c <= 0x9F);
    const bool separator = c == 0x2028 || c == 0x2029;
    const bool bidirectional =
        c == 0x61C || c == 0x200E || c == 0x200F || (c >= 0x202A && c <= 0x202E) || (c >= 0x2066 && c <= 0x2069);
    return control || separator || bidirectional;
}

/// How many slips (one letter wrong, missing, or too many) lie between two words: the Levenshtein distance.
std::size_t count_slips(std::string_view a, std::string_view b) {
    std::vector<std::size_t> row(b.size() + 1);
    std::iota(row.begin(), row.end(), std::size_t{0});
    for (std::size_t i = 1; i <= a.size(); ++i) {
        std::size_t diagonal = row[0];
        row[0] = i;
        for (std::size_t j = 1; j <= b.size(); ++j) {
            const std::size_t replaced = diagonal + (a[i - 1] == b[j - 1] ? 0 : 1);
            diagonal = row[j];
            row[j] = std::min({row[j] + 1, row[j - 1] + 1, replaced});
        }
    }
    return row[b.size()];
}

struct DurationUnit {
    std::string_view name;
    std::uint64_t nanoseconds;
};

// Longer names first, so that "ms" is not read as "m" and a stray "s".
constexpr std::array kDurationUnits{
    DurationUnit{"ns", 1},
    DurationUnit{"us", 1'000},
    DurationUnit{"\u00b5s", 1'000},
    DurationUnit{"\u03bcs", 1'000},
    DurationUnit{"ms", 1'000'000},
    DurationUnit{"s", 1'000'000'000},
    DurationUnit{"m", 60'000'000'000},
    DurationUnit{"h", 3'600'000'000'000},
};

constexpr std::uint64_t kMaxNanoseconds = std::numeric_limits<std::int64_t>::max();

std::string_view take_digits(std::string_view& text) {
    const std::size_t end = std::min(text.find_first_not_of("0123456789"), text.size());
    const std::string_view digits = text.substr(0, end);
    text.remove_prefix(end);
    return digits;
}

/// The digits behind a decimal point as a part of `unit`. Calculated as Go does: 0.29s is 29 times 10ms, without a
/// rest.
std::uint64_t to_fraction(std::string_view digits, std::uint64_t unit) {
    constexpr std::size_t kSignificant = 19; // as many as fit 64 bits; the next is far under a nanosecond
    std::uint64_t number = 0;
    double scale = 1;
    for (const char c : digits.substr(0, kSignificant)) {
        number = number * 10 + static_cast<std::uint64_t>(c - '0');
        scale *= 10;
    }
    return static_cast<std::uint64_t>(static_cast<double>(number) * (static_cast<double>(unit) / scale));
}

/// Takes "1.5h" off the front of `text`, in nanoseconds; anything over kMaxNanoseconds stands for a number too large.
std::optional<std::uint64_t> take_duration(std::string_view& text) {
    const std::string_view whole = take_digits(text);
    std::string_view fraction;
    if (text.substr(0, 1) == ".") {
        text.remove_prefix(1);
        fraction = take_digits(text);
    }
    const auto* unit = std::find_if(kDurationUnits.begin(), kDurationUnits.end(), [&](const DurationUnit& candidate) {
        return text.substr(0, candidate.name.size()) == candidate.name;
    });
    if ((whole.empty() && fraction.empty()) || unit == kDurationUnits.end()) {
        return std::nullopt;
    }
    text.remove_prefix(unit->name.size());
    const Result<std::uint64_t> count = whole.empty() ? Result<std::uint64_t>(0) : parse_count(whole);
    if (!count || *count > kMaxNanoseconds / unit->nanoseconds) {
        return kMaxNanoseconds + 1;
    }
    return *count * unit->nanoseconds + to_fraction(fraction, unit->nanoseconds);
}

} // namespace

std::string_view trim(std::string_view text) {
    const std::size_t first = text.find_first_not_of(kBlanks);
    if (first == std::string_view::npos) {
        return {};
    }
    return text.substr(first, text.find_last_not_of(kBlanks) - first + 1);
}

std::string to_lower(std::string_view text) {
    std::string lower(text);
    for (char& c : lower) {
        if (c >= 'A' && c <= 'Z') {
            c = static_cast<char>(c - 'A' + 'a');
        }
    }
    return lower;
}

std::string escape_controls(std::string_view bytes) {
    std::string out;
    out.reserve(bytes.size());
    for (std::size_t i = 0; i < bytes.size();) {
        const Utf8Step step = read_utf8(bytes, i);
        const std::string_view part = bytes.substr(i, step.length);
        i += step.length;
        if (part == "\n") {
            out += "\\n";
        } else if (part == "\r") {
            out += "\\r";
        } else if (part == "\t") {
            out += "\\t";
        } else if (!step.valid || is_unsafe(step.code_point)) {
            for (const char c : part) {
                append_hex(out += "\\x", static_cast<unsigned char>(c));
            }
        } else {
            out += part;
        }
    }
    return out;
}

std::string escape(std::string_view bytes) {
    std::string out;
    for (;;) {
        const std::size_t backslash = bytes.find('\\');
        out += escape_controls(bytes.substr(0, backslash));
        if (backslash == std::string_view::npos) {
            return out;
        }
        out += "\\\\";
        bytes.remove_prefix(backslash + 1);
    }
}

std::string quote(std::string_view bytes) {
    std::string out = "\"";
    for (const char c : escape(bytes)) {
        if (c == '"') {
            out += '\\';
        }
        out += c;
    }
    return out += '"';
}

std::string quote_if_needed(std::string_view bytes) {
    const bool needed = bytes.empty() || bytes.find_first_of(" \"=") != std::string_view::npos;
    return needed ? quote(bytes) : escape(bytes);
}

bool is_quoted(std::string_view text) {
    return text.size() >= 2 && (text.front() == '"' || text.front() == '\'') && text.back() == text.front();
}

std::string shorten(std::string_view text, std::size_t max_bytes) {
    if (text.size() <= max_bytes) {
        return std::string(text);
    }
    constexpr std::size_t kMostContinuationBytes = 3;
    std::size_t end = max_bytes;
    while (end > 0 && max_bytes - end < kMostContinuationBytes &&
           (static_cast<unsigned char>(text[end]) & 0xC0U) == 0x80) {
        --end;
    }
    return std::string(text.substr(0, end)) + "...";
}

std::string format_count(std::uint64_t count, std::string_view noun) {
    return std::to_string(count) + " " + std::string(noun) + (count == 1 ? "" : "s");
}

Result<std::uint64_t> parse_count(std::string_view text) {
    std::uint64_t value = 0;
    for (const char c : text) {
        if (c < '0' || c > '9') {
            return Error{"not a whole number: " + quote(text)};
        }
        const auto digit = static_cast<std::uint64_t>(c - '0');
        if (value > (std::numeric_limits<std::uint64_t>::max() - digit) / 10) {
            return Error{"number too large: " + quote(text)};
        }
        value = value * 10 + digit;
    }
    if (text.empty()) {
        return Error{"not a whole number: \"\""};
    }
    return value;
}

Result<std::chrono::nanoseconds> parse_duration(std::string_view text) {
    if (text == "0") {
        return std::chrono::nanoseconds::zero();
    }
    std::uint64_t total = 0;
    std::string_view rest = text;
    do {
        const std::optional<std::uint64_t> part = take_duration(rest);
        if (!part) {
            return Error{"not a duration such as 5s, 75ms or 1m30s: " + quote(text)};
        }
        total += *part;
        if (total > kMaxNanoseconds) {
            return Error{"duration too long: " + quote(text)};
        }
    } while (!rest.empty());
    return std::chrono::nanoseconds(static_cast<std::int64_t>(total));
}

Result<std::uint64_t> parse_size(std::string_view text) {
    const std::size_t suffix = text.empty() ? std::string_view::npos : std::string_view("KMG").find(text.back());
    const unsigned shift = suffix == std::string_view::npos ? 0 : static_cast<unsigned>(10 * (suffix + 1));
    const Result<std::uint64_t> number = parse_count(shift == 0 ? text : text.substr(0, text.size() - 1));
    if (!number || *number > std::numeric_limits<std::uint64_t>::max() >> shift) {
        return Error{"not a size such as 65536, 256M or 1G: " + quote(text)};
    }
    return *number << shift;
}

std::string_view find_nearest(std::string_view word, const std::vector<std::string_view>& candidates) {
    std::string_view nearest;
    // A third of the letters may be wrong, or two of a short word, but never all of them.
    std::size_t fewest = std::min(word.size(), std::max<std::size_t>(2, word.size() / 3) + 1);
    for (const std::string_view candidate : candidates) {
        const std::size_t slips = count_slips(word, candidate);
        if (slips < fewest) {
            fewest = slips;
            nearest = candidate;
        }
    }
    return nearest;
}

void append_hex(std::string& out, unsigned char byte) {
    constexpr std::string_view kDigits = "0123456789abcdef";
    out += kDigits[byte >> 4U];
    out += kDigits[byte & 15U];
}

std::string to_base64(std::string_view bytes) {
    constexpr std::string_view kAlphabet = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
    std::string out;
    out.reserve((bytes.size() + 2) / 3 * 4);
    for (std::size_t i = 0; i < bytes.size(); i += 3) {
        const std::string_view group = bytes.substr(i, 3);
        std::uint32_t bits = 0;
        for (std::size_t k = 0; k < 3; ++k) {
            bits = bits << 8U | (k < group.size() ? static_cast<unsigned char>(group[k]) : 0U);
        }
        for (std::size_t k = 0; k < 4; ++k) {
            out += k <= group.size() ? kAlphabet[bits >> (18 - 6 * k) & 63U] : '=';
        }
    }
    return out;
}

} // namespace eventsgw
