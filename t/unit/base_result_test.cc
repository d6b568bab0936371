// SPDX-License-Identifier: GPL-3.0-or-later
// Copyright (C) 2026 eventsgw contributors

#include "base/result.h"

#include "testing.h"

#include <memory>

using namespace eventsgw;
using namespace eventsgw::testing;

namespace base_result_test {

Result<std::string> find_name(bool found) {
    if (!found) {
        return Error{"no such name"};
    }
    return std::string("mail1");
}

Result<void> do_it(bool possible) {
    if (!possible) {
        return make_os_error("it", EPERM);
    }
    return {};
}

void a_result_holds_a_value_or_an_error() {
    Result<std::string> found = find_name(true);
    CHECK(found.ok());
    CHECK(static_cast<bool>(found));
    CHECK_EQUAL(*found, "mail1");
    CHECK_EQUAL(found->size(), 5U);
    found.value() += "2";
    CHECK_EQUAL(found.value(), "mail12");

    const Result<std::string> missing = find_name(false);
    CHECK(!missing.ok());
    CHECK(!missing);
    CHECK_EQUAL(missing.error().message, "no such name");
    CHECK(missing.error().fault == Fault::other);
}

void a_result_of_nothing_is_success_or_an_error() {
    CHECK(do_it(true).ok());
    CHECK(!do_it(false));
    CHECK(do_it(false).error().fault == Fault::denied);
}

void a_result_carries_what_can_only_be_moved() {
    Result<std::unique_ptr<int>> result = std::make_unique<int>(7);
    const std::unique_ptr<int> value = std::move(result).value();
    CHECK_EQUAL(*value, 7);
}

template <typename Read> bool throws(Read read) {
    try {
        read();
    } catch (const std::exception&) {
        return true;
    }
    return false;
}

void reading_the_half_that_is_not_there_throws() {
    CHECK(throws([] { return find_name(false).value(); }));
    CHECK(throws([] { return find_name(true).error(); }));
    CHECK(throws([] { return do_it(true).error(); }));
}

void an_os_error_names_the_cause() {
    const Error error = make_os_error("cannot be opened", ENOENT);
    CHECK_EQUAL(error.message, "cannot be opened: No such file or directory");
    CHECK(error.fault == Fault::absent);
}

void an_os_error_takes_errno_by_itself() {
    errno = EMFILE;
    CHECK(make_os_error("pipe").fault == Fault::shortage);
}

void within_puts_the_place_in_front_and_keeps_the_fault() {
    const Error error = within("eventsgw.conf", make_os_error("cannot be opened", EACCES));
    CHECK_EQUAL(error.message, "eventsgw.conf: cannot be opened: Permission denied");
    CHECK(error.fault == Fault::denied);
}

const TestGroup group{
    TEST(a_result_holds_a_value_or_an_error),
    TEST(a_result_of_nothing_is_success_or_an_error),
    TEST(a_result_carries_what_can_only_be_moved),
    TEST(reading_the_half_that_is_not_there_throws),
    TEST(an_os_error_names_the_cause),
    TEST(an_os_error_takes_errno_by_itself),
    TEST(within_puts_the_place_in_front_and_keeps_the_fault),
};

} // namespace base_result_test
