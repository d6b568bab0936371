// SPDX-License-Identifier: GPL-3.0-or-later
// Copyright (C) 2026 eventsgw contributors

#include "event/task.h"

#include "testing.h"

#include <cjson/cJSON.h>
#include <memory>

using namespace eventsgw;
using namespace eventsgw::testing;

namespace event_task_test {

std::string make(std::string_view channel, std::string_view payload) {
    return make_task(Event{channel, payload}, classify_payload(payload), "renew", "some-id");
}

/// The task's member, read by another program's parser and printed again.
std::string member(const std::string& task, const char* name) {
    const std::unique_ptr<cJSON, decltype(&cJSON_Delete)> tree(cJSON_ParseWithLength(task.data(), task.size()),
                                                               &cJSON_Delete);
    CHECK(tree != nullptr);
    const std::unique_ptr<char, decltype(&cJSON_free)> text(
        cJSON_PrintUnformatted(cJSON_GetObjectItem(tree.get(), name)), &cJSON_free);
    CHECK(text != nullptr);
    return text.get();
}

void splits_a_channel_at_its_first_event_part() {
    const auto simple = split_channel("module/traefik1/event/certificate-renew");
    CHECK_EQUAL(simple->source, "module/traefik1");
    CHECK_EQUAL(simple->name, "certificate-renew");
    const auto twice = split_channel("a/event/b/event/c");
    CHECK_EQUAL(twice->source, "a");
    CHECK_EQUAL(twice->name, "b/event/c");
    CHECK_EQUAL(split_channel("a/event/")->name, "");
    CHECK(!split_channel("module/mail1/tasks"));
    CHECK(!split_channel("a/events/b"));
    CHECK(!split_channel(""));
}

void has_its_members_in_order_and_the_payload_as_it_came() {
    CHECK_EQUAL(
        make("module/traefik1/event/renew", " {\"a\" :1.10,\n\"a\":9007199254740993}\r\n"),
        std::string("{\"id\":\"some-id\",\"action\":\"renew\",\"data\": {\"a\" :1.10,\n\"a\":9007199254740993}\r\n"
                    ",\"parent\":\"\",\"extra\":{\"event\":{\"channel\":\"module/traefik1/event/renew\","
                    "\"source\":\"module/traefik1\",\"name\":\"renew\"}}}"));
}

void a_channel_without_an_event_has_no_source_and_no_name() {
    CHECK_EQUAL(member(make("plain", "1"), "extra"), std::string("{\"event\":{\"channel\":\"plain\"}}"));
}

void a_replayed_event_says_so() {
    const std::string task = make_task(Event{"a/event/b", "1", {}, "1b9d6bcd"}, PayloadForm::json, "renew", "some-id");
    CHECK_EQUAL(member(task, "extra"),
                std::string(R"({"event":{"channel":"a/event/b","source":"a","name":"b","replay":true}})"));
}

void what_is_no_json_travels_as_a_string() {
    CHECK_EQUAL(member(make("a", "cluster/acls"), "data"), std::string("\"cluster/acls\""));
    CHECK_EQUAL(member(make("a", ""), "data"), std::string("\"\""));
    CHECK_EQUAL(member(make("a", "NaN"), "data"), std::string("\"NaN\""));
    CHECK_EQUAL(member(make("a", "\xEF\xBB\xBF{}"), "data"), std::string("\"\xEF\xBB\xBF{}\""));
    CHECK_EQUAL(member(make("a", "say \"hi\"\n"), "data"), std::string("\"say \\\"hi\\\"\\n\""));
}

void what_is_no_utf8_has_its_bytes_beside_it() {
    const std::string task = make("a/event/b", "caf\xE9");
    CHECK_EQUAL(member(task, "data"), std::string("\"caf\xEF\xBF\xBD\""));
    CHECK_EQUAL(
        member(task, "extra"),
        std::string(
            "{\"event\":{\"channel\":\"a/event/b\",\"source\":\"a\",\"name\":\"b\"},\"payload_base64\":\"Y2Fm6Q==\"}"));
}

void deeply_nested_json_travels_as_a_string() {
    const std::string deepest = std::string(512, '[') + std::string(512, ']');
    CHECK(classify_payload(deepest) == PayloadForm::json);
    CHECK(classify_payload("[" + deepest + "]") == PayloadForm::text);
}

void a_hostile_channel_stays_inside_its_string() {
    using namespace std::string_view_literals;
    const std::string task = make("a\"}\n\0\xFF/event/\x1b[2J"sv, "1");
    CHECK(task.find('\n') == std::string::npos);
    CHECK(task.find('\0') == std::string::npos);
    CHECK(task.find("\"source\":\"a\\\"}\\n\\u0000\xEF\xBF\xBD\"") != std::string::npos);
}

void a_task_without_an_event_has_no_event_in_extra() {
    CHECK_EQUAL(make_task_without_event("[1.0]", PayloadForm::json, "renew", "some-id"),
                R"({"id":"some-id","action":"renew","data":[1.0],"parent":"","extra":{}})");
    CHECK_EQUAL(member(make_task_without_event("caf\xE9", PayloadForm::bytes, "renew", "some-id"), "extra"),
                R"({"payload_base64":"Y2Fm6Q=="})");
}

const TestGroup group{
    TEST(splits_a_channel_at_its_first_event_part),
    TEST(has_its_members_in_order_and_the_payload_as_it_came),
    TEST(a_channel_without_an_event_has_no_source_and_no_name),
    TEST(a_replayed_event_says_so),
    TEST(what_is_no_json_travels_as_a_string),
    TEST(what_is_no_utf8_has_its_bytes_beside_it),
    TEST(deeply_nested_json_travels_as_a_string),
    TEST(a_hostile_channel_stays_inside_its_string),
    TEST(a_task_without_an_event_has_no_event_in_extra),
};

} // namespace event_task_test
