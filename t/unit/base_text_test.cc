// SPDX-License-Identifier: GPL-3.0-or-later
// Copyright (C) 2026 eventsgw contributors

#include "base/text.h"

#include "testing.h"

#include <limits>

using namespace eventsgw;
using namespace eventsgw::testing;
using namespace std::chrono_literals;

namespace base_text_test {

std::string shown(const Result<std::chrono::nanoseconds>& duration) {
    return duration ? std::to_string(duration->count()) : duration.error().message;
}

void check_duration(std::string_view text, std::chrono::nanoseconds expected) {
    CHECK_EQUAL(std::string(text) + " " + shown(parse_duration(text)),
                std::string(text) + " " + std::to_string(expected.count()));
}

void trim_takes_ascii_blanks_off_both_ends_only() {
    CHECK_EQUAL(trim(" \t\r\n\f\v a b\v "), "a b");
    CHECK_EQUAL(trim(" \n "), "");
    CHECK_EQUAL(trim(""), "");
    CHECK_EQUAL(trim("\u00a0a"), "\u00a0a");
    CHECK_EQUAL(trim(std::string_view("\0a", 2)), std::string_view("\0a", 2));
}

void to_lower_leaves_all_but_ascii_letters_alone() {
    CHECK_EQUAL(to_lower("Module/X[@Z]"), "module/x[@z]");
    CHECK_EQUAL(to_lower("\u00c9\xff"), "\u00c9\xff");
}

void escape_keeps_printable_text_of_any_script() {
    CHECK_EQUAL(escape("module/mail1 \"=\" \u00e9\u4e2d\U0001f600"), "module/mail1 \"=\" \u00e9\u4e2d\U0001f600");
}

void escape_lets_no_second_log_line_through() {
    CHECK_EQUAL(escape("a\n<0>root: b\r\tc"), "a\\n<0>root: b\\r\\tc");
    CHECK_EQUAL(escape("\v\f\u0085\u2028\u2029"), "\\x0b\\x0c\\xc2\\x85\\xe2\\x80\\xa8\\xe2\\x80\\xa9");
    CHECK_EQUAL(escape(std::string_view("a\0b", 3)), "a\\x00b");
}

void escape_disarms_terminal_sequences() {
    CHECK_EQUAL(escape("\x1b]0;owned\x07\x7f"), "\\x1b]0;owned\\x07\\x7f");
    CHECK_EQUAL(escape("\u0080\u009f~\u00a0"), "\\xc2\\x80\\xc2\\x9f~\u00a0"); // the borders of the controls
    CHECK_EQUAL(escape("\\\xc2\\\n"), "\\\\\\xc2\\\\\\n");
    CHECK_EQUAL(escape_controls("\\\xc2\\\n\u009b"), "\\\\xc2\\\\n\\xc2\\x9b");
    CHECK_EQUAL(escape("\u009b2J"), "\\xc2\\x9b2J"); // the one-character form of ESC [
}

void escape_disarms_every_bidirectional_control() {
    CHECK_EQUAL(escape("\u061c"), "\\xd8\\x9c");
    CHECK_EQUAL(escape("\u200e\u200f"), "\\xe2\\x80\\x8e\\xe2\\x80\\x8f");
    CHECK_EQUAL(escape("\u202a"), "\\xe2\\x80\\xaa");
    CHECK_EQUAL(escape("\u202e"), "\\xe2\\x80\\xae");
    CHECK_EQUAL(escape("\u2066"), "\\xe2\\x81\\xa6");
    CHECK_EQUAL(escape("\u2069"), "\\xe2\\x81\\xa9");
    CHECK_EQUAL(escape("\u2065\u206a"), "\u2065\u206a");
}

void escape_shows_the_bytes_of_what_is_not_utf8() {
    CHECK_EQUAL(escape("\xff"
                       "caf\xe9"),
                "\\xffcaf\\xe9");
    CHECK_EQUAL(escape("\xf0\x9f\x98"), "\\xf0\\x9f\\x98");
}

void escape_cannot_be_imitated_by_its_input() {
    CHECK_EQUAL(escape("a\\n"), "a\\\\n");
    CHECK(escape("\\x1b") != escape("\x1b"));
}

void quote_escapes_the_quotes_inside() {
    CHECK_EQUAL(quote(""), "\"\"");
    CHECK_EQUAL(quote("a\"b\\\n"), "\"a\\\"b\\\\\\n\"");
}

void quote_if_needed_quotes_what_would_look_like_more_fields() {
    CHECK_EQUAL(quote_if_needed("module/mail1/event/x"), "module/mail1/event/x");
    CHECK_EQUAL(quote_if_needed(""), "\"\"");
    CHECK_EQUAL(quote_if_needed("x level=error"), "\"x level=error\"");
    CHECK_EQUAL(quote_if_needed("a=b"), "\"a=b\"");
    CHECK_EQUAL(quote_if_needed("a\"b"), "\"a\\\"b\"");
    CHECK_EQUAL(quote_if_needed("a\tb"), "a\\tb");
}

void shorten_cuts_at_a_code_point_and_says_so() {
    CHECK_EQUAL(shorten("abcdef", 6), "abcdef");
    CHECK_EQUAL(shorten("abcdef", 5), "abcde...");
    CHECK_EQUAL(shorten("ab\u4e2dcd", 4), "ab...");
    CHECK_EQUAL(shorten("ab\u4e2dcd", 5), "ab\u4e2d...");
    CHECK_EQUAL(shorten("\u4e2d", 0), "...");
    CHECK_EQUAL(shorten("\x80\x80", 1), "...");
}

void shorten_keeps_the_beginning_of_what_is_not_utf8() {
    CHECK_EQUAL(shorten(std::string(100, '\x80'), 10), std::string(7, '\x80') + "...");
}

void parse_count_takes_the_whole_range_and_digits_only() {
    CHECK_EQUAL(parse_count("0").value(), 0U);
    CHECK_EQUAL(parse_count("007").value(), 7U);
    CHECK_EQUAL(parse_count("18446744073709551615").value(), std::numeric_limits<std::uint64_t>::max());
    for (const char* bad :
         {"", "-1", "+1", " 1", "1 ", "1.0", "0x10", "1e3", "18446744073709551616", "99999999999999999999"}) {
        CHECK(!parse_count(bad).ok());
    }
}

void parse_size_takes_binary_suffixes() {
    CHECK_EQUAL(parse_size("65536").value(), 65536U);
    CHECK_EQUAL(parse_size("1K").value(), 1024U);
    CHECK_EQUAL(parse_size("256M").value(), std::uint64_t{256} << 20U);
    CHECK_EQUAL(parse_size("1G").value(), std::uint64_t{1} << 30U);
    CHECK_EQUAL(parse_size("17179869183G").value(), std::uint64_t{17179869183} << 30U);
    for (const char* bad : {"", "K", "1KB", "1k", "1T", "-1M", "1.5G", "17179869184G"}) {
        CHECK(!parse_size(bad).ok());
    }
}

void parse_duration_agrees_with_gos_documentation() {
    check_duration("300ms", 300ms);
    check_duration("1.5h", 90min);
    check_duration("2h45m", 165min);
    check_duration("1h10m10s", 4210s);
    check_duration("1h15m30.918s", 4530918ms);
    check_duration("1us", 1us);
    check_duration("1\u00b5s", 1us); // the micro sign
    check_duration("1\u03bcs", 1us); // the Greek letter
    check_duration("1us1ns", 1001ns);
}

void parse_duration_takes_gos_odd_forms() {
    check_duration("0", 0ns);
    check_duration("0s", 0ns);
    check_duration("5.s", 5s);
    check_duration(".5s", 500ms);
    check_duration("10.5s4m", 250500ms);
    check_duration("3ns2ms1s", 1002000003ns);
    check_duration("0.100000000000000000000h", 6min);
}

void parse_duration_is_exact_to_the_nanosecond_as_gos() {
    check_duration("0.29s", 290ms);
    check_duration("1.9ns", 1ns);
    check_duration("52763797000ns", 52763797000ns);
    check_duration("0.3333333333333333333h", 20min);
    check_duration("9007199254740993ns", 9007199254740993ns); // more than a double holds
    check_duration("9223372036854775807ns", std::chrono::nanoseconds::max());
    check_duration("9223372036s854ms775us807ns", std::chrono::nanoseconds::max());
    check_duration("0." + std::string(400, '0') + "1s", 0ns);
}

void parse_duration_refuses_what_go_refuses_and_signs() {
    for (const char* bad : {"",
                            "3",
                            "s",
                            ".",
                            ".s",
                            "1.2.3s",
                            "5 s",
                            " 5s",
                            "5s ",
                            "1d",
                            "1S",
                            "1e3s",
                            "0x1s",
                            "m",
                            "5sm",
                            "5s3",
                            "-5s",
                            "+5s",
                            "-",
                            "9223372036854775808ns",
                            "9223372036854775.808us",
                            "2562047h48m",
                            "99999999999999999999s",
                            "3000000h"}) {
        CHECK_EQUAL(std::string(bad) + (parse_duration(bad) ? " taken" : " refused"), std::string(bad) + " refused");
    }
    CHECK(!parse_duration(std::string(400, '9') + "s").ok());
    CHECK(!parse_duration("0." + std::string(400, '0') + ".1s").ok());
}

void find_nearest_names_the_setting_that_was_meant() {
    const std::vector<std::string_view> names = {"log_level", "max_concurrency", "polling_interval", "queue_limit"};
    CHECK_EQUAL(find_nearest("loglevel", names), "log_level");
    CHECK_EQUAL(find_nearest("max_concurency", names), "max_concurrency");
    CHECK_EQUAL(find_nearest("pollinginterval", names), "polling_interval");
    CHECK_EQUAL(find_nearest("queue_limit", names), "queue_limit");
    CHECK_EQUAL(find_nearest("cat", {"car", "cat", "can"}), "cat");
}

void find_nearest_is_silent_when_nothing_is_near() {
    CHECK_EQUAL(find_nearest("password", {"log_level", "queue_limit"}), "");
    CHECK_EQUAL(find_nearest("log", {"log_level"}), "");
    CHECK_EQUAL(find_nearest("log_level", {"log"}), "");
    CHECK_EQUAL(find_nearest("ab", {"xy"}), "");
    CHECK_EQUAL(find_nearest("", {"xy"}), "");
    CHECK_EQUAL(find_nearest("x", {}), "");
}

void append_hex_writes_two_digits() {
    std::string out = "0x";
    append_hex(out, 0x0f);
    append_hex(out, 0xa0);
    CHECK_EQUAL(out, "0x0fa0");
}

void to_base64_agrees_with_the_rfcs_vectors() {
    CHECK_EQUAL(to_base64(""), "");
    CHECK_EQUAL(to_base64("f"), "Zg==");
    CHECK_EQUAL(to_base64("fo"), "Zm8=");
    CHECK_EQUAL(to_base64("foo"), "Zm9v");
    CHECK_EQUAL(to_base64("foob"), "Zm9vYg==");
    CHECK_EQUAL(to_base64("fooba"), "Zm9vYmE=");
    CHECK_EQUAL(to_base64("foobar"), "Zm9vYmFy");
    CHECK_EQUAL(to_base64(std::string_view("\xff\xef\xbe\0", 4)), "/+++AA==");
}

void counts_have_their_plural() {
    CHECK_EQUAL(format_count(0, "rule"), "0 rules");
    CHECK_EQUAL(format_count(1, "rule"), "1 rule");
    CHECK_EQUAL(format_count(2, "rule"), "2 rules");
}

const TestGroup group{
    TEST(counts_have_their_plural),
    TEST(trim_takes_ascii_blanks_off_both_ends_only),
    TEST(to_lower_leaves_all_but_ascii_letters_alone),
    TEST(escape_keeps_printable_text_of_any_script),
    TEST(escape_lets_no_second_log_line_through),
    TEST(escape_disarms_terminal_sequences),
    TEST(escape_disarms_every_bidirectional_control),
    TEST(escape_shows_the_bytes_of_what_is_not_utf8),
    TEST(escape_cannot_be_imitated_by_its_input),
    TEST(quote_escapes_the_quotes_inside),
    TEST(quote_if_needed_quotes_what_would_look_like_more_fields),
    TEST(shorten_cuts_at_a_code_point_and_says_so),
    TEST(shorten_keeps_the_beginning_of_what_is_not_utf8),
    TEST(parse_count_takes_the_whole_range_and_digits_only),
    TEST(parse_size_takes_binary_suffixes),
    TEST(parse_duration_agrees_with_gos_documentation),
    TEST(parse_duration_takes_gos_odd_forms),
    TEST(parse_duration_is_exact_to_the_nanosecond_as_gos),
    TEST(parse_duration_refuses_what_go_refuses_and_signs),
    TEST(find_nearest_names_the_setting_that_was_meant),
    TEST(find_nearest_is_silent_when_nothing_is_near),
    TEST(append_hex_writes_two_digits),
    TEST(to_base64_agrees_with_the_rfcs_vectors),
};

} // namespace base_text_test
