// SPDX-License-Identifier: GPL-3.0-or-later
// Copyright (C) 2026 eventsgw contributors

#include "event/step_numbers.h"

#include "base/text.h"

#include <algorithm>
#include <cstdint>

namespace eventsgw {
namespace {

constexpr std::size_t kMaxDigits = 18; // of a number of 64 bits

std::string pad(std::uint64_t number, std::size_t digits) {
    const std::string text = std::to_string(number);
    return std::string(digits - std::min(digits, text.size()), '0') + text;
}

/// The numbers' common length; 0 where they have none, or are no numbers.
std::size_t find_digits(const std::vector<std::string>& numbers) {
    std::size_t digits = 0;
    for (const std::string& number : numbers) {
        if (number.empty()) {
            continue;
        }
        if (number.size() > kMaxDigits || (digits != 0 && digits != number.size()) || !parse_count(number)) {
            return 0;
        }
        digits = number.size();
    }
    return digits;
}

std::uint64_t read(const std::string& number) {
    return parse_count(number).value();
}

/// From number to number where `count` come above `low` and below `high`; 0 where there is no room for them.
std::uint64_t choose_stride(std::uint64_t low, std::uint64_t high, std::size_t count, bool is_last) {
    constexpr std::uint64_t kUsual = 10;
    return is_last && low / kUsual * kUsual + kUsual * count < high ? kUsual : (high - low) / (count + 1);
}

/// Fills the empty ones from `begin` to `end`.
bool fill_run(std::vector<std::string>::iterator begin, std::vector<std::string>::iterator end, std::uint64_t low,
              std::uint64_t high, std::size_t digits, bool is_last) {
    const auto count = static_cast<std::size_t>(end - begin);
    if (count == 0) {
        return low < high;
    }
    const std::uint64_t stride = low < high ? choose_stride(low, high, count, is_last) : 0;
    std::uint64_t number = stride == 10 && is_last ? low / 10 * 10 : low;
    for (; begin != end; ++begin) {
        *begin = pad(number += stride, digits);
    }
    return stride != 0;
}

} // namespace

std::vector<std::string> make_step_numbers(std::size_t count) {
    std::vector<std::string> numbers;
    std::size_t first = 10;
    while (count >= 10 && first + count > 10 * first) {
        first *= 10;
    }
    for (std::size_t i = 0; i < count; ++i) {
        numbers.push_back(std::to_string(count < 10 ? first * (i + 1) : first + i));
    }
    return numbers;
}

std::optional<std::vector<std::string>> fill_step_numbers(std::vector<std::string> numbers,
                                                          const std::vector<std::string>& others) {
    std::vector<std::string> all = numbers;
    all.insert(all.end(), others.begin(), others.end());
    const std::size_t digits = find_digits(all);
    if (digits == 0) {
        return std::nullopt;
    }
    std::uint64_t low = 0;
    for (auto at = numbers.begin();; ++at) {
        const auto next = std::find_if_not(at, numbers.end(), [](const std::string& text) { return text.empty(); });
        const bool is_last = next == numbers.end();
        std::uint64_t high = is_last ? read("1" + std::string(digits, '0')) : read(*next);
        for (const std::string& other : is_last ? others : std::vector<std::string>()) {
            low = std::max(low, read(other));
        }
        if (!fill_run(at, next, low, high, digits, is_last)) {
            return std::nullopt;
        }
        if (is_last) {
            return numbers;
        }
        low = high;
        at = next;
    }
}

} // namespace eventsgw
