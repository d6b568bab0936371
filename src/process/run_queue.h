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

    /// Refuses the job when the queue is full, and never calls `on_done` then. Otherwise calls it once, when the slot
    /// is free again: from the loop or, for a job that cannot be started, from within this call.
    Admission submit(Job job, Supervisor::DoneCallback on_done);

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
