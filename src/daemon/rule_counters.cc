// SPDX-License-Identifier: GPL-3.0-or-later
// Copyright (C) 2026 eventsgw contributors

#include "daemon/rule_counters.h"

#include "base/chrono.h"

#include <map>
#include <string_view>
#include <tuple>
#include <utility>

namespace eventsgw {
namespace {

/// What makes a rule the same one in another file; no two of a file are equal in it, unless they are from [DEFAULT].
std::tuple<RuleKind, std::string_view, std::string_view> identity(const Rule& rule) {
    return {rule.kind, rule.channel, rule.value};
}

} // namespace

void RuleCounters::note(std::size_t index, Clock::time_point time) {
    ++counts_[index].events;
    counts_[index].last = time;
}

void RuleCounters::change(const RuleSet& from, const RuleSet& to) {
    std::map<std::tuple<RuleKind, std::string_view, std::string_view>, Count> known;
    for (std::size_t i = 0; i < from.all().size(); ++i) {
        known.emplace(identity(from.all()[i]), counts_[i]);
    }
    std::vector<Count> counts;
    for (const Rule& rule : to.all()) {
        const auto found = known.find(identity(rule));
        counts.push_back(found == known.end() ? Count{} : found->second);
    }
    counts_ = std::move(counts);
}

std::vector<Report::RuleReport> RuleCounters::report(const RuleSet& rules, Clock::time_point now) const {
    const auto wall_now = std::chrono::system_clock::now();
    std::vector<Report::RuleReport> reports;
    for (std::size_t i = 0; i < rules.all().size(); ++i) {
        Report::RuleReport& report = reports.emplace_back(Report::RuleReport{rules.all()[i], counts_[i].events, {}});
        if (counts_[i].last) {
            report.last =
                wall_now - std::chrono::duration_cast<std::chrono::system_clock::duration>(now - *counts_[i].last);
        }
    }
    return reports;
}

} // namespace eventsgw
