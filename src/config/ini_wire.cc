// SPDX-License-Identifier: GPL-3.0-or-later
// Copyright (C) 2026 eventsgw contributors

#include "config/ini_wire.h"

namespace eventsgw {
namespace {

constexpr std::string_view kHexDigits = "0123456789abcdef";

/// Letters, digits and the marks that channels are full of: no INI parser gives them a meaning.
bool travels_as_it_is(char c) {
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '/' || c == '-' ||
           c == '_' || c == '.' || c == '*';
}

unsigned from_hex(char digit) {
    return static_cast<unsigned>(kHexDigits.find(digit)) & 15U;
}

} // namespace

std::string take_encoded(std::string_view& text, std::size_t max_bytes) {
    std::string encoded;
    std::size_t taken = 0;
    for (; taken < text.size(); ++taken) {
        const char c = text[taken];
        if (encoded.size() + (travels_as_it_is(c) ? 1 : 3) > max_bytes) {
            break;
        }
        if (travels_as_it_is(c)) {
            encoded += c;
        } else {
            const auto byte = static_cast<unsigned char>(c);
            encoded += '%';
            encoded += kHexDigits[byte >> 4U];
            encoded += kHexDigits[byte & 15U];
        }
    }
    text.remove_prefix(taken);
    return encoded;
}

std::string decode(std::string_view encoded) {
    std::string text;
    text.reserve(encoded.size());
    for (std::size_t i = 0; i < encoded.size(); ++i) {
        if (encoded[i] == '%' && i + 2 < encoded.size()) {
            text += static_cast<char>(from_hex(encoded[i + 1]) << 4U | from_hex(encoded[i + 2]));
            i += 2;
        } else {
            text += encoded[i];
        }
    }
    return text;
}

} // namespace eventsgw
