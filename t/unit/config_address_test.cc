// SPDX-License-Identifier: GPL-3.0-or-later
// Copyright (C) 2026 eventsgw contributors

#include "config/address.h"

#include "testing.h"

using namespace eventsgw;
using namespace eventsgw::testing;
using namespace std::string_literals;

namespace config_address_test {

void check_parses(std::string_view text, const Address& expected) {
    const Result<Address> address = parse_address(text);
    CHECK_EQUAL(address ? "" : address.error().message, "");
    CHECK(*address == expected);
    CHECK(parse_address(to_string(*address)).value() == expected);
}

std::string error_of(std::string_view text) {
    const Result<Address> address = parse_address(text);
    return address ? "taken as " + to_string(*address) : address.error().message;
}

void hosts_have_a_port_or_the_usual_one() {
    check_parses("cluster-leader:6379", {"cluster-leader", 6379, ""});
    check_parses("10.5.4.1:1", {"10.5.4.1", 1, ""});
    check_parses("localhost:65535", {"localhost", 65535, ""});
    check_parses("localhost", {"localhost", 6379, ""});
}

void ipv6_addresses_stand_in_brackets() {
    check_parses("[::1]:6380", {"::1", 6380, ""});
    check_parses("[fe80::1%eth0]", {"fe80::1%eth0", 6379, ""});
    CHECK_EQUAL(to_string(Address{"::1", 6380, ""}), "[::1]:6380");
}

void a_slash_makes_a_path() {
    check_parses("/run/redis.sock", {"", 0, "/run/redis.sock"});
    check_parses("./redis.sock", {"", 0, "./redis.sock"});
    check_parses("/a b,c:1", {"", 0, "/a b,c:1"});
    check_parses("/" + std::string(106, 'x'), {"", 0, "/" + std::string(106, 'x')});
    CHECK(parse_address("/x")->is_unix());
    CHECK(!parse_address("x")->is_unix());
}

void bad_ports_are_refused() {
    for (const char* port : {"0", "65536", "18446744073709551617", "-1", "+1", "1x", "", " 1", "0x10"}) {
        const std::string text = "host:"s + port;
        const Result<Address> address = parse_address(text);
        CHECK(!address.ok());
        CHECK(address.error().message.find("\"" + text + "\"") != std::string::npos);
    }
    CHECK_EQUAL(error_of("host:0"), "the port is not a number from 1 to 65535: \"host:0\"");
    CHECK_EQUAL(error_of("[::1]:"), "the port is not a number from 1 to 65535: \"[::1]:\"");
}

void what_may_be_a_password_is_not_repeated() {
    for (const char* text : {"redis://s3cret@host", "user:s3cret@127.0.0.1:1"}) {
        CHECK(error_of(text).find("s3cret") == std::string::npos);
        CHECK(error_of(text).find("(not shown)") != std::string::npos);
    }
}

void what_is_no_address_is_said() {
    CHECK_EQUAL(error_of(""), "the address is empty");
    CHECK_EQUAL(error_of(":6379"), "the host is missing: \":6379\"");
    CHECK_EQUAL(error_of("[]:6379"), "the host is missing: \"[]:6379\"");
    CHECK_EQUAL(error_of("::1"), "an IPv6 address stands in brackets, as in [::1]:6379: \"::1\"");
    CHECK_EQUAL(error_of("fe80::1:6379"), "an IPv6 address stands in brackets, as in [::1]:6379: \"fe80::1:6379\"");
    CHECK_EQUAL(error_of("[::1"), "the closing bracket is missing: \"[::1\"");
    CHECK_EQUAL(error_of("[::1]6379"), "only :port can follow the bracket: \"[::1]6379\"");
    CHECK_EQUAL(error_of("my host:1"), "an address has no blanks or control characters: \"my host:1\"");
    CHECK_EQUAL(error_of("one:1,two:2"), "one address is wanted, and no list of them: \"one:1,two:2\"");
    CHECK_EQUAL(error_of("host\n"), "an address has no blanks or control characters: \"host\\n\"");
    CHECK_EQUAL(error_of("redis://host:6379"),
                "an address is host:port, [v6]:port or the path of a socket, and no URL: \"redis://host:6379\"");
}

void a_path_that_would_be_cut_is_refused() {
    const std::string path = "/" + std::string(107, 'x');
    CHECK_EQUAL(error_of(path), "the path of a unix socket has at most 107 bytes: \"" + path + "\"");
    CHECK_EQUAL(error_of("/a\0b"s), "the path of a unix socket has no NUL: \"/a\\x00b\"");
}

const TestGroup group{
    TEST(hosts_have_a_port_or_the_usual_one),
    TEST(ipv6_addresses_stand_in_brackets),
    TEST(a_slash_makes_a_path),
    TEST(bad_ports_are_refused),
    TEST(what_may_be_a_password_is_not_repeated),
    TEST(what_is_no_address_is_said),
    TEST(a_path_that_would_be_cut_is_refused),
};

} // namespace config_address_test
