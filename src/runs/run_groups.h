// SPDX-License-Identifier: GPL-3.0-or-later
// Copyright (C) 2026 eventsgw contributors

#pragma once

#include "config/rules.h"
#include "config/run_settings.h"
#include "event/work.h"
#include "runs/run.h"

#include <functional>
#include <map>
#include <memory>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace eventsgw {

/// The rules and handlers that runs belong to, as the configuration in force has them. The journal never decides what
/// is executed: it names a kind and a key, and what they stand for is found here.
class RunGroups {
public:
    /// What it takes from the configuration.
    struct Config {
        std::vector<Rule> commands;                                ///< those of [commands]
        std::vector<std::string> bases;                            ///< of events directories; absolute
        RunSettings handlers;                                      ///< of those without an override
        std::map<std::string, RunSettings, std::less<>> overrides; ///< of handlers, by event
    };

    explicit RunGroups(Config config) { set_config(std::move(config)); }

    /// Groups stay where they are. Those that the configuration has no more are not there from now on.
    void set_config(Config config);

    /// Whether there is an events directory at all.
    bool has_handlers() const { return !config_.bases.empty(); }
    const std::vector<std::string>& bases() const { return config_.bases; }

    /// The group; one that is not there is made where no configuration has known it.
    RunGroup& find(WorkKind kind, std::string_view key);
    void each(const std::function<void(RunGroup&)>& look);

private:
    void apply(RunGroup& group) const;

    Config config_;
    std::map<std::string, const Rule*, std::less<>> commands_; ///< of config_, by key
    std::map<std::pair<WorkKind, std::string>, std::unique_ptr<RunGroup>, std::less<>> groups_;
};

} // namespace eventsgw
