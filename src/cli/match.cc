// SPDX-License-Identifier: GPL-3.0-or-later
// Copyright (C) 2026 eventsgw contributors

#include "cli/match.h"

#include "base/glob.h"
#include "base/json.h"
#include "base/text.h"
#include "cli/options.h"
#include "cli/review.h"
#include "config/config.h"

#include <algorithm>
#include <cstddef>
#include <iomanip>
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

} // namespace

int match(const MatchOptions& options, std::ostream& out, std::ostream& err) {
    const ConfigReport report = review_config(options.config);
    print_problems(options.config, report, err);
    if (!report.errors.empty()) {
        return kExitConfig;
    }
    const auto [takers, others] = judge(report.rules, options);
    out << quote_if_needed(options.channel) << " is taken by" << (takers.empty() ? " no rule\n" : "\n");
    print_lines(out, "", takers);
    print_lines(out, "\nand not by\n", others);
    if (is_glob(options.channel)) {
        out << "\nThe channel of an event is compared, not a pattern: *, ?, [ and \\ in it stand for themselves.\n";
    }
    return takers.empty() ? kExitNoMatch : kExitSuccess;
}

} // namespace eventsgw
