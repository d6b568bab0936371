// SPDX-License-Identifier: GPL-3.0-or-later
// Copyright (C) 2026 eventsgw contributors

// The grammar at large is tested against another implementation in t/diff; here stand the decisions that are our own.

#include "base/json.h"

#include "testing.h"

using namespace eventsgw;
using namespace eventsgw::testing;

namespace base_json_test {

bool is_json(std::string_view text) {
    return is_strict_json(text, 512);
}

std::string nest(std::size_t depth) {
    return std::string(depth, '[') + std::string(depth, ']');
}

void what_the_grammar_allows_is_json_though_some_decoders_refuse_it() {
    CHECK(is_json("1e400"));
    CHECK(is_json("-0"));
    CHECK(is_json("123456789012345678901234567890"));
    CHECK(is_json(R"("\ud800")"));
    CHECK(is_json(R"("\u0000")"));
    CHECK(is_json(R"({"a":1,"a":2,"":3})"));
    CHECK(is_json("\"\x7f\""));
    CHECK(is_json(" \t\r\n{ } \t\r\n"));
}

void what_other_decoders_let_through_is_no_json() {
    for (const char* text : {"NaN",
                             "Infinity",
                             "-Infinity",
                             "01",
                             "1.",
                             ".5",
                             "+1",
                             "0x1",
                             "[1,]",
                             "{\"a\":1,}",
                             "'a'",
                             "{a:1}",
                             "\v1",
                             "\f1",
                             "\xEF\xBB\xBF{}",
                             "\"\t\"",
                             "\"\xC0\xAF\"",
                             "// c\n1",
                             "\xC2\xA0"
                             "1",
                             "tru",
                             "1 2",
                             ""}) {
        CHECK_EQUAL(std::string(text) + (is_json(text) ? " taken" : " refused"), std::string(text) + " refused");
    }
    CHECK(!is_json(std::string_view("1\0", 2)));
    CHECK(!is_json(std::string_view("\"\0\"", 3)));
}

void a_text_that_ends_early_is_no_json_wherever_it_is_cut() {
    const std::string whole = R"({"key":["\u00e9\n",-1.5e+3,true,false,null,{}]})";
    CHECK(is_json(whole));
    for (std::size_t length = 0; length < whole.size(); ++length) {
        CHECK(!is_json(std::string_view(whole).substr(0, length)));
    }
}

void nesting_is_allowed_up_to_the_limit() {
    CHECK(is_strict_json("1", 0));
    CHECK(!is_strict_json("[]", 0));
    CHECK(is_strict_json("[]", 1));
    CHECK(is_strict_json("[[],{}]", 2));
    CHECK(!is_strict_json("[[{}]]", 2));
    CHECK(is_strict_json(R"({"a":{"b":1}})", 2));
    CHECK(!is_strict_json(R"({"a":{"b":{}}})", 2));
    CHECK(is_strict_json(nest(512), 512));
    CHECK(!is_strict_json(nest(513), 512));
}

void nesting_counts_what_is_open_at_once() {
    CHECK(is_strict_json("[[],[],[[],[]],{}]", 3));
    CHECK(is_strict_json(R"([{"a":[]},{"a":[]}])", 3));
}

void nesting_costs_no_stack() {
    constexpr std::size_t kDeep = 10'000'000;
    CHECK(is_strict_json(nest(kDeep), kDeep));
    CHECK(!is_strict_json(std::string(kDeep, '['), kDeep));
}

void a_json_string_escapes_what_it_must() {
    CHECK_EQUAL(to_json_string(""), R"("")");
    CHECK_EQUAL(to_json_string("a\"b\\c/d"), R"("a\"b\\c/d")");
    CHECK_EQUAL(to_json_string("\n\r\t\b\f\x1f\x7f"), R"("\n\r\t\u0008\u000c\u001f\u007f")");
    CHECK_EQUAL(to_json_string(std::string_view("\0", 1)), R"("\u0000")");
    CHECK_EQUAL(to_json_string("\u00e9\u2028\U0001f600"), "\"\u00e9\u2028\U0001f600\"");
}

void what_is_not_utf8_becomes_replacement_characters() {
    CHECK_EQUAL(to_json_string("caf\xE9!"), "\"caf\uFFFD!\"");
    CHECK_EQUAL(to_json_string("\u007f\u0080\u009f\u00a0"), "\"\\u007f\\u0080\\u009f\u00a0\"");
    CHECK_EQUAL(escape_c1("{\"\u009b\":\"\u00a0\u00c2\"}"), "{\"\\u009b\":\"\u00a0\u00c2\"}");
    CHECK_EQUAL(to_json_string("\xED\xA0\x80"), "\"\uFFFD\uFFFD\uFFFD\"");
    CHECK_EQUAL(to_json_string("\xF0\x9F\x98"), "\"\uFFFD\"");
}

void a_json_string_of_any_two_bytes_is_json() {
    for (unsigned first = 0; first < 256; ++first) {
        for (unsigned second = 0; second < 256; ++second) {
            const char bytes[] = {static_cast<char>(first), static_cast<char>(second)};
            CHECK(is_strict_json(to_json_string(std::string_view(bytes, 2)), 0));
        }
    }
}

void append_json_string_keeps_what_was_there() {
    std::string out = "[";
    append_json_string(out, "a");
    CHECK_EQUAL(out, "[\"a\"");
}

const TestGroup group{
    TEST(what_the_grammar_allows_is_json_though_some_decoders_refuse_it),
    TEST(what_other_decoders_let_through_is_no_json),
    TEST(a_text_that_ends_early_is_no_json_wherever_it_is_cut),
    TEST(nesting_is_allowed_up_to_the_limit),
    TEST(nesting_counts_what_is_open_at_once),
    TEST(nesting_costs_no_stack),
    TEST(a_json_string_escapes_what_it_must),
    TEST(what_is_not_utf8_becomes_replacement_characters),
    TEST(a_json_string_of_any_two_bytes_is_json),
    TEST(append_json_string_keeps_what_was_there),
};

} // namespace base_json_test
