// SPDX-License-Identifier: GPL-3.0-or-later
// Copyright (C) 2026 eventsgw contributors

// Real processes, each of which this program adopts and reaps; the clock is wound by hand.

#include "process/leftovers.h"

#include "fake_timers.h"
#include "log_file.h"
#include "process/process_stat.h"
#include "process/spawn.h"
#include "testing.h"

#include <csignal>
#include <thread>
#include <utility>

#include <fcntl.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

using namespace eventsgw;
using namespace eventsgw::testing;
using namespace std::chrono_literals;

namespace process_leftovers_test {

constexpr auto kGrace = 4990ms;    // no multiple of kPollInterval
constexpr unsigned kPatience = 20; // s, with the end of a process
constexpr const char* kEnded = "process: ended what an earlier gateway had left running";

/// A child that is killed at the latest at the end of its test.
struct Member {
    explicit Member(pid_t number) : pid(number) {}
    Member(const Member&) = delete;
    Member& operator=(const Member&) = delete;
    ~Member() {
        if (pid > 0) {
            ::kill(pid, SIGKILL);
            ::waitpid(pid, nullptr, 0);
        }
    }

    bool is_running() const { return ::waitpid(pid, nullptr, WNOHANG) == 0; }

    /// Waits for its end, and leaves a zombie.
    void wait_unreaped() const {
        struct sigaction interrupt {};
        interrupt.sa_handler = [](int) {};
        ::sigaction(SIGALRM, &interrupt, nullptr);
        ::alarm(kPatience);
        siginfo_t info{};
        const bool has_ended = ::waitid(P_PID, static_cast<id_t>(pid), &info, WEXITED | WNOWAIT) == 0;
        ::alarm(0);
        CHECK(has_ended);
    }

    /// Waits for its end, and reaps it. The signal that has ended it; 0 if none has.
    int wait() {
        int status = 0;
        wait_unreaped();
        CHECK_EQUAL(::waitpid(pid, &status, 0), pid);
        pid = -1;
        return WIFSIGNALED(status) ? WTERMSIG(status) : 0;
    }

    FormerRun as_run(std::uint64_t later = 0) const { return {"", pid, find_start_time(pid).value() + later}; }

    pid_t pid;
};

/// Runs `body` in a child, and returns once that has written to the descriptor that it gets.
template <typename Body> pid_t start_child(const Body& body) {
    int ends[2];
    CHECK(::pipe(ends) == 0);
    const pid_t child = ::fork();
    if (child == 0) {
        body(ends[1]);
        ::_exit(1);
    }
    ::close(ends[1]);
    pid_t number = 0;
    CHECK(::read(ends[0], &number, sizeof number) == sizeof number);
    ::close(ends[0]);
    return number;
}

[[noreturn]] void tell_and_pause(int fd) {
    const pid_t own = ::getpid();
    if (::write(fd, &own, sizeof own) == sizeof own) {
        for (;;) {
            ::pause();
        }
    }
    ::_exit(1);
}

/// The leader of a group of its own.
pid_t start_leader(bool ignores_sigterm = false) {
    return start_child([&](int fd) {
        ::setpgid(0, 0);
        ::signal(SIGTERM, ignores_sigterm ? SIG_IGN : SIG_DFL);
        tell_and_pause(fd);
    });
}

/// As a gateway starts a step: leader of its group, with this environment.
pid_t start_program(const std::vector<std::string>& environment) {
    const int null = ::open("/dev/null", O_RDWR | O_CLOEXEC);
    const Result<pid_t> pid = spawn({"/bin/sleep", "1000"}, environment, {null, null});
    ::close(null);
    CHECK(pid);
    return *pid;
}

struct Setup {
    std::size_t end(const std::vector<FormerRun>& runs) { return leftovers.end(runs, kGrace); }

