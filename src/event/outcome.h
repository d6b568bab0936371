// SPDX-License-Identifier: GPL-3.0-or-later
// Copyright (C) 2026 eventsgw contributors

#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <utility>

namespace eventsgw {

/// The usual reason of a refusal.
inline constexpr std::string_view kQueueFull = "as much waits as may";

/// Whether a rule or a handler takes an event: what becomes of the task, the command or the handler's run.
struct [[nodiscard]] Outcome {
    enum class Kind : std::uint8_t {
        nothing, ///< the event has no handler
        started, ///< it has a slot
        waiting, ///< for a slot, its lane, the end of its window, or the leader
        refused
    };

    static Outcome nothing() { return {Kind::nothing, {}, {}}; }
    static Outcome started(std::string id) { return {Kind::started, std::move(id), {}}; }
    static Outcome waiting(std::string id) { return {Kind::waiting, std::move(id), {}}; }
    static Outcome refused(std::string_view reason) { return {Kind::refused, {}, std::string(reason)}; }

    Kind kind;
    std::string id;     ///< of what was started or waits
    std::string reason; ///< of a refusal, in words for the administrator
};

} // namespace eventsgw
