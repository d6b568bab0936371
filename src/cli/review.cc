// SPDX-License-Identifier: GPL-3.0-or-later
// Copyright (C) 2026 eventsgw contributors

#include "cli/review.h"

#include <algorithm>
#include <vector>

namespace eventsgw {

ConfigReport review_config(const std::string& path) {
    ConfigReport report = load_config(path);
    if (report.errors.empty() && report.rules.empty()) {
        report.warnings.insert(report.warnings.begin(),
                               {0, "no rule in [actions] or [commands]; eventsgw refuses to start"});
    }
    return report;
}

void print_problems(const std::string& path, const ConfigReport& report, std::ostream& out) {
    std::vector<Problem> problems = report.errors;
    for (const Problem& warning : report.warnings) {
        problems.push_back({warning.line, "warning: " + warning.message});
    }
    std::stable_sort(problems.begin(), problems.end(),
                     [](const Problem& a, const Problem& b) { return a.line < b.line; });
    for (const Problem& problem : problems) {
        out << format_problem(path, problem) << '\n';
    }
}

} // namespace eventsgw
