// SPDX-License-Identifier: GPL-3.0-or-later
// Copyright (C) 2026 eventsgw contributors

#include "base/uuid.h"

#include "testing.h"

#include <algorithm>
#include <array>
#include <set>

using namespace eventsgw;
using namespace eventsgw::testing;

namespace base_uuid_test {

/// `x` stands for any hexadecimal digit, `v` for one of the variant's.
bool has_form(std::string_view text, std::string_view form) {
    return std::equal(text.begin(), text.end(), form.begin(), form.end(), [](char c, char wanted) {
        const std::string_view allowed = wanted == 'x' ? "0123456789abcdef" : "89ab";
        return wanted == 'x' || wanted == 'v' ? allowed.find(c) != std::string_view::npos : c == wanted;
    });
}

void a_uuid_has_the_form_of_version_4() {
    UuidSource source;
    for (int i = 0; i < 1000; ++i) {
        const std::string uuid = source.make();
        CHECK_EQUAL(uuid + (has_form(uuid, "xxxxxxxx-xxxx-4xxx-vxxx-xxxxxxxxxxxx") ? " fits" : " does not"),
                    uuid + " fits");
    }
}

void no_uuid_comes_twice_from_one_source_or_two() {
    UuidSource one;
    UuidSource other;
    std::set<std::string> seen;
    constexpr std::size_t kCount = 5000; // many times what a source fetches at once
    for (std::size_t i = 0; i < kCount; ++i) {
        seen.insert(one.make());
        seen.insert(other.make());
    }
    CHECK_EQUAL(seen.size(), 2 * kCount);
}

void a_prefix_is_one_of_the_text() {
    UuidSource source;
    for (int i = 0; i < 100; ++i) {
        const Uuid uuid = source.make_bytes();
        const std::string text = to_string(uuid);
        for (std::size_t size = 0; size <= text.size(); ++size) {
            CHECK(has_prefix(uuid, text.substr(0, size)));
            std::string other = text.substr(0, size) + "x";
            CHECK(!has_prefix(uuid, other));
        }
    }
}

void every_free_bit_varies() {
    UuidSource source;
    std::array<std::set<char>, 36> seen;
    for (int i = 0; i < 2000; ++i) {
        const std::string uuid = source.make();
        for (std::size_t k = 0; k < uuid.size(); ++k) {
            seen[k].insert(uuid[k]);
        }
    }
    for (std::size_t k = 0; k < seen.size(); ++k) {
        const bool fixed = k == 8 || k == 13 || k == 14 || k == 18 || k == 23;
        CHECK_EQUAL(seen[k].size(), fixed ? 1U : k == 19 ? 4U : 16U);
    }
}

const TestGroup group{
    TEST(a_uuid_has_the_form_of_version_4),
    TEST(no_uuid_comes_twice_from_one_source_or_two),
    TEST(a_prefix_is_one_of_the_text),
    TEST(every_free_bit_varies),
};

} // namespace base_uuid_test
