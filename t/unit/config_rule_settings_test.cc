// SPDX-License-Identifier: GPL-3.0-or-later
// Copyright (C) 2026 eventsgw contributors

#include "config/config.h"

#include "testing.h"

using namespace eventsgw;
using namespace eventsgw::testing;
using namespace std::chrono_literals;

namespace config_rule_settings_test {

std::string describe(const std::vector<Problem>& problems) {
    std::string text;
    for (const Problem& problem : problems) {
        text += format_problem("F", problem) + "\n";
    }
    return text;
}

std::string errors_of(std::string_view config) {
    return describe(parse_config(config).errors);
}

/// The retries that a configuration gives to the command of `key`; with errors in it, what those are.
std::string retries_of(std::string_view config, std::string_view key) {
    const ConfigReport report = parse_config(config);
    for (const Rule& rule : report.rules.all()) {
        if (rule.kind == RuleKind::command && rule.channel == key) {
            return std::to_string(rule.settings.retry);
        }
    }
    return report.errors.empty() ? "no such command" : describe(report.errors);
}

void commands_begin_with_what_the_gateway_says() {
    const ConfigReport report = parse_config("[commands]\na = x\nb = y\n[rule b]\ntimeout = 1m\nretry = 0\n"
                                             "serialize = source\n[gateway]\nretry = 3\nserialize = event\n"
                                             "handler_timeout = 1h\nkill_grace = 1s\n");
    CHECK_EQUAL(describe(report.errors), "");
    const RunSettings& a = report.rules.all()[0].settings;
    CHECK(a.retry == 3 && a.timeout == 0s && a.serialize == Serialize::none && a.kill_grace == 1s);
    const RunSettings& b = report.rules.all()[1].settings;
    CHECK(b.retry == 0 && b.timeout == 1min && b.serialize == Serialize::source && b.kill_grace == 1s);
}

void a_key_is_as_it_is_written_with_the_rule() {
    for (const std::string key : {"module/*/event/x", "Module/A/event/x", "a b", "a/[bc]", "a/[bc]*", "a]b", "\\[a]b",
                                  "a\\[b", "[open", "100%", "a%%b", "%(x)s", "a:b", "a;b", "Zo\xC3\xAB"}) {
        std::string config = "[commands]\n";
        config.append(key).append(" = x\nother = y\n[rule ").append(key).append("]\nretry = 5\n");
        CHECK_EQUAL(retries_of(config, key), "5");
        CHECK_EQUAL(retries_of(config, "other"), "0");
    }
    CHECK_EQUAL(retries_of("[commands]\na/b = x\n[rule \t a/b\t ]\nretry = 5\n", "a/b"), "5");
    CHECK_EQUAL(retries_of("[commands]\na/b = x\n[rule a/b] a note\nretry = 5\n", "a/b"), "5");
}

void a_reference_in_a_value_is_replaced_and_one_in_the_key_is_not() {
    CHECK_EQUAL(retries_of("[DEFAULT]\nn = 4\n[commands]\n%(n)s = x\n[rule %(n)s]\nretry = %(n)s\n", "%(n)s"), "4");
}

void keys_of_the_defaults_are_rules_and_no_settings() {
    CHECK_EQUAL(retries_of("[DEFAULT]\nretry = 9\n[commands]\n[rule retry]\nmax_age = 1h\n", "retry"), "0");
}

void a_rule_that_is_not_there_is_an_error() {
    CHECK_EQUAL(errors_of("[commands]\na/event/b = x\n[rule a/event/c]\ntimout = 1s\n"),
                "F:3: section \"rule a/event/c\" is about no rule: [actions] and [commands] do not have its key; "
                "did you mean \"rule a/event/b\"?\n"
                "F:4: unknown setting \"timout\"; did you mean timeout?\n");
    CHECK_EQUAL(errors_of("[commands]\na = x\n[rule ]\n"),
                "F:3: section \"rule \" is about no rule: [actions] and [commands] do not have its key\n");
    CHECK_EQUAL(errors_of("[commands]\na = b = x\n[rule a = b]\n"),
                "F:3: section \"rule a = b\" is about no rule: [actions] and [commands] do not have its key\n");
    CHECK(!errors_of("[commands]\na/event/b = x\n[rule A/event/b]\n").empty()); // case counts
}

void a_rule_with_an_error_is_there() {
    CHECK_EQUAL(errors_of("[commands]\na = 5%\n[rule a]\nretry = 1\n"),
                "F:2: the value of \"a\": a percent sign is written %%; for \"%\" write \"%%\"\n");
}

void a_section_given_twice_is_an_error() {
    CHECK_EQUAL(errors_of("[commands]\na = x\n[rule a]\n[rule  a]\nretry = many\n"),
                "F:4: section \"rule  a\" is given twice\n"
                "F:5: retry: not a whole number: \"many\"\n");
}

void an_action_has_no_settings() {
    CHECK_EQUAL(
        errors_of("[actions]\na = x\n[rule a]\nretry = 1\nmax_age = never\nfoo = 1\n"),
        "F:4: retry: means nothing for an action, which the module's agent runs, and \"a\" is in [actions] only\n"
        "F:5: max_age: not a duration such as 5s, 75ms or 1m30s: \"never\"\n"
        "F:6: unknown setting \"foo\"\n");
    CHECK_EQUAL(errors_of("[actions]\na = x\n[rule a]\n"), "");
    CHECK_EQUAL(retries_of("[actions]\na = x\n[commands]\na = y\n[rule a]\nretry = 5\n", "a"), "5");
}

void a_first_delay_above_the_largest_gets_a_warning() {
    const std::string text = "retry_delay is longer than retry_max_delay, which holds for every retry\n";
    CHECK_EQUAL(describe(parse_config("[commands]\na = x\n[gateway]\nretry_delay = 6m\n").warnings), "F:4: " + text);
    CHECK_EQUAL(describe(parse_config("[commands]\na = x\n[rule a]\nretry = 1\nretry_max_delay = 1ms\n").warnings),
                "F:5: " + text);
    CHECK_EQUAL(describe(parse_config("[gateway]\nretry_delay = 6m\n[commands]\na = x\n[rule a]\nretry = 1\n"
                                      "[handler b]\nretry_max_delay = 6m\n")
                             .warnings),
                "F:2: " + text);
}

void a_rule_that_coalesces_needs_a_queue() {
    CHECK_EQUAL(
        describe(parse_config("[commands]\na = x\n[rule a]\ncoalesce = 1s\n[gateway]\nqueue_limit = 0\n").warnings),
        "F:3: each event of section \"rule a\" will be refused: one that coalesces waits for others, and with "
        "queue_limit = 0 none may wait\n");
}

const TestGroup group{
    TEST(commands_begin_with_what_the_gateway_says),
    TEST(a_key_is_as_it_is_written_with_the_rule),
    TEST(a_reference_in_a_value_is_replaced_and_one_in_the_key_is_not),
    TEST(keys_of_the_defaults_are_rules_and_no_settings),
    TEST(a_rule_that_is_not_there_is_an_error),
    TEST(a_rule_with_an_error_is_there),
    TEST(a_section_given_twice_is_an_error),
    TEST(an_action_has_no_settings),
    TEST(a_first_delay_above_the_largest_gets_a_warning),
    TEST(a_rule_that_coalesces_needs_a_queue),
};

} // namespace config_rule_settings_test
