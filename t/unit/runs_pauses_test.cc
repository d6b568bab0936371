// SPDX-License-Identifier: GPL-3.0-or-later
// Copyright (C) 2026 eventsgw contributors

#include "runs/pauses.h"

#include "testing.h"

using namespace eventsgw;
using namespace eventsgw::testing;
using namespace std::chrono_literals;

namespace runs_pauses_test {

const WallTime kEnd = to_time(1790000000250);

void a_pause_covers_its_key_and_that_of_all_everything() {
    Pauses pauses;
    CHECK(pauses.empty() && !pauses.cover("a"));
    pauses.add("a", std::nullopt);
    CHECK(pauses.cover("a") && !pauses.cover("b") && !pauses.cover("A"));
    pauses.add(Pauses::kAll, std::nullopt);
    CHECK(pauses.cover("a") && pauses.cover("b"));
    CHECK(pauses.remove(Pauses::kAll));
    CHECK(!pauses.remove(Pauses::kAll));
    CHECK(pauses.cover("a") && !pauses.cover("b"));
}

void a_pause_ends_when_its_time_has_come() {
    Pauses pauses;
    CHECK(!pauses.next_end());
    pauses.add("for ever", std::nullopt);
    CHECK(!pauses.next_end());
    pauses.add("late", kEnd + 1s);
    pauses.add("early", kEnd);
    CHECK(pauses.next_end() == kEnd);
    CHECK(!pauses.forget(kEnd - 1us));
    CHECK(pauses.forget(kEnd));
    CHECK(!pauses.cover("early") && pauses.cover("late") && pauses.cover("for ever"));
    CHECK(pauses.next_end() == kEnd + 1s);
    CHECK(pauses.forget(kEnd + 1h));
    CHECK(pauses.cover("for ever"));
}

void the_last_word_about_a_key_counts() {
    Pauses pauses;
    pauses.add("a", kEnd);
    pauses.add("a", std::nullopt);
    CHECK(!pauses.forget(kEnd + 1h) && pauses.cover("a"));
    pauses.add("a", kEnd);
    CHECK(pauses.forget(kEnd) && pauses.empty());
}

void they_survive_as_a_text() {
    Pauses pauses;
    for (const char* key : {"", "a/event/b", "two  blanks", " in front", "behind ", "0", "17 x",
                            "\xc3\xa4\xf0\x9f\x98\x80", "*/event/*", "[a-z]?\\*", "#", "\t"}) {
        pauses.add(key, std::nullopt);
    }
    pauses.add("until then", kEnd);
    const Pauses again(pauses.text());
    CHECK(again.all() == pauses.all());
    CHECK_EQUAL(again.text(), pauses.text());
    CHECK_EQUAL(Pauses().text(), "");
    CHECK(Pauses("").empty());
}

void a_pause_that_ends_at_once_is_not_one_for_ever() {
    Pauses pauses;
    pauses.add("a", to_time(1));
    CHECK(Pauses(pauses.text()).forget(to_time(1)));
}

void what_is_no_such_text_is_ignored() {
    for (const char* text :
         {"\n", "\n\n\n", "a", "x a\n", "-1 a\n", "1e3 a\n", "0", "99999999999999999999999 a\n", " a\n"}) {
        CHECK(Pauses(text).empty());
    }
    const Pauses pauses("x a\n0 b");
    CHECK(pauses.cover("b") && !pauses.cover("a"));
    CHECK(Pauses("0 \n").cover("anything"));
}

/// A time that a damaged file has made up can still be compared.
void a_time_beyond_all_others_is_far_away() {
    Pauses pauses("9223372036854775807 a\n");
    CHECK(!pauses.forget(kEnd) && pauses.cover("a"));
    CHECK(pauses.next_end() > kEnd);
    CHECK(!Pauses("18446744073709551615 a\n").forget(kEnd));
}

const TestGroup group{
    TEST(a_pause_covers_its_key_and_that_of_all_everything),
    TEST(a_pause_ends_when_its_time_has_come),
    TEST(the_last_word_about_a_key_counts),
    TEST(they_survive_as_a_text),
    TEST(a_pause_that_ends_at_once_is_not_one_for_ever),
    TEST(what_is_no_such_text_is_ignored),
    TEST(a_time_beyond_all_others_is_far_away),
};

} // namespace runs_pauses_test
