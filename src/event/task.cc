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

void append_event(std::string& task, std::string_view channel, bool is_replay) {
    task += R"("event":{"channel":)";
    append_json_string(task, channel);
    if (const auto parts = split_channel(channel)) {
        task += R"(,"source":)";
        append_json_string(task, parts->source);
        task += R"(,"name":)";
        append_json_string(task, parts->name);
    }
    task += is_replay ? R"(,"replay":true})" : "}";
}

/// `event` is nullptr where there is none.
void append_extra(std::string& task, const Event* event, std::string_view payload, PayloadForm form) {
    task += '{';
    if (event != nullptr) {
        append_event(task, event->channel, event->is_replay());
    }
    if (form == PayloadForm::bytes) {
        task += event != nullptr ? R"(,"payload_base64":)" : R"("payload_base64":)";
        append_json_string(task, to_base64(payload));
    }
    task += '}';
}

void append_envelope(std::string& task, const Event* event, std::string_view payload, PayloadForm form,
                     std::string_view action, std::string_view id) {
    task += R"({"id":)";
    append_json_string(task, id);
    task += R"(,"action":)";
    append_json_string(task, action);
    task += R"(,"data":)";
    if (form == PayloadForm::json) {
        task += payload;
    } else {
        append_json_string(task, payload);
    }
    task += R"(,"parent":"","extra":)";
    append_extra(task, event, payload, form);
    task += '}';
}

std::string make(const Event* event, std::string_view payload, PayloadForm form, std::string_view action,
                 std::string_view id) {
    constexpr std::size_t kEnvelope = 160; // the fixed text and an id, generously
    std::string task;
    task.reserve(kEnvelope + action.size() + payload.size() + 3 * (event != nullptr ? event->channel.size() : 0));
    append_envelope(task, event, payload, form, action, id);
    return task;
}

} // namespace

PayloadForm classify_payload(std::string_view payload) {
    if (is_strict_json(payload, kMaxDepth)) {
        return PayloadForm::json;
    }
    return is_valid_utf8(payload) ? PayloadForm::text : PayloadForm::bytes;
}

std::string make_task(const Event& event, PayloadForm form, std::string_view action, std::string_view id) {
    return make(&event, event.payload, form, action, id);
}

void append_task(std::string& text, const Event& event, PayloadForm form, std::string_view action,
                 std::string_view id) {
    append_envelope(text, &event, event.payload, form, action, id);
}

std::string make_task_without_event(std::string_view payload, PayloadForm form, std::string_view action,
                                    std::string_view id) {
    return make(nullptr, payload, form, action, id);
}

} // namespace eventsgw
