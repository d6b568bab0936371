// SPDX-License-Identifier: GPL-3.0-or-later
// Copyright (C) 2026 eventsgw contributors

#include "process/supervisor.h"

#include "fake_launcher.h"
#include "fake_timers.h"
#include "log_file.h"
#include "testing.h"

#include <cerrno>
#include <csignal>
#include <optional>

using namespace eventsgw;
using namespace eventsgw::testing;
using namespace std::chrono_literals;

namespace process_supervisor_test {

struct Fixture {
    /// Nothing when it can never start.
    std::optional<Supervisor::Id> start(const std::string& name) {
        const Result<Supervisor::Id> id = supervisor.start(Job{{name}}, [this, name](const Result<Exit>& exit) {
            done += name + (exit ? "=" + std::to_string(exit->status) : "!") + " ";
        });
        return id ? std::optional(*id) : std::nullopt;
    }

    std::string started() const {
        std::string names;
        for (const auto& process : launcher.started) {
            names += process->name + " ";
        }
        return names;
    }

    void finish(std::size_t index) {
        Exit exit;
        exit.status = 0;
        launcher.started.at(index)->on_exit(exit);
        timers.turn();
    }

    FakeTimers timers;
    FakeLauncher launcher;
    LogFile file;
    std::string done;
    Supervisor supervisor{timers, launcher, file.log()};
};

void what_the_kernel_has_no_room_for_starts_later_in_its_order() {
    for (const int error : {EAGAIN, ENOMEM, EMFILE, ENFILE}) {
        Fixture f;
        f.launcher.error = error;
        for (const char* name : {"a", "b", "c"}) {
            CHECK(f.start(name).has_value());
        }
        CHECK_EQUAL(f.supervisor.running(), std::size_t{0});
        f.timers.advance(10s);
        CHECK_EQUAL(f.started(), "");
        f.launcher.error = 0;
        f.start("d");
        f.timers.advance(Backoff::kLongest);
        CHECK_EQUAL(f.started(), "a b c d ");
        CHECK_EQUAL(f.supervisor.running(), std::size_t{4});
        CHECK_EQUAL(f.file.count("cannot start, trying again"), 1);
    }
}

void what_ends_makes_room_at_once() {
    Fixture f;
    f.start("a");
    f.launcher.error = EAGAIN;
    f.start("b");
    f.launcher.error = 0;
    f.finish(0);
    CHECK_EQUAL(f.started(), "a b ");
}

void a_program_that_is_being_written_holds_nobody_up() {
    Fixture f;
    f.launcher.errors["busy"] = ETXTBSY;
    CHECK(f.start("busy").has_value());
    f.start("a");
    CHECK_EQUAL(f.started(), "a ");
    f.timers.advance(60s);
    f.start("b");
    CHECK_EQUAL(f.started(), "a b ");
    f.launcher.errors.clear();
    f.timers.advance(Backoff::kLongest);
    CHECK_EQUAL(f.started(), "a b busy ");
}

void a_busy_program_and_a_shortage_together() {
    Fixture f;
    f.launcher.errors["busy"] = ETXTBSY;
    f.start("busy");
    f.launcher.error = EMFILE;
    f.start("a");
    f.start("b");
    f.launcher.error = 0;
    f.timers.advance(Backoff::kLongest);
    CHECK_EQUAL(f.started(), "a b ");
    f.start("c");
    CHECK_EQUAL(f.started(), "a b c ");
}

void what_can_never_start_is_told_at_once_and_later() {
    Fixture f;
    f.launcher.errors["gone"] = ENOENT;
    CHECK(!f.start("gone").has_value());
    CHECK_EQUAL(f.done, "");
    f.launcher.error = EAGAIN;
    f.launcher.errors.clear();
    f.start("gone");
    f.start("a");
    f.launcher.error = 0;
    f.launcher.errors["gone"] = ENOENT;
    f.timers.advance(Backoff::kLongest);
    CHECK_EQUAL(f.done, "gone! ");
    CHECK_EQUAL(f.started(), "a ");
}

void a_job_can_be_given_up_until_it_has_started() {
    Fixture f;
    const auto running = f.start("a");
    f.launcher.error = EAGAIN;
    const auto waiting = f.start("b");
    CHECK(!f.supervisor.cancel(running.value()));
    CHECK(f.supervisor.cancel(waiting.value()));
    f.launcher.error = 0;
    f.timers.advance(Backoff::kLongest);
    CHECK_EQUAL(f.started(), "a ");
    f.finish(0);
    CHECK_EQUAL(f.done, "a=0 ");
}

void signals_reach_the_one_they_are_for() {
    Fixture f;
    const auto a = f.start("a");
    const auto b = f.start("b");
    f.supervisor.signal(a.value(), SIGTERM);
    f.supervisor.kill_remains(a.value());
    f.supervisor.signal(b.value(), SIGKILL);
    CHECK(f.launcher.started[0]->signals == std::vector<int>({SIGTERM}));
    CHECK(f.launcher.started[0]->kills_remains && !f.launcher.started[1]->kills_remains);
    CHECK(f.launcher.started[1]->signals == std::vector<int>({SIGKILL}));
    f.finish(0);
    f.supervisor.signal(a.value(), SIGTERM); // it is gone: nobody gets this
    CHECK(f.launcher.started[0]->is_gone);
}

void a_job_has_a_pid_while_it_runs() {
    Fixture f;
    const auto a = f.start("a");
    const auto b = f.start("b");
    f.launcher.error = EAGAIN;
    const auto waiting = f.start("c");
    CHECK_EQUAL(f.supervisor.pid(a.value()), FakeLauncher::kFirstPid);
    CHECK_EQUAL(f.supervisor.pid(b.value()), FakeLauncher::kFirstPid + 1);
    CHECK_EQUAL(f.supervisor.pid(waiting.value()), 0);
    f.launcher.error = 0;
    f.finish(0);
    CHECK_EQUAL(f.supervisor.pid(a.value()), 0);
    CHECK_EQUAL(f.supervisor.pid(waiting.value()), FakeLauncher::kFirstPid + 2);
    CHECK_EQUAL(f.supervisor.pid(waiting.value() + 1), 0);
}

const TestGroup group{
    TEST(what_the_kernel_has_no_room_for_starts_later_in_its_order),
    TEST(what_ends_makes_room_at_once),
    TEST(a_program_that_is_being_written_holds_nobody_up),
    TEST(a_busy_program_and_a_shortage_together),
    TEST(what_can_never_start_is_told_at_once_and_later),
    TEST(a_job_can_be_given_up_until_it_has_started),
    TEST(signals_reach_the_one_they_are_for),
    TEST(a_job_has_a_pid_while_it_runs),
};

} // namespace process_supervisor_test
