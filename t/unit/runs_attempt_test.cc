// SPDX-License-Identifier: GPL-3.0-or-later
// Copyright (C) 2026 eventsgw contributors

#include "runs/attempt.h"

#include "directory.h"
#include "fake_launcher.h"
#include "fake_timers.h"
#include "log_file.h"
#include "testing.h"

#include <algorithm>
#include <cerrno>
#include <csignal>

#include <sys/resource.h>

using namespace eventsgw;
using namespace eventsgw::testing;
using namespace std::chrono_literals;

namespace runs_attempt_test {

/// One attempt: of a handler whose steps a, b and c are real files, or of a command. Its processes are played.
struct Fixture {
    explicit Fixture(WorkKind kind = WorkKind::handler) {
        plan.kind = kind;
        plan.event = std::make_shared<KeptEvent>("module/samba1/event/e", std::string(1000, 'x'));
        plan.id = "the-id";
        if (kind == WorkKind::command) {
            plan.command = "renew --all";
            plan.line = 7;
            return;
        }
        plan.bases = {directory.path()};
        for (const char* name : {"a", "b", "c"}) {
            directory.write(path_of(name), "", 0755);
        }
    }

    static std::string path_of(const std::string& step) { return "e/" + step; }
    std::string full_path_of(const std::string& step) const { return directory / path_of(step); }

    void start() {
        attempt = std::make_unique<Attempt>(
            AttemptMeans{timers, supervisor, remains, file.log(), [] { return StepOutput(); }}, std::move(plan),
            [this](const AttemptEnd& attempt_end) {
                end = attempt_end;
                ++ends;
                timers.retire(std::move(attempt));
            });
        attempt->start();
    }

    FakeLauncher::Started& step(std::size_t index) { return *launcher.started.at(index); }

    void finish(std::size_t index, int status, int signal = 0) {
        Exit exit;
        exit.status = status;
        exit.signal = signal;
        exit.cpu = 1ms;
        step(index).on_exit(exit);
        timers.turn();
    }

