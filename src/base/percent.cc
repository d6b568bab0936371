// SPDX-License-Identifier: GPL-3.0-or-later
// Copyright (C) 2026 eventsgw contributors

#include "base/percent.h"

#include "base/text.h"

#include <charconv>

namespace eventsgw {
namespace {

/// Whatever the locale.
bool is_unreserved(char c) {
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '-' || c == '.' ||
           c == '_' || c == '~';
}

} // namespace

std::string percent_encode(std::string_view bytes) {
    std::string text;
    for (const char c : bytes) {
        if (is_unreserved(c)) {
            text += c;
        } else {
            text += '%';
            append_hex(text, static_cast<unsigned char>(c));
        }
    }
    return text;
}

Result<std::string> percent_decode(std::string_view text) {
    constexpr int kHex = 16;
    std::string bytes;
    for (std::size_t i = 0; i < text.size(); ++i) {
        if (text[i] != '%') {
            bytes += text[i];
            continue;
        }
        const std::string_view digits = text.substr(i + 1, 2);
        unsigned char byte = 0;
        const auto [end, error] = std::from_chars(digits.data(), digits.data() + digits.size(), byte, kHex);
        if (digits.size() != 2 || error != std::errc() || end != digits.data() + digits.size()) {
            return Error{"invalid percent-encoding"};
        }
        bytes += static_cast<char>(byte);
        i += 2;
    }
    return bytes;
}

} // namespace eventsgw
