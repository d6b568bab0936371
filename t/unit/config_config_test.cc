// SPDX-License-Identifier: GPL-3.0-or-later
// Copyright (C) 2026 eventsgw contributors

#include "config/config.h"

#include "testing.h"

#include <filesystem>
#include <fstream>

#include <unistd.h>

using namespace eventsgw;
using namespace eventsgw::testing;
using namespace std::string_literals;

namespace config_config_test {

/// One rule a line: kind, line, channel with "*" before a pattern, value.
std::string describe(const RuleSet& rules) {
    std::string text;
    for (const Rule& rule : rules.all()) {
        text += std::string(section_of(rule.kind)) + " " + std::to_string(rule.line) + " " +
                (rule.is_pattern ? "pattern " : "channel ") + rule.channel + " -> " + rule.value + "\n";
    }
    return text;
}

std::string describe(const std::vector<Problem>& problems) {
    std::string text;
    for (const Problem& problem : problems) {
        text += format_problem("F", problem) + "\n";
    }
    return text;
}

void actions_come_before_commands_and_defaults_first() {
    const ConfigReport report =
        parse_config("[commands]\na/b = run %(x)s\n[DEFAULT]\nx = 1\na/B = 2\n[actions]\na/c* = "
                     "act\n[gateway]\n");
    CHECK_EQUAL(describe(report.errors), "");
    CHECK_EQUAL(describe(report.rules), "actions 4 channel x -> 1\n"
                                        "actions 5 channel a/B -> 2\n"
                                        "actions 7 pattern a/c* -> act\n"
                                        "commands 4 channel x -> 1\n"
                                        "commands 2 channel a/b -> run 1\n");
}

void any_glob_character_makes_a_pattern() {
    CHECK_EQUAL(describe(parse_config("[actions]\na*b = x\na?b = x\na\\b = x\nx[a]b = x\na]b^-c = x\n").rules),
                "actions 2 pattern a*b -> x\n"
                "actions 3 pattern a?b -> x\n"
                "actions 4 pattern a\\b -> x\n"
                "actions 5 pattern x[a]b -> x\n"
                "actions 6 channel a]b^-c -> x\n");
}

void a_section_that_is_not_there_has_no_defaults() {
    CHECK_EQUAL(describe(parse_config("[DEFAULT]\na = x\n[actions]\n").rules), "actions 2 channel a -> x\n");
    CHECK(parse_config("[DEFAULT]\na = x\n").rules.empty());
}

void the_gateway_section_sets_settings() {
    const ConfigReport report =
        parse_config("[DEFAULT]\nn = 7\nqueue_limit = 5\n[gateway]\nmax_concurrency = %(n)s\nlog_level = debug\n");
    CHECK_EQUAL(describe(report.errors), "");
    CHECK_EQUAL(report.settings.max_concurrency, 7U);
    CHECK_EQUAL(report.settings.log_level, LogLevel::debug);
    CHECK_EQUAL(report.settings.queue_limit, Settings{}.queue_limit);
}

void a_handler_builds_on_the_gateway_wherever_that_stands() {
    const ConfigReport report = parse_config("[handler a]\ncoalesce = 1s\n[gateway]\nhandler_timeout = 1m\n"
                                             "[handler b]\ntimeout = 2m\n[DEFAULT]\nserialize = event\n");
    CHECK_EQUAL(describe(report.errors), "");
    CHECK_EQUAL(report.handlers.size(), std::size_t{2});
    CHECK(report.handlers.at("a").timeout == std::chrono::minutes(1));
    CHECK(report.handlers.at("a").coalesce == std::chrono::seconds(1));
    CHECK(report.handlers.at("b").timeout == std::chrono::minutes(2));
    CHECK(report.handlers.at("b").serialize == Serialize::none);
}

void a_handler_given_twice_is_an_error() {
    CHECK_EQUAL(describe(parse_config("[handler a]\n[handler  a]\ntimout = 1s\n").errors),
                "F:2: section \"handler  a\" is given twice\n"
                "F:3: unknown setting \"timout\"; did you mean timeout?\n");
}

void a_file_may_be_absent_where_that_is_said() {
    CHECK(load_config("/no/such/file", true).errors.empty());
    CHECK(!load_config("/", true).errors.empty());
}

void an_error_anywhere_leaves_no_rules() {
    const ConfigReport report = parse_config("[actions]\na = x\n[gateway]\nlog_level = loud\nmax_concurrency = 9\n");
    CHECK_EQUAL(describe(report.errors), "F:4: log_level: not one of error, warning, notice, info, debug: \"loud\"\n");
    CHECK(report.rules.empty());
    CHECK_EQUAL(report.settings.max_concurrency, 9U);
}

void errors_come_in_the_order_of_lines_and_once_each() {
    const ConfigReport report =
        parse_config("[gateway]\nnothing = 1\n[DEFAULT]\na = %\n[commands]\nb = %(c)s\nno sign\n"
                     "[actions]\nd = 5%\n");
    const std::string percent = "a percent sign is written %%; for \"%\" write \"%%\"\n";
    CHECK_EQUAL(describe(report.errors),
                "F:2: unknown setting \"nothing\"\n"
                "F:4: the value of \"a\": " +
                    percent +
                    "F:6: the value of \"b\": %(name)s refers to no key of its section or of [DEFAULT]: \"c\"\n"
                    "F:7: no \"=\" in this line: \"no sign\"\n"
                    "F:9: the value of \"d\": " +
                    percent);
}

void sections_that_nobody_reads_may_hold_bad_references() {
    const ConfigReport report = parse_config("[mine]\nx = %\n[actions]\na = b\n");
    CHECK_EQUAL(describe(report.errors), "");
    CHECK_EQUAL(describe(report.warnings),
                "F:1: section \"mine\" is not read; actions, commands, gateway, rule KEY and handler NAME are\n");
}

void a_command_is_one_argument_to_the_system() {
    const std::string longest(131071, 'x');
    CHECK_EQUAL(describe(parse_config("[commands]\na = " + longest + "\n").warnings), "");
    CHECK_EQUAL(describe(parse_config("[commands]\na = " + longest + "x\n").warnings),
                "F:2: the command will fail: it has 131072 bytes, and the system allows 131071\n");
}

void a_file_that_cannot_be_read_is_an_error_of_the_file() {
    const ConfigReport report = load_config("/nonexistent/eventsgw.conf");
    CHECK_EQUAL(describe(report.errors),
                "F: cannot be opened: No such file or directory; it lies in the module's state directory: "
                "go there, or name it with --config\n");
    CHECK_EQUAL(describe(load_config("/").errors), "F: cannot be read: Is a directory\n");
}

void a_file_is_read_as_its_bytes() {
    const std::string path = std::filesystem::temp_directory_path() / ("eventsgw-" + std::to_string(getpid()));
    std::ofstream(path, std::ios::binary) << "[commands]\r\na/b = x\0y\r\n"s;
    const ConfigReport report = load_config(path);
    std::filesystem::remove(path);
    CHECK_EQUAL(describe(report.rules), "commands 2 channel a/b -> x\0y\n"s);
}

const TestGroup group{
    TEST(actions_come_before_commands_and_defaults_first),
    TEST(any_glob_character_makes_a_pattern),
    TEST(a_section_that_is_not_there_has_no_defaults),
    TEST(the_gateway_section_sets_settings),
    TEST(a_handler_builds_on_the_gateway_wherever_that_stands),
    TEST(a_handler_given_twice_is_an_error),
    TEST(a_file_may_be_absent_where_that_is_said),
    TEST(an_error_anywhere_leaves_no_rules),
    TEST(errors_come_in_the_order_of_lines_and_once_each),
    TEST(sections_that_nobody_reads_may_hold_bad_references),
    TEST(a_command_is_one_argument_to_the_system),
    TEST(a_file_that_cannot_be_read_is_an_error_of_the_file),
    TEST(a_file_is_read_as_its_bytes),
};

} // namespace config_config_test
