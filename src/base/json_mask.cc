// SPDX-License-Identifier: GPL-3.0-or-later
// Copyright (C) 2026 eventsgw contributors

#include "base/json_mask.h"

#include "base/json.h"
#include "base/text.h"

#include <algorithm>
#include <array>
#include <charconv>
#include <cstddef>
#include <limits>

namespace eventsgw {
namespace {

constexpr std::string_view kMask = R"("***")";

constexpr std::array<std::string_view, 6> kEndings{"password", "secret", "token", "key", "pass", "session_id"};

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

/// The character that the next `count` hexadecimal digits stand for, if it is ASCII, else one that no secret name has;
/// nothing where there are not so many.
std::optional<char> decode_hex(std::string_view text, std::size_t count) {
    const std::string_view digits = text.substr(0, count);
    const char* const end = digits.data() + digits.size();
    unsigned value = 0;
    if (digits.size() < count || std::from_chars(digits.data(), end, value, 16).ptr != end) {
        return std::nullopt;
    }
    return value < 0x80 ? static_cast<char>(value) : '?';
}

/// What a JSON string between its quotes means, as far as secret names need it.
std::string decode_string(std::string_view body) {
    std::string text;
    for (std::size_t i = 0; i < body.size(); ++i) {
        if (body[i] != '\\') {
            text += body[i];
        } else if (body[++i] == 'u') {
            text += decode_hex(body.substr(i + 1), 4).value_or('?');
            i += 4;
        } else {
            const bool is_itself = std::string_view("\"\\/").find(body[i]) != std::string_view::npos;
            text += is_itself ? body[i] : ' '; // an escaped control character
        }
    }
    return text;
}

/// The text as somebody might read it who does not know its form: escapes of JSON, Python and URLs are what they stand
/// for, and controls, bytes that are not ASCII and further backslashes are not there.
std::string flatten(std::string_view text) {
    std::string flat;
    while (!text.empty()) {
        const std::size_t prefix = text.starts_with("\\u") || text.starts_with("\\x") ? 2 : 1;
        const std::size_t digits = text.starts_with("\\u") ? 4 : 2;
        const bool is_escape = prefix == 2 || text.front() == '%';
        const std::optional<char> decoded = is_escape ? decode_hex(text.substr(prefix), digits) : std::nullopt;
        const char c = decoded.value_or(text.front());
        text.remove_prefix(decoded ? prefix + digits : 1);
        if (c >= ' ' && c < 0x7F && c != '\\') {
            flat += c;
        }
    }
    return flat;
}

/// Whether a secret name's ending is anywhere in a text whose form is not known.
bool may_tell_secret(std::string_view text) {
    const std::string lower = to_lower(flatten(text));
    return std::any_of(kEndings.begin(), kEndings.end(),
                       [&](std::string_view ending) { return lower.find(ending) != std::string::npos; });
}

/// Whether there may be JSON with a secret in a string: whole or cut off, behind other words, in a string once more.
bool hides_secret(std::string_view body) {
    const std::string text = decode_string(body);
    return text.find_first_of("{[") != std::string::npos && may_tell_secret(text);
}

/// A part of a text.
struct Span {
    std::size_t begin;
    std::size_t end;
};

/// What has to be hidden because of the string at `at`: it, or the value of the member whose name it is. Otherwise
/// nothing, behind the string.
Span find_hidden(std::string_view text, std::size_t at) {
    const std::size_t end = skip_string(text, at);
    const std::string_view body = text.substr(at + 1, end - at - 2);
    const std::size_t colon = skip_blanks(text, end);
    if (colon == text.size() || text[colon] != ':') {
        return {hides_secret(body) ? at : end, end};
    }
    if (!is_secret_name(decode_string(body))) {
        return {end, end};
    }
    const std::size_t value = skip_blanks(text, colon + 1);
    return {value, skip_value(text, value)};
}

} // namespace

bool is_secret_name(std::string_view name) {
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
        const Span hidden = find_hidden(text, at);
        if (hidden.begin < hidden.end) {
            masked.append(text.substr(kept, hidden.begin - kept)).append(kMask);
            kept = hidden.end;
        }
        at = hidden.end;
    }
    return masked.append(text.substr(kept));
}

std::string_view hide_secrets(std::string_view text) {
    return may_tell_secret(text) ? "***" : text;
}

} // namespace eventsgw
