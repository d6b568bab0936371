// SPDX-License-Identifier: GPL-3.0-or-later
// Copyright (C) 2026 eventsgw contributors

// That the verdicts are Redis's own is tested in t/diff; here stands the language, and what GlobMatch tells.

#include "base/glob.h"

#include "testing.h"

using namespace eventsgw;
using namespace eventsgw::testing;

namespace base_glob_test {

bool matches(std::string_view pattern, std::string_view text) {
    return match_glob(pattern, text).matches;
}

/// "rest of the pattern | rest of the text" at the place where the comparison gave up.
std::string stop(std::string_view pattern, std::string_view text) {
    const GlobMatch match = match_glob(pattern, text);
    CHECK(!match.matches);
    return std::string(pattern.substr(match.pattern_offset)) + " | " + std::string(text.substr(match.text_offset));
}

void the_patterns_of_real_modules_match_their_channels() {
    CHECK(matches("*/event/account-provider-changed", "module/samba1/event/account-provider-changed"));
    CHECK(matches("module/traefik*/event/certificate-renew", "module/traefik12/event/certificate-renew"));
    CHECK(!matches("module/traefik*/event/certificate-renew", "module/traefik1/event/certificate-renewed"));
    CHECK(!matches("*/event/x", "module/a/Event/x"));
    CHECK(matches("cluster/event/acl-changed", "cluster/event/acl-changed"));
}

void a_star_takes_any_number_of_bytes_slashes_and_line_ends_too() {
    CHECK(matches("*", "a/\n\xff"));
    CHECK(matches("a*", "a"));
    CHECK(matches("***a***", "a"));
    CHECK(matches("*a*b*c", "aabbcabc"));
    CHECK(!matches("*a*b*c", "aabbcab"));
    CHECK(matches("*", std::string_view("\0", 1)));
}

void a_question_mark_takes_one_byte() {
    CHECK(matches("a?c", "a/c"));
    CHECK(!matches("a?c", "ac"));
    CHECK(matches("??", "\u00e9"));
    CHECK(!matches("?", "\u00e9"));
}

void a_class_takes_one_byte_of_it() {
    CHECK(matches("[abc]", "b"));
    CHECK(!matches("[abc]", "d"));
    CHECK(!matches("[^abc]", "b"));
    CHECK(matches("[^abc]", "d"));
    for (const char* digit : {"0", "5", "9"}) {
        CHECK(matches("[0-9]", digit));
        CHECK(!matches("[^0-9]", digit));
    }
    CHECK(!matches("[0-9]", "/"));
    CHECK(!matches("[0-9]", ":"));
    CHECK(matches("[9-0]", "5")); // a reversed range is turned round
    CHECK(matches("[\\]]", "]"));
    CHECK(matches("[a\\-z]", "-"));
    CHECK(!matches("[a\\-z]", "b"));
}

void an_unclosed_class_ends_with_the_pattern() {
    CHECK(matches("[ab", "b"));
    CHECK(!matches("[ab", "c"));
    CHECK(matches("[a-c", "b"));
    CHECK(matches("[^", "x"));
    CHECK(!matches("[", "["));
    CHECK(!matches("[]a", "a")); // an empty class, and not one that holds a bracket
}

void a_backslash_takes_the_next_byte_as_it_is() {
    CHECK(matches("a\\*b", "a*b"));
    CHECK(!matches("a\\*b", "axb"));
    CHECK(matches("\\\\", "\\"));
    CHECK(matches("a\\", "a\\"));
}

void only_the_empty_pattern_matches_an_empty_text() {
    CHECK(matches("", ""));
    CHECK(!matches("*", ""));
    CHECK(!matches("", "a"));
}

void is_glob_knows_the_four_characters() {
    for (const char* pattern : {"a*", "?", "x[", "\\"}) {
        CHECK(is_glob(pattern));
    }
    CHECK(!is_glob("module/mail1/event/]^-"));
    CHECK(!is_glob(""));
}

void a_mismatch_tells_where_it_is() {
    CHECK_EQUAL(stop("abc", "abd"), "c | d");
    CHECK_EQUAL(stop("abc", "ab"), "c | ");
    CHECK_EQUAL(stop("abc", "abcd"), " | d");
    CHECK_EQUAL(stop("a[0-9]c", "axc"), "[0-9]c | xc");
    CHECK_EQUAL(stop("a\\*c", "axc"), "\\*c | xc");
    CHECK_EQUAL(stop("abc", ""), "abc | ");
}

void a_mismatch_behind_a_star_tells_how_far_the_best_attempt_came() {
    CHECK_EQUAL(stop("*/event/changed", "module/mail1/event/created"), "hanged | reated");
    CHECK_EQUAL(stop("module/*/event/x", "module/mail1/event/y"), "x | y");
    CHECK_EQUAL(stop("*abc", "xxab"), "c | ");
    CHECK_EQUAL(stop("*ab", "abc"), " | c");
}

void a_mismatch_behind_a_star_that_found_nothing_points_at_its_first_place() {
    CHECK_EQUAL(stop("a*x", "abcd"), "x | bcd");
    CHECK_EQUAL(stop("a*b*x", "a1b2d"), "x | 2d");
    CHECK_EQUAL(stop("*/event/x", "cluster"), "/event/x | cluster");
}

void time_grows_with_the_product_of_the_lengths_and_no_faster() {
    std::string pattern;
    for (int i = 0; i < 500; ++i) {
        pattern += "*a";
    }
    CHECK(!matches(pattern + "b", std::string(20'000, 'a'))); // exponential for a matcher that tries every star anew
}

const TestGroup group{
    TEST(the_patterns_of_real_modules_match_their_channels),
    TEST(a_star_takes_any_number_of_bytes_slashes_and_line_ends_too),
    TEST(a_question_mark_takes_one_byte),
    TEST(a_class_takes_one_byte_of_it),
    TEST(an_unclosed_class_ends_with_the_pattern),
    TEST(a_backslash_takes_the_next_byte_as_it_is),
    TEST(only_the_empty_pattern_matches_an_empty_text),
    TEST(is_glob_knows_the_four_characters),
    TEST(a_mismatch_tells_where_it_is),
    TEST(a_mismatch_behind_a_star_tells_how_far_the_best_attempt_came),
    TEST(a_mismatch_behind_a_star_that_found_nothing_points_at_its_first_place),
    TEST(time_grows_with_the_product_of_the_lengths_and_no_faster),
};

} // namespace base_glob_test
