// SPDX-License-Identifier: GPL-3.0-or-later
// Copyright (C) 2026 eventsgw contributors

#pragma once

#include "process/launcher.h"
#include "process/slots.h"
#include "process/supervisor.h"

#include <cstddef>

namespace eventsgw {

/// Runs jobs that need one slot each, in the order they came.
class RunQueue {
public:
    RunQueue(Slots& slots, Supervisor& supervisor) : slots_(slots), supervisor_(supervisor) {}

    /// Takes a job; false when too many wait already, and then `on_done` is never called. Otherwise it is called once,
    /// when the slot is free again: from the loop or, for a job that cannot be started, from within this call.
    bool submit(Job job, Supervisor::DoneCallback on_done);

    // Of all that shares the slots.
    std::size_t running() const { return slots_.running(); }
    std::size_t waiting() const { return slots_.waiting(); }
    std::size_t waiting_bytes() const { return slots_.waiting_bytes(); }

private:
    void run(Job job, const Supervisor::DoneCallback& on_done);

    Slots& slots_;
    Supervisor& supervisor_;
};

} // namespace eventsgw
