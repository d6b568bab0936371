// SPDX-License-Identifier: GPL-3.0-or-later
// Copyright (C) 2026 eventsgw contributors

#pragma once

#include "base/chrono.h"

#include <optional>
#include <string_view>

namespace eventsgw {

/// The two halves of a channel such as "module/traefik1/event/certificate-renew".
struct EventName {
    std::string_view source; ///< who published it: "module/traefik1"
    std::string_view name;   ///< what happened: "certificate-renew"; may be empty, may hold any byte
};

/// Splits a channel at its first "/event/"; nothing where there is none.
std::optional<EventName> split_channel(std::string_view channel);

/// Whether a name that is_valid_name() may have the character in it. Not isalnum(3), which asks the locale.
bool is_name_character(char c);

/// Whether a handler may be looked for under this name, which becomes a directory's: 1 to 255 of the characters
/// A-Z a-z 0-9 . _ - and no dot at the start.
bool is_valid_name(std::string_view name);

/// Whether each of the parts between the slashes of a source is_valid_name().
bool is_valid_source(std::string_view source);

/// One published message. The views live as long as the callback that brings them.
struct Event {
    std::string_view channel;
    std::string_view payload;                     ///< the exact bytes that were published
    std::chrono::steady_clock::time_point read{}; ///< when they came
    std::string_view replay_of{}; ///< id of the work whose event an administrator has replayed; or empty

    bool is_replay() const { return !replay_of.empty(); }
};

} // namespace eventsgw
