// SPDX-License-Identifier: GPL-3.0-or-later
// Copyright (C) 2026 eventsgw contributors

#include "event/event.h"

#include <algorithm>

namespace eventsgw {

bool is_name_character(char c) {
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '.' || c == '_' ||
           c == '-';
}

std::optional<EventName> split_channel(std::string_view channel) {
    constexpr std::string_view kSeparator = "/event/";
    const std::size_t at = channel.find(kSeparator);
    if (at == std::string_view::npos) {
        return std::nullopt;
    }
    return EventName{channel.substr(0, at), channel.substr(at + kSeparator.size())};
}

bool is_valid_name(std::string_view name) {
    constexpr std::size_t kMaxBytes = 255; // NAME_MAX of Linux
    return !name.empty() && name.size() <= kMaxBytes && name.front() != '.' &&
           std::all_of(name.begin(), name.end(), is_name_character);
}

bool is_valid_source(std::string_view source) {
    for (;;) {
        const std::size_t slash = source.find('/');
        if (!is_valid_name(source.substr(0, slash))) {
            return false;
        }
        if (slash == std::string_view::npos) {
            return true;
        }
        source.remove_prefix(slash + 1);
    }
}

} // namespace eventsgw
