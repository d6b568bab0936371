// SPDX-License-Identifier: GPL-3.0-or-later
// Copyright (C) 2026 eventsgw contributors

#include "testing.h"

#include <csignal>

/// Runs the tests of a layer; those whose names match the pattern of the first argument, where there is one.
int main(int argc, char** argv) {
    std::signal(SIGPIPE, SIG_IGN); // as the daemon does
    if (argc > 1) {
        cmocka_set_test_filter(argv[1]);
    }
    cmocka_set_message_output(CM_OUTPUT_TAP);
    const auto& tests = eventsgw::testing::TestGroup::all();
    return _cmocka_run_group_tests("unit", tests.data(), tests.size(), nullptr, nullptr);
}
