// SPDX-License-Identifier: GPL-3.0-or-later
// Copyright (C) 2026 eventsgw contributors

#include "event/event.h"

namespace eventsgw {

std::optional<EventName> split_channel(std::string_view channel) {
    constexpr std::string_view kSeparator = "/event/";
    const std::size_t at = channel.find(kSeparator);
    if (at == std::string_view::npos) {
        return std::nullopt;
    }
    return EventName{channel.substr(0, at), channel.substr(at + kSeparator.size())};
}

} // namespace eventsgw
