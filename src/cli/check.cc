// SPDX-License-Identifier: GPL-3.0-or-later
// Copyright (C) 2026 eventsgw contributors

#include "cli/check.h"

#include "base/text.h"
#include "cli/review.h"
#include "config/config.h"
#include "daemon/json_tree.h"
#include "handlers/steps.h"

#include <algorithm>
#include <cstddef>
#include <string>
#include <string_view>
#include <vector>

namespace eventsgw {
namespace {

void add_rules(cJSON* report, const std::vector<Rule>& rules) {
    cJSON* array = add_array(report, "rules");
    for (const Rule& rule : rules) {
        cJSON* object = append_object(array);
        add_count(object, "line", rule.line);
        add_string(object, "section", section_of(rule.kind));
        add_string(object, "channel", rule.channel);
        add_bool(object, "pattern", rule.is_pattern);
        add_string(object, "value", rule.value);
    }
}

void add_problems(cJSON* report, const char* name, const std::vector<Problem>& problems) {
    cJSON* array = add_array(report, name);
    for (const Problem& problem : problems) {
        cJSON* object = append_object(array);
        add_count(object, "line", problem.line);
        add_string(object, "message", problem.message);
    }
}

void print_report(const ConfigReport& report, std::ostream& out) {
    const JsonTree tree = make_json_object();
    add_rules(tree.get(), report.rules.all());
    add_problems(tree.get(), "errors", report.errors);
    add_problems(tree.get(), "warnings", report.warnings);
    add_problems(tree.get(), "notes", report.notes);
    out << print_json(tree.get()) << '\n';
}

std::size_t count_handlers(const std::vector<std::string>& directories) {
    const std::vector<std::string> events = list_events(directories).names;
    return static_cast<std::size_t>(std::count_if(events.begin(), events.end(), [&](const std::string& event) {
        return !list_steps(directories, event).steps.empty();
    }));
}

void print_text(const std::string& file, const ConfigReport& report, std::ostream& out, std::ostream& err) {
    print_problems(file, report, err);
    if (!report.errors.empty()) {
        return;
    }
    for (const Problem& note : report.notes) {
        out << format_problem(file, {note.line, "note: " + note.message}) << '\n';
    }
    const std::vector<std::string>& directories = report.settings.eventsdir;
    const bool is_idle = report.rules.empty() && directories.empty();
    std::string counts = report.is_absent ? "" : ", " + format_count(report.rules.all().size(), "rule");
    if (!directories.empty()) {
        counts += ", " + format_count(count_handlers(directories), "event") + " with steps";
    }
    if (!report.warnings.empty()) {
        counts += ", " + format_count(report.warnings.size(), "warning");
    }
    out << (report.is_absent ? "no " + escape(file) + " here" : escape(file))
        << (is_idle ? ":" + counts.substr(1) : ": OK" + counts) << '\n';
}

} // namespace

int check(const CheckOptions& options, std::ostream& out, std::ostream& err) {
    const ConfigReport report = review_config(options.config);
    if (options.json) {
        print_report(report, out);
    } else {
        print_text(options.config.path, report, out, err);
    }
    return report.errors.empty() ? kExitSuccess : kExitConfig;
}

} // namespace eventsgw
