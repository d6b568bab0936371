// SPDX-License-Identifier: GPL-3.0-or-later
// Copyright (C) 2026 eventsgw contributors

#include "handlers/scheduler.h"

#include "fake_timers.h"
#include "testing.h"

using namespace eventsgw;
using namespace eventsgw::testing;
using namespace std::chrono_literals;

namespace handlers_scheduler_test {

/// Handlers that run until the test finishes them; `starts` tells them in their order, by payload.
struct Fixture {
    explicit Fixture(Slots::Limits limits = {10, 100, 1000})
        : slots(limits), scheduler(timers, slots, [this](Occurrence occurrence, const std::string& lane) {
              starts += occurrence.payload();
              starts += occurrence.coalesced > 1 ? "*" + std::to_string(occurrence.coalesced) + " " : " ";
              running.push_back({std::string(occurrence.payload()), lane});
          }) {}

    /// An event "NAME SOURCE PAYLOAD".
    Admission submit(const std::string& name, const std::string& source, const std::string& payload) {
        Occurrence occurrence;
        occurrence.name = name;
        occurrence.source = source;
        occurrence.event = std::make_shared<KeptEvent>(source + "/event/" + name, payload, replay_of);
        occurrence.settings = settings;
        return scheduler.submit(std::move(occurrence));
    }

    void finish(const std::string& payload) {
        for (auto handler = running.begin(); handler != running.end(); ++handler) {
            if (handler->first == payload) {
                const std::string lane = handler->second;
                running.erase(handler);
                scheduler.finish(lane);
                return;
            }
        }
        report(__FILE__, __LINE__, payload + " does not run");
    }

