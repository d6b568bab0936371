// SPDX-License-Identifier: GPL-3.0-or-later
// Copyright (C) 2026 eventsgw contributors

#include "handlers/state_file.h"

#include "directory.h"
#include "testing.h"

using namespace eventsgw;
using namespace eventsgw::testing;

namespace handlers_state_file_test {

using Variables = std::vector<std::string>;

void lines_with_a_sign_are_variables() {
    CHECK(parse_state_file("A=1\nno variable\n\nB=x=y\n=odd\n  C = 3 \nLAST=") ==
          Variables({"A=1", "B=x=y", "=odd", "  C = 3 ", "LAST="}));
    CHECK(parse_state_file("").empty());
}

void a_carriage_return_ends_a_line() {
    CHECK(parse_state_file("A=1\r\nB=2\r") == Variables({"A=1", "B=2"}));
    CHECK(parse_state_file("A=1\r\r\n") == Variables({"A=1\r"}));
}

void a_line_with_a_nul_is_left_out() {
    CHECK(parse_state_file(std::string_view("A=1\0x\nB=2", 9)) == Variables({"B=2"}));
}

void other_bytes_are_kept() {
    CHECK(parse_state_file("A=\xff\t\"'") == Variables({"A=\xff\t\"'"}));
}

void a_file_that_is_not_there_has_none() {
    const Directory directory;
    const auto none = load_state_file(directory / "environment");
    CHECK(none.ok() && none->empty());
    directory.write("environment", "A=1\n");
    const auto some = load_state_file(directory / "environment");
    CHECK(some.ok() && *some == Variables({"A=1"}));
    CHECK(!load_state_file(directory.path()).ok());
}

const TestGroup group{
    TEST(lines_with_a_sign_are_variables),   TEST(a_carriage_return_ends_a_line),
    TEST(a_line_with_a_nul_is_left_out),     TEST(other_bytes_are_kept),
    TEST(a_file_that_is_not_there_has_none),
};

} // namespace handlers_state_file_test
