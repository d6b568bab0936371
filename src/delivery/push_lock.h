// SPDX-License-Identifier: GPL-3.0-or-later
// Copyright (C) 2026 eventsgw contributors

#pragma once

#include "base/fd.h"
#include "base/result.h"

#include <utility>

namespace eventsgw {

/// The right to push an agent's tasks from the working directory, for one process at a time: two would take each other
/// for a leader that forgets. It is the directory's, and so it holds whatever becomes of the spool.
class PushLock {
public:
    /// Fault::busy when another process has it.
    static Result<PushLock> take();

private:
    explicit PushLock(UniqueFd directory) : directory_(std::move(directory)) {}

    UniqueFd directory_;
};

} // namespace eventsgw