    Directory directory;
    FakeTimers timers;
    FakeLauncher launcher;
    LogFile file;
    Supervisor supervisor{timers, launcher, file.log()};
    Remains remains;
    AttemptPlan plan;
    AttemptEnd end;
    int ends = 0;
    std::unique_ptr<Attempt> attempt;
};

using Status = AttemptEnd::Status;

void steps_follow_each_other() {
    Fixture f;
    f.start();
    CHECK_EQUAL(f.launcher.started.size(), std::size_t{1});
    f.timers.advance(1s);
    f.finish(0, 0);
    CHECK_EQUAL(f.launcher.started.size(), std::size_t{2});
    f.finish(1, 0);
    f.finish(2, 0);
    CHECK_EQUAL(f.ends, 1);
    CHECK(f.end.status == Status::completed && f.end.code == 0);
    CHECK_EQUAL(f.end.step, "c");
    CHECK(f.end.wall == 1s && f.end.cpu == 3ms);
}

void each_step_gets_the_payload() {
    Fixture f;
    const char* bytes = f.plan.event->payload().data();
    f.start();
    CHECK_EQUAL(f.step(0).input.size(), std::size_t{1000});
    CHECK(f.step(0).input.data() == bytes);
    f.finish(0, 0);
    CHECK(f.step(1).input.data() == bytes);
    f.finish(1, 0);
    CHECK(f.step(2).input.data() == bytes);
    f.finish(2, 0);
}

void a_failing_step_is_the_last() {
    Fixture f;
    f.start();
    f.finish(0, 0);
    f.finish(1, 3);
    CHECK(f.end.status == Status::aborted && f.end.code == 3 && f.end.signal == 0);
    CHECK_EQUAL(f.end.step, "b");
    CHECK_EQUAL(f.launcher.started.size(), std::size_t{2});
}

void a_death_by_signal_is_minus_one() {
    Fixture f;
    f.start();
    f.finish(0, -1, SIGSEGV);
    CHECK(f.end.status == Status::aborted && f.end.code == -1 && f.end.signal == SIGSEGV);
}

void skip_codes_end_it_without_an_error() {
    Fixture f;
    f.plan.settings.skip_exit_codes = {2, 3};
    f.start();
    f.finish(0, 3);
    CHECK(f.end.status == Status::skipped && f.end.code == 3);
    CHECK_EQUAL(f.launcher.started.size(), std::size_t{1});
}

void what_cannot_start_is_skipped() {
    Fixture f;
    f.launcher.errors[f.full_path_of("a")] = ENOEXEC;
    f.launcher.errors[f.full_path_of("c")] = ENOENT;
    f.start();
    f.finish(0, 0);
    CHECK(f.end.status == Status::completed);
    CHECK_EQUAL(f.end.step, "c");
    CHECK_EQUAL(f.file.count("Handler of module/samba1/event/e skips step"), 2);
}

void a_handler_none_of_whose_steps_start_ends_within_start() {
    Fixture f;
    for (const char* name : {"a", "b", "c"}) {
        f.launcher.errors[f.full_path_of(name)] = ENOENT;
    }
    f.start();
    CHECK_EQUAL(f.ends, 1);
    CHECK(f.end.status == Status::completed);
}

void a_refused_step_ends_it() {
    Fixture f;
    f.directory.write("e/b", "", 0757);
    f.start();
    f.finish(0, 0);
    CHECK(f.end.status == Status::aborted && f.end.code == -1);
    CHECK_EQUAL(f.end.step, "b");
    CHECK_EQUAL(f.file.count("refuses step b: "), 1);
    CHECK_EQUAL(f.file.count("(mode 0757"), 1);
}

void a_shortage_only_delays_a_step() {
    Fixture f;
    f.launcher.error = EAGAIN;
    f.start();
    CHECK_EQUAL(f.launcher.started.size(), std::size_t{0});
    f.launcher.error = 0;
    f.timers.advance(10s);
    CHECK_EQUAL(f.launcher.started.size(), std::size_t{1});
    f.finish(0, 0);
    CHECK_EQUAL(f.launcher.started.size(), std::size_t{2});
}

/// No descriptor can be opened while it lives.
class NoDescriptors {
public:
    NoDescriptors() {
        CHECK(::getrlimit(RLIMIT_NOFILE, &before_) == 0);
        const rlimit none{3, before_.rlim_max};
        CHECK(::setrlimit(RLIMIT_NOFILE, &none) == 0);
    }
    NoDescriptors(const NoDescriptors&) = delete;
    NoDescriptors& operator=(const NoDescriptors&) = delete;
    ~NoDescriptors() { ::setrlimit(RLIMIT_NOFILE, &before_); }

private:
    rlimit before_{};
};

void without_a_descriptor_for_the_state_file_it_waits() {
    Fixture f;
    {
        const NoDescriptors none;
        f.start();
        f.timers.advance(10s);
        CHECK_EQUAL(f.launcher.started.size(), std::size_t{0});
    }
    f.timers.advance(Backoff::kLongest);
    CHECK_EQUAL(f.launcher.started.size(), std::size_t{1});
}

void steps_that_could_not_be_listed_are_listed_when_it_starts() {
    Fixture f;
    {
        const NoDescriptors none;
        CHECK(list_steps({f.directory.path()}, "e").is_short);
        f.start();
        f.timers.advance(10s);
    }
    f.timers.advance(Backoff::kLongest);
    CHECK_EQUAL(f.step(0).name, f.directory / "e/a");
    f.finish(0, 0);
    CHECK_EQUAL(f.step(1).name, f.directory / "e/b");
}

void an_event_that_turns_out_to_have_no_steps_is_absent() {
    Fixture f;
    f.plan.event = std::make_shared<KeptEvent>("module/samba1/event/other", "{}");
    f.start();
    CHECK_EQUAL(f.ends, 1);
    CHECK(f.end.status == Status::absent);
}

void its_time_ends_also_while_it_waits_for_a_descriptor() {
    Fixture f;
    f.plan.settings.timeout = 1s;
    {
        const NoDescriptors none;
        f.start();
        f.timers.advance(1s);
    }
    CHECK(f.ends == 1 && f.end.status == Status::aborted && f.end.code == -1);
    f.timers.advance(60s);
    CHECK_EQUAL(f.launcher.started.size(), std::size_t{0});
}

void its_time_ends_with_term_and_then_kill() {
    Fixture f;
    f.plan.settings.timeout = 10s;
    f.plan.settings.kill_grace = 5s;
    f.start();
    f.timers.advance(6s);
    f.finish(0, 0);
    f.timers.advance(3999ms);
    CHECK(f.step(1).signals.empty());
    f.timers.advance(1ms);
    CHECK(f.step(1).signals == std::vector<int>({SIGTERM}) && f.step(1).kills_remains);
    f.timers.advance(4999ms);
    CHECK_EQUAL(f.step(1).signals.size(), std::size_t{1});
    f.timers.advance(1ms);
    CHECK(f.step(1).signals == std::vector<int>({SIGTERM, SIGKILL}));
    f.finish(1, -1, SIGKILL);
    CHECK(f.end.status == Status::aborted && f.end.code == -1 && f.end.signal == SIGKILL);
    CHECK_EQUAL(f.launcher.started.size(), std::size_t{2});
}

void a_good_exit_after_its_time_is_still_an_abort() {
    Fixture f;
    f.plan.settings.timeout = 1s;
    f.start();
    f.timers.advance(1s);
    f.finish(0, 0);
    CHECK(f.end.status == Status::aborted && f.end.code == 0);
    CHECK_EQUAL(f.launcher.started.size(), std::size_t{1});
}

void its_time_ends_also_for_a_step_that_cannot_start_yet() {
    Fixture f;
    f.plan.settings.timeout = 1s;
    f.launcher.error = EMFILE;
    f.start();
    f.timers.advance(1s);
    CHECK_EQUAL(f.ends, 1);
    CHECK(f.end.status == Status::aborted && f.end.code == -1);
    f.launcher.error = 0;
    f.timers.advance(60s);
    CHECK_EQUAL(f.launcher.started.size(), std::size_t{0});
}

void stopped_it_ends_its_step_and_starts_no_other() {
    Fixture f;
    f.start();
    f.timers.advance(1s);
    f.attempt->stop(5s);
    CHECK(f.step(0).signals == std::vector<int>({SIGTERM}) && f.step(0).kills_remains);
    f.timers.advance(4999ms);
    CHECK_EQUAL(f.step(0).signals.size(), std::size_t{1});
    f.timers.advance(1ms);
    CHECK(f.step(0).signals == std::vector<int>({SIGTERM, SIGKILL}));
    f.finish(0, -1, SIGKILL);
    CHECK_EQUAL(f.ends, 1);
    CHECK(f.end.status == Status::interrupted && !f.end.is_overdue && f.end.signal == SIGKILL);
    CHECK_EQUAL(f.end.step, "a");
    CHECK_EQUAL(f.launcher.started.size(), std::size_t{1});
}

void the_last_step_may_complete_what_is_stopped() {
    Fixture f;
    f.start();
    f.finish(0, 0);
    f.finish(1, 0);
    f.attempt->stop(5s);
    f.finish(2, 0);
    CHECK(f.ends == 1 && f.end.status == Status::completed);

    Fixture early;
    early.start();
    early.finish(0, 0);
    early.attempt->stop(5s);
    early.finish(1, 0); // it has done its part, but c has not run
    CHECK(early.ends == 1 && early.end.status == Status::interrupted);
}

void stopped_it_gives_up_a_step_that_has_not_started() {
    Fixture f;
    f.launcher.error = EMFILE;
    f.start();
    f.attempt->stop(5s);
    CHECK(f.ends == 1 && f.end.status == Status::interrupted);
    f.launcher.error = 0;
    f.timers.advance(60s);
    CHECK_EQUAL(f.launcher.started.size(), std::size_t{0});
}

void stopped_while_it_waits_for_a_descriptor_it_ends_at_once() {
    Fixture f;
    const NoDescriptors none;
    f.start();
    f.attempt->stop(5s);
    CHECK(f.ends == 1 && f.end.status == Status::interrupted);
}

void killed_it_waits_for_no_grace() {
    Fixture f;
    f.start();
    f.attempt->stop(1h);
    f.attempt->kill();
    CHECK(f.step(0).signals == std::vector<int>({SIGTERM, SIGKILL}));
    f.finish(0, -1, SIGKILL);
    CHECK(f.ends == 1 && f.end.status == Status::interrupted);
}

/// An attempt ended by its timeout has failed, even if it is stopped afterwards.
void a_stop_after_its_time_changes_nothing() {
    Fixture f;
    f.plan.settings.timeout = 1s;
    f.plan.settings.kill_grace = 5s;
    f.start();
    f.timers.advance(1s);
    f.attempt->stop(1h);
    f.timers.advance(5s);
    CHECK(f.step(0).signals == std::vector<int>({SIGTERM, SIGKILL}));
    f.finish(0, -1, SIGKILL);
    CHECK(f.ends == 1 && f.end.status == Status::aborted && f.end.is_overdue);
}

void it_has_the_pid_of_the_step_that_runs() {
    Fixture f;
    f.start();
    CHECK_EQUAL(f.attempt->pid(), FakeLauncher::kFirstPid);
    f.launcher.error = EAGAIN;
    f.finish(0, 0);
    CHECK_EQUAL(f.attempt->pid(), 0);
    f.launcher.error = 0;
    f.timers.advance(Backoff::kLongest);
    CHECK_EQUAL(f.attempt->pid(), FakeLauncher::kFirstPid + 1);
    f.finish(1, 1);
}

void its_variables_are_the_last() {
    Fixture f;
    f.plan.arrived = WallTime(1790000000250ms);
    f.plan.coalesced = 3;
    f.plan.number = 2;
    f.start();
    const std::vector<std::string>& variables = f.step(0).environment;
    for (const char* variable :
         {"AGENT_COMFD=2", "AGENT_EVENT_NAME=e", "AGENT_EVENT_SOURCE=module/samba1",
          "AGENT_EVENT_CHANNEL=module/samba1/event/e", "AGENT_EVENT_ID=the-id",
          "AGENT_EVENT_TIME=2026-09-21T14:13:20.250Z", "AGENT_EVENT_COALESCED=3", "AGENT_EVENT_ATTEMPT=2"}) {
        CHECK(std::find(variables.begin(), variables.end(), variable) != variables.end());
    }
    f.finish(0, 1);
}

void a_replay_has_a_variable_more() {
    Fixture f;
    f.plan.event = std::make_shared<KeptEvent>("module/samba1/event/e", "", "1b9d6bcd");
    f.start();
    const std::vector<std::string>& variables = f.step(0).environment;
    CHECK(std::find(variables.begin(), variables.end(), "AGENT_EVENT_REPLAY=1") != variables.end());
    f.finish(0, 1);
}

void it_tells_how_each_step_ended() {
    Fixture f;
    f.launcher.errors[f.full_path_of("b")] = ENOEXEC;
    f.start();
    f.finish(0, 0);
    f.finish(1, -1, SIGTERM);
    CHECK_EQUAL(f.end.steps.size(), std::size_t{3});
    CHECK(f.end.steps[0].name == "a" && f.end.steps[0].result == RunResult::succeeded);
    CHECK(f.end.steps[0].status == 0 && f.end.steps[0].cpu == 1ms);
    CHECK(f.end.steps[1].name == "b" && f.end.steps[1].result == RunResult::skipped);
    CHECK(!f.end.steps[1].reason.empty() && f.end.steps[1].pid == 0);
    CHECK(f.end.steps[2].name == "c" && f.end.steps[2].result == RunResult::failed);
    CHECK(f.end.steps[2].status == -1 && f.end.steps[2].signal == SIGTERM);
}

void it_tells_which_step_was_refused_skipped_or_timed_out() {
    Fixture refused;
    refused.directory.write("e/a", "", 0757);
    refused.start();
    CHECK(refused.end.steps.size() == 1 && refused.end.steps[0].result == RunResult::not_started);
    CHECK(refused.end.steps[0].reason.find("0757") != std::string::npos);

    Fixture skipped;
    skipped.plan.settings.skip_exit_codes = {2};
    skipped.start();
    skipped.finish(0, 2);
    CHECK(skipped.end.steps.size() == 1 && skipped.end.steps[0].result == RunResult::skipped);
    CHECK_EQUAL(skipped.end.steps[0].status, 2);

    Fixture late;
    late.plan.settings.timeout = 1s;
    late.start();
    late.timers.advance(1s);
    late.finish(0, 0);
    CHECK(late.end.is_overdue && late.end.steps.size() == 1);
    CHECK(late.end.steps[0].result == RunResult::timed_out);
}

// Commands.

void a_command_is_a_line_for_the_shell() {
    Fixture f(WorkKind::command);
    f.start();
    CHECK(f.step(0).command == std::vector<std::string>({"/bin/sh", "-c", "renew --all"}));
    CHECK_EQUAL(f.step(0).input.size(), std::size_t{1000});
    const std::vector<std::string>& variables = f.step(0).environment;
    const auto has = [&](const char* variable) {
        return std::find(variables.begin(), variables.end(), variable) != variables.end();
    };
    CHECK(has("AGENT_EVENT_NAME=e") && has("AGENT_EVENT_ID=the-id") && has("AGENT_EVENT_ATTEMPT=1"));
    CHECK(!has("AGENT_COMFD=2")); // it is no step of an agent's
    f.timers.advance(1s);
    f.finish(0, 0);
    CHECK(f.ends == 1 && f.end.status == Status::completed && f.end.code == 0 && f.end.steps.empty());
    CHECK(f.end.wall == 1s && f.end.cpu == 1ms);
}

void a_command_fails_is_skipped_or_is_ended_by_a_signal() {
    Fixture failed(WorkKind::command);
    failed.start();
    failed.finish(0, 3);
    CHECK(failed.end.status == Status::aborted && failed.end.code == 3 && failed.end.may_be_retried);

    Fixture skipped(WorkKind::command);
    skipped.plan.settings.skip_exit_codes = {3};
    skipped.start();
    skipped.finish(0, 3);
    CHECK(skipped.end.status == Status::skipped && skipped.end.code == 3);

    Fixture killed(WorkKind::command);
    killed.start();
    killed.finish(0, -1, SIGSEGV);
    CHECK(killed.end.status == Status::aborted && killed.end.code == -1 && killed.end.signal == SIGSEGV);
}

void a_commands_time_ends_with_term_and_then_kill() {
    Fixture f(WorkKind::command);
    f.plan.settings.timeout = 10s;
    f.plan.settings.kill_grace = 5s;
    f.start();
    f.timers.advance(10s);
    CHECK(f.step(0).signals == std::vector<int>({SIGTERM}) && f.step(0).kills_remains);
    CHECK_EQUAL(f.file.count("<3>command: timed out, ended"), 1);
    f.timers.advance(5s);
    CHECK(f.step(0).signals == std::vector<int>({SIGTERM, SIGKILL}));
    f.finish(0, -1, SIGKILL);
    CHECK(f.ends == 1 && f.end.status == Status::aborted && f.end.is_overdue);
}

void a_stopped_command_is_interrupted_unless_it_completes() {
    for (const int status : {0, 1}) {
        Fixture f(WorkKind::command);
        f.start();
        f.attempt->stop(5s);
        CHECK(f.step(0).signals == std::vector<int>({SIGTERM}));
        f.finish(0, status);
        CHECK_EQUAL(f.ends, 1);
        CHECK(f.end.status == (status == 0 ? Status::completed : Status::interrupted));
    }
}

void a_command_that_cannot_start_says_why() {
    Fixture f(WorkKind::command);
    f.launcher.error = E2BIG;
    f.start();
    CHECK(f.ends == 1 && f.end.status == Status::aborted && f.end.code == -1);
    CHECK(!f.end.reason.empty() && f.end.may_be_retried);
}

void a_command_that_can_start_later_says_why_if_it_cannot() {
    Fixture f(WorkKind::command);
    f.launcher.error = EMFILE;
    f.start();
    CHECK_EQUAL(f.ends, 0);
    f.launcher.error = E2BIG;
    f.timers.advance(Backoff::kLongest);
    CHECK(f.ends == 1 && f.end.status == Status::aborted && !f.end.reason.empty());
}

/// The same line has the NUL at the next attempt too.
void a_command_with_a_nul_is_not_tried_again() {
    Fixture f(WorkKind::command);
    f.plan.command = std::string("a\0b", 3);
    f.start();
    CHECK(f.ends == 1 && f.end.status == Status::aborted && !f.end.may_be_retried);
    CHECK(f.launcher.started.empty());
}

const TestGroup group{
    TEST(steps_follow_each_other),
    TEST(each_step_gets_the_payload),
    TEST(a_failing_step_is_the_last),
    TEST(a_death_by_signal_is_minus_one),
    TEST(skip_codes_end_it_without_an_error),
    TEST(what_cannot_start_is_skipped),
    TEST(a_handler_none_of_whose_steps_start_ends_within_start),
    TEST(a_refused_step_ends_it),
    TEST(a_shortage_only_delays_a_step),
    TEST(without_a_descriptor_for_the_state_file_it_waits),
    TEST(steps_that_could_not_be_listed_are_listed_when_it_starts),
    TEST(an_event_that_turns_out_to_have_no_steps_is_absent),
    TEST(its_time_ends_also_while_it_waits_for_a_descriptor),
    TEST(its_time_ends_with_term_and_then_kill),
    TEST(a_good_exit_after_its_time_is_still_an_abort),
    TEST(its_time_ends_also_for_a_step_that_cannot_start_yet),
    TEST(stopped_it_ends_its_step_and_starts_no_other),
    TEST(the_last_step_may_complete_what_is_stopped),
    TEST(stopped_it_gives_up_a_step_that_has_not_started),
    TEST(stopped_while_it_waits_for_a_descriptor_it_ends_at_once),
    TEST(killed_it_waits_for_no_grace),
    TEST(a_stop_after_its_time_changes_nothing),
    TEST(it_has_the_pid_of_the_step_that_runs),
    TEST(its_variables_are_the_last),
    TEST(a_replay_has_a_variable_more),
    TEST(it_tells_how_each_step_ended),
    TEST(it_tells_which_step_was_refused_skipped_or_timed_out),
    TEST(a_command_is_a_line_for_the_shell),
    TEST(a_command_fails_is_skipped_or_is_ended_by_a_signal),
    TEST(a_commands_time_ends_with_term_and_then_kill),
    TEST(a_stopped_command_is_interrupted_unless_it_completes),
    TEST(a_command_that_cannot_start_says_why),
    TEST(a_command_that_can_start_later_says_why_if_it_cannot),
    TEST(a_command_with_a_nul_is_not_tried_again),
};

} // namespace runs_attempt_test
