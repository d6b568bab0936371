// SPDX-License-Identifier: GPL-3.0-or-later
// Copyright (C) 2026 eventsgw contributors

#include "event/shell.h"

#include "testing.h"

using namespace eventsgw;
using namespace eventsgw::testing;

namespace event_shell_test {

void words_are_quoted_where_they_must_be() {
    CHECK_EQUAL(quote_for_shell("module/mail1"), "module/mail1");
    CHECK_EQUAL(quote_for_shell(""), "''");
    CHECK_EQUAL(quote_for_shell("a b"), "'a b'");
    CHECK_EQUAL(quote_for_shell("it's"), "'it'\\''s'");
    CHECK_EQUAL(quote_for_shell("~"), "'~'");
    CHECK_EQUAL(quote_for_shell("a\n$x*"), "'a\n$x*'");
    CHECK_EQUAL(quote_for_shell("\xC3\xA9"), "'\xC3\xA9'");
}

void paths_are_shown_so_that_they_can_be_copied() {
    CHECK_EQUAL(show_for_shell("../events/x/10a"), "../events/x/10a");
    CHECK_EQUAL(show_for_shell("my events"), "'my events'");
    CHECK_EQUAL(show_for_shell("a\\b"), "'a\\b'");
    CHECK_EQUAL(show_for_shell("a\x1b[1m\\"), "'a\\x1b[1m\\\\'");
}

void calls_of_programs_are_plain() {
    for (const char* line : {"acl-load", "/usr/local/bin/acl-load", "systemctl --user reload ldapproxy",
                             "podman exec --env=A=1 mail %i"}) {
        CHECK(is_plain_call(line));
    }
}

void everything_else_is_for_a_shell() {
    for (const char* line : {"", "a; b", "a | b", "a > b", "a $b", "a 'b'", "a\nb", "A=1 b", "exit 3", "cd /tmp",
                             "if a", ". ./a", "-x", "a *", "a ~", "a #b", "! a", "\xC3\xA9"}) {
        CHECK(!is_plain_call(line));
    }
}

const TestGroup group{
    TEST(words_are_quoted_where_they_must_be),
    TEST(paths_are_shown_so_that_they_can_be_copied),
    TEST(calls_of_programs_are_plain),
    TEST(everything_else_is_for_a_shell),
};

} // namespace event_shell_test
