// SPDX-License-Identifier: GPL-3.0-or-later
// Copyright (C) 2026 eventsgw contributors

#pragma once

#include "config/config.h"

#include <string>
#include <string_view>
#include <vector>

namespace eventsgw {

/// What a gateway would do about an event.
struct Takers {
    std::vector<const Rule*> rules;
    std::vector<std::string> steps; ///< names of those of the handler that would run

    bool empty() const { return rules.empty() && steps.empty(); }
};

/// Looks for the rules of a configuration that take an event, and in its events directories as they are now. The result
/// points into `config`.
Takers find_takers(const ConfigReport& config, std::string_view channel);

} // namespace eventsgw
