// SPDX-License-Identifier: GPL-3.0-or-later
// Copyright (C) 2026 eventsgw contributors

#include "base/json_mask.h"

#include "testing.h"

using namespace eventsgw;
using namespace eventsgw::testing;

namespace base_json_mask_test {

std::string mask(std::string_view text) {
    return mask_secrets(text).value_or("no JSON");
}

void names_are_secret_by_their_end() {
    for (const char* name : {"password", "admin_password", "client-secret", "token", "api_key", "APIKey", "bindpass",
                             "session_id", "Session_ID"}) {
        CHECK(is_secret_name(name));
    }
    for (const char* name : {"", "passwords", "keys", "node_id", "session", "keyboard", "passport"}) {
        CHECK(!is_secret_name(name));
    }
}

void values_of_every_type_are_masked() {
    CHECK_EQUAL(mask(R"({"password":"a\"b","n":1})"), R"({"password":"***","n":1})");
    CHECK_EQUAL(mask(R"({"key":1.5e+3})"), R"({"key":"***"})");
    CHECK_EQUAL(mask(R"({"key":null,"token":true})"), R"({"key":"***","token":"***"})");
    CHECK_EQUAL(mask(R"({"key":{"a":[1,"}"]},"b":2})"), R"({"key":"***","b":2})");
    CHECK_EQUAL(mask(R"({"key":["]",{}],"b":2})"), R"({"key":"***","b":2})");
    CHECK_EQUAL(mask(R"({"key":[],"b":{}})"), R"({"key":"***","b":{}})");
}

void every_other_byte_is_kept() {
    const char* text = " {\"a\" : 1.10 ,\r\n\"b\":[\"password\",\"key\"], \"c\":\"\\\"key\\\":1\"}\t";
    CHECK_EQUAL(mask(text), text);
    CHECK_EQUAL(mask("{ \"key\" :\n \"x\" , \"b\" : 2 } "), "{ \"key\" :\n \"***\" , \"b\" : 2 } ");
    CHECK_EQUAL(mask("\"password\""), "\"password\"");
    CHECK_EQUAL(mask("12"), "12");
}

void secrets_are_found_at_any_depth() {
    CHECK_EQUAL(mask(R"([{"a":{"b":[{"x_token":"y"}]}}])"), R"([{"a":{"b":[{"x_token":"***"}]}}])");
    const std::string open(100'000, '[');
    const std::string close(100'000, ']');
    CHECK_EQUAL(mask(open + R"({"key":1})" + close), open + R"({"key":"***"})" + close);
}

void an_escaped_name_is_the_name() {
    CHECK_EQUAL(mask(R"({"pass\u0077ord":1})"), R"({"pass\u0077ord":"***"})");
    CHECK_EQUAL(mask(R"({"\u006B\u0065y":1})"), R"({"\u006B\u0065y":"***"})");
    CHECK_EQUAL(mask(R"({"\nkey":1,"\\key":2})"), R"({"\nkey":"***","\\key":"***"})");
    CHECK_EQUAL(mask(R"({"ke\n":1,"\u1234":2})"), R"({"ke\n":1,"\u1234":2})");
}

void what_is_no_json_is_not_masked() {
    for (const char* text : {"", "password=1", "{\"key\":1", "{'key':1}"}) {
        CHECK(!mask_secrets(text).has_value());
    }
}

void json_in_a_string_is_looked_into() {
    CHECK_EQUAL(mask(R"({"data":"{\"password\":\"x\"}","b":"{}"})"), R"({"data":"***","b":"{}"})");
    CHECK_EQUAL(mask(R"(["\n [{\"n\":1,\"Key\":2}]"])"), R"(["***"])");
    CHECK_EQUAL(mask(R"("\u007b\"p\\u0061ss\":1}")"), R"("***")");
    CHECK_EQUAL(mask(R"("\"{\\\"token\\\":1}\"")"), R"("***")");
    CHECK_EQUAL(mask(R"({"a":"sent {\"token\":1}","b":"\ufeff{\"key\":1}","c":"key {"})"),
                R"({"a":"***","b":"***","c":"***"})");
    for (const char* text : {R"({"a":"the password was changed"})", R"(["{\"a\":1}","key (","https://keycloak/"])"}) {
        CHECK_EQUAL(mask(text), text);
    }
}

void what_is_no_json_is_hidden_if_it_may_tell_a_secret() {
    for (const char* text : {"password=1", "{'key':1}", "{\"key\":1", "PassWord: x", "session_id 7",
                             "{\"p\\u0061ss\":NaN}", "'{\\\"p\\\\u0061ss\\\"", "{'t\\x6Fken':1}", "a=1&t%6fken=x",
                             "\xef\xbb\xbf{\"secret\":1}", "to\xffken=1", "{\"password\":\"x\"} {}"}) {
        CHECK_EQUAL(hide_secrets(text), "***");
    }
    CHECK_EQUAL(hide_secrets(std::string_view("k\0e\0y\0=\0", 8)), "***");
    for (const char* text : {"", "cluster/acls", "\\", "\\u", "\\u006", "%", "%6", "ke", "{'user':'ann'}"}) {
        CHECK_EQUAL(hide_secrets(text), text);
    }
}

const TestGroup group{
    TEST(names_are_secret_by_their_end),   TEST(values_of_every_type_are_masked),
    TEST(every_other_byte_is_kept),        TEST(secrets_are_found_at_any_depth),
    TEST(an_escaped_name_is_the_name),     TEST(what_is_no_json_is_not_masked),
    TEST(json_in_a_string_is_looked_into), TEST(what_is_no_json_is_hidden_if_it_may_tell_a_secret),
};

} // namespace base_json_mask_test
