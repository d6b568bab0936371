// SPDX-License-Identifier: GPL-3.0-or-later
// Copyright (C) 2026 eventsgw contributors

#include "process/run_queue.h"

#include <optional>
#include <utility>

namespace eventsgw {

Admission RunQueue::submit(Job job, Supervisor::DoneCallback on_done) {
    const std::optional<Slots::Number> number = slots_.enter(job.input.size(), true);
    if (!number) {
        return Admission::refused;
    }
    return slots_.ask(*number, [this, job = std::move(job), on_done = std::move(on_done)]() mutable {
        run(std::move(job), on_done);
    });
}

void RunQueue::run(Job job, const Supervisor::DoneCallback& on_done) {
    const Result<Supervisor::Id> started = supervisor_.start(std::move(job), [this, on_done](const Result<Exit>& exit) {
        slots_.leave();
        on_done(exit);
    });
    if (!started) {
        slots_.leave();
        on_done(started.error());
    }
}

} // namespace eventsgw
