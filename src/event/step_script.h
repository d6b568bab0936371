// SPDX-License-Identifier: GPL-3.0-or-later
// Copyright (C) 2026 eventsgw contributors

#pragma once

#include "config/problem.h"
#include "config/rules.h"

#include <cstddef>
#include <string>
#include <vector>

namespace eventsgw {

/// A step of the events directory that does what a rule does.
struct StepScript {
    std::string event;   ///< the directory
    std::string name;    ///< the file in it: a number that keeps the order of the rules, and the slug
    std::string slug;    ///< what is run, as part of a name
    std::string text;    ///< for sh(1)
    std::string channel; ///< name_step_channel() of the rule
    std::size_t line;    ///< of the rule
};

/// Steps in the place of rules.
struct StepScripts {
    std::vector<StepScript> steps; ///< in the order of the rules
    std::vector<Problem> problems; ///< rules that no step can replace, in the same order
};

/// Makes a step of each rule, with names for a directory without other steps. `file` is the configuration's name for
/// the comment in their heads.
///
/// Rules run independently of each other, whereas a step that fails ends its handler. So no step fails: it logs what
/// its command came to, and the next one is run.
StepScripts make_step_scripts(const std::vector<Rule>& rules, const std::string& file);

} // namespace eventsgw
