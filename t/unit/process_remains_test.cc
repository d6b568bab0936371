// SPDX-License-Identifier: GPL-3.0-or-later
// Copyright (C) 2026 eventsgw contributors

// Real process groups.

#include "process/remains.h"

#include "testing.h"

#include <csignal>
#include <utility>

#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

using namespace eventsgw;
using namespace eventsgw::testing;

namespace process_remains_test {

/// A group without its leader: one process that waits for a signal.
struct Group {
    /// With `in_own_session` it is one that no Remains may touch.
    explicit Group(bool in_own_session = false) {
        int ends[2];
        CHECK(::pipe(ends) == 0);
        ::prctl(PR_SET_CHILD_SUBREAPER, 1); // adopts the member
        leader = ::fork();
        if (leader == 0) {
            in_own_session ? ::setsid() : ::setpgid(0, 0);
            const pid_t child = ::fork();
            if (child == 0) {
                ::pause();
            }
            const bool written = ::write(ends[1], &child, sizeof child) == sizeof child;
            ::_exit(written ? 0 : 1);
        }
        CHECK(::read(ends[0], &member, sizeof member) == sizeof member);
        ::close(ends[0]);
        ::close(ends[1]);
        CHECK(::waitpid(leader, nullptr, 0) == leader);
    }
    Group(const Group&) = delete;
    Group& operator=(const Group&) = delete;
    ~Group() {
        if (member > 0) {
            ::kill(member, SIGKILL);
            ::waitpid(member, nullptr, 0);
        }
        ::prctl(PR_SET_CHILD_SUBREAPER, 0);
    }

    bool is_there() const { return ::kill(-leader, 0) == 0; }

    /// Waits for the end of its process, which this one has adopted.
    bool goes() {
        int status = 0;
        const bool has_gone = ::waitpid(std::exchange(member, -1), &status, 0) > 0;
        return has_gone && WIFSIGNALED(status) && WTERMSIG(status) == SIGKILL;
    }

    pid_t leader = -1;
    pid_t member = -1;
};

void all_groups_are_killed_at_the_end() {
    Group a;
    Group b;
    Remains remains;
    remains.add(a.leader);
    remains.add(b.leader);
    CHECK(a.is_there() && b.is_there());
    remains.kill_all();
    CHECK(a.goes() && b.goes());
}

void some_groups_are_killed_and_others_are_not() {
    Group a;
    Group b;
    const Group c;
    Remains remains;
    remains.add(a.leader);
    remains.add(b.leader);
    remains.kill({a.leader, c.leader});
    CHECK(a.goes());
    CHECK(b.is_there() && c.is_there());
    remains.kill_all();
    CHECK(b.goes());
    CHECK(c.is_there());
}

void a_number_that_another_session_has_is_left_alone() {
    const Group other(true);
    Remains remains;
    remains.add(other.leader);
    remains.kill_all();
    CHECK(other.is_there());
}

void a_group_with_a_leader_is_another() {
    const pid_t leader = ::fork();
    if (leader == 0) {
        ::pause();
    }
    CHECK(::setpgid(leader, leader) == 0);
    Remains remains;
    remains.add(leader);
    remains.kill_all();
    CHECK(::waitpid(leader, nullptr, WNOHANG) == 0);
    ::kill(leader, SIGKILL);
    CHECK(::waitpid(leader, nullptr, 0) == leader);
}

void empty_groups_are_forgotten() {
    Remains remains;
    for (pid_t group = 1 << 23; group < (1 << 23) + 1000; ++group) { // numbers above the highest pid_max
        remains.add(group);
    }
    remains.kill_all();
}

const TestGroup group{
    TEST(all_groups_are_killed_at_the_end),
    TEST(some_groups_are_killed_and_others_are_not),
    TEST(a_number_that_another_session_has_is_left_alone),
    TEST(a_group_with_a_leader_is_another),
    TEST(empty_groups_are_forgotten),
};

} // namespace process_remains_test