    FakeTimers timers;
    LogFile log;
    int gone = 0;
    Leftovers leftovers{timers, log.log(), [this] { ++gone; }};
};

void a_process_is_known_by_its_pid_and_its_start() {
    Setup setup;
    Member leader(start_leader());
    CHECK_EQUAL(setup.end({leader.as_run()}), 1U);
    CHECK_EQUAL(leader.wait(), SIGTERM);
    CHECK_EQUAL(setup.gone, 0);
    setup.timers.advance(Leftovers::kPollInterval);
    CHECK_EQUAL(setup.gone, 1);
    CHECK_EQUAL(setup.log.count(std::string(kEnded) + " groups=1 killed=0\n"), 1);
    setup.timers.advance(1h);
    CHECK_EQUAL(setup.gone, 1);
}

void a_number_that_another_process_has_got_is_left_alone() {
    Setup setup;
    const Member other(start_leader());
    CHECK_EQUAL(setup.end({other.as_run(1)}), 0U);
    CHECK_EQUAL(setup.end({}), 0U);
    setup.timers.advance(1h);
    CHECK(other.is_running());
    CHECK_EQUAL(setup.gone, 0);
    CHECK_EQUAL(setup.log.count("process:"), 0);
}

void a_process_is_known_by_its_environment() {
    Setup setup;
    Member first(start_program({"AGENT_EVENT_ID=a1"}));
    Member later(start_program({"PATH=/bin", "AGENT_EVENT_ID=b2", "HOME=/"}));
    const Member longer(start_program({"AGENT_EVENT_ID=a12"}));
    const Member shorter(start_program({"AGENT_EVENT_ID=a"}));
    const Member other_name(start_program({"THE_AGENT_EVENT_ID=a1"}));
    const Member none(start_program({"PATH=/bin"}));
    CHECK_EQUAL(setup.end({{"a1", 0, 0}, {"b2", 0, 0}, {"c3", 0, 0}, {"", 0, 0}}), 2U);
    CHECK_EQUAL(first.wait(), SIGTERM);
    CHECK_EQUAL(later.wait(), SIGTERM);
    setup.timers.advance(Leftovers::kPollInterval);
    CHECK_EQUAL(setup.gone, 1);
    CHECK_EQUAL(setup.leftovers.left(), 0U);
    CHECK(longer.is_running() && shorter.is_running() && other_name.is_running() && none.is_running());
}

/// After a kill there may be runs that no journal has had the time to learn of.
void a_killed_agents_processes_are_known_by_its_name() {
    Setup setup;
    Member unknown(start_program({"AGENT_ID=module/mail1", "AGENT_EVENT_ID=x"}));
    const Member no_run(start_program({"AGENT_ID=module/mail1"}));
    const Member other(start_program({"AGENT_ID=module/mail2", "AGENT_EVENT_ID=y"}));
    CHECK_EQUAL(setup.leftovers.end({}, kGrace, "module/mail1"), 1U);
    CHECK_EQUAL(unknown.wait(), SIGTERM);
    CHECK(no_run.is_running() && other.is_running());
}

void what_ignores_sigterm_is_killed_after_the_grace() {
    Setup setup;
    Member leader(start_leader(true));
    CHECK_EQUAL(setup.end({leader.as_run()}), 1U);
    setup.timers.advance(kGrace - 1ms);
    CHECK(leader.is_running());
    setup.timers.advance(1ms);
    CHECK_EQUAL(leader.wait(), SIGKILL);
    CHECK_EQUAL(setup.gone, 0);
    setup.timers.advance(Leftovers::kPollInterval);
    CHECK_EQUAL(setup.gone, 1);
    CHECK_EQUAL(setup.log.count(std::string(kEnded) + " groups=1 killed=1\n"), 1);
}

void the_grace_can_be_cut_short() {
    Setup setup;
    Member leader(start_leader(true));
    CHECK_EQUAL(setup.end({leader.as_run()}), 1U);
    setup.leftovers.kill();
    CHECK_EQUAL(leader.wait(), SIGKILL);
    CHECK_EQUAL(setup.gone, 0);
    setup.timers.advance(Leftovers::kPollInterval);
    CHECK_EQUAL(setup.gone, 1);
    setup.leftovers.kill();
    setup.timers.advance(1h);
    CHECK_EQUAL(setup.gone, 1);
}

void a_zombie_is_gone() {
    Setup setup;
    const Member leader(start_leader());
    CHECK_EQUAL(setup.end({leader.as_run()}), 1U);
    leader.wait_unreaped();
    setup.timers.advance(Leftovers::kPollInterval);
    CHECK_EQUAL(setup.gone, 1);
    Setup next;
    CHECK_EQUAL(next.end({leader.as_run()}), 0U);
}

/// A group whose leader obeys SIGTERM, and whose other process does not.
void a_group_without_its_leader_is_still_there() {
    ::prctl(PR_SET_CHILD_SUBREAPER, 1); // adopts the other process
    const pid_t number = start_child([](int fd) {
        ::setpgid(0, 0);
        if (::fork() == 0) {
            ::signal(SIGTERM, SIG_IGN);
            tell_and_pause(fd);
        }
        for (;;) {
            ::pause();
        }
    });
    Member member(number);
    Member leader(read_process_stat(member.pid).value().group);
    Setup setup;
    CHECK_EQUAL(setup.end({leader.as_run()}), 1U);
    CHECK_EQUAL(leader.wait(), SIGTERM);
    setup.timers.advance(kGrace - 1ms);
    CHECK_EQUAL(setup.gone, 0);
    CHECK(member.is_running());
    setup.timers.advance(1ms);
    CHECK_EQUAL(member.wait(), SIGKILL);
    setup.timers.advance(Leftovers::kPollInterval);
    CHECK_EQUAL(setup.gone, 1);
    ::prctl(PR_SET_CHILD_SUBREAPER, 0);
}

/// /proc shows such a process as a zombie.
void a_process_whose_first_thread_has_ended_is_still_there() {
    const Member leader(start_child([](int fd) {
        ::setpgid(0, 0);
        ::signal(SIGTERM, SIG_IGN);
        std::thread([fd, first = ::pthread_self()] {
            ::pthread_join(first, nullptr);
            tell_and_pause(fd);
        }).detach();
        ::pthread_exit(nullptr);
    }));
    Setup setup;
    CHECK_EQUAL(setup.end({leader.as_run()}), 1U);
    setup.timers.advance(1s);
    CHECK_EQUAL(setup.gone, 0);
}

void what_a_run_has_given_a_session_or_a_foreign_group_is_left_alone() {
    const Member daemon(start_child([](int fd) {
        ::setsid();
        tell_and_pause(fd);
    }));
    const Member other(start_leader());
    const Member member(start_child([&](int fd) {
        ::setpgid(0, other.pid);
        tell_and_pause(fd);
    }));
    Setup setup;
    CHECK_EQUAL(setup.end({daemon.as_run(), member.as_run()}), 0U);
    CHECK(daemon.is_running() && member.is_running() && other.is_running());
}

/// As a step that starts a gateway leads the group of that gateway.
void our_own_group_is_left_alone() {
    const pid_t found = start_child([](int fd) {
        ::setpgid(0, 0);
        Setup setup;
        const FormerRun own{"", ::getpid(), find_start_time(::getpid()).value()};
        const auto answer = static_cast<pid_t>(1 + setup.end({own}));
        ::_exit(::write(fd, &answer, sizeof answer) == sizeof answer ? 0 : 1);
    });
    CHECK_EQUAL(found, 1);
    CHECK(::waitpid(-1, nullptr, 0) > 0);
}

void another_users_process_is_left_alone() {
    if (::geteuid() != 0) {
        return; // only root can start one
    }
    const Member other(start_child([](int fd) {
        ::setpgid(0, 0);
        if (::setuid(65534) == 0) {
            tell_and_pause(fd);
        }
    }));
    Setup setup;
    CHECK_EQUAL(setup.end({other.as_run()}), 0U);
    CHECK(other.is_running());
}

void a_process_keeps_its_start_time_until_it_is_reaped() {
    const std::optional<std::uint64_t> own = find_start_time(::getpid());
    CHECK(own && *own > 0 && own == find_start_time(::getpid()));
    Member child(start_leader());
    const std::optional<std::uint64_t> start = find_start_time(child.pid);
    CHECK(start && *start >= *own);
    const pid_t pid = child.pid;
    ::kill(pid, SIGKILL);
    child.wait_unreaped();
    CHECK(find_start_time(pid) == start);
    child.wait();
    CHECK(!find_start_time(pid));
}

const TestGroup group{
    TEST(a_process_is_known_by_its_pid_and_its_start),
    TEST(a_number_that_another_process_has_got_is_left_alone),
    TEST(a_process_is_known_by_its_environment),
    TEST(a_killed_agents_processes_are_known_by_its_name),
    TEST(what_ignores_sigterm_is_killed_after_the_grace),
    TEST(the_grace_can_be_cut_short),
    TEST(a_zombie_is_gone),
    TEST(a_group_without_its_leader_is_still_there),
    TEST(a_process_whose_first_thread_has_ended_is_still_there),
    TEST(what_a_run_has_given_a_session_or_a_foreign_group_is_left_alone),
    TEST(our_own_group_is_left_alone),
    TEST(another_users_process_is_left_alone),
    TEST(a_process_keeps_its_start_time_until_it_is_reaped),
};

} // namespace process_leftovers_test
