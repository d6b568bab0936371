// SPDX-License-Identifier: GPL-3.0-or-later
// Copyright (C) 2026 eventsgw contributors

// The first line of the input is a pattern, the rest is the text that it is compared with.

#include "base/glob.h"

#include <algorithm>
#include <cstdint>
#include <cstdlib>
#include <string>

using namespace eventsgw;

namespace {

// Longer ones only take longer: the time may grow with the product of the two lengths.
constexpr std::size_t kMaxSize = 4096;

void require(bool condition) {
    if (!condition) {
        std::abort();
    }
}

std::string make_literal_pattern(std::string_view text) {
    std::string pattern;
    for (const char c : text) {
        pattern += '\\';
        pattern += c;
    }
    return pattern;
}

} // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    const std::string_view input(reinterpret_cast<const char*>(data), std::min(size, kMaxSize));
    const std::size_t line_end = std::min(input.find('\n'), input.size());
    const std::string pattern(input.substr(0, line_end));
    const std::string text(input.substr(std::min(line_end + 1, input.size())));

    const GlobMatch match = match_glob(pattern, text);
    require(match.pattern_offset <= pattern.size() && match.text_offset <= text.size());
    if (match.matches) {
        require(match.pattern_offset == pattern.size() && match.text_offset == text.size());
        require(text.empty() || match_glob("*" + pattern, "x" + text).matches);
    }
    if (!is_glob(pattern)) {
        require(match.matches == (pattern == text));
    }
    require(match_glob(make_literal_pattern(text), text).matches);
    require(!match_glob(make_literal_pattern(text), text + "x").matches);
    return 0;
}
