// SPDX-License-Identifier: GPL-3.0-or-later
// Copyright (C) 2026 eventsgw contributors

#include "config/settings.h"

#include "testing.h"

#include <map>

using namespace eventsgw;
using namespace eventsgw::testing;
using namespace std::chrono_literals;

namespace config_settings_test {

std::string error_of(std::string_view name, std::string_view value) {
    Settings settings;
    const Result<void> done = apply_setting(settings, name, value);
    return done ? "no error" : done.error().message;
}

Result<void> apply(Settings& settings, const std::map<std::string, std::string>& variables) {
    return apply_environment(settings, [&](const char* name) -> const char* {
        const auto variable = variables.find(name);
        return variable == variables.end() ? nullptr : variable->second.c_str();
    });
}

Settings changed_in_everything() {
    Settings settings;
    settings.log_level = LogLevel::error;
    settings.max_concurrency = 1;
    settings.polling_interval = 1min;
    settings.queue_limit = 1;
    settings.queue_memory = 1;
    settings.task_limit = 1;
    settings.task_memory = 1;
    settings.history = 1;
    settings.history_age = 1h;
    settings.history_payload = HistoryPayload::yes;
    settings.history_failures = 1;
    settings.eventsdir = {"x"};
    settings.handler_timeout = 1h;
    settings.kill_grace = 1h;
    settings.serialize = Serialize::source;
    settings.strict_modes = false;
    settings.max_payload = 1;
    settings.metrics_listen = "127.0.0.1:1";
    settings.durability = Durability::always;
    settings.journal_limit = 1;
    settings.coalesce_by = CoalesceBy::event;
    settings.retry = 7;
    settings.retry_delay = 1min;
    settings.retry_max_delay = 1h;
    settings.interrupted = Interrupted::drop;
    settings.max_age = 1h;
    settings.hold_after = 1h;
    settings.max_attempts = 7;
    return settings;
}

bool equal(const Settings& a, const Settings& b) {
    return a.log_level == b.log_level && a.max_concurrency == b.max_concurrency &&
           a.polling_interval == b.polling_interval && a.queue_limit == b.queue_limit &&
           a.queue_memory == b.queue_memory && a.task_limit == b.task_limit && a.task_memory == b.task_memory &&
           a.max_payload == b.max_payload && a.metrics_listen == b.metrics_listen && a.durability == b.durability &&
           a.journal_limit == b.journal_limit && a.eventsdir == b.eventsdir && a.handler_timeout == b.handler_timeout &&
           a.kill_grace == b.kill_grace && a.serialize == b.serialize && a.strict_modes == b.strict_modes &&
           a.history == b.history && a.history_age == b.history_age && a.history_payload == b.history_payload &&
           a.coalesce_by == b.coalesce_by && a.retry == b.retry && a.retry_delay == b.retry_delay &&
           a.retry_max_delay == b.retry_max_delay && a.interrupted == b.interrupted && a.max_age == b.max_age &&
           a.hold_after == b.hold_after && a.max_attempts == b.max_attempts && a.history_failures == b.history_failures;
}

void the_table_has_the_defaults() {
    Settings settings = changed_in_everything();
    for (const SettingRow& row : settings_table()) {
        CHECK(apply_setting(settings, row.name, row.default_value).ok());
    }
    CHECK(equal(settings, Settings{}));
}

void each_kind_is_read() {
    Settings settings;
    CHECK(apply_setting(settings, "log_level", "debug").ok());
    CHECK(apply_setting(settings, "max_concurrency", "7").ok());
    CHECK(apply_setting(settings, "polling_interval", "75ms").ok());
    CHECK(apply_setting(settings, "task_memory", "2G").ok());
    CHECK_EQUAL(settings.log_level, LogLevel::debug);
    CHECK_EQUAL(settings.max_concurrency, 7U);
    CHECK(settings.polling_interval == 75ms);
    CHECK_EQUAL(settings.task_memory, std::uint64_t{2} << 30U);
}

void limits_are_inclusive() {
    for (const auto& [name, value] : std::map<std::string, std::string>{{"max_concurrency", "100000"},
                                                                        {"queue_limit", "0"},
                                                                        {"task_limit", "1000000000"},
                                                                        {"task_memory", "1M"}}) {
        CHECK_EQUAL(error_of(name, value), "no error");
    }
    CHECK_EQUAL(error_of("polling_interval", "10ms"), "no error");
    CHECK_EQUAL(error_of("polling_interval", "1h"), "no error");
    CHECK_EQUAL(error_of("task_memory", "1024G"), "no error");

    CHECK_EQUAL(error_of("max_concurrency", "0"), "max_concurrency: must be between 1 and 100000: \"0\"");
    CHECK_EQUAL(error_of("queue_limit", "1000000001"), "queue_limit: must be between 0 and 1000000000: \"1000000001\"");
    CHECK_EQUAL(error_of("task_limit", "0"), "task_limit: must be between 1 and 1000000000: \"0\"");
    CHECK_EQUAL(error_of("polling_interval", "9.999ms"), "polling_interval: must be between 10ms and 1h: \"9.999ms\"");
    CHECK_EQUAL(error_of("polling_interval", "1h1ns"), "polling_interval: must be between 10ms and 1h: \"1h1ns\"");
    for (const auto& [name, value] : std::map<std::string, std::string>{{"retry", "100"},
                                                                        {"retry_delay", "1ms"},
                                                                        {"retry_max_delay", "24h"},
                                                                        {"max_age", "8760h"},
                                                                        {"hold_after", "0s"},
                                                                        {"max_attempts", "1"}}) {
        CHECK_EQUAL(error_of(name, value), "no error");
    }
    CHECK_EQUAL(error_of("retry", "101"), "retry: must be between 0 and 100: \"101\"");
    CHECK_EQUAL(error_of("retry_delay", "0s"), "retry_delay: must be between 1ms and 1h: \"0s\"");
    CHECK_EQUAL(error_of("retry_max_delay", "25h"), "retry_max_delay: must be between 1ms and 24h: \"25h\"");
    CHECK_EQUAL(error_of("max_age", "8761h"), "max_age: must be between 0 and 8760h: \"8761h\"");
    CHECK_EQUAL(error_of("hold_after", "8761h"), "hold_after: must be between 0 and 8760h: \"8761h\"");
    CHECK_EQUAL(error_of("max_attempts", "0"), "max_attempts: must be between 1 and 100: \"0\"");
    CHECK_EQUAL(error_of("task_memory", "1023K"), "task_memory: must be between 1M and 1024G: \"1023K\"");
}

void a_value_of_the_wrong_kind_leaves_the_setting_alone() {
    for (const SettingRow& row : settings_table()) {
        if (row.kind == SettingKind::directories) {
            continue; // any text is a path
        }
        Settings settings;
        for (const char* value : {"", "x", "-1", "1 1", "5 parsecs"}) {
            if (row.kind == SettingKind::address && *value == '\0') {
                continue; // none at all
            }
            const Result<void> done = apply_setting(settings, row.name, value);
            CHECK(!done.ok());
            CHECK(done.error().message.rfind(std::string(row.name) + ": ", 0) == 0);
        }
        CHECK(equal(settings, Settings{}));
    }
}

void directories_have_a_line_each() {
    Settings settings;
    CHECK(apply_setting(settings, "eventsdir", "\n../events\n\n  /a b/c  \n").ok());
    CHECK(settings.eventsdir == std::vector<std::string>({"../events", "/a b/c"}));
    CHECK(!apply_setting(settings, "eventsdir", std::string_view("a\0b", 3)).ok());
}

void words_are_chosen_among_a_few() {
    CHECK_EQUAL(error_of("serialize", "source"), "no error");
    CHECK_EQUAL(error_of("serialize", "events"), "serialize: not one of none, event, source: \"events\"");
    CHECK_EQUAL(error_of("coalesce_by", "source"), "coalesce_by: must be payload or event: \"source\"");
    CHECK_EQUAL(error_of("interrupted", "never"), "interrupted: must be again or drop: \"never\"");
    CHECK_EQUAL(error_of("strict_modes", "no"), "no error");
    CHECK_EQUAL(error_of("strict_modes", "false"), "strict_modes: neither yes nor no: \"false\"");
}

std::string run_error_of(std::string_view name, std::string_view value) {
    RunSettings settings;
    const Result<void> done = apply_setting(settings, name, value);
    return done ? "no error" : done.error().message;
}

void the_table_of_runs_has_the_defaults() {
    RunSettings settings = make_handler_settings(changed_in_everything());
    settings.kill_grace = RunSettings{}.kill_grace; // [gateway] alone has these two
    settings.strict_modes = true;
    settings.skip_exit_codes = {1};
    settings.coalesce = 1h;
    for (const RunSettingRow& row : run_settings_table()) {
        CHECK(apply_setting(settings, row.name, row.default_value).ok());
    }
    CHECK(settings == RunSettings{});
}

void a_rule_or_handler_has_settings_of_its_own() {
    RunSettings settings;
    CHECK(apply_setting(settings, "timeout", "10m").ok());
    CHECK(apply_setting(settings, "serialize", "event").ok());
    CHECK(apply_setting(settings, "skip_exit_codes", " 2 3\n\t255 ").ok());
    CHECK(apply_setting(settings, "coalesce", "2s").ok());
    CHECK(settings.timeout == 10min && settings.serialize == Serialize::event && settings.coalesce == 2s);
    CHECK(settings.skip_exit_codes == std::vector<std::uint64_t>({2, 3, 255}));
    CHECK(apply_setting(settings, "coalesce_by", "event").ok() && settings.coalesce_by == CoalesceBy::event);
    CHECK(apply_setting(settings, "retry", "3").ok() && settings.retry == 3);
    CHECK(apply_setting(settings, "retry_delay", "10s").ok() && settings.retry_delay == 10s);
    CHECK(apply_setting(settings, "retry_max_delay", "1m").ok() && settings.retry_max_delay == 1min);
    CHECK(apply_setting(settings, "interrupted", "drop").ok() && settings.interrupted == Interrupted::drop);
    CHECK(apply_setting(settings, "max_age", "2h").ok() && settings.max_age == 2h);
    CHECK_EQUAL(run_error_of("hold_after", "1h"), "unknown setting \"hold_after\"");
    CHECK_EQUAL(run_error_of("max_attempts", "1"), "unknown setting \"max_attempts\"");
    CHECK_EQUAL(run_error_of("skip_exit_codes", ""), "no error");
    for (const char* codes : {"0", "256", "2,3", "x", "-1"}) {
        CHECK(run_error_of("skip_exit_codes", codes).rfind("skip_exit_codes: not exit statuses from 1 to 255", 0) == 0);
    }
    CHECK_EQUAL(run_error_of("coalesce", "61m"), "coalesce: must be between 0 and 1h: \"61m\"");
    CHECK_EQUAL(run_error_of("timout", "1s"), "unknown setting \"timout\"; did you mean timeout?");
    CHECK_EQUAL(run_error_of("strict_modes", "no"), "unknown setting \"strict_modes\"");
}

void handlers_begin_with_what_the_gateway_says() {
    const RunSettings settings = make_handler_settings(changed_in_everything());
    CHECK(settings.timeout == 1h && settings.kill_grace == 1h && settings.serialize == Serialize::source);
    CHECK(!settings.strict_modes && settings.skip_exit_codes.empty() && settings.coalesce == 0s);
    CHECK(settings.coalesce_by == CoalesceBy::event && settings.retry == 7 && settings.retry_delay == 1min);
    CHECK(settings.retry_max_delay == 1h && settings.interrupted == Interrupted::drop && settings.max_age == 1h);
}

void commands_leave_out_what_is_about_handlers() {
    const RunSettings settings = make_command_settings(changed_in_everything());
    CHECK(settings.timeout == 0s && settings.serialize == Serialize::none && settings.coalesce == 0s);
    CHECK(settings.coalesce_by == CoalesceBy::event && settings.retry == 7 && settings.retry_delay == 1min);
    CHECK(settings.retry_max_delay == 1h && settings.interrupted == Interrupted::drop && settings.max_age == 1h);
    CHECK(settings.kill_grace == 1h);
}

void a_section_may_be_about_a_handler() {
    CHECK_EQUAL(handler_of("handler user-domain-changed").value(), "user-domain-changed");
    CHECK_EQUAL(handler_of("handler  a b ").value(), "a b");
    CHECK(!handler_of("handler").has_value() && !handler_of("handlers a").has_value());
}

void a_section_may_be_about_a_rule() {
    CHECK_EQUAL(rule_of("rule Module/*/event/x").value(), "Module/*/event/x");
    CHECK_EQUAL(rule_of("rule \xC2\xA0 a b\t").value(), "a b"); // a no-break space is blank to Python
    CHECK(!rule_of("rule").has_value() && !rule_of("rules a").has_value() && !rule_of("Rule a").has_value());
}

void an_unknown_setting_names_the_nearest() {
    CHECK_EQUAL(error_of("max_concurency", "1"), "unknown setting \"max_concurency\"; did you mean max_concurrency?");
    CHECK_EQUAL(error_of("Log_Level", "info"), "unknown setting \"Log_Level\"; did you mean log_level?");
    CHECK_EQUAL(error_of("colour", "red"), "unknown setting \"colour\"");
}

void a_rule_among_the_settings_is_told_where_it_belongs() {
    CHECK_EQUAL(error_of("a/event/b", "act"), "unknown setting \"a/event/b\"; rules belong in [actions] or [commands]");
}

void the_environment_sets_its_twins() {
    Settings settings;
    CHECK(apply(settings, {{"MAX_CONCURRENCY", "3"}, {"AGENT_POLLING_INTERVAL", "1m"}, {"LOG_LEVEL", "debug"}}).ok());
    CHECK_EQUAL(settings.max_concurrency, 3U);
    CHECK(settings.polling_interval == 1min);
    CHECK_EQUAL(settings.log_level, LogLevel::info);
}

void an_empty_variable_counts_as_unset() {
    Settings settings;
    CHECK(apply(settings, {{"MAX_CONCURRENCY", ""}}).ok());
    CHECK(equal(settings, Settings{}));
}

void an_error_of_the_environment_names_the_variable() {
    Settings settings;
    CHECK_EQUAL(apply(settings, {{"MAX_CONCURRENCY", "0"}}).error().message,
                "MAX_CONCURRENCY: must be between 1 and 100000: \"0\"");
    CHECK_EQUAL(apply(settings, {{"AGENT_POLLING_INTERVAL", "5"}}).error().message,
                "AGENT_POLLING_INTERVAL: not a duration such as 5s, 75ms or 1m30s: \"5\"");
}

void a_reload_keeps_what_it_cannot_change() {
    Settings running;
    running.max_payload = 1;
    Settings next;
    next.queue_limit = 7;
    CHECK(keep_fixed_settings(next, running) == std::vector<std::string_view>{"max_payload"});
    CHECK_EQUAL(next.max_payload, std::uint64_t{1});
    CHECK_EQUAL(next.queue_limit, std::uint64_t{7});
    CHECK(keep_fixed_settings(next, running).empty());
}

const TestGroup group{
    TEST(the_table_has_the_defaults),
    TEST(each_kind_is_read),
    TEST(limits_are_inclusive),
    TEST(a_value_of_the_wrong_kind_leaves_the_setting_alone),
    TEST(directories_have_a_line_each),
    TEST(words_are_chosen_among_a_few),
    TEST(the_table_of_runs_has_the_defaults),
    TEST(a_rule_or_handler_has_settings_of_its_own),
    TEST(handlers_begin_with_what_the_gateway_says),
    TEST(commands_leave_out_what_is_about_handlers),
    TEST(a_section_may_be_about_a_handler),
    TEST(a_section_may_be_about_a_rule),
    TEST(an_unknown_setting_names_the_nearest),
    TEST(a_rule_among_the_settings_is_told_where_it_belongs),
    TEST(the_environment_sets_its_twins),
    TEST(an_empty_variable_counts_as_unset),
    TEST(an_error_of_the_environment_names_the_variable),
    TEST(a_reload_keeps_what_it_cannot_change),
};

} // namespace config_settings_test
