// SPDX-License-Identifier: GPL-3.0-or-later
// Copyright (C) 2026 eventsgw contributors

#pragma once

#include "base/fd.h"
#include "base/result.h"

#include <string>
#include <utility>

namespace eventsgw {

/// The right to do a module's work, for one gateway at a time: two would take each other for a leader that forgets. It
/// lies on an empty file of its own in the working directory, which nobody but its owner can open: a lock on the
/// directory could be taken by every local user. The file stays when the gateway ends.
class JournalLock {
public:
    static constexpr const char* kName = "eventsgw.lock";

    /// Fault::busy when another process has it.
    static Result<JournalLock> take(const std::string& path = kName);

private:
    explicit JournalLock(UniqueFd file) : file_(std::move(file)) {}

    UniqueFd file_;
};

} // namespace eventsgw
