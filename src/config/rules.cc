// SPDX-License-Identifier: GPL-3.0-or-later
// Copyright (C) 2026 eventsgw contributors

#include "config/rules.h"

#include <algorithm>
#include <utility>

namespace eventsgw {

std::string_view section_of(RuleKind kind) {
    return kind == RuleKind::action ? "actions" : "commands";
}

RuleSet::RuleSet(std::vector<Rule> rules) : rules_(std::move(rules)) {
    for (std::size_t i = 0; i < rules_.size(); ++i) {
        Map& map = rules_[i].is_pattern ? by_pattern_ : by_channel_;
        map[rules_[i].channel].push_back(i);
    }
}

bool RuleSet::has(RuleKind kind) const {
    return std::any_of(rules_.begin(), rules_.end(), [&](const Rule& rule) { return rule.kind == kind; });
}

const RuleSet::Indexes* RuleSet::find(const Map& map, std::string_view name) {
    const auto entry = map.find(name);
    return entry == map.end() ? nullptr : &entry->second;
}

std::vector<std::string> RuleSet::subscriptions(bool patterns) const {
    std::vector<std::string> names;
    const Map& map = patterns ? by_pattern_ : by_channel_;
    for (std::size_t i = 0; i < rules_.size(); ++i) {
        const Rule& rule = rules_[i];
        if (rule.is_pattern == patterns && map.at(rule.channel).front() == i) {
            names.push_back(rule.channel);
        }
    }
    return names;
}

} // namespace eventsgw
