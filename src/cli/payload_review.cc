// SPDX-License-Identifier: GPL-3.0-or-later
// Copyright (C) 2026 eventsgw contributors

#include "cli/payload_review.h"

#include "daemon/json_tree.h"
#include "event/etiquette.h"

#include <cmath>

namespace eventsgw {
namespace {

bool is_string_list(const cJSON* value) {
    if (cJSON_IsArray(value) == 0) {
        return false;
    }
    for (const cJSON* element = value->child; element != nullptr; element = element->next) {
        if (cJSON_IsString(element) == 0) {
            return false;
        }
    }
    return true;
}

bool has_type(const cJSON* value, MemberType type) {
    switch (type) {
    case MemberType::any: return true;
    case MemberType::string: return cJSON_IsString(value) != 0;
    case MemberType::integer: // 1e400 is read as infinity
        return cJSON_IsNumber(value) != 0 && std::isfinite(value->valuedouble) &&
               std::floor(value->valuedouble) == value->valuedouble;
    case MemberType::string_list: return is_string_list(value);
    }
    return true;
}

std::string as_known(const PayloadMember& member) {
    const std::string type(to_string(member.type));
    return std::string(member.name) + (type.empty() ? "" : ", " + type);
}

} // namespace

std::vector<std::string> review_payload(const WellKnownEvent& event, const std::string& payload) {
    const std::string name(event.name);
    if (!event.is_json && !check_event_payload(payload)) {
        return {};
    }
    if (!event.is_json) {
        return {"listeners of " + name + " expect plain text: " + std::string(event.example)};
    }
    const JsonTree tree(cJSON_Parse(payload.c_str()));
    if (!tree && check_event_payload(payload)) { // cJSON 1.7.15: 1000 deep, lone surrogates, 64 digits
        return {"the payload was not compared with what listeners of " + name +
                " expect: its nesting, or an escape or a number in it, is beyond this program"};
    }
    if (cJSON_IsObject(tree.get()) == 0) {
        return {"listeners of " + name + " expect a JSON object"};
    }
    std::vector<std::string> faults;
    for (const PayloadMember& member : event.members) {
        const cJSON* value = cJSON_GetObjectItemCaseSensitive(tree.get(), std::string(member.name).c_str());
        if (value == nullptr && !member.is_optional) {
            faults.push_back("the payload lacks a member that listeners of " + name + " expect: " + as_known(member));
        }
        if (value != nullptr && !has_type(value, member.type)) {
            faults.push_back("a member of the payload is not what listeners of " + name +
                             " expect: " + as_known(member));
        }
    }
    return faults;
}

} // namespace eventsgw
