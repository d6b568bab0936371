// SPDX-License-Identifier: GPL-3.0-or-later
// Copyright (C) 2026 eventsgw contributors

#include "base/json_mask.h"

#include "base/json.h"
#include "base/text.h"

#include <algorithm>
#include <array>
#include <cstddef>
#include <limits>

namespace eventsgw {
namespace {

constexpr std::string_view kMask = R"("***")";

// The functions below walk over text that is known to be strict JSON.

/// The offset behind the string that begins at `at`.
std::size_t skip_string(std::string_view text, std::size_t at) {
    for (++at; text[at] != '"'; ++at) {
        if (text[at] == '\\') {
            ++at;
        }
    }
    return at + 1;
}

std::size_t skip_blanks(std::string_view text, std::size_t at) {
    return std::min(text.find_first_not_of(" \t\r\n", at), text.size());
}

/// The offset behind the array or object that begins at `at`.
std::size_t skip_container(std::string_view text, std::size_t at) {
    std::size_t depth = 0;
    do {
        const char c = text[at];
        if (c == '"') {
            at = skip_string(text, at);
            continue;
        }
        depth += c == '{' || c == '[' ? 1 : 0;
        depth -= c == '}' || c == ']' ? 1 : 0;
        ++at;
    } while (depth > 0);
    return at;
}

/// The offset behind the value that begins at `at`.
std::size_t skip_value(std::string_view text, std::size_t at) {
    switch (text[at]) {
    case '"': return skip_string(text, at);
    case '{':
    case '[': return skip_container(text, at);
    default: return std::min(text.find_first_of(",]} \t\r\n", at), text.size());
    }
}

/// The character that an escape \uXXXX stands for, if it is ASCII, else one that no secret name has.
char decode_unicode(std::string_view digits) {
    const std::string lower = to_lower(digits);
    unsigned value = 0;
    for (const char c : lower) {
        value = value * 16 + static_cast<unsigned>(c <= '9' ? c - '0' : c - 'a' + 10);
    }
    return value < 0x80 ? static_cast<char>(value) : '?';
}

/// The name that a JSON string between its quotes means, as far as a secret name needs it.
std::string decode_name(std::string_view body) {
    std::string name;
    for (std::size_t i = 0; i < body.size(); ++i) {
        if (body[i] != '\\') {
            name += body[i];
        } else if (body[++i] == 'u') {
            name += decode_unicode(body.substr(i + 1, 4));
            i += 4;
        } else {
            name += '?'; // an escaped sign or control character
        }
    }
    return name;
}

} // namespace

bool is_secret_name(std::string_view name) {
    constexpr std::array<std::string_view, 6> kEndings{"password", "secret", "token", "key", "pass", "session_id"};
    const std::string lower = to_lower(name);
    return std::any_of(kEndings.begin(), kEndings.end(),
                       [&](std::string_view ending) { return std::string_view(lower).ends_with(ending); });
}

std::optional<std::string> mask_secrets(std::string_view text) {
    if (!is_strict_json(text, std::numeric_limits<std::size_t>::max())) {
        return std::nullopt;
    }
    std::string masked;
    masked.reserve(text.size());
    std::size_t kept = 0; // up to here the text is in `masked`
    for (std::size_t at = text.find('"'); at < text.size(); at = text.find('"', at)) {
        const std::size_t end = skip_string(text, at);
        const std::string_view body = text.substr(at + 1, end - at - 2);
        const std::size_t colon = skip_blanks(text, end);
        at = end;
        if (colon < text.size() && text[colon] == ':' && is_secret_name(decode_name(body))) {
            const std::size_t value = skip_blanks(text, colon + 1);
            masked.append(text.substr(kept, value - kept)).append(kMask);
            at = kept = skip_value(text, value);
        }
    }
    return masked.append(text.substr(kept));
}

} // namespace eventsgw
