// SPDX-License-Identifier: GPL-3.0-or-later
// Copyright (C) 2026 eventsgw contributors

#pragma once

#include "base/uuid.h"
#include "event/work.h"
#include "journal/task.h"

#include <cstddef>
#include <cstdint>
#include <memory>
#include <string>

#include <sys/types.h>

namespace eventsgw {

/// What a journal keeps of a run that has not ended: of a command or of a handler, but not what is to be executed,
/// which the configuration in force says.
struct RunRow {
    /// The numbers stand in files.
    enum class State : std::uint8_t {
        waiting = 0, ///< not started, or between two attempts
        running = 1, ///< written before it starts
        held = 2     ///< until its rule returns or an administrator decides
    };

    std::uint64_t number = 0; ///< its place in the order
    Uuid id{};
    WorkKind kind = WorkKind::command;
    std::string key; ///< of the rule, or the event's name
    State state = State::waiting;
    std::uint32_t starts = 0;
    std::uint32_t crashes = 0;  ///< starts that an unclean end of the gateway has interrupted
    std::uint32_t stops = 0;    ///< in a row: starts that an orderly end interrupted soon after
    std::uint32_t failures = 0; ///< since the last event that it stands for
    std::uint32_t coalesced = 1;
    WallTime due{};              ///< of the next attempt; the epoch: at once
    pid_t pid = 0;               ///< of its process when it was last written; 0: none, or not known
    std::uint64_t pid_start = 0; ///< in clock ticks since the boot; see proc(5)
    std::string reason{};        ///< why it is held
    WallTime arrived{};          ///< its event
    /// With the channel; when it is read from a file, without the payload. To be written: nothing if the row and its
    /// event are in the file already.
    std::shared_ptr<KeptEvent> event{};
    std::size_t payload_size = 0; ///< in bytes; when it is read from a file

    /// What limits count.
    std::size_t cost() const { return kOverhead + key.size() + (event ? event->size() : 0); }
    static constexpr std::size_t kOverhead = 200;
};

} // namespace eventsgw
