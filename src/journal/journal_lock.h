// SPDX-License-Identifier: GPL-3.0-or-later
// Copyright (C) 2026 eventsgw contributors

#pragma once

#include "base/fd.h"
#include "base/result.h"

#include <string>
#include <utility>

namespace eventsgw {

/// Keeps a second gateway out of the module's directory: each would mistake the other's cursor for a leader that lost
/// data. The lock is on an empty file that only its owner can open; a lock on the directory itself could be taken by
/// any local user. The file remains when the gateway ends.
class JournalLock {
public:
    static constexpr const char* kName = "eventsgw.lock";

    /// Fault::busy if another process holds it.
    static Result<JournalLock> take(const std::string& path = kName);

private:
    explicit JournalLock(UniqueFd file) : file_(std::move(file)) {}

    UniqueFd file_;
};

} // namespace eventsgw
