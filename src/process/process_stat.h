// SPDX-License-Identifier: GPL-3.0-or-later
// Copyright (C) 2026 eventsgw contributors

#pragma once

#include <cstdint>
#include <functional>
#include <optional>

#include <sys/types.h>

namespace eventsgw {

/// One process as /proc/PID/stat describes it; see proc(5).
struct ProcessStat {
    pid_t pid = 0;
    pid_t group = 0;
    pid_t session = 0;
    std::uint64_t start = 0; ///< in clock ticks since boot
    bool is_alive = false;   ///< at least one of its threads runs: it is not a zombie

    bool leads_group() const { return pid == group; }
    bool leads_session() const { return pid == session; }
};

/// Nothing if there is no such process, or if /proc does not show it.
std::optional<ProcessStat> read_process_stat(pid_t pid);

/// Calls `look` once for each process that /proc shows, zombies included. A process that ends meanwhile is skipped, as
/// are those of other users where /proc is mounted with hidepid, and all of them where it is not mounted.
void each_process(const std::function<void(const ProcessStat&)>& look);

} // namespace eventsgw
