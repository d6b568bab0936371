// SPDX-License-Identifier: GPL-3.0-or-later
// Copyright (C) 2026 eventsgw contributors

#include "cli/review.h"

#include "base/text.h"
#include "handlers/steps.h"

#include <algorithm>
#include <filesystem>
#include <system_error>
#include <utility>
#include <vector>

namespace eventsgw {

namespace {

ConfigReport load_from(const ConfigChoice& choice, const std::filesystem::path& state_directory) {
    const std::vector<std::string>& named = choice.events_directories;
    ConfigReport report = load_config(choice.path, !named.empty() && !choice.is_named);
    if (!named.empty()) {
        report.settings.eventsdir = named;
    }
    for (std::string& directory : report.settings.eventsdir) {
        // The way up from a directory is that of the kernel, not that of the name which a link gives it.
        std::error_code ignored;
        const std::filesystem::path named_from = named.empty() && !state_directory.empty() ? state_directory : ".";
        const std::filesystem::path base = std::filesystem::weakly_canonical(named_from, ignored);
        const std::filesystem::path path = (base / directory).lexically_normal();
        directory = path.has_filename() ? path : path.parent_path(); // without the slash at the end of "../events/"
    }
    return report;
}

/// Steps that would not run, and what else is wrong with the events directories.
void review_steps(ConfigReport& report) {
    const auto warn = [&report](std::string message) { report.warnings.push_back({0, std::move(message)}); };
    const EventList events = list_events(report.settings.eventsdir);
    for (const std::string& problem : events.problems) {
        warn(problem);
    }
    for (const std::string& name : events.names) {
        StepList list = list_steps(report.settings.eventsdir, name);
        for (const std::string& problem : list.problems) {
            warn(problem);
        }
        for (const Step& step : list.steps) {
            const StepVerdict verdict = foresee_step(step.path, report.settings.strict_modes);
            if (verdict.fate != StepFate::runs) {
                const char* fate = verdict.fate == StepFate::skipped ? " would be skipped: " : " would be refused: ";
                warn("step " + escape(step.path) + fate + verdict.reason);
            }
        }
    }
    for (const auto& [name, settings] : report.handlers) {
        if (std::find(events.names.begin(), events.names.end(), name) == events.names.end()) {
            warn("[handler " + escape(name) + "]: no events directory has steps for it");
        }
    }
}

} // namespace

ConfigReport load_config(const ConfigChoice& choice) {
    return load_from(choice, "");
}

ConfigReport review_config(const ConfigChoice& choice) {
    ConfigReport report = load_from(choice, std::filesystem::path(choice.path).parent_path());
    if (!report.errors.empty()) {
        return report;
    }
    if (!report.settings.eventsdir.empty()) {
        review_steps(report);
    } else if (report.rules.empty()) {
        report.warnings.insert(report.warnings.begin(),
                               {0, "no rule in [actions] or [commands], and no eventsdir; eventsgw refuses to start"});
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
        out << format_problem(report.is_absent ? "eventsgw" : path, problem) << '\n';
    }
}

} // namespace eventsgw
