// SPDX-License-Identifier: GPL-3.0-or-later
// Copyright (C) 2026 eventsgw contributors

#pragma once

#include "base/fd.h"
#include "base/result.h"

#include <string>
#include <utility>

namespace eventsgw {

/// Keeps a second gateway out of the module's directory: each would mistake the other's cursor for a leader that lost
/// data. The lock is on a file that only its owner can open; a lock on the directory itself could be taken by
/// any local user. The file remains when the gateway ends.
///
/// In it stands the last claim on the journal beside it: a journal with another one was put in its place.
class JournalLock {
public:
    static constexpr const char* kName = "eventsgw.lock";

    /// Fault::busy if another process holds it.
    static Result<JournalLock> take(const std::string& path = kName);

    /// A line for each claim that the journal may have; empty if that is not known.
    std::string claims() const;
    /// They are on disk when this returns, or none is known from now on.
    void note_claims(const std::string& lines) const;

private:
    explicit JournalLock(UniqueFd file) : file_(std::move(file)) {}

    UniqueFd file_;
};

} // namespace eventsgw
