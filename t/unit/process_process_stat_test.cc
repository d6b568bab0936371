// SPDX-License-Identifier: GPL-3.0-or-later
// Copyright (C) 2026 eventsgw contributors

#include "process/process_stat.h"

#include "testing.h"

#include <thread>

#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

using namespace eventsgw;
using namespace eventsgw::testing;

namespace process_process_stat_test {

constexpr const char* kName = "a) Z 1 2 (3";

void a_name_that_looks_like_fields_changes_nothing() {
    char before[16];
    ::prctl(PR_GET_NAME, before);
    ::prctl(PR_SET_NAME, kName);
    const std::optional<ProcessStat> stat = read_process_stat(::getpid());
    ::prctl(PR_SET_NAME, before);
    CHECK(stat && stat->is_alive);
    CHECK_EQUAL(stat->pid, ::getpid());
    CHECK_EQUAL(stat->group, ::getpgrp());
    CHECK_EQUAL(stat->session, ::getsid(0));
    CHECK(stat->start > 0);
}

void a_zombie_is_listed_and_not_alive() {
    const pid_t child = ::fork();
    if (child == 0) {
        ::_exit(0);
    }
    siginfo_t info{};
    CHECK(::waitid(P_PID, static_cast<id_t>(child), &info, WEXITED | WNOWAIT) == 0);
    int zombies = 0;
    int own = 0;
    each_process([&](const ProcessStat& process) {
        zombies += process.pid == child && !process.is_alive ? 1 : 0;
        own += process.pid == ::getpid() && process.is_alive ? 1 : 0;
    });
    CHECK(::waitpid(child, nullptr, 0) == child);
    CHECK_EQUAL(zombies, 1);
    CHECK_EQUAL(own, 1);
    CHECK(!read_process_stat(child));
}

/// A process can end after its file in /proc has been opened and before it is read.
void a_process_that_ends_meanwhile_is_not_there() {
    for (int round = 0; round < 500; ++round) {
        const pid_t child = ::fork();
        if (child == 0) {
            ::_exit(0);
        }
        std::thread reaper([child] { ::waitpid(child, nullptr, 0); });
        try {
            while (read_process_stat(child)) {
            }
        } catch (...) {
            reaper.join();
            throw;
        }
        reaper.join();
    }
}

const TestGroup group{
    TEST(a_name_that_looks_like_fields_changes_nothing),
    TEST(a_zombie_is_listed_and_not_alive),
    TEST(a_process_that_ends_meanwhile_is_not_there),
};

} // namespace process_process_stat_test
