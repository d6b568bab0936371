// SPDX-License-Identifier: GPL-3.0-or-later
// Copyright (C) 2026 eventsgw contributors

#pragma once

#include "config/rules.h"
#include "daemon/report.h"
#include "loop/timers.h"

#include <cstddef>
#include <cstdint>
#include <optional>
#include <vector>

namespace eventsgw {

/// How many events each rule has taken, and when the last one was.
class RuleCounters {
public:
    explicit RuleCounters(const RuleSet& rules) : counts_(rules.all().size()) {}

    /// The rule of this index has taken an event that was read then.
    void note(std::size_t index, Clock::time_point time);

    /// The rules are others now: those that were there before, wherever they stood, keep their counts.
    void change(const RuleSet& from, const RuleSet& to);

    /// `now` is the time of the report.
    std::vector<Report::RuleReport> report(const RuleSet& rules, Clock::time_point now) const;

private:
    struct Count {
        std::uint64_t events = 0;
        std::optional<Clock::time_point> last;
    };
    std::vector<Count> counts_; ///< in the order of the rules
};

} // namespace eventsgw
