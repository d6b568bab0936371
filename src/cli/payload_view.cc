// SPDX-License-Identifier: GPL-3.0-or-later
// Copyright (C) 2026 eventsgw contributors

#include "cli/payload_view.h"

#include "base/json.h"
#include "base/json_mask.h"
#include "base/text.h"
#include "event/task.h"

#include <algorithm>
#include <optional>

namespace eventsgw {
namespace {

/// Between the tokens of JSON a line end is a blank like any other, and nowhere else can one be.
std::string on_one_line(std::string json) {
    std::replace_if(
        json.begin(), json.end(), [](char c) { return c == '\n' || c == '\r'; }, ' ');
    return json;
}

} // namespace

std::string show_payload(std::string_view payload) {
    const std::optional<std::string> masked = mask_secrets(payload);
    return masked ? escape_controls(on_one_line(*masked)) : escape_controls(hide_secrets(payload));
}

std::string embed_payload(std::string_view payload) {
    const std::optional<std::string> masked = mask_secrets(payload);
    if (!masked) {
        return to_json_string(hide_secrets(payload));
    }
    return classify_payload(*masked) == PayloadForm::json ? escape_c1(on_one_line(*masked)) : to_json_string(*masked);
}

} // namespace eventsgw
