// SPDX-License-Identifier: GPL-3.0-or-later
// Copyright (C) 2026 eventsgw contributors

// That guards decide as Redis does is shown in t/diff; here stand their forms, and what has none.

#include "event/step_guard.h"

#include "testing.h"

using namespace eventsgw;
using namespace eventsgw::testing;

namespace event_step_guard_test {

std::string guard_of(std::string_view pattern) {
    const Result<StepPlace> place = locate_step(pattern, true);
    return place ? place->guard : place.error().message;
}

std::string event_of(std::string_view pattern) {
    const Result<StepPlace> place = locate_step(pattern, true);
    return place ? place->event : place.error().message;
}

void the_name_is_what_follows_the_first_event_part() {
    CHECK_EQUAL(event_of("module/*/event/certificate-renew"), "certificate-renew");
    CHECK_EQUAL(event_of("*/event/A.b_c-1"), "A.b_c-1");
    CHECK_EQUAL(event_of("*/\\event/\\x"), "x");
}

void every_source_needs_no_guard() {
    CHECK_EQUAL(guard_of("*/event/x"), "");
    CHECK_EQUAL(guard_of("***/event/x"), "");
}

void one_source_is_compared() {
    CHECK_EQUAL(guard_of("cluster/event/x"), "[ \"$AGENT_EVENT_SOURCE\" = cluster ] || exit 0\n");
    CHECK_EQUAL(guard_of("esac/event/x"), "[ \"$AGENT_EVENT_SOURCE\" = 'esac' ] || exit 0\n");
    CHECK_EQUAL(guard_of("node/\\1/event/x"), "[ \"$AGENT_EVENT_SOURCE\" = node/1 ] || exit 0\n");
}

void stars_are_matched() {
    CHECK_EQUAL(guard_of("module/traefik*/event/x"),
                "case $AGENT_EVENT_SOURCE in\nmodule/traefik*) ;;\n*) exit 0 ;;\nesac\n");
    CHECK_EQUAL(guard_of("**a\\b**/event/x"), "case $AGENT_EVENT_SOURCE in\n*ab*) ;;\n*) exit 0 ;;\nesac\n");
}

std::string bytewise(const std::string& pattern) {
    return "(LC_ALL=C; case $AGENT_EVENT_SOURCE in " + pattern + ") ;; *) exit 1 ;; esac) || exit 0\n";
}

void characters_and_classes_are_matched_byte_by_byte() {
    CHECK_EQUAL(guard_of("node/?/event/x"), bytewise("node/?"));
    CHECK_EQUAL(guard_of("node/[12]/event/x"), bytewise("node/[12]"));
    CHECK_EQUAL(guard_of("node/[9-0a]/event/x"), bytewise("node/[0-9a]"));
    CHECK_EQUAL(guard_of("[^a-c]/event/x"), bytewise("[!abc]"));
    CHECK_EQUAL(guard_of("[\\]-'$a(\\\\]/event/x"), bytewise("[a'(-]$'\\\\\\']"));
    CHECK_EQUAL(guard_of("[^]/event/x"), bytewise("?"));
}

void what_a_directory_cannot_be_asked_has_no_place() {
    for (const char* pattern :
         {"*", "module/*", "*event*", "cluster/x", "*/x", "a?event/x", "a[/]event/x", "a/event[/]x", "[a/event/x"}) {
        CHECK_EQUAL(event_of(pattern), "no /event/ in it, which every event of a directory has");
    }
    for (const char* pattern : {"cluster/event/*", "*/event/a?", "*/event/[ab]", "a/event/*/event/b"}) {
        CHECK_EQUAL(event_of(pattern), "a glob in the event's name, which is a directory's");
    }
    CHECK_EQUAL(event_of("a/event/"), "no handler is run for an event with the name \"\"");
    CHECK_EQUAL(event_of("a/event/.b"), "no handler is run for an event with the name \".b\"");
    CHECK_EQUAL(event_of("a/event/b/event/c"), "no handler is run for an event with the name \"b/event/c\"");
    CHECK_EQUAL(event_of("/event/x"), "no handler is run for an event of the source \"\"");
    CHECK_EQUAL(event_of("a b/event/x"), "no handler is run for an event of the source \"a b\"");
    CHECK_EQUAL(event_of("a//b/event/x"), "no handler is run for an event of the source \"a//b\"");
    CHECK_EQUAL(event_of("a\\*b/event/x"), "no handler is run for an event of the source \"a*b\"");
    CHECK_EQUAL(locate_step("a*/event/x", false).error().message,
                "no handler is run for an event of the source \"a*\"");
    CHECK_EQUAL(event_of("*a\\*b/event/x"), "no handler is run for an event of a source with \"\\\\*\" in it");
    CHECK_EQUAL(event_of("a[]/event/x"), "the class \"[]\" matches no character");
    CHECK_EQUAL(event_of("a[\xC3\xA9]/event/x"), "the class \"[\u00e9]\" has characters that are not ASCII");
    CHECK_EQUAL(event_of(std::string_view("a\0/event/x", 10)), "a NUL, which no variable of a step can hold");
}

const TestGroup group{
    TEST(the_name_is_what_follows_the_first_event_part),
    TEST(every_source_needs_no_guard),
    TEST(one_source_is_compared),
    TEST(stars_are_matched),
    TEST(characters_and_classes_are_matched_byte_by_byte),
    TEST(what_a_directory_cannot_be_asked_has_no_place),
};

} // namespace event_step_guard_test
