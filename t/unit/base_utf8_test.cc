// SPDX-License-Identifier: GPL-3.0-or-later
// Copyright (C) 2026 eventsgw contributors

#include "base/utf8.h"

#include "testing.h"

#include <vector>

using namespace eventsgw;
using namespace eventsgw::testing;

namespace base_utf8_test {

/// The lengths of the steps through `bytes`; an ill-formed one is negative.
std::string walk(std::string_view bytes) {
    std::string steps;
    for (std::size_t i = 0; i < bytes.size();) {
        const Utf8Step step = read_utf8(bytes, i);
        steps += (steps.empty() ? "" : " ") + std::string(step.valid ? "" : "-") + std::to_string(step.length);
        i += step.length;
    }
    return steps;
}

std::string encode(char32_t c) {
    const auto tail = [c](unsigned shift) { return static_cast<char>(0x80U | (c >> shift & 0x3FU)); };
    if (c < 0x80) {
        return {static_cast<char>(c)};
    }
    if (c < 0x800) {
        return {static_cast<char>(0xC0U | c >> 6U), tail(0)};
    }
    if (c < 0x10000) {
        return {static_cast<char>(0xE0U | c >> 12U), tail(6), tail(0)};
    }
    return {static_cast<char>(0xF0U | c >> 18U), tail(12), tail(6), tail(0)};
}

void every_code_point_is_read_as_itself_and_no_surrogate_is() {
    for (char32_t c = 0; c <= 0x10FFFF; ++c) {
        const std::string bytes = encode(c);
        const Utf8Step step = read_utf8(bytes, 0);
        const bool surrogate = c >= 0xD800 && c <= 0xDFFF;
        CHECK_EQUAL(step.valid, !surrogate);
        CHECK_EQUAL(static_cast<std::uint32_t>(step.code_point), static_cast<std::uint32_t>(surrogate ? 0xFFFD : c));
        CHECK_EQUAL(step.length, surrogate ? 1 : bytes.size());
    }
}

void overlong_forms_and_too_large_code_points_are_ill_formed() {
    CHECK_EQUAL(walk("\xC0\xAF"), "-1 -1");
    CHECK_EQUAL(walk("\xC1\xBF"), "-1 -1");
    CHECK_EQUAL(walk("\xE0\x9F\xBF"), "-1 -1 -1");
    CHECK_EQUAL(walk("\xF0\x8F\xBF\xBF"), "-1 -1 -1 -1");
    CHECK_EQUAL(walk("\xF4\x90\x80\x80"), "-1 -1 -1 -1");
    CHECK_EQUAL(walk("\xF5\x80\x80\x80"), "-1 -1 -1 -1");
    CHECK_EQUAL(walk("\xF8\xFE\xFF"), "-1 -1 -1");
}

/// The example of the Unicode standard's section 3.9 on the substitution of maximal subparts.
void an_ill_formed_part_is_as_long_as_unicode_says() {
    CHECK_EQUAL(walk("a\xF1\x80\x80\xE1\x80\xC2"
                     "b\x80"
                     "c\x80\xBF"
                     "d"),
                "1 -3 -2 -1 1 -1 1 -1 -1 1");
}

void a_cut_sequence_ends_with_the_bytes() {
    CHECK_EQUAL(walk("\xF0\x9F\x98"), "-3");
    CHECK_EQUAL(walk("\xF0\x9F"), "-2");
    CHECK_EQUAL(walk("\xE2"), "-1");
    CHECK_EQUAL(walk(std::string_view("\xF0\x9F\x98\x80", 2)), "-2"); // though more follows in memory
}

void the_first_invalid_byte_is_found() {
    CHECK_EQUAL(find_invalid_utf8("caf\xC3\xA9 \xF0\x9F\x98\x80"), std::string_view::npos);
    CHECK_EQUAL(find_invalid_utf8(""), std::string_view::npos);
    CHECK_EQUAL(find_invalid_utf8("caf\xE9"), 3U);
    CHECK_EQUAL(find_invalid_utf8("\xC3\xA9\xC3"), 2U);
    CHECK(is_valid_utf8(std::string_view("a\0b", 3)));
    CHECK(!is_valid_utf8("\xED\xA0\x80"));
    CHECK(!is_valid_utf8("\x80"));
}

const TestGroup group{
    TEST(every_code_point_is_read_as_itself_and_no_surrogate_is),
    TEST(overlong_forms_and_too_large_code_points_are_ill_formed),
    TEST(an_ill_formed_part_is_as_long_as_unicode_says),
    TEST(a_cut_sequence_ends_with_the_bytes),
    TEST(the_first_invalid_byte_is_found),
};

} // namespace base_utf8_test
