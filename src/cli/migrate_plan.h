// SPDX-License-Identifier: GPL-3.0-or-later
// Copyright (C) 2026 eventsgw contributors

#pragma once

#include "event/step_script.h"

#include <string>
#include <vector>

namespace eventsgw {

/// A step and where it is to be.
struct PlannedStep {
    const StepScript* script;
    std::string directory;
    std::string name;
    std::string former; ///< the name of the step of this rule that is there already; empty where there is none
    bool is_there;      ///< with the same content, which may be under another name

    std::string path() const { return directory + "/" + name; }
    bool is_done() const { return is_there && former == name; }
};

/// A step that was made of a rule that is not there any more.
struct Orphan {
    std::string path;
    bool is_edited;
};

/// What is to be done so that each rule has its step and none has two.
struct MigrationPlan {
    std::vector<PlannedStep> steps;     ///< in the order of the rules
    std::vector<std::string> obstacles; ///< files in the way, that are not ours to replace: "PATH is ..."
    std::vector<std::string> changes;   ///< steps as they were made of rules, that would have to be replaced: the same
    std::vector<Orphan> orphans;
};

/// Compares the steps that are wanted with those that are in the events directory `to`. A step that was made of a rule
/// is known by its head. What is there keeps its number where the order of the rules allows it, and what is new gets
/// one in between. Nothing is changed.
MigrationPlan plan_migration(const std::vector<StepScript>& scripts, const std::string& to);

} // namespace eventsgw
