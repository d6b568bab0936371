// SPDX-License-Identifier: GPL-3.0-or-later
// Copyright (C) 2026 eventsgw contributors

#pragma once

#include "base/uuid.h"

#include <cstdint>
#include <string_view>

namespace eventsgw {

/// The reason of nearly every refusal.
inline constexpr std::string_view kQueueFull = "queue full";

/// Whether a rule or a handler takes an event: what becomes of the task, the command or the handler's run.
struct [[nodiscard]] Outcome {
    enum class Kind : std::uint8_t {
        nothing, ///< the event has no handler
        started, ///< it has a slot
        waiting, ///< for a slot, its lane, the end of its window, or the leader
        refused
    };
    enum class Reason : std::uint8_t { none, queue_full, disk, out_of_memory, no_such_name, too_large };

    static Outcome nothing() { return {Kind::nothing, {}, Reason::none}; }
    static Outcome started(const Uuid& id) { return {Kind::started, id, Reason::none}; }
    static Outcome waiting(const Uuid& id) { return {Kind::waiting, id, Reason::none}; }
    static Outcome refused(Reason reason) { return {Kind::refused, {}, reason}; }

    Kind kind;
    Uuid id;       ///< of what was started or waits
    Reason reason; ///< of a refusal
};

/// In words for the administrator.
constexpr std::string_view to_string(Outcome::Reason reason) {
    switch (reason) {
    case Outcome::Reason::none: break;
    case Outcome::Reason::queue_full: return kQueueFull;
    case Outcome::Reason::disk: return "the disk is nearly full";
    case Outcome::Reason::out_of_memory: return "out of memory";
    case Outcome::Reason::no_such_name: return "no event has such a name";
    case Outcome::Reason::too_large: return "the payload is over max_payload";
    }
    return "";
}

} // namespace eventsgw
