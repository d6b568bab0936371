// SPDX-License-Identifier: GPL-3.0-or-later
// Copyright (C) 2026 eventsgw contributors

#include "handlers/handler.h"

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

namespace handlers_handler_test {

/// One handler whose steps a, b and c are real files and whose processes are played.
struct Fixture {
    Fixture() {
        occurrence.source = "module/samba1";
        occurrence.name = "e";
        occurrence.event = std::make_shared<KeptEvent>("module/samba1/event/e", std::string(1000, 'x'));
        occurrence.id = "the-id";
        for (const char* name : {"a", "b", "c"}) {
            occurrence.steps.push_back({name, directory.write(name, "", 0755)});
        }
    }

    void start() {
        handler = std::make_unique<Handler>(
            HandlerMeans{timers, supervisor, remains, file.log(), [] { return StepOutput(); }}, std::move(occurrence),
            [this](const HandlerOutcome& outcome) {
                end = outcome;
                ++ends;
                timers.retire(std::move(handler));
            });
        handler->start();
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
    Occurrence occurrence;
    HandlerOutcome end;
    int ends = 0;
    std::unique_ptr<Handler> handler;
};

using Status = HandlerOutcome::Status;

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
    const char* bytes = f.occurrence.payload().data();
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
    f.occurrence.settings.skip_exit_codes = {2, 3};
    f.start();
    f.finish(0, 3);
    CHECK(f.end.status == Status::skipped && f.end.code == 3);
    CHECK_EQUAL(f.launcher.started.size(), std::size_t{1});
}

void what_cannot_start_is_skipped() {
    Fixture f;
    f.launcher.errors[f.occurrence.steps[0].path] = ENOEXEC;
    f.launcher.errors[f.occurrence.steps[2].path] = ENOENT;
    f.start();
    f.finish(0, 0);
    CHECK(f.end.status == Status::completed);
    CHECK_EQUAL(f.end.step, "c");
    CHECK_EQUAL(f.file.count("Handler of module/samba1/event/e skips step"), 2);
}

void a_handler_none_of_whose_steps_start_ends_within_start() {
    Fixture f;
    for (const Step& step : f.occurrence.steps) {
        f.launcher.errors[step.path] = ENOENT;
    }
    f.start();
    CHECK_EQUAL(f.ends, 1);
    CHECK(f.end.status == Status::completed);
}

void a_refused_step_ends_it() {
    Fixture f;
    f.directory.write("b", "", 0757);
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
    f.directory.write("e/a", "", 0755);
    f.occurrence.steps.clear();
    f.occurrence.bases = {f.directory.path()};
    {
        const NoDescriptors none;
        CHECK(list_steps({f.directory.path()}, "e").is_short);
        f.start();
        f.timers.advance(10s);
    }
    f.timers.advance(Backoff::kLongest);
    CHECK_EQUAL(f.step(0).name, f.directory / "e/a");
    f.finish(0, 0);
    CHECK(f.end.status == Status::completed);
}

void an_event_that_turns_out_to_have_no_steps_is_absent() {
    Fixture f;
    f.occurrence.steps.clear();
    f.occurrence.bases = {f.directory.path()};
    f.start();
    CHECK_EQUAL(f.ends, 1);
    CHECK(f.end.status == Status::absent);
}

void its_time_ends_also_while_it_waits_for_a_descriptor() {
    Fixture f;
    f.occurrence.settings.timeout = 1s;
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
    f.occurrence.settings.timeout = 10s;
    f.occurrence.settings.kill_grace = 5s;
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
    f.occurrence.settings.timeout = 1s;
    f.start();
    f.timers.advance(1s);
    f.finish(0, 0);
    CHECK(f.end.status == Status::aborted && f.end.code == 0);
    CHECK_EQUAL(f.launcher.started.size(), std::size_t{1});
}

void its_time_ends_also_for_a_step_that_cannot_start_yet() {
    Fixture f;
    f.occurrence.settings.timeout = 1s;
    f.launcher.error = EMFILE;
    f.start();
    f.timers.advance(1s);
    CHECK_EQUAL(f.ends, 1);
    CHECK(f.end.status == Status::aborted && f.end.code == -1);
    f.launcher.error = 0;
    f.timers.advance(60s);
    CHECK_EQUAL(f.launcher.started.size(), std::size_t{0});
}

void closed_it_starts_no_step_and_says_nothing() {
    Fixture f;
    f.start();
    const int lines = f.file.count("Handler of");
    f.handler->close();
    f.finish(0, 0);
    CHECK_EQUAL(f.ends, 1);
    CHECK_EQUAL(f.launcher.started.size(), std::size_t{1});
    CHECK_EQUAL(f.file.count("Handler of"), lines);
}

void closed_it_gives_up_a_step_that_has_not_started() {
    Fixture f;
    f.launcher.error = EMFILE;
    f.start();
    f.handler->close();
    CHECK_EQUAL(f.ends, 1);
}

void its_variables_are_the_last() {
    Fixture f;
    f.occurrence.received = std::chrono::system_clock::time_point(1790000000250ms);
    f.occurrence.coalesced = 3;
    f.start();
    const std::vector<std::string>& variables = f.step(0).environment;
    for (const char* variable : {"AGENT_COMFD=2", "AGENT_EVENT_NAME=e", "AGENT_EVENT_SOURCE=module/samba1",
                                 "AGENT_EVENT_CHANNEL=module/samba1/event/e", "AGENT_EVENT_ID=the-id",
                                 "AGENT_EVENT_TIME=2026-09-21T14:13:20.250Z", "AGENT_EVENT_COALESCED=3"}) {
        CHECK(std::find(variables.begin(), variables.end(), variable) != variables.end());
    }
    f.finish(0, 1);
}

void a_replay_has_a_variable_more() {
    Fixture f;
    f.occurrence.event = std::make_shared<KeptEvent>("module/samba1/event/e", "", "1b9d6bcd");
    f.start();
    const std::vector<std::string>& variables = f.step(0).environment;
    CHECK(std::find(variables.begin(), variables.end(), "AGENT_EVENT_REPLAY=1") != variables.end());
    f.finish(0, 1);
}

void it_tells_how_each_step_ended() {
    Fixture f;
    f.launcher.errors[f.occurrence.steps[1].path] = ENOEXEC;
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
    refused.directory.write("a", "", 0757);
    refused.start();
    CHECK(refused.end.steps.size() == 1 && refused.end.steps[0].result == RunResult::not_started);
    CHECK(refused.end.steps[0].reason.find("0757") != std::string::npos);

    Fixture skipped;
    skipped.occurrence.settings.skip_exit_codes = {2};
    skipped.start();
    skipped.finish(0, 2);
    CHECK(skipped.end.steps.size() == 1 && skipped.end.steps[0].result == RunResult::skipped);
    CHECK_EQUAL(skipped.end.steps[0].status, 2);

    Fixture late;
    late.occurrence.settings.timeout = 1s;
    late.start();
    late.timers.advance(1s);
    late.finish(0, 0);
    CHECK(late.end.is_overdue && late.end.steps.size() == 1);
    CHECK(late.end.steps[0].result == RunResult::timed_out);
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
    TEST(closed_it_starts_no_step_and_says_nothing),
    TEST(closed_it_gives_up_a_step_that_has_not_started),
    TEST(its_variables_are_the_last),
    TEST(a_replay_has_a_variable_more),
    TEST(it_tells_how_each_step_ended),
    TEST(it_tells_which_step_was_refused_skipped_or_timed_out),
};

} // namespace handlers_handler_test
