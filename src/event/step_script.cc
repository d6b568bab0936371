// SPDX-License-Identifier: GPL-3.0-or-later
// Copyright (C) 2026 eventsgw contributors

#include "event/step_script.h"

#include "base/text.h"
#include "event/made_step.h"
#include "event/shell.h"
#include "event/step_guard.h"
#include "event/step_numbers.h"

#include <algorithm>
#include <map>
#include <string_view>
#include <utility>

namespace eventsgw {
namespace {

/// How long a step tries to push its task while the leader is away.
constexpr std::string_view kRetry = "5m";

/// What runs the rule's value, without a line end.
std::string write_call(const Rule& rule) {
    if (rule.kind == RuleKind::command) {
        return is_plain_call(rule.value) ? rule.value : "/bin/sh -c " + quote_for_shell(rule.value);
    }
    const std::string_view guard = rule.value.substr(0, 1) == "-" ? "-- " : "";
    return "eventsgw submit --retry " + std::string(kRetry) + " --data - " + std::string(guard) +
           quote_for_shell(rule.value);
}

std::string write_script(const Rule& rule, const std::string& guard, const std::string& file) {
    return put_step_head(rule, file,
                         "\n" + guard + (guard.empty() ? "" : "\n") + write_call(rule) +
                             " ||\n    echo \"<3>$0: exit status $?\" >&2\n");
}

/// What a step runs, as part of a file name.
std::string make_slug(const Rule& rule) {
    constexpr std::size_t kMaxSlug = 40;
    std::string_view word = std::string_view(rule.value).substr(0, rule.value.find_first_of(" \t\n"));
    word.remove_prefix(std::min(word.size(), word.rfind('/') + 1)); // npos + 1 is 0
    std::string slug;
    for (const char c : word.substr(0, kMaxSlug)) {
        const bool is_kept =
            (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '-' || c == '_';
        slug += is_kept ? c : '_';
    }
    const bool says_something = slug.find_first_not_of("_-") != std::string::npos;
    return says_something ? slug : std::string(section_of(rule.kind)).substr(0, section_of(rule.kind).size() - 1);
}

Problem cannot_replace(const Rule& rule, const std::string& reason) {
    return {rule.line, "no step can replace the rule of " + quote(rule.channel) + ": " + reason};
}

/// A key of [DEFAULT] is a rule of both sections.
void add_once(std::vector<Problem>& problems, Problem problem) {
    if (std::find(problems.begin(), problems.end(), problem) == problems.end()) {
        problems.push_back(std::move(problem));
    }
}

void number_steps(std::vector<StepScript>& steps) {
    std::map<std::string_view, std::vector<StepScript*>> events;
    for (StepScript& step : steps) {
        events[step.event].push_back(&step);
    }
    for (const auto& [event, members] : events) {
        const std::vector<std::string> numbers = make_step_numbers(members.size());
        for (std::size_t i = 0; i < members.size(); ++i) {
            members[i]->name = numbers[i] + members[i]->slug;
        }
    }
}

} // namespace

StepScripts make_step_scripts(const std::vector<Rule>& rules, const std::string& file) {
    StepScripts scripts;
    for (const Rule& rule : rules) {
        const Result<StepPlace> place = locate_step(rule.channel, rule.is_pattern);
        if (!place) {
            add_once(scripts.problems, cannot_replace(rule, place.error().message));
        } else if (rule.kind == RuleKind::action && rule.value.empty()) {
            add_once(scripts.problems, cannot_replace(rule, "the name of the action is missing"));
        } else if (rule.value.find('\0') != std::string::npos) {
            add_once(scripts.problems, cannot_replace(rule, "a NUL in its value"));
        } else {
            scripts.steps.push_back({place->event, "", make_slug(rule), write_script(rule, place->guard, file),
                                     name_step_channel(rule), rule.line});
        }
    }
    number_steps(scripts.steps);
    return scripts;
}

} // namespace eventsgw
