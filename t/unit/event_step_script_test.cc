// SPDX-License-Identifier: GPL-3.0-or-later
// Copyright (C) 2026 eventsgw contributors

#include "event/step_script.h"

#include "testing.h"

#include <algorithm>

using namespace eventsgw;
using namespace eventsgw::testing;

namespace event_step_script_test {

StepScript make_script(RuleKind kind, std::string value) {
    const StepScripts scripts = make_step_scripts({{kind, "*/event/x", true, std::move(value), 3}}, "eventsgw.conf");
    CHECK_EQUAL(scripts.steps.size(), 1U);
    return scripts.steps.front();
}

std::string call_of(RuleKind kind, std::string value) {
    const std::string text = make_script(kind, std::move(value)).text;
    return text.substr(text.find("\n\n") + 2);
}

constexpr const char* kFailure = " ||\n    echo \"<3>$0: exit status $?\" >&2\n";

void the_whole_script() {
    const Rule rule{RuleKind::action, "cluster/event/module-added", false, "note-module", 7};
    const StepScript script = make_step_scripts({rule}, "./a\nb.conf").steps.front();
    CHECK_EQUAL(script.event, "module-added");
    CHECK_EQUAL(script.name, "10note-module");
    CHECK_EQUAL(script.line, 7U);
    CHECK_EQUAL(script.text, "#!/bin/sh\n"
                             "# Made by \"eventsgw migrate\" from line 7 of ./a\\nb.conf:\n"
                             "#   [actions]\n"
                             "#   cluster/event/module-added = note-module\n"
                             "# Rules do not depend on each other: a failure is logged, and the next step runs.\n"
                             "# As it was made, its checksum is "
                             "10f47f1c38c8677c.\n"
                             "\n"
                             "[ \"$AGENT_EVENT_SOURCE\" = cluster ] || exit 0\n"
                             "\n"
                             "eventsgw submit --retry 5m --data - note-module ||\n"
                             "    echo \"<3>$0: exit status $?\" >&2\n");
}

void commands_stand_as_they_are_where_they_can() {
    CHECK_EQUAL(call_of(RuleKind::command, "systemctl reload a"), std::string("systemctl reload a") + kFailure);
    CHECK_EQUAL(call_of(RuleKind::command, "cat > \"it's\"\nexit 3"),
                std::string("/bin/sh -c 'cat > \"it'\\''s\"\nexit 3'") + kFailure);
    CHECK_EQUAL(call_of(RuleKind::command, ""), std::string("/bin/sh -c ''") + kFailure);
}

void actions_are_quoted() {
    CHECK_EQUAL(call_of(RuleKind::action, "a b"), std::string("eventsgw submit --retry 5m --data - 'a b'") + kFailure);
    CHECK_EQUAL(call_of(RuleKind::action, "-x"), std::string("eventsgw submit --retry 5m --data - -- -x") + kFailure);
}

void a_value_cannot_leave_the_comment() {
    const std::string text = make_script(RuleKind::command, "a\nrm -r x").text;
    CHECK(text.find("#   *\\/event/x") == std::string::npos);
    CHECK(text.find("#   */event/x = a\\nrm -r x\n") != std::string::npos);
}

void names_tell_what_is_run() {
    CHECK_EQUAL(make_script(RuleKind::command, "/usr/local/bin/acl-load -x").name, "10acl-load");
    CHECK_EQUAL(make_script(RuleKind::command, "a.b c").name, "10a_b");
    CHECK_EQUAL(make_script(RuleKind::command, "").name, "10command");
    CHECK_EQUAL(make_script(RuleKind::action, "\xC3\xA9").name, "10action");
    CHECK_EQUAL(make_script(RuleKind::action, std::string(300, 'a')).name, "10" + std::string(40, 'a'));
}

void steps_of_an_event_keep_the_order_of_the_rules() {
    for (const std::size_t count : {1U, 2U, 9U, 10U, 90U, 91U, 1000U}) {
        std::vector<Rule> rules;
        for (std::size_t i = 0; i < count; ++i) {
            rules.push_back({RuleKind::command, "*/event/x", true, "a", i + 1});
            rules.push_back({RuleKind::command, "*/event/y" + std::to_string(i), true, "a", i + 1});
        }
        std::vector<std::string> names;
        for (const StepScript& step : make_step_scripts(rules, "c").steps) {
            if (step.event == "x") {
                names.push_back(step.name);
            } else {
                CHECK_EQUAL(step.name, "10a");
            }
        }
        CHECK_EQUAL(names.size(), count);
        CHECK(std::is_sorted(names.begin(), names.end()));
        CHECK(std::adjacent_find(names.begin(), names.end()) == names.end());
    }
}

void rules_that_no_step_replaces_are_problems() {
    const StepScripts scripts = make_step_scripts({{RuleKind::action, "*", true, "a", 2},
                                                   {RuleKind::action, "*/event/x", true, std::string("a\0", 2), 3},
                                                   {RuleKind::action, "*/event/x", true, "b", 4}},
                                                  "c");
    CHECK_EQUAL(scripts.steps.size(), 1U);
    CHECK_EQUAL(scripts.steps[0].name, "10b");
    CHECK_EQUAL(scripts.problems.size(), 2U);
    CHECK_EQUAL(scripts.problems[0].line, 2U);
    CHECK_EQUAL(scripts.problems[0].message,
                "no step can replace the rule of \"*\": no /event/ in it, which every event of a directory has");
    CHECK_EQUAL(scripts.problems[1].message, "no step can replace the rule of \"*/event/x\": a NUL in its value");
}

const TestGroup group{
    TEST(the_whole_script),
    TEST(commands_stand_as_they_are_where_they_can),
    TEST(actions_are_quoted),
    TEST(a_value_cannot_leave_the_comment),
    TEST(names_tell_what_is_run),
    TEST(steps_of_an_event_keep_the_order_of_the_rules),
    TEST(rules_that_no_step_replaces_are_problems),
};

} // namespace event_step_script_test
