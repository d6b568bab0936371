// SPDX-License-Identifier: GPL-3.0-or-later
// Copyright (C) 2026 eventsgw contributors

#include "cli/takers.h"

#include "base/glob.h"
#include "event/event.h"
#include "handlers/steps.h"

namespace eventsgw {
namespace {

std::vector<std::string> find_steps(const Settings& settings, std::string_view channel) {
    std::vector<std::string> names;
    const auto parts = split_channel(channel);
    if (!parts || !is_valid_name(parts->name) || !is_valid_source(parts->source)) {
        return names;
    }
    for (const Step& step : list_steps(settings.eventsdir, parts->name).steps) {
        const StepVerdict verdict = foresee_step(step.path, settings.strict_modes);
        if (verdict.fate == StepFate::refused) {
            break;
        }
        if (verdict.fate == StepFate::runs) {
            names.push_back(step.name);
        }
    }
    return names;
}

} // namespace

Takers find_takers(const ConfigReport& config, std::string_view channel) {
    Takers takers;
    for (const Rule& rule : config.rules.all()) {
        if (match_glob(rule.channel, channel).matches) {
            takers.rules.push_back(&rule);
        }
    }
    takers.steps = find_steps(config.settings, channel);
    return takers;
}

} // namespace eventsgw
