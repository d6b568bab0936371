// SPDX-License-Identifier: GPL-3.0-or-later
// Copyright (C) 2026 eventsgw contributors

#include "event/step_script.h"

#include "base/text.h"
#include "event/shell.h"
#include "event/step_guard.h"

#include <algorithm>
#include <map>
#include <string_view>

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
    std::string text = "#!/bin/sh\n# Made by \"eventsgw migrate\" from line " + std::to_string(rule.line) + " of " +
                       escape(file) + ":\n#   [" + std::string(section_of(rule.kind)) + "]\n#   " +
                       escape(rule.channel) + " = " + escape(rule.value) +
                       "\n# Rules do not depend on each other: a failure is logged, and the next step runs.\n\n";
    if (!guard.empty()) {
        text += guard + "\n";
    }
    return text + write_call(rule) + " ||\n    echo \"<3>$0: exit status $?\" >&2\n";
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

/// The number of the step at `index` among `count`: all have as many digits, so that byte order is their order.
std::string make_number(std::size_t index, std::size_t count) {
    if (count < 10) {
        return std::to_string(10 * (index + 1));
    }
    std::size_t first = 10;
    while (first + count > 10 * first) {
        first *= 10;
    }
    return std::to_string(first + index);
}

Problem cannot_replace(const Rule& rule, const std::string& reason) {
    return {rule.line, "no step can replace the rule of " + quote(rule.channel) + ": " + reason};
}

void number_steps(std::vector<StepScript>& steps) {
    std::map<std::string, std::size_t> counts;
    for (const StepScript& step : steps) {
        ++counts[step.event];
    }
    std::map<std::string, std::size_t> indexes;
    for (StepScript& step : steps) {
        step.name.insert(0, make_number(indexes[step.event]++, counts[step.event]));
    }
}

} // namespace

StepScripts make_step_scripts(const std::vector<Rule>& rules, const std::string& file) {
    StepScripts scripts;
    for (const Rule& rule : rules) {
        const Result<StepPlace> place = locate_step(rule.channel, rule.is_pattern);
        if (!place) {
            scripts.problems.push_back(cannot_replace(rule, place.error().message));
        } else if (rule.value.find('\0') != std::string::npos) {
            scripts.problems.push_back(cannot_replace(rule, "a NUL in its value"));
        } else {
            scripts.steps.push_back({place->event, make_slug(rule), write_script(rule, place->guard, file), rule.line});
        }
    }
    number_steps(scripts.steps);
    return scripts;
}

} // namespace eventsgw
