// SPDX-License-Identifier: GPL-3.0-or-later
// Copyright (C) 2026 eventsgw contributors

#pragma once

#include <cstdint>
#include <string_view>
#include <vector>

namespace eventsgw {

/// What the value of a member of a payload is, as far as it is known.
enum class MemberType : std::uint8_t { any, string, integer, string_list };

/// "a string", "an integer", "an array of strings"; empty for any.
std::string_view to_string(MemberType type);

/// One member of a well-known event's payload.
struct PayloadMember {
    std::string_view name;
    MemberType type;
    bool is_optional;
    std::string_view note; ///< empty where there is nothing to say
};

/// An event that published modules of the platform know: one row of the table that feeds the manual page
/// eventsgw-events(7), the completion of names and the warnings of `eventsgw publish`.
struct WellKnownEvent {
    std::string_view name;
    std::string_view publishers; ///< sources; N stands for a number
    std::string_view meaning;
    bool is_json; ///< an object with `members`; false: plain text
    std::vector<PayloadMember> members;
    std::string_view example; ///< a payload
};

/// In the order of their names.
const std::vector<WellKnownEvent>& well_known_events();

/// nullptr when the event is not well known.
const WellKnownEvent* find_well_known_event(std::string_view name);

} // namespace eventsgw
