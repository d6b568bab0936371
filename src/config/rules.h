// SPDX-License-Identifier: GPL-3.0-or-later
// Copyright (C) 2026 eventsgw contributors

#pragma once

#include "config/run_settings.h"

#include <cstddef>
#include <cstdint>
#include <functional>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

namespace eventsgw {

enum class RuleKind : std::uint8_t {
    action,  ///< `value` is the name of an action: a task for the module's agent
    command, ///< `value` is a shell line, run here
};

/// The section a kind of rule stands in: "actions", "commands".
std::string_view section_of(RuleKind kind);

/// One line of [actions] or [commands].
struct Rule {
    RuleKind kind;
    std::string channel; ///< the key, case kept: a channel, or a Redis pattern
    bool is_pattern;     ///< subscribed with PSUBSCRIBE: `channel` has one of the characters *?[\ in it
    std::string value;
    std::size_t line; ///< in the configuration, from 1

    /// How a command runs: from [gateway], and on top of it from [rule KEY]. An action has the defaults, and no use.
    RunSettings settings = {};
};

/// All rules in the order of the legacy parser (actions, then commands), found by the subscription that brings their
/// events. A channel and a pattern of the same spelling are two subscriptions.
class RuleSet {
public:
    RuleSet() = default;
    explicit RuleSet(std::vector<Rule> rules);

    const std::vector<Rule>& all() const { return rules_; }
    bool empty() const { return rules_.empty(); }
    bool has(RuleKind kind) const;

    /// Indexes into all(), in its order; nullptr when no rule holds that subscription.
    using Indexes = std::vector<std::size_t>;
    const Indexes* find_channel(std::string_view channel) const { return find(by_channel_, channel); }
    const Indexes* find_pattern(std::string_view pattern) const { return find(by_pattern_, pattern); }

    /// What to subscribe, each name once, in the order of its first rule.
    std::vector<std::string> channels() const { return subscriptions(false); }
    std::vector<std::string> patterns() const { return subscriptions(true); }

private:
    struct Hash : std::hash<std::string_view> {
        using is_transparent = void;
    };
    using Map = std::unordered_map<std::string, Indexes, Hash, std::equal_to<>>;

    static const Indexes* find(const Map& map, std::string_view name);
    std::vector<std::string> subscriptions(bool patterns) const;

    std::vector<Rule> rules_;
    Map by_channel_;
    Map by_pattern_;
};

} // namespace eventsgw
