// SPDX-License-Identifier: GPL-3.0-or-later
// Copyright (C) 2026 eventsgw contributors

#include "handlers/trust.h"

#include "directory.h"
#include "testing.h"

#include <filesystem>

#include <unistd.h>

using namespace eventsgw;
using namespace eventsgw::testing;

namespace handlers_trust_test {

/// What find_intruder() says of base/a/b/step, where each test opens something.
struct Fixture {
    Fixture() { base.write("a/b/step", "", 0755); }

    std::string find(const std::string& name = "a/b/step", uid_t user = ::geteuid()) const {
        return find_intruder(base / name, user).value_or("");
    }
    void set_mode(const std::string& name, mode_t mode) const { CHECK(::chmod((base / name).c_str(), mode) == 0); }
    void link(const std::string& target, const std::string& name) const {
        std::filesystem::create_symlink(target, base / name);
    }
    bool blames(const std::string& found, const std::string& name) const {
        return found.rfind((base / name) + " ", 0) == 0;
    }

    Directory base;
};

void a_closed_path_is_in_order() {
    const Fixture f;
    CHECK_EQUAL(f.find(), "");
    CHECK_EQUAL(find_intruder("/", ::geteuid()).value_or(""), "");
}

void each_component_must_be_closed_to_group_and_others() {
    for (const char* name : {"a/b/step", "a/b", "a", ""}) {
        for (const mode_t mode : {0775U, 0757U, 0777U, 04777U}) {
            const Fixture f;
            f.set_mode(name, mode);
            const std::string path = std::string(name).empty() ? f.base.path() : f.base / name;
            CHECK(f.find().rfind(path + " is writable by ", 0) == 0);
        }
    }
}

void the_message_names_mode_and_group() {
    const Fixture f;
    f.set_mode("a/b", 0775);
    CHECK_EQUAL(f.find(),
                (f.base / "a/b") + " is writable by its group (mode 0775, group " + std::to_string(::getegid()) + ")");
}

void a_sticky_directory_may_be_open_but_not_a_sticky_file() {
    const Fixture f;
    f.set_mode("a", 01777);
    CHECK_EQUAL(f.find(), "");
    f.set_mode("a/b/step", 01777);
    CHECK(f.blames(f.find(), "a/b/step"));
}

void everything_must_belong_to_root_or_the_user() {
    if (::geteuid() != 0) {
        const Fixture f;
        CHECK(!f.find("a/b/step", ::geteuid() + 1).empty());
        return;
    }
    const Fixture f;
    CHECK(::chown((f.base / "a/b").c_str(), 54321, 0) == 0);
    CHECK_EQUAL(f.find("a/b/step", 54321), "");
    CHECK_EQUAL(f.find("a/b/step", 54322), (f.base / "a/b") + " belongs to user 54321 (mode 0755)");
    CHECK(::chown((f.base / "a/b").c_str(), 0, 0) == 0);
    CHECK(::chmod((f.base / "a").c_str(), 01777) == 0);
    f.link("b/step", "a/link");
    CHECK(::lchown((f.base / "a/link").c_str(), 54321, 0) == 0);
    CHECK(f.blames(f.find("a/link", 0), "a/link"));
}

void links_are_followed_to_where_they_lead() {
    const Fixture f;
    f.base.write("open/step", "", 0755);
    f.set_mode("open", 0777);
    f.link("../../open/step", "a/b/relative");
    f.link(f.base / "open/step", "a/b/absolute");
    f.link(f.base / "open", "a/directory");
    f.link("relative", "a/b/twice");
    for (const char* name : {"a/b/relative", "a/b/absolute", "a/directory/step", "a/b/twice"}) {
        CHECK(f.blames(f.find(name), "open"));
    }
    f.set_mode("open", 0755);
    for (const char* name : {"a/b/relative", "a/b/absolute", "a/directory/step", "a/b/twice"}) {
        CHECK_EQUAL(f.find(name), "");
    }
}

void the_directory_of_a_link_on_the_way_counts() {
    const Fixture f;
    f.base.write("open/x", "");
    f.link(f.base / "a/b/step", "open/middle");
    f.link(f.base / "open/middle", "a/first");
    f.set_mode("open", 0777);
    CHECK(f.blames(f.find("a/first"), "open"));
}

void dots_lead_where_the_kernel_goes() {
    const Fixture f;
    f.base.write("x/y/step", "", 0755);
    f.set_mode("x", 0777);
    f.link(f.base / "x/y", "a/link");
    CHECK(f.blames(f.find("a/link/../y/step"), "x"));
    CHECK_EQUAL(f.find("a/./b//step"), "");
    CHECK_EQUAL(f.find("a/b/../b/step"), "");
}

void a_circle_of_links_and_what_is_not_there_are_faults() {
    const Fixture f;
    f.link("two", "one");
    f.link("one", "two");
    CHECK(f.find("one").find("Too many levels") != std::string::npos);
    CHECK(f.find("a/none").find("No such file") != std::string::npos);
}

const TestGroup group{
    TEST(a_closed_path_is_in_order),
    TEST(each_component_must_be_closed_to_group_and_others),
    TEST(the_message_names_mode_and_group),
    TEST(a_sticky_directory_may_be_open_but_not_a_sticky_file),
    TEST(everything_must_belong_to_root_or_the_user),
    TEST(links_are_followed_to_where_they_lead),
    TEST(the_directory_of_a_link_on_the_way_counts),
    TEST(dots_lead_where_the_kernel_goes),
    TEST(a_circle_of_links_and_what_is_not_there_are_faults),
};

} // namespace handlers_trust_test
