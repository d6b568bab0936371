// SPDX-License-Identifier: GPL-3.0-or-later
// Copyright (C) 2026 eventsgw contributors

#include "event/event.h"

#include "testing.h"

#include <string>

using namespace eventsgw;
using namespace eventsgw::testing;

namespace event_event_test {

void a_channel_is_split_at_its_first_separator() {
    const auto parts = split_channel("module/a/event/b/event/c");
    CHECK(parts.has_value());
    CHECK_EQUAL(parts->source, "module/a");
    CHECK_EQUAL(parts->name, "b/event/c");
    const auto empty = split_channel("/event/");
    CHECK(empty.has_value() && empty->source.empty() && empty->name.empty());
    CHECK(!split_channel("module/a/events/b").has_value());
    CHECK(!split_channel("").has_value());
}

void names_are_of_these_characters() {
    for (const char* name : {"a", "certificate-renew", "A.b_c-9", "0", "-", "_", "a.", "a..b"}) {
        CHECK(is_valid_name(name));
        CHECK(is_valid_source(name));
    }
    for (int byte = 0; byte < 256; ++byte) {
        const char c = static_cast<char>(byte);
        const bool is_good = (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '.' ||
                             c == '_' || c == '-';
        CHECK_EQUAL(is_valid_name(std::string("a") + c), is_good);
    }
}

void names_have_no_dot_in_front() {
    for (const char* name : {"", ".", "..", ".a"}) {
        CHECK(!is_valid_name(name));
        CHECK(!is_valid_source(name));
    }
}

void names_have_at_most_255_bytes() {
    CHECK(is_valid_name(std::string(255, 'a')));
    CHECK(!is_valid_name(std::string(256, 'a')));
    CHECK(is_valid_source(std::string(255, 'a') + "/" + std::string(255, 'a')));
    CHECK(!is_valid_source("a/" + std::string(256, 'a')));
}

void sources_have_parts() {
    for (const char* source : {"cluster", "node/1", "module/samba1", "a/b/c"}) {
        CHECK(is_valid_source(source));
    }
    for (const char* source : {"/", "/a", "a/", "a//b", "module/..", "./a", "a/.b", "a/b c"}) {
        CHECK(!is_valid_source(source));
    }
}

const TestGroup group{
    TEST(a_channel_is_split_at_its_first_separator),
    TEST(names_are_of_these_characters),
    TEST(names_have_no_dot_in_front),
    TEST(names_have_at_most_255_bytes),
    TEST(sources_have_parts),
};

} // namespace event_event_test
