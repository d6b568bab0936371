// SPDX-License-Identifier: GPL-3.0-or-later
// Copyright (C) 2026 eventsgw contributors

#include "cli/check.h"

#include "base/json.h"
#include "base/text.h"
#include "cli/review.h"
#include "config/config.h"

#include <cstddef>
#include <memory>
#include <new>
#include <string_view>
#include <vector>

#include <cjson/cJSON.h>

namespace eventsgw {
namespace {

struct DeleteTree {
    void operator()(cJSON* tree) const { cJSON_Delete(tree); }
    void operator()(char* printed) const { cJSON_free(printed); }
};
using Tree = std::unique_ptr<cJSON, DeleteTree>;

/// cJSON returns null when there is no memory.
cJSON* require(cJSON* item) {
    if (item == nullptr) {
        throw std::bad_alloc();
    }
    return item;
}

/// Strings travel as text of our own making, for cJSON's end at a NUL and may hold what is not UTF-8.
void add_string(cJSON* object, const char* name, std::string_view text) {
    require(cJSON_AddRawToObject(object, name, to_json_string(text).c_str()));
}

void add_number(cJSON* object, const char* name, std::size_t number) {
    require(cJSON_AddNumberToObject(object, name, static_cast<double>(number)));
}

cJSON* append_object(cJSON* array) {
    cJSON* object = require(cJSON_CreateObject());
    cJSON_AddItemToArray(array, object);
    return object;
}

void add_rules(cJSON* report, const std::vector<Rule>& rules) {
    cJSON* array = require(cJSON_AddArrayToObject(report, "rules"));
    for (const Rule& rule : rules) {
        cJSON* object = append_object(array);
        add_number(object, "line", rule.line);
        add_string(object, "section", section_of(rule.kind));
        add_string(object, "channel", rule.channel);
        require(cJSON_AddBoolToObject(object, "pattern", rule.is_pattern));
        add_string(object, "value", rule.value);
    }
}

void add_problems(cJSON* report, const char* name, const std::vector<Problem>& problems) {
    cJSON* array = require(cJSON_AddArrayToObject(report, name));
    for (const Problem& problem : problems) {
        cJSON* object = append_object(array);
        add_number(object, "line", problem.line);
        add_string(object, "message", problem.message);
    }
}

void print_json(const ConfigReport& report, std::ostream& out) {
    const Tree tree(require(cJSON_CreateObject()));
    add_rules(tree.get(), report.rules.all());
    add_problems(tree.get(), "errors", report.errors);
    add_problems(tree.get(), "warnings", report.warnings);
    const std::unique_ptr<char, DeleteTree> text(cJSON_PrintUnformatted(tree.get()));
    if (!text) {
        throw std::bad_alloc();
    }
    out << text.get() << '\n';
}

std::string count_of(std::size_t count, const std::string& what) {
    return std::to_string(count) + " " + what + (count == 1 ? "" : "s");
}

void print_text(const std::string& file, const ConfigReport& report, std::ostream& out, std::ostream& err) {
    print_problems(file, report, err);
    if (!report.errors.empty()) {
        return;
    }
    const bool is_idle = report.rules.empty() && report.settings.eventsdir.empty();
    out << escape(file) << (is_idle ? ": " : ": OK, ") << count_of(report.rules.all().size(), "rule");
    if (!report.warnings.empty()) {
        out << ", " << count_of(report.warnings.size(), "warning");
    }
    out << '\n';
}

} // namespace

int check(const CheckOptions& options, std::ostream& out, std::ostream& err) {
    const ConfigReport report = review_config(options.config);
    if (options.json) {
        print_json(report, out);
    } else {
        print_text(options.config.path, report, out, err);
    }
    return report.errors.empty() ? kExitSuccess : kExitConfig;
}

} // namespace eventsgw
