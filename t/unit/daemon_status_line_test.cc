// SPDX-License-Identifier: GPL-3.0-or-later
// Copyright (C) 2026 eventsgw contributors

#include "daemon/status_line.h"

#include "fake_timers.h"
#include "testing.h"

#include <cstdlib>
#include <ctime>

using namespace eventsgw;
using namespace eventsgw::testing;
using namespace std::chrono_literals;

namespace daemon_status_line_test {

Condition make_condition() {
    Condition condition;
    condition.agent_id = "module/mail1";
    condition.channels = 1;
    condition.patterns = 2;
    return condition;
}

/// A status line whose condition the test sets.
struct Fixture {
    FakeTimers timers;
    Condition condition = make_condition();
    int observed = 0;
    std::vector<std::string> shown;
    StatusLine line{timers,
                    [this] {
                        ++observed;
                        return condition;
                    },
                    [this](const std::string& text) { shown.push_back(text); }};
};

void the_text_says_what_there_is() {
    Condition condition = make_condition();
    CHECK_EQUAL(format_condition(condition), std::string("listening to 1 channel and 2 patterns for module/mail1; "
                                                         "0 tasks waiting; 0 running, 0 queued"));
    condition.tasks_waiting = 1;
    condition.runs_active = 32;
    condition.runs_waiting = 5;
    CHECK_EQUAL(format_condition(condition), std::string("listening to 1 channel and 2 patterns for module/mail1; "
                                                         "1 task waiting; 32 running, 5 queued"));
}

void the_text_says_what_it_waits_for() {
    Condition condition = make_condition();
    condition.problem = "waiting for the replica at r:1: refused";
    CHECK_EQUAL(format_condition(condition),
                std::string("waiting for the replica at r:1: refused; 0 tasks waiting; 0 running, 0 queued"));
}

void the_text_has_the_last_gap_in_local_time() {
    ::setenv("TZ", "UTC", 1);
    ::tzset();
    Condition condition = make_condition();
    condition.last_gap = Condition::Gap{std::chrono::system_clock::from_time_t(86400), 2500ms};
    const std::string text = format_condition(condition);
    CHECK_EQUAL(text.substr(text.rfind("; ")), std::string("; last gap 2.5s until 1970-01-02 00:00:00"));
}

void shows_a_change_at_once_and_the_next_after_a_pause() {
    Fixture f;
    f.line.touch();
    CHECK_EQUAL(f.shown.size(), std::size_t{1});
    f.condition.channels = 7;
    f.line.touch();
    f.line.touch();
    CHECK_EQUAL(f.shown.size(), std::size_t{1});
    f.timers.advance(StatusLine::kPause);
    CHECK_EQUAL(f.shown.size(), std::size_t{2});
    CHECK_EQUAL(f.shown.back().substr(0, 24), std::string("listening to 7 channels "));
}

void what_has_not_changed_is_not_shown_again() {
    Fixture f;
    for (int i = 0; i < 5; ++i) {
        f.line.touch();
        f.timers.advance(StatusLine::kPause);
    }
    CHECK_EQUAL(f.shown.size(), std::size_t{1});
}

void follows_work_to_its_end_by_itself_and_then_sleeps() {
    Fixture f;
    f.condition.runs_active = 2;
    f.line.touch();
    f.timers.advance(10 * StatusLine::kPause);
    CHECK_EQUAL(f.shown.size(), std::size_t{1});
    f.condition.runs_active = 0;
    f.timers.advance(StatusLine::kPause);
    CHECK_EQUAL(f.shown.size(), std::size_t{2});
    const int observed = f.observed;
    f.timers.advance(1h);
    CHECK_EQUAL(f.observed, observed);
}

void stopped_it_is_silent() {
    Fixture f;
    f.condition.tasks_waiting = 1;
    f.line.touch();
    f.line.stop();
    f.condition.tasks_waiting = 0;
    f.timers.advance(1h);
    CHECK_EQUAL(f.shown.size(), std::size_t{1});
}

const TestGroup group{
    TEST(the_text_says_what_there_is),
    TEST(the_text_says_what_it_waits_for),
    TEST(the_text_has_the_last_gap_in_local_time),
    TEST(shows_a_change_at_once_and_the_next_after_a_pause),
    TEST(what_has_not_changed_is_not_shown_again),
    TEST(follows_work_to_its_end_by_itself_and_then_sleeps),
    TEST(stopped_it_is_silent),
};

} // namespace daemon_status_line_test
