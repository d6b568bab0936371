// SPDX-License-Identifier: GPL-3.0-or-later
// Copyright (C) 2026 eventsgw contributors

#include "handlers/steps.h"

#include "directory.h"
#include "testing.h"

#include <filesystem>

using namespace eventsgw;
using namespace eventsgw::testing;

namespace handlers_steps_test {

std::string names_of(const StepList& list) {
    std::string names;
    for (const Step& step : list.steps) {
        names += step.name + " ";
    }
    return names;
}

void steps_are_in_byte_order() {
    const Directory base;
    for (const char* name : {"b", "a", "B", "10", "9", "\xc3\xa9", "a-", "a.", ".x"}) {
        base.write(std::string("e/") + name, "", 0755);
    }
    CHECK_EQUAL(names_of(list_steps({base.path()}, "e")), ".x 10 9 B a a- a. b \xc3\xa9 ");
}

void the_later_base_wins() {
    const Directory first;
    const Directory second;
    first.write("e/10", "");
    first.write("e/20", "");
    second.write("e/20", "");
    second.write("e/30", "");
    const StepList list = list_steps({first.path(), second.path()}, "e");
    CHECK_EQUAL(names_of(list), "10 20 30 ");
    CHECK_EQUAL(list.steps[0].path, first / "e/10");
    CHECK_EQUAL(list.steps[1].path, second / "e/20");
    CHECK_EQUAL(list_steps({second.path(), first.path()}, "e").steps[1].path, first / "e/20");
}

void directories_are_no_steps_and_hide_none() {
    const Directory first;
    const Directory second;
    first.write("e/10", "");
    first.write("e/20/inner", "");
    second.write("e/10/inner", "");
    std::filesystem::create_directory_symlink(first / "e/20", second / "e/30");
    const StepList list = list_steps({first.path(), second.path()}, "e");
    CHECK_EQUAL(names_of(list), "10 ");
    CHECK_EQUAL(list.steps[0].path, first / "e/10");
}

void a_link_that_leads_nowhere_is_a_step() {
    const Directory base;
    base.write("e/10", "");
    std::filesystem::create_symlink("nowhere", base / "e/20");
    CHECK_EQUAL(names_of(list_steps({base.path()}, "e")), "10 20 ");
}

void what_is_not_there_is_no_problem_and_what_cannot_be_read_is_one() {
    const Directory base;
    CHECK(list_steps({base.path(), base / "no-such-base"}, "e").problems.empty());
    base.write("README", "a file is no directory of steps, and nobody's mistake");
    CHECK(list_steps({base.path()}, "README").problems.empty());
    std::filesystem::create_symlink("e", base / "e");
    const StepList list = list_steps({base.path()}, "e");
    CHECK(list.steps.empty());
    CHECK_EQUAL(list.problems.at(0), (base / "e") + ": Too many levels of symbolic links");
}

void events_are_the_directories_of_all_bases() {
    const Directory first;
    const Directory second;
    first.write("b/10", "");
    first.write("a/10", "");
    first.write("file", "");
    second.write("a/20", "");
    second.write("bad name/10", "");
    const EventList events = list_events({first.path(), second.path(), second / "no-such-base"});
    CHECK(events.names == std::vector<std::string>({"a", "b"}));
    CHECK_EQUAL(events.problems.size(), std::size_t{2});
    CHECK_EQUAL(events.problems[0], (second / "bad name") + ": no event has such a name");
}

void a_step_is_an_executable_file() {
    const Directory base;
    CHECK(judge_step(base.write("good", "", 0755), true).fate == StepFate::runs);
    CHECK(judge_step(base.write("plain", "", 0644), true).fate == StepFate::skipped);
    CHECK_EQUAL(judge_step(base / "plain", true).reason, "it is not executable");
    CHECK(judge_step(base / "absent", true).fate == StepFate::skipped);
    CHECK(judge_step(base.path(), true).fate == StepFate::skipped);
    CHECK(::mkfifo((base / "fifo").c_str(), 0755) == 0);
    CHECK(judge_step(base / "fifo", true).fate == StepFate::skipped);
}

void a_step_needs_something_that_runs_it() {
    const Directory base;
    const auto foresee = [&base](const std::string& content) {
        const StepVerdict verdict = foresee_step(base.write("step", content, 0755), true);
        CHECK(verdict.reason.empty() == (verdict.fate == StepFate::runs));
        return verdict.reason;
    };
    for (const char* good : {"#!/bin/sh\n", "#!/bin/sh", "#! /bin/sh -e\n", "#!\t/usr/bin/env python3\n"}) {
        CHECK_EQUAL(foresee(good), "");
    }
    CHECK_EQUAL(foresee(std::string("\x7f"
                                    "ELF\0",
                                    5)),
                "");
    CHECK_EQUAL(foresee("#!/no/such/sh -e\n"), "no interpreter \"/no/such/sh\": No such file or directory");
    CHECK_EQUAL(foresee("#!/bin/sh\r\necho\r\n"), "no interpreter \"/bin/sh\\r\": No such file or directory");
    CHECK_EQUAL(foresee("#!/etc/passwd\n"), "no interpreter \"/etc/passwd\": Permission denied");
    CHECK_EQUAL(foresee("#!  \n/bin/sh\n"), "no interpreter: its first line names none behind #!");
    for (const char* text : {"", "echo\n", "\n#!/bin/sh\n"}) {
        CHECK_EQUAL(foresee(text), "no interpreter: its first line does not begin with #!");
    }
    base.write("plain", "", 0644);
    CHECK_EQUAL(foresee_step(base / "plain", true).reason, "it is not executable");
}

void an_intruders_step_is_refused_only_if_strict() {
    const Directory base;
    base.write("open", "", 0777);
    const StepVerdict verdict = judge_step(base / "open", true);
    CHECK(verdict.fate == StepFate::refused);
    CHECK(verdict.reason.rfind((base / "open") + " is writable by everybody (mode 0777", 0) == 0);
    CHECK(judge_step(base / "open", false).fate == StepFate::runs);
}

const TestGroup group{
    TEST(steps_are_in_byte_order),
    TEST(the_later_base_wins),
    TEST(directories_are_no_steps_and_hide_none),
    TEST(a_link_that_leads_nowhere_is_a_step),
    TEST(what_is_not_there_is_no_problem_and_what_cannot_be_read_is_one),
    TEST(events_are_the_directories_of_all_bases),
    TEST(a_step_is_an_executable_file),
    TEST(a_step_needs_something_that_runs_it),
    TEST(an_intruders_step_is_refused_only_if_strict),
};

} // namespace handlers_steps_test
