// SPDX-License-Identifier: GPL-3.0-or-later
// Copyright (C) 2026 eventsgw contributors

#include "event/etiquette.h"

#include "base/json.h"
#include "base/json_mask.h"
#include "base/text.h"
#include "event/event.h"

#include <algorithm>
#include <array>
#include <limits>

namespace eventsgw {
namespace {

struct Verb {
    std::string_view form;
    std::string_view past;
};

/// Verbs that names of events end in.
constexpr std::array kVerbs{
    Verb{"add", "added"},
    Verb{"change", "changed"},
    Verb{"configure", "configured"},
    Verb{"create", "created"},
    Verb{"delete", "deleted"},
    Verb{"disable", "disabled"},
    Verb{"enable", "enabled"},
    Verb{"expire", "expired"},
    Verb{"install", "installed"},
    Verb{"move", "moved"},
    Verb{"reload", "reloaded"},
    Verb{"remove", "removed"},
    Verb{"rename", "renamed"},
    Verb{"renew", "renewed"},
    Verb{"restart", "restarted"},
    Verb{"restore", "restored"},
    Verb{"start", "started"},
    Verb{"stop", "stopped"},
    Verb{"terminate", "terminated"},
    Verb{"uninstall", "uninstalled"},
    Verb{"update", "updated"},
    Verb{"upgrade", "upgraded"},
};

/// Fewer than a handler may have in its name: is_name_character().
bool is_proper_character(char c) {
    return (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') || c == '-';
}

/// What is wrong with a payload is said in the journal too, where a step publishes it.
std::string show_beginning(std::string_view payload) {
    return quote(shorten(hide_secrets(payload), 60));
}

} // namespace

Result<void> check_event_name(std::string_view name) {
    if (name.empty()) {
        return Error{"the event has no name"};
    }
    if (!std::all_of(name.begin(), name.end(), is_proper_character)) {
        return Error{"the name of an event is made of a-z, 0-9 and hyphens, unlike " + quote(name)};
    }
    if (!is_valid_name(name)) {
        return Error{"the name of an event becomes that of a directory, and this one is too long for it"};
    }
    return {};
}

Result<void> check_event_payload(std::string_view payload) {
    if (!is_strict_json(payload, std::numeric_limits<std::size_t>::max())) {
        return Error{"the payload is no JSON: " + show_beginning(payload)};
    }
    if (trim(payload).front() != '{') {
        return Error{"the payload is JSON, but no object: " + show_beginning(payload)};
    }
    return {};
}

std::string_view find_past_tense(std::string_view name) {
    const std::string_view last = name.substr(name.rfind('-') + 1); // npos + 1 is 0
    for (const Verb& verb : kVerbs) {
        if (verb.form == last) {
            return verb.past;
        }
    }
    return {};
}

} // namespace eventsgw
