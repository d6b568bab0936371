// SPDX-License-Identifier: GPL-3.0-or-later
// Copyright (C) 2026 eventsgw contributors

#pragma once

#include "base/result.h"

#include <string>
#include <string_view>

namespace eventsgw {

/// What the platform's specification asks of a name: words of a-z and 0-9 joined by hyphens. An error says what is
/// wrong.
Result<void> check_event_name(std::string_view name);

/// What the specification asks of a payload: a JSON object.
Result<void> check_event_payload(std::string_view payload);

/// The past tense of the name's last word, where that word is one of a short list of verbs in another form: "changed"
/// for "domain-change". Empty for every other word, for which nothing is claimed.
std::string_view find_past_tense(std::string_view name);

} // namespace eventsgw
