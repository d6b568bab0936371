// SPDX-License-Identifier: GPL-3.0-or-later
// Copyright (C) 2026 eventsgw contributors

#pragma once

#include "base/log.h"
#include "delivery/push_lock.h"
#include "delivery/spool.h"

#include <memory>
#include <optional>
#include <string>

namespace eventsgw {

/// The spool of the working directory, or why there is none and tasks wait in memory, which has been logged.
struct OpenedSpool {
    std::unique_ptr<Spool> spool;
    std::string problem;     ///< empty when there is a spool
    bool is_in_use = false;  ///< another process pushes from here
    bool is_lacking = false; ///< there is too little to open it with for now: nothing may be pushed past it
    std::optional<PushLock> lock;
};

OpenedSpool open_spool(const Log& log);

} // namespace eventsgw
