// SPDX-License-Identifier: GPL-3.0-or-later
// Copyright (C) 2026 eventsgw contributors

#include "event/etiquette.h"

#include "testing.h"

using namespace eventsgw;
using namespace eventsgw::testing;

namespace event_etiquette_test {

void names_are_words_of_small_letters_and_digits() {
    for (const char* name : {"a", "user-domain-changed", "2fa-enabled"}) {
        CHECK(check_event_name(name).ok());
    }
    for (const char* name : {"", "User-changed", "a_b", "a/b", "a b", "a.b", "\xC3\xA9", "a\n"}) {
        CHECK(!check_event_name(name).ok());
    }
    CHECK(!check_event_name(std::string_view("a\0b", 3)).ok());
    CHECK(check_event_name(std::string(255, 'a')).ok());
    CHECK(!check_event_name(std::string(256, 'a')).ok());
}

void the_error_shows_the_name_escaped() {
    CHECK_EQUAL(check_event_name("a\n").error().message,
                "the name of an event is made of a-z, 0-9 and hyphens, unlike \"a\\n\"");
}

void payloads_are_objects() {
    for (const char* payload : {"{}", " {\"a\": [1, 2]}\n", "{\"a\":{\"a\":{}}}"}) {
        CHECK(check_event_payload(payload).ok());
    }
    CHECK_EQUAL(check_event_payload("[]").error().message, "the payload is JSON, but no object: \"[]\"");
    CHECK_EQUAL(check_event_payload("1").error().message, "the payload is JSON, but no object: \"1\"");
    CHECK_EQUAL(check_event_payload("").error().message, "the payload is no JSON: \"\"");
    CHECK_EQUAL(check_event_payload("{'a'}").error().message, "the payload is no JSON: \"{'a'}\"");
    CHECK_EQUAL(check_event_payload("{'pass':1}").error().message, "the payload is no JSON: \"***\"");
}

void known_verbs_have_a_past_tense() {
    CHECK_EQUAL(find_past_tense("certificate-renew"), "renewed");
    CHECK_EQUAL(find_past_tense("stop"), "stopped");
}

void nothing_is_claimed_of_other_words() {
    for (const char* name : {"user-domain-changed", "test", "", "-", "add-", "backup-run", "offer", "stop-all"}) {
        CHECK_EQUAL(find_past_tense(name), "");
    }
}

const TestGroup group{
    TEST(names_are_words_of_small_letters_and_digits),
    TEST(the_error_shows_the_name_escaped),
    TEST(payloads_are_objects),
    TEST(known_verbs_have_a_past_tense),
    TEST(nothing_is_claimed_of_other_words),
};

} // namespace event_etiquette_test
