// SPDX-License-Identifier: GPL-3.0-or-later
// Copyright (C) 2026 eventsgw contributors

#include "cli/migrate_plan.h"

#include "base/file.h"
#include "base/text.h"
#include "event/made_step.h"
#include "event/step_numbers.h"
#include "handlers/steps.h"

#include <algorithm>
#include <cstddef>
#include <functional>
#include <iterator>
#include <map>
#include <optional>
#include <set>
#include <utility>

#include <sys/stat.h>

namespace eventsgw {
namespace {

/// A step of a rule that is in the events directory.
struct Found {
    std::string name;
    MadeStep made;
    bool is_taken = false; ///< by a rule that is there now
};

/// A rule of one event, and its step that was found.
struct Wanted {
    const StepScript* script;
    MadeStep made;
    const Found* found = nullptr;
};

std::optional<MadeStep> load_made_step(const std::string& path) {
    constexpr std::size_t kMaxStep = 1U << 20U;
    struct stat info {};
    if (::lstat(path.c_str(), &info) != 0 || !S_ISREG(info.st_mode)) {
        return std::nullopt;
    }
    const Result<std::string> text = read_file(path, kMaxStep);
    return text ? read_made_step(*text) : std::nullopt;
}

std::vector<Found> find_made_steps(const StepList& list) {
    std::vector<Found> found;
    for (const Step& step : list.steps) {
        if (std::optional<MadeStep> made = load_made_step(step.path)) {
            found.push_back({step.name, std::move(*made)});
        }
    }
    return found;
}

/// Gives each rule the step that it has, those first that are the most alike.
void pair_up(std::vector<Wanted>& wanted, std::vector<Found>& found) {
    using Likeness = std::function<bool(const Wanted&, const MadeStep&)>;
    const std::vector<Likeness> degrees{
        [](const Wanted& want, const MadeStep& made) { return made.content == want.made.content; },
        [](const Wanted& want, const MadeStep& made) { return made.rule == want.made.rule; },
        [](const Wanted& want, const MadeStep& made) { return made.rule.starts_with(want.script->channel); }};
    for (const Likeness& is_alike : degrees) {
        for (Wanted& want : wanted) {
            const auto match = std::find_if(found.begin(), found.end(), [&](const Found& step) {
                return want.found == nullptr && !step.is_taken && is_alike(want, step.made);
            });
            if (match != found.end()) {
                match->is_taken = true;
                want.found = &*match;
            }
        }
    }
}

std::string number_of(const std::string& name) {
    return name.substr(0, std::min(name.find_first_not_of("0123456789"), name.size()));
}

bool is_same(const Wanted& want) {
    return want.found != nullptr && want.found->made.content == want.made.content;
}

/// The names of all steps that are wanted.
std::vector<std::string> choose_names(const std::vector<Wanted>& wanted, const std::vector<Found>& found) {
    std::vector<std::string> numbers;
    std::vector<std::string> others;
    std::transform(wanted.begin(), wanted.end(), std::back_inserter(numbers),
                   [](const Wanted& want) { return want.found != nullptr ? number_of(want.found->name) : ""; });
    for (const Found& step : found) {
        if (!step.is_taken) {
            others.push_back(number_of(step.name));
        }
    }
    const bool is_orderly =
        std::none_of(found.begin(), found.end(), [](const Found& step) { return number_of(step.name).empty(); });
    const auto filled = is_orderly && !found.empty() ? fill_step_numbers(std::move(numbers), others) : std::nullopt;
    std::vector<std::string> names(wanted.size());
    for (std::size_t i = 0; i < wanted.size(); ++i) {
        names[i] = !filled              ? wanted[i].script->name
                   : is_same(wanted[i]) ? wanted[i].found->name
                                        : (*filled)[i] + wanted[i].script->slug;
    }
    return names;
}

/// Plans the steps of one event directory after the other.
class Planner {
public:
    explicit Planner(std::string to) : to_(std::move(to)) {}

    void plan_event(const std::string& event, std::vector<Wanted> wanted) {
        StepList list = list_steps({to_}, event);
        std::move(list.problems.begin(), list.problems.end(), std::back_inserter(plan_.obstacles));
        std::vector<Found> found = find_made_steps(list);
        pair_up(wanted, found);
        const std::vector<std::string> names = choose_names(wanted, found);
        std::set<std::string> ours;
        for (const Found& step : found) {
            if (step.is_taken) {
                ours.insert(step.name);
            } else {
                plan_.orphans.push_back({path_of(event, step.name), step.made.is_edited});
            }
        }
        for (std::size_t i = 0; i < wanted.size(); ++i) {
            plan_step(wanted[i], names[i], ours);
        }
    }

    MigrationPlan take() {
        std::sort(plan_.steps.begin(), plan_.steps.end(),
                  [](const PlannedStep& a, const PlannedStep& b) { return a.script < b.script; });
        return std::move(plan_);
    }

private:
    std::string path_of(const std::string& event, const std::string& name) const { return to_ + event + "/" + name; }

    void plan_step(const Wanted& want, const std::string& name, const std::set<std::string>& ours) {
        const StepScript& script = *want.script;
        PlannedStep step{&script, to_ + script.event, name, want.found != nullptr ? want.found->name : "",
                         is_same(want)};
        const std::string line = " (line " + std::to_string(script.line) + ")";
        const std::string former = escape(path_of(script.event, step.former));
        struct stat info {};
        if (want.found != nullptr && !step.is_there && want.found->made.is_edited) {
            plan_.obstacles.push_back(former + " is the step of the rule, but has been edited" + line);
        } else if (!ours.contains(name) && ::lstat(step.path().c_str(), &info) == 0) {
            plan_.obstacles.push_back(escape(step.path()) + " is there already, with something else in it");
        } else if (want.found != nullptr && !step.is_there) {
            plan_.changes.push_back(former + " is the step of another form of the rule" + line);
        } else if (want.found != nullptr && !step.is_done()) {
            plan_.changes.push_back(former + " must become " + escape(name) + ", for the order of the rules" + line);
        }
        plan_.steps.push_back(std::move(step));
    }

    std::string to_; ///< with a slash at the end
    MigrationPlan plan_;
};

} // namespace

MigrationPlan plan_migration(const std::vector<StepScript>& scripts, const std::string& to) {
    std::map<std::string, std::vector<Wanted>> events;
    for (const std::string& event : list_events({to}).names) {
        events.try_emplace(event);
    }
    for (const StepScript& script : scripts) {
        events[script.event].push_back({&script, read_made_step(script.text).value()});
    }
    Planner planner(to + (to.back() == '/' ? "" : "/"));
    for (auto& [event, wanted] : events) {
        planner.plan_event(event, std::move(wanted));
    }
    return planner.take();
}

} // namespace eventsgw
