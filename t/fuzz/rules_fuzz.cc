// SPDX-License-Identifier: GPL-3.0-or-later
// Copyright (C) 2026 eventsgw contributors

// The input is an eventsgw.conf.

#include "base/glob.h"
#include "base/text.h"
#include "config/config.h"

#include <algorithm>
#include <cstdint>
#include <cstdlib>

using namespace eventsgw;

namespace {

void require(bool condition) {
    if (!condition) {
        std::abort();
    }
}

/// No line has more than its end, so no file has more lines than this.
std::size_t max_lines(std::size_t size) {
    return size + 1;
}

void check_problems(const std::vector<Problem>& problems, std::size_t last_line) {
    std::size_t before = 1;
    for (const Problem& problem : problems) {
        require(problem.line >= before && problem.line <= last_line);
        before = problem.line;
        // A message is ready for the terminal: what escape() would change is in it in escaped form only.
        std::string unescaped = problem.message;
        unescaped.erase(std::remove(unescaped.begin(), unescaped.end(), '\\'), unescaped.end());
        require(escape(unescaped) == unescaped);
    }
}

void check_rules(const RuleSet& rules, std::size_t last_line) {
    bool commands_began = false;
    for (std::size_t i = 0; i < rules.all().size(); ++i) {
        const Rule& rule = rules.all()[i];
        require(!rule.channel.empty() && rule.line >= 1 && rule.line <= last_line);
        require(rule.is_pattern == is_glob(rule.channel));
        commands_began = commands_began || rule.kind == RuleKind::command;
        require(!commands_began || rule.kind == RuleKind::command);
        const auto* same = rule.is_pattern ? rules.find_pattern(rule.channel) : rules.find_channel(rule.channel);
        require(same != nullptr && std::count(same->begin(), same->end(), i) == 1);
    }
}

} // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    const std::string_view bytes(reinterpret_cast<const char*>(data), size);
    const ConfigReport report = parse_config(bytes);
    check_problems(report.errors, max_lines(size));
    check_problems(report.warnings, max_lines(size));
    check_rules(report.rules, max_lines(size));
    require(report.rules.empty() || report.errors.empty());
    return 0;
}
