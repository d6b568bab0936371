// SPDX-License-Identifier: GPL-3.0-or-later
// Copyright (C) 2026 eventsgw contributors

#include "cli/match.h"

#include "base/chrono.h"
#include "base/glob.h"
#include "base/json.h"
#include "base/log.h"
#include "base/text.h"
#include "cli/review.h"
#include "config/config.h"
#include "config/settings.h"
#include "event/event.h"
#include "handlers/steps.h"

#include <algorithm>
#include <cstddef>
#include <iomanip>
#include <sstream>
#include <string_view>
#include <vector>

namespace eventsgw {
namespace {

/// A rule and what there is to say about it.
struct Line {
    const Rule* rule;
    std::string remark;
};

std::string describe_effect(const Rule& rule, const std::optional<std::string>& agent_id) {
    if (rule.kind == RuleKind::command) {
        return "runs " + escape(rule.value);
    }
    const std::string task = "{\"action\":" + to_json_string(rule.value) + "}";
    return "pushes " + escape(task) + " to " + (agent_id ? escape(*agent_id) + "/tasks" : "the agent's queue");
}

/// The rest of a key or channel, short enough for two of them to stand in a line.
std::string show_rest(std::string_view text, std::size_t offset) {
    constexpr std::size_t kMaxBytes = 40;
    return quote(shorten(text.substr(offset), kMaxBytes));
}

std::string describe_difference(std::string_view key, std::string_view channel, const GlobMatch& outcome) {
    if (match_glob(to_lower(key), to_lower(channel)).matches) {
        return "differs in case only, which Redis takes for different";
    }
    std::string text =
        outcome.pattern_offset == 0 ? "at the start" : "after " + quote(key.substr(0, outcome.pattern_offset));
    text += outcome.pattern_offset == key.size() ? " it ends" : " it wants " + show_rest(key, outcome.pattern_offset);
    text += outcome.text_offset == channel.size() ? ", the channel ends"
                                                  : ", the channel has " + show_rest(channel, outcome.text_offset);
    return text;
}

/// The lines under a heading, or nothing when there are none.
void print_lines(std::ostream& out, std::string_view heading, const std::vector<Line>& lines) {
    if (lines.empty()) {
        return;
    }
    std::size_t highest = 0;
    for (const Line& line : lines) {
        highest = std::max(highest, line.rule->line);
    }
    const std::size_t digits = std::to_string(highest).size();
    out << heading << '\n';
    for (const auto& [rule, remark] : lines) {
        const std::string section = "[" + std::string(section_of(rule->kind)) + "]";
        out << "  line " << std::right << std::setw(static_cast<int>(digits)) << rule->line << "  " << std::left
            << std::setw(12) << section << escape(rule->channel) << '\n'
            << std::string(9 + digits, ' ') << remark << '\n';
    }
}

/// All rules of a configuration: those that take an event, in the order in which they do, and the others.
struct Verdict {
    std::vector<Line> takers;
    std::vector<Line> others;
};

Verdict judge(const RuleSet& rules, const MatchOptions& options) {
    Verdict verdict;
    for (const Rule& rule : rules.all()) {
        // A key that is no pattern, compared as one, matches only what it is equal to: nothing in it is special.
        const GlobMatch outcome = match_glob(rule.channel, options.channel);
        if (outcome.matches) {
            verdict.takers.push_back({&rule, describe_effect(rule, options.agent_id)});
        } else {
            verdict.others.push_back({&rule, describe_difference(rule.channel, options.channel, outcome)});
        }
    }
    // Redis serves the subscribers of a channel before those of patterns.
    std::stable_partition(verdict.takers.begin(), verdict.takers.end(),
                          [](const Line& line) { return !line.rule->is_pattern; });
    return verdict;
}

std::string describe_fate(const StepVerdict& verdict) {
    switch (verdict.fate) {
    case StepFate::runs: return "runs";
    case StepFate::skipped: return "is skipped: " + verdict.reason;
    case StepFate::refused: return "is refused, and ends the handler: " + verdict.reason;
    }
    return "";
}

std::string show_setting(const char* name, std::chrono::nanoseconds duration) {
    const bool is_off = duration == std::chrono::nanoseconds::zero();
    return std::string(name) + " = " + (is_off ? "0s" : format_duration(duration));
}

/// What the events directories have for the event; nothing where there are none. Returns whether a step would run.
bool print_handler(std::ostream& out, const ConfigReport& config, std::string_view channel) {
    const std::vector<std::string>& bases = config.settings.eventsdir;
    if (bases.empty()) {
        return false;
    }
    const std::optional<EventName> parts = split_channel(channel);
    if (!parts || !is_valid_name(parts->name) || !is_valid_source(parts->source)) {
        out << "\nno handler can have it: the channel of an event with a handler is SOURCE/event/NAME, of the "
               "characters A-Z a-z 0-9 . _ -\n";
        return false;
    }
    const StepList list = list_steps(bases, parts->name);
    if (list.steps.empty()) {
        out << "\nno events directory has steps for it\n";
        return false;
    }
    const auto own = config.handlers.find(parts->name);
    const RunSettings settings = own == config.handlers.end() ? make_handler_settings(config.settings) : own->second;
    out << "\nits handler has the steps (" << show_setting("coalesce", settings.coalesce) << ", "
        << show_setting("timeout", settings.timeout) << ")\n";
    bool is_over = false;
    bool has_handler = false;
    for (const Step& step : list.steps) {
        const StepVerdict verdict = foresee_step(step.path, settings.strict_modes);
        out << "  " << std::left << std::setw(20) << escape(step.name) << " " << escape(step.path) << '\n'
            << "    " << (is_over ? "is not reached" : describe_fate(verdict)) << '\n';
        has_handler = has_handler || (!is_over && verdict.fate == StepFate::runs);
        is_over = is_over || verdict.fate == StepFate::refused;
    }
    return has_handler;
}

} // namespace

int match(const MatchOptions& options, std::ostream& out, std::ostream& err) {
    const ConfigReport report = review_config(options.config);
    print_problems(options.config.path, report, err);
    if (!report.errors.empty()) {
        return kExitConfig;
    }
    const auto [takers, others] = judge(report.rules, options);
    std::ostringstream handler;
    const bool has_handler = print_handler(handler, report, options.channel);
    out << quote_if_needed(options.channel) << " is taken by"
        << (!takers.empty() ? ""
            : has_handler   ? " its handler, and by no rule"
                            : " no rule")
        << "\n";
    print_lines(out, "", takers);
    out << handler.str();
    print_lines(out, has_handler || takers.empty() ? "\nthese rules do not take it\n" : "\nand not by\n", others);
    if (is_glob(options.channel)) {
        out << "\nThe channel of an event is compared, not a pattern: *, ?, [ and \\ in it stand for themselves.\n";
    }
    if (takers.empty() && is_valid_name(options.channel)) {
        out << "\nThe channel of an event has its source before the name: module/traefik1/event/"
            << escape(options.channel) << "\n";
    }
    return takers.empty() && !has_handler ? kExitNoMatch : kExitSuccess;
}

} // namespace eventsgw