    FakeTimers timers;
    Slots slots;
    RunSettings settings;
    std::string replay_of;
    std::string starts;
    std::vector<std::pair<std::string, std::string>> running;
    Scheduler scheduler;
};

void all_run_side_by_side_where_nothing_is_said() {
    Fixture f;
    f.submit("e", "s", "a");
    f.submit("e", "s", "b");
    CHECK_EQUAL(f.starts, "a b ");
}

void who_finds_no_slot_waits_for_one() {
    Fixture f({1, 1, 1000});
    CHECK_EQUAL(f.submit("e", "s", "a"), Admission::has_slot);
    CHECK_EQUAL(f.submit("f", "s", "b"), Admission::waits);
    CHECK_EQUAL(f.submit("g", "s", "c"), Admission::refused);
    f.finish("a");
    CHECK_EQUAL(f.starts, "a b ");
}

void those_of_one_event_follow_each_other() {
    Fixture f;
    f.settings.serialize = Serialize::event;
    CHECK_EQUAL(f.submit("e", "s", "a"), Admission::has_slot);
    CHECK_EQUAL(f.submit("e", "t", "b"), Admission::waits);
    CHECK_EQUAL(f.submit("f", "s", "c"), Admission::has_slot);
    CHECK_EQUAL(f.submit("e", "s", "d"), Admission::waits);
    CHECK_EQUAL(f.starts, "a c ");
    f.finish("a");
    CHECK_EQUAL(f.starts, "a c b ");
    f.finish("b");
    CHECK_EQUAL(f.starts, "a c b d ");
    f.finish("d");
    CHECK_EQUAL(f.submit("e", "s", "e"), Admission::has_slot);
    CHECK_EQUAL(f.starts, "a c b d e ");
}

void those_of_one_source_follow_each_other() {
    Fixture f;
    f.settings.serialize = Serialize::source;
    f.submit("e", "s", "a");
    f.submit("e", "t", "b");
    f.submit("f", "s", "c");
    CHECK_EQUAL(f.starts, "a b ");
    f.finish("a");
    CHECK_EQUAL(f.starts, "a b c ");
}

void an_event_and_a_source_of_the_same_name_are_two_lanes() {
    Fixture f;
    f.settings.serialize = Serialize::event;
    f.submit("x", "s", "a");
    f.settings.serialize = Serialize::source;
    f.submit("e", "x", "b");
    CHECK_EQUAL(f.starts, "a b ");
}

void who_waits_for_its_lane_holds_nobody_up() {
    Fixture f({2, 100, 1000});
    f.settings.serialize = Serialize::event;
    f.submit("e", "s", "a");
    f.submit("e", "s", "b");
    f.submit("f", "s", "c");
    f.submit("g", "s", "d");
    CHECK_EQUAL(f.starts, "a c ");
    f.finish("a");
    CHECK_EQUAL(f.starts, "a c b ");
    f.finish("c");
    CHECK_EQUAL(f.starts, "a c b d ");
}

void who_waits_for_its_lane_counts_as_waiting() {
    Fixture f({2, 1, 1000});
    f.settings.serialize = Serialize::event;
    CHECK_EQUAL(f.submit("e", "s", "a"), Admission::has_slot);
    CHECK_EQUAL(f.submit("e", "s", "b"), Admission::waits);
    CHECK_EQUAL(f.submit("e", "s", "c"), Admission::refused);
    CHECK_EQUAL(f.submit("f", "s", "d"), Admission::has_slot);
    f.finish("a");
    f.finish("b");
    CHECK_EQUAL(f.starts, "a d b ");
}

void coalesced_events_are_one_run_with_the_last_payload() {
    Fixture f;
    f.settings.coalesce = 2s;
    CHECK_EQUAL(f.submit("e", "s", "a"), Admission::waits);
    f.timers.advance(1s);
    CHECK_EQUAL(f.submit("e", "s", "b"), Admission::waits);
    f.submit("e", "t", "other");
    f.submit("f", "s", "another");
    f.timers.advance(999ms);
    CHECK_EQUAL(f.submit("e", "s", "c"), Admission::waits);
    CHECK_EQUAL(f.starts, "");
    CHECK_EQUAL(f.slots.waiting(), std::size_t{3});
    f.timers.advance(1ms);
    CHECK_EQUAL(f.starts, "c*3 ");
    f.timers.advance(1s);
    CHECK_EQUAL(f.starts, "c*3 other another ");
}

void events_during_a_run_are_one_more_run_after_it() {
    Fixture f;
    f.settings.coalesce = 2s;
    f.submit("e", "s", "a");
    f.timers.advance(2s);
    f.submit("e", "s", "b");
    f.timers.advance(10s);
    f.submit("e", "s", "c");
    CHECK_EQUAL(f.starts, "a ");
    f.finish("a");
    CHECK_EQUAL(f.starts, "a c*2 ");
    f.finish("c");
    f.timers.advance(60s);
    CHECK_EQUAL(f.starts, "a c*2 ");
}

void a_run_that_ends_within_the_window_does_not_shorten_it() {
    Fixture f;
    f.settings.coalesce = 2s;
    f.submit("e", "s", "a");
    f.timers.advance(2s);
    f.submit("e", "s", "b");
    f.finish("a");
    f.timers.advance(1999ms);
    CHECK_EQUAL(f.starts, "a ");
    f.timers.advance(1ms);
    CHECK_EQUAL(f.starts, "a b ");
}

void events_join_until_there_is_a_slot() {
    Fixture f({1, 100, 1000});
    f.submit("other", "s", "x");
    f.settings.coalesce = 1s;
    f.submit("e", "s", "a");
    f.timers.advance(5s);
    f.submit("e", "s", "b");
    f.submit("e", "s", "c");
    f.finish("x");
    CHECK_EQUAL(f.starts, "x c*3 ");
}

void a_full_queue_still_takes_what_joins() {
    Fixture f({1, 1, 1000});
    f.settings.coalesce = 1s;
    CHECK_EQUAL(f.submit("e", "s", "a"), Admission::waits);
    CHECK_EQUAL(f.submit("f", "s", "b"), Admission::refused);
    CHECK_EQUAL(f.submit("e", "s", "c"), Admission::waits);
    f.timers.advance(1s);
    CHECK_EQUAL(f.starts, "c*2 ");
}

void coalesced_and_serialised_ones_share_the_lane() {
    Fixture f;
    f.settings.serialize = Serialize::event;
    f.settings.coalesce = 1s;
    f.submit("e", "s", "a");
    f.submit("e", "t", "b");
    f.timers.advance(1s);
    CHECK_EQUAL(f.starts, "a ");
    f.submit("e", "t", "c");
    f.finish("a");
    CHECK_EQUAL(f.starts, "a c*2 ");
}

void a_replay_joins_nobody_and_shares_the_lane() {
    Fixture f;
    f.settings.coalesce = 2s;
    f.submit("e", "s", "a");
    f.replay_of = "1b9d6bcd";
    CHECK_EQUAL(f.submit("e", "s", "old"), Admission::has_slot);
    CHECK_EQUAL(f.submit("e", "s", "older"), Admission::waits);
    CHECK_EQUAL(f.starts, "old ");
    f.replay_of.clear();
    f.submit("e", "s", "b");
    f.timers.advance(2s);
    f.finish("old");
    f.finish("older");
    CHECK_EQUAL(f.starts, "old older b*2 ");
}

void bytes_are_those_of_the_last_payload() {
    Fixture f({10, 100, 1000});
    f.settings.coalesce = 1s;
    f.submit("e", "s", "1234567890");
    f.submit("e", "s", "123");
    CHECK_EQUAL(f.slots.waiting_bytes(), std::size_t{3});
    CHECK_EQUAL(f.submit("e", "s", std::string(1000, 'x')), Admission::waits);
    CHECK_EQUAL(f.submit("e", "s", std::string(1001, 'x')), Admission::refused); // the bytes that may wait are reached
    CHECK_EQUAL(f.slots.waiting_bytes(), std::size_t{1000});
}

void closing_the_windows_starts_all_at_once() {
    Fixture f;
    f.settings.coalesce = 1h;
    f.submit("e", "s", "a");
    f.submit("f", "s", "b");
    f.scheduler.close_windows();
    CHECK_EQUAL(f.starts, "a b ");
    f.timers.advance(2h);
    CHECK_EQUAL(f.starts, "a b ");
}

void after_closing_nothing_starts() {
    Fixture f({1, 100, 1000});
    f.settings.serialize = Serialize::event;
    f.submit("e", "s", "a");
    f.submit("e", "s", "b");
    f.settings.coalesce = 1s;
    f.submit("f", "s", "c");
    CHECK_EQUAL(f.slots.close(), std::size_t{2});
    f.scheduler.close();
    CHECK_EQUAL(f.submit("g", "s", "d"), Admission::refused);
    f.timers.advance(60s);
    f.finish("a");
    CHECK_EQUAL(f.starts, "a ");
}

const TestGroup group{
    TEST(all_run_side_by_side_where_nothing_is_said),
    TEST(who_finds_no_slot_waits_for_one),
    TEST(those_of_one_event_follow_each_other),
    TEST(those_of_one_source_follow_each_other),
    TEST(an_event_and_a_source_of_the_same_name_are_two_lanes),
    TEST(who_waits_for_its_lane_holds_nobody_up),
    TEST(who_waits_for_its_lane_counts_as_waiting),
    TEST(coalesced_events_are_one_run_with_the_last_payload),
    TEST(events_during_a_run_are_one_more_run_after_it),
    TEST(a_run_that_ends_within_the_window_does_not_shorten_it),
    TEST(events_join_until_there_is_a_slot),
    TEST(a_full_queue_still_takes_what_joins),
    TEST(coalesced_and_serialised_ones_share_the_lane),
    TEST(a_replay_joins_nobody_and_shares_the_lane),
    TEST(bytes_are_those_of_the_last_payload),
    TEST(closing_the_windows_starts_all_at_once),
    TEST(after_closing_nothing_starts),
};

} // namespace handlers_scheduler_test
