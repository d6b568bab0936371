// SPDX-License-Identifier: GPL-3.0-or-later
// Copyright (C) 2026 eventsgw contributors

#include "runs/run_groups.h"

namespace eventsgw {

void RunGroups::set_config(Config config) {
    config_ = std::move(config);
    commands_.clear();
    for (const Rule& rule : config_.commands) {
        commands_.emplace(rule.channel, &rule);
    }
    for (const auto& [name, group] : groups_) {
        apply(*group);
    }
}

RunGroup& RunGroups::find(WorkKind kind, std::string_view key) {
    const std::pair name{kind, std::string(key)};
    auto found = groups_.find(name);
    if (found == groups_.end()) {
        found = groups_.emplace(name, std::make_unique<RunGroup>()).first;
        found->second->kind = kind;
        found->second->key = key;
        apply(*found->second);
    }
    return *found->second;
}

void RunGroups::each(const std::function<void(RunGroup&)>& look) {
    for (const auto& [name, group] : groups_) {
        look(*group);
    }
}

void RunGroups::apply(RunGroup& group) const {
    if (group.kind == WorkKind::handler) {
        const auto found = config_.overrides.find(group.key);
        group.settings = found == config_.overrides.end() ? config_.handlers : found->second;
        group.is_there = has_handlers();
        return;
    }
    const auto found = commands_.find(group.key);
    group.is_there = found != commands_.end();
    if (group.is_there) {
        group.command = found->second->value;
        group.line = found->second->line;
        group.settings = found->second->settings;
    }
}

} // namespace eventsgw
