// SPDX-License-Identifier: GPL-3.0-or-later
// Copyright (C) 2026 eventsgw contributors

#pragma once

#include "event/event.h"

#include <cstdint>
#include <string>
#include <string_view>

namespace eventsgw {

/// How a payload travels in a task. The agent drops a task that is not strict JSON, so nothing else may reach it.
enum class PayloadForm : std::uint8_t {
    json,  ///< strict JSON, nested no deeper than an agent's steps can read: spliced in byte for byte
    text,  ///< other UTF-8: as a JSON string
    bytes, ///< not UTF-8: as a JSON string with U+FFFD in it, and the exact bytes as base64 beside it
};

PayloadForm classify_payload(std::string_view payload);

/// The task that asks the module's agent for `action`, as one line of JSON with the members id, action, data, parent,
/// extra. `form` is classify_payload() of the event's payload; `id` a UUID.
///
/// The envelope is written here and not with cJSON, whose strings end at the first NUL and whose numbers are doubles:
/// a channel may hold any byte, and a payload must not be re-printed.
std::string make_task(const Event& event, PayloadForm form, std::string_view action, std::string_view id);

/// The same behind what is in `text`.
void append_task(std::string& text, const Event& event, PayloadForm form, std::string_view action, std::string_view id);

/// The same task for who has no event: `extra` lacks its member `event`.
std::string make_task_without_event(std::string_view payload, PayloadForm form, std::string_view action,
                                    std::string_view id);

} // namespace eventsgw
