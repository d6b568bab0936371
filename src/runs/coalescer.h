// SPDX-License-Identifier: GPL-3.0-or-later
// Copyright (C) 2026 eventsgw contributors

#pragma once

#include "event/event.h"
#include "runs/run.h"

#include <cstddef>
#include <unordered_map>

namespace eventsgw {

/// Finds the run that an event joins by `coalesce`: one of the same rule or handler and channel that waits, and by
/// default has the same payload. Owns no run.
class Coalescer {
public:
    /// What the run of this event is found by, never 0. 0: it joins no other, and none joins it. A replay does not,
    /// because its payload is older than that of any other.
    static std::size_t find_key(const RunGroup& group, const Event& event);

    /// nullptr if no waiting run matches. A run whose event is only on disk cannot be compared and never matches.
    Run* find(const RunGroup& group, const Event& event, std::size_t key) const;

    /// A run waits from now on, or does not any more. One whose merge_key is 0 does not matter.
    void add(Run& run);
    void remove(Run& run);

private:
    std::unordered_multimap<std::size_t, Run*> runs_; ///< by merge_key
};

} // namespace eventsgw
