// SPDX-License-Identifier: GPL-3.0-or-later
// Copyright (C) 2026 eventsgw contributors

#include "event/task.h"

#include "base/json.h"
#include "base/text.h"
#include "base/utf8.h"

#include <cstddef>

namespace eventsgw {
namespace {

/// Python, which most steps are written in, gives up on JSON nested near 1000 deep; half of that leaves them room.
constexpr std::size_t kMaxDepth = 512;

void append_extra(std::string& task, const Event& event, PayloadForm form) {
    task += R"({"event":{"channel":)";
    append_json_string(task, event.channel);
    if (const auto parts = split_channel(event.channel)) {
        task += R"(,"source":)";
        append_json_string(task, parts->source);
        task += R"(,"name":)";
        append_json_string(task, parts->name);
    }
    task += '}';
    if (form == PayloadForm::bytes) {
        task += R"(,"payload_base64":)";
        append_json_string(task, to_base64(event.payload));
    }
    task += '}';
}

} // namespace

PayloadForm classify_payload(std::string_view payload) {
    if (is_strict_json(payload, kMaxDepth)) {
        return PayloadForm::json;
    }
    return is_valid_utf8(payload) ? PayloadForm::text : PayloadForm::bytes;
}

std::string make_task(const Event& event, PayloadForm form, std::string_view action, std::string_view id) {
    constexpr std::size_t kEnvelope = 160; // the fixed text and an id, generously
    std::string task;
    task.reserve(kEnvelope + action.size() + event.payload.size() + 2 * event.channel.size());
    task += R"({"id":)";
    append_json_string(task, id);
    task += R"(,"action":)";
    append_json_string(task, action);
    task += R"(,"data":)";
    if (form == PayloadForm::json) {
        task += event.payload;
    } else {
        append_json_string(task, event.payload);
    }
    task += R"(,"parent":"","extra":)";
    append_extra(task, event, form);
    task += '}';
    return task;
}

} // namespace eventsgw
