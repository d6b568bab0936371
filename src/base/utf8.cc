// SPDX-License-Identifier: GPL-3.0-or-later
// Copyright (C) 2026 eventsgw contributors

#include "base/utf8.h"

#include <cstdint>

namespace eventsgw {
namespace {

constexpr char32_t kReplacement = 0xFFFD;

/// What a lead byte announces: how many bytes follow, and the range of the first of them
/// (which is where overlong forms, surrogates and too large code points are ruled out).
struct Lead {
    std::size_t following;
    unsigned low = 0x80;
    unsigned high = 0xBF;
};

Lead read_lead(unsigned byte) {
    if (byte >= 0xC2 && byte <= 0xDF) {
        return {1};
    }
    if (byte >= 0xE0 && byte <= 0xEF) {
        return {2, byte == 0xE0 ? 0xA0U : 0x80U, byte == 0xED ? 0x9FU : 0xBFU};
    }
    if (byte >= 0xF0 && byte <= 0xF4) {
        return {3, byte == 0xF0 ? 0x90U : 0x80U, byte == 0xF4 ? 0x8FU : 0xBFU};
    }
    return {0};
}

} // namespace

Utf8Step read_utf8(std::string_view bytes, std::size_t offset) {
    const auto byte_at = [&](std::size_t i) -> unsigned { return static_cast<unsigned char>(bytes[i]); };
    const unsigned first = byte_at(offset);
    if (first < 0x80) {
        return {true, 1, first};
    }
    Lead lead = read_lead(first);
    if (lead.following == 0) {
        return {false, 1, kReplacement};
    }
    // A lead byte of n following ones carries 6 - n bits of the code point.
    char32_t code_point = first & ((1U << (6 - lead.following)) - 1);
    std::size_t length = 1;
    for (; length <= lead.following; ++length) {
        if (offset + length >= bytes.size()) {
            return {false, length, kReplacement};
        }
        const unsigned next = byte_at(offset + length);
        if (next < lead.low || next > lead.high) {
            return {false, length, kReplacement};
        }
        lead.low = 0x80;
        lead.high = 0xBF;
        code_point = code_point << 6 | (next & 0x3FU);
    }
    return {true, length, code_point};
}

std::size_t find_invalid_utf8(std::string_view bytes) {
    for (std::size_t i = 0; i < bytes.size();) {
        if (static_cast<unsigned char>(bytes[i]) < 0x80) {
            ++i;
            continue;
        }
        const Utf8Step step = read_utf8(bytes, i);
        if (!step.valid) {
            return i;
        }
        i += step.length;
    }
    return std::string_view::npos;
}

} // namespace eventsgw
