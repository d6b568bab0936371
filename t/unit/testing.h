// SPDX-License-Identifier: GPL-3.0-or-later
// Copyright (C) 2026 eventsgw contributors

#pragma once

// The frame of the unit tests: CMocka in TAP mode. The files of a layer are compiled into one program, each in a
// namespace of its name (t/unit/main.cc has main()). A failing CMocka assertion longjmps over
// destructors, and an exception that leaves a test ends the program (seen with CMocka 1.1.5); so a test throws, and
// only the guard around it tells CMocka, on a stack where nothing is left to destroy.

#include <cstdio>
#include <exception>
#include <initializer_list>
#include <sstream>
#include <stdexcept>
#include <string>
#include <string_view>
#include <type_traits>
#include <vector>

// CMocka includes none of the headers it needs.
#include <csetjmp>
#include <cstdarg>
#include <cstddef>
#include <cstdint>
extern "C" {
#include <cmocka.h>
}

// These two macros of CMocka break standard headers that come after it: streams have a member fail().
#undef fail
#undef skip

namespace eventsgw::testing {

template <typename T> std::string show(const T& value) {
    if constexpr (std::is_enum_v<T>) {
        return std::to_string(static_cast<long long>(value));
    } else {
        std::ostringstream text;
        text << std::boolalpha << value;
        return text.str();
    }
}

[[noreturn]] inline void report(const char* file, int line, const std::string& what) {
    throw std::runtime_error(std::string(file) + ":" + std::to_string(line) + ": " + what);
}

template <typename A, typename B>
void check_equal(const A& actual, const B& expected, const char* expression, const char* file, int line) {
    if (!(actual == expected)) {
        report(file, line, std::string(expression) + " is\n#   " + show(actual) + "\n# and not\n#   " + show(expected));
    }
}

template <void (*body)()> void guard(void** /*state*/) {
    bool failed = false;
    try {
        body();
    } catch (const std::exception& error) {
        print_message("# %s\n", error.what());
        failed = true;
    }
    if (failed) {
        _fail(__FILE__, __LINE__);
    }
}

/// The tests of one file: one object of this type at the end of it, which makes main() run them.
class TestGroup {
public:
    TestGroup(std::initializer_list<CMUnitTest> tests) { all().insert(all().end(), tests); }

    /// The tests of all groups of the program, file by file.
    static std::vector<CMUnitTest>& all() {
        static std::vector<CMUnitTest> tests;
        return tests;
    }
};

} // namespace eventsgw::testing

/// Fails the test when `condition` does not hold.
#define CHECK(condition)                                                                                               \
    do {                                                                                                               \
        if (!(condition)) {                                                                                            \
            ::eventsgw::testing::report(__FILE__, __LINE__, "not so: " #condition);                                    \
        }                                                                                                              \
    } while (false)

/// Fails the test when the two differ, and shows both.
#define CHECK_EQUAL(actual, expected)                                                                                  \
    ::eventsgw::testing::check_equal((actual), (expected), #actual, __FILE__, __LINE__)

/// One entry of a TestGroup.
#define TEST(function)                                                                                                 \
    CMUnitTest {                                                                                                       \
#function, ::eventsgw::testing::guard < function>, nullptr, nullptr, nullptr                                   \
    }
