// SPDX-License-Identifier: GPL-3.0-or-later
// Copyright (C) 2026 eventsgw contributors

#include "base/percent.h"

#include "testing.h"

#include <string>

using namespace eventsgw;
using namespace eventsgw::testing;
using namespace std::string_literals;

namespace base_percent_test {

void only_what_needs_it_is_encoded() {
    CHECK_EQUAL(percent_encode("aZ09-._~"), "aZ09-._~");
    CHECK_EQUAL(percent_encode("module/+/event/*?%"), "module%2f%2b%2fevent%2f%2a%3f%25");
    CHECK_EQUAL(percent_encode("\0\n\xff"s), "%00%0a%ff");
}

void every_byte_returns() {
    std::string all;
    for (int byte = 0; byte < 256; ++byte) {
        all += static_cast<char>(byte);
    }
    CHECK_EQUAL(percent_decode(percent_encode(all)).value(), all);
    CHECK_EQUAL(percent_decode("%2F%2f").value(), "//");
}

void what_is_cut_short_is_an_error() {
    for (const char* text : {"%", "a%2", "%2g", "%g2", "%-1", "% 1", "%%25"}) {
        CHECK(!percent_decode(text));
    }
}

const TestGroup group{TEST(only_what_needs_it_is_encoded), TEST(every_byte_returns),
                      TEST(what_is_cut_short_is_an_error)};

} // namespace base_percent_test
