// SPDX-License-Identifier: GPL-3.0-or-later
// Copyright (C) 2026 eventsgw contributors

#include "config/ini.h"

#include "config/ini_interpolation.h"
#include "config/ini_wire.h"
#include "config/python_text.h"

#include "testing.h"

#include <algorithm>

using namespace eventsgw;
using namespace eventsgw::testing;
using namespace std::string_literals;

namespace config_ini_test {

std::string describe(const std::vector<Problem>& problems) {
    std::string text;
    for (const Problem& problem : problems) {
        text += format_problem("", problem).substr(1) + "\n";
    }
    return text;
}

const IniSection& find_section(const IniDocument& document, std::string_view name) {
    for (const IniSection& section : document.sections) {
        if (section.name == name) {
            return section;
        }
    }
    return document.defaults;
}

/// The items of [s] as "key=value" in brackets, or the errors of the file; "!" stands for a value that is an error.
std::string items_of_s(std::string_view bytes) {
    const IniDocument document = parse_ini(bytes);
    if (!document.errors.empty()) {
        return describe(document.errors);
    }
    IniInterpolation interpolation(document);
    const IniSection& section = find_section(document, "s");
    std::string text;
    for (const IniEntry* entry : merge_defaults(document, section)) {
        const Result<std::string> value = interpolation.expand(section, *entry);
        text += "(" + entry->key + "=" + (value ? *value : "!") + ")";
    }
    return text;
}

std::string error_of_first_item(std::string_view bytes) {
    const IniDocument document = parse_ini(bytes);
    IniInterpolation interpolation(document);
    const IniSection& section = document.sections.at(0);
    const Result<std::string> value = interpolation.expand(section, section.entries.at(0));
    return value ? "no error" : value.error().message;
}

void only_the_equals_sign_separates_key_and_value() {
    CHECK_EQUAL(items_of_s("[s]\na:b = c:d = e \n"), "(a:b=c:d = e)");
    CHECK_EQUAL(items_of_s("[s]\nx=\ny = \n"), "(x=)(y=)");
}

void comments_are_whole_lines() {
    CHECK_EQUAL(items_of_s("# [x]\n; c\n[s]\n  # a = b\nx = a ; b # c\n"), "(x=a ; b # c)");
}

void deeper_lines_continue_a_value() {
    CHECK_EQUAL(items_of_s("[s]\nx = a\n  b\n\n\t; comment\n c = d\n\n\n"), "(x=a\nb\n\nc = d)");
    CHECK_EQUAL(items_of_s("[s]\n x = a\n y = b\n  c\n[z]\n"), "(x=a)(y=b\nc)");
    CHECK_EQUAL(items_of_s("[s]\nx =\n a\n"), "(x=\na)");
}

void indentation_is_counted_in_characters() {
    CHECK_EQUAL(items_of_s("[s]\n\u3000x = a\n  b\n"), "(x=a\nb)");
    CHECK_EQUAL(items_of_s("[s]\n\u3000x = a\n y = b\n"), "(x=a)(y=b)");
}

void unicode_blanks_are_blanks() {
    CHECK_EQUAL(items_of_s("[s]\n\u00a0\u3000\n\u00a0# no key\nx\u2003=\u0085a\u00a0b\x1c\n"), "(x=a\u00a0b)");
    CHECK_EQUAL(items_of_s("[s]\n\u200bx = \ufeff\n"), "(\u200bx=\ufeff)");
}

void all_line_ends_are_line_ends() {
    CHECK_EQUAL(items_of_s("[s]\rx = a\r\n\r y = b\ny = \vc\f"), "(x=a\n\ny = b)(y=c)");
    CHECK_EQUAL(items_of_s("[s]\nx = a\u2028b\x1c"
                           "c\n"),
                "(x=a\u2028b\x1c"
                "c)");
}

void a_nul_is_a_character() {
    CHECK_EQUAL(items_of_s("[s]\nx\0y = a\0b\n\0 = \0\n"s), "(x\0y=a\0b)(\0=\0)"s);
}

void names_and_values_have_no_limit() {
    const std::string key(5000, 'k');
    const std::string value = std::string(1000000, 'v') + "; %%";
    const std::string section(300, 's');
    const IniDocument document = parse_ini("[" + section + "]\n" + key + " = " + value + "\n" + key + "2 = \n");
    CHECK_EQUAL(document.sections.at(0).name, section);
    CHECK_EQUAL(document.sections.at(0).entries.at(0).key, key);
    CHECK_EQUAL(document.sections.at(0).entries.at(0).value, value);
    CHECK_EQUAL(document.sections.at(0).entries.at(1).key, key + "2");
}

void a_sections_name_ends_at_the_last_bracket() {
    const IniDocument document = parse_ini("[a]b] x\n[ c ;d]\n[[]\n[e]]f = g\n");
    CHECK_EQUAL(describe(document.errors), "");
    CHECK_EQUAL(document.sections.at(0).name, "a]b");
    CHECK_EQUAL(document.sections.at(1).name, " c ;d");
    CHECK_EQUAL(document.sections.at(2).name, "[");
    CHECK_EQUAL(document.sections.at(3).name, "e]");
    CHECK_EQUAL(describe(document.warnings),
                "1: the text after the section's \"]\" is ignored: \"x\"\n"
                "4: the text after the section's \"]\" is ignored: \"f = g\"; a key cannot begin with \"[\"\n");
}

void an_empty_section_header_is_no_header() {
    CHECK_EQUAL(items_of_s("[s]\n[] = x\n[y = z\n"), "([]=x)([y=z)");
}

void all_errors_are_told_with_their_lines() {
    CHECK_EQUAL(items_of_s("a = b\nc = d\n[s]\nno sign\nx = 1\n= 2\nx = 3\nX = 4\n[s]\n[]\ny\xe9 = 5\n"),
                "1: no [section] begins before this line: \"a = b\"\n"
                "4: no \"=\" in this line: \"no sign\"\n"
                "6: no key before the \"=\": \"= 2\"\n"
                "7: key \"x\" is given twice, first at line 5\n"
                "9: section \"s\" is given twice, first at line 3\n"
                "10: no \"=\" in this line: \"[]\"\n"
                "11: not UTF-8: byte 0xe9 at column 2\n");
}

void a_byte_order_mark_is_an_error_of_its_own() {
    CHECK_EQUAL(items_of_s("\ufeff[s]\nx = 1\nx = 2\n"),
                "1: the file begins with a byte order mark; save it as UTF-8 without one\n"
                "3: key \"x\" is given twice, first at line 2\n");
}

void reading_stops_where_errors_are_too_many() {
    std::string text = "[s]\n";
    for (int i = 0; i < 5000; ++i) {
        text += "x\n";
    }
    const IniDocument document = parse_ini(text);
    CHECK_EQUAL(document.errors.size(), 1001U);
    CHECK_EQUAL(document.errors.back().message, "too many errors; the file is not read from here on");
    CHECK_EQUAL(document.errors.back().line, 1002U);
}

void keys_keep_their_case() {
    CHECK_EQUAL(items_of_s("[s]\nx = 1\nX = 2\n"), "(x=1)(X=2)");
    CHECK_EQUAL(items_of_s("[s]\n\u00e9 = 1\n\u00c9 = 2\n"), "(\u00e9=1)(\u00c9=2)");
}

void defaults_come_first_and_are_replaced_in_their_place() {
    CHECK_EQUAL(items_of_s("[DEFAULT]\na = 1\nB = 2\n[s]\nc = 3\nb = 4\n[DEFAULT]\nd = 5\n"), "(a=1)(b=4)(d=5)(c=3)");
    CHECK_EQUAL(items_of_s("[DEFAULT]\nA = 1\na = 2\nb = 3\n[s]\na = 4\nA = 5\n"), "(a=4)(A=5)(b=3)");
    CHECK_EQUAL(items_of_s("[DEFAULT]\na = 1\n[DEFAULT]\na = 2\n"), "4: key \"a\" is given twice, first at line 2\n");
    CHECK_EQUAL(items_of_s("[DEFAULT]\na = %(b)s\nb = 1\n[s]\nb = 2\n"), "(a=2)(b=2)");
}

void references_are_replaced() {
    CHECK_EQUAL(items_of_s("[DEFAULT]\nd = D\n[s]\na = 100%% %(b)s %(d)s%%(b)s\nb = (%(c)s)\nc = C\n"),
                "(d=D)(a=100% (C) D%(b)s)(b=(C))(c=C)");
    CHECK_EQUAL(items_of_s("[s]\na = %(b\n c)s\n"), "(a=!)");
}

void a_reference_prefers_its_own_case_and_its_own_section() {
    CHECK_EQUAL(items_of_s("[s]\nx = 1\nX = 2\na = %(x)s%(X)s\n"), "(x=1)(X=2)(a=12)");
    CHECK_EQUAL(items_of_s("[DEFAULT]\nx = 1\n[s]\nX = 2\na = %(x)s\n"), "(X=2)(a=2)");
    CHECK_EQUAL(items_of_s("[DEFAULT]\nLong = 1\n[s]\na = %(lONG)s\n"), "(Long=1)(a=1)");
}

void bad_references_say_what_is_wrong() {
    CHECK_EQUAL(error_of_first_item("[s]\na = 5% off\n"),
                "the value of \"a\": a percent sign is written %%; for \"%\" write \"%%\"");
    CHECK_EQUAL(error_of_first_item("[s]\na = date +%F%T\n"),
                "the value of \"a\": a percent sign is written %%; for \"%F\" write \"%%F\"");
    CHECK_EQUAL(error_of_first_item("[s]\na = %(b\n"), "the value of \"a\": a reference is written %(name)s: \"%(b\"");
    CHECK_EQUAL(error_of_first_item("[s]\na = %()s\n"),
                "the value of \"a\": a reference is written %(name)s: \"%()s\"");
    CHECK_EQUAL(error_of_first_item("[s]\na = %(b)d\n"),
                "the value of \"a\": a reference is written %(name)s: \"%(b)d\"");
    CHECK_EQUAL(error_of_first_item("[s]\na = %(b)s\n"),
                "the value of \"a\": %(name)s refers to no key of its section or of [DEFAULT]: \"b\"");
    CHECK_EQUAL(error_of_first_item("[s]\na = %(b)s\nb = %(a)s\n"),
                "the value of \"a\": its references are nested more than 10 deep, or form a circle");
}

std::string make_chain(int length) {
    std::string text = "[s]\n";
    for (int i = 0; i < length; ++i) {
        text += "k" + std::to_string(i) + " = %(k" + std::to_string(i + 1) + ")s\n";
    }
    return text + "k" + std::to_string(length) + " = end\n";
}

void references_go_ten_levels_deep() {
    CHECK_EQUAL(error_of_first_item(make_chain(10)), "no error");
    CHECK_EQUAL(error_of_first_item(make_chain(11)),
                "the value of \"k0\": its references are nested more than 10 deep, or form a circle");
}

void references_cannot_fill_the_memory() {
    std::string text = "[s]\na0 = %(a1)s\n";
    for (int i = 1; i < 10; ++i) {
        text += "a" + std::to_string(i) + " =";
        for (int k = 0; k < 50; ++k) {
            text += " %(a" + std::to_string(i + 1) + ")s";
        }
        text += "\n";
    }
    CHECK_EQUAL(error_of_first_item(text + "a10 = laugh\n"),
                "the value of \"a0\": the references of this file make too much text");
}

void the_wire_carries_all_bytes_in_pieces() {
    std::string all;
    for (int byte = 0; byte < 256; ++byte) {
        all += static_cast<char>(byte);
    }
    for (std::size_t size = 3; size < 20; ++size) {
        std::string_view rest = all;
        std::string arrived;
        while (!rest.empty()) {
            const std::string piece = take_encoded(rest, size);
            CHECK(!piece.empty() && piece.size() <= size);
            CHECK(piece.find_first_of("[]=:;#!'\" \t\r\n\\+>") == std::string::npos);
            arrived += decode(piece);
        }
        CHECK_EQUAL(arrived, all);
    }
}

void blanks_and_controls_are_found_in_names() {
    for (const char* name : {"a b", "a\tb", "\n", "\x7f", "a\u00a0", "\u0085", "\u3000", "\xff", "a\xc3"}) {
        CHECK(has_blank_or_control(name));
    }
    for (const char* name : {"", "renew-certificate", "\u00e9\u4e2d", "a/b:c"}) {
        CHECK(!has_blank_or_control(name));
    }
}

const TestGroup group{
    TEST(only_the_equals_sign_separates_key_and_value),
    TEST(comments_are_whole_lines),
    TEST(deeper_lines_continue_a_value),
    TEST(indentation_is_counted_in_characters),
    TEST(unicode_blanks_are_blanks),
    TEST(all_line_ends_are_line_ends),
    TEST(a_nul_is_a_character),
    TEST(names_and_values_have_no_limit),
    TEST(a_sections_name_ends_at_the_last_bracket),
    TEST(an_empty_section_header_is_no_header),
    TEST(all_errors_are_told_with_their_lines),
    TEST(a_byte_order_mark_is_an_error_of_its_own),
    TEST(reading_stops_where_errors_are_too_many),
    TEST(keys_keep_their_case),
    TEST(defaults_come_first_and_are_replaced_in_their_place),
    TEST(references_are_replaced),
    TEST(a_reference_prefers_its_own_case_and_its_own_section),
    TEST(bad_references_say_what_is_wrong),
    TEST(references_go_ten_levels_deep),
    TEST(references_cannot_fill_the_memory),
    TEST(the_wire_carries_all_bytes_in_pieces),
    TEST(blanks_and_controls_are_found_in_names),
};

} // namespace config_ini_test
