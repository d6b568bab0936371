// SPDX-License-Identifier: GPL-3.0-or-later
// Copyright (C) 2026 eventsgw contributors

#include "process/slots.h"

#include "testing.h"

#include <string>

using namespace eventsgw;
using namespace eventsgw::testing;

namespace process_slots_test {

struct Fixture {
    explicit Fixture(Slots::Limits limits) : slots(limits) {}

    /// Comes in and asks; notes its name when its turn comes.
    Admission ask(const std::string& name, std::size_t bytes = 0) {
        const std::optional<Slots::Number> number = slots.enter(bytes, true);
        return number ? ask(*number, name) : Admission::refused;
    }
    Admission ask(Slots::Number number, const std::string& name) {
        return slots.ask(number, [this, name] { turns += name; });
    }

    Slots slots;
    std::string turns;
};

void turns_come_in_the_order_of_coming_in() {
    Fixture f({1, 100, 1000});
    CHECK_EQUAL(f.ask("a"), Admission::has_slot);
    const auto early = f.slots.enter(0, false);
    CHECK_EQUAL(f.ask("c"), Admission::waits);
    CHECK_EQUAL(f.ask("d"), Admission::waits);
    CHECK_EQUAL(f.ask(early.value(), "b"), Admission::waits);
    CHECK_EQUAL(f.turns, "a");
    for (int i = 0; i < 3; ++i) {
        f.slots.leave();
    }
    CHECK_EQUAL(f.turns, "abcd");
    CHECK_EQUAL(f.slots.running(), std::size_t{1});
}

void who_does_not_ask_holds_nobody_up() {
    Fixture f({1, 100, 1000});
    const auto early = f.slots.enter(0, false);
    CHECK_EQUAL(f.ask("a"), Admission::has_slot);
    CHECK_EQUAL(f.turns, "a");
    CHECK_EQUAL(f.slots.waiting(), std::size_t{1});
    f.slots.leave();
    CHECK_EQUAL(f.ask(early.value(), "b"), Admission::has_slot);
    CHECK_EQUAL(f.turns, "ab");
}

void who_leaves_in_its_own_turn_had_its_slot() {
    Slots slots({1, 100, 1000});
    CHECK_EQUAL(slots.ask(slots.enter(0, true).value(), [&] { slots.leave(); }), Admission::has_slot);
    CHECK_EQUAL(slots.running() + slots.waiting(), std::size_t{0});
}

void who_does_not_ask_counts_as_waiting() {
    Fixture f({2, 1, 1000});
    CHECK(f.slots.enter(0, false).has_value());
    CHECK(!f.slots.enter(0, false).has_value());
    CHECK_EQUAL(f.ask("a"), Admission::has_slot);
    CHECK_EQUAL(f.ask("b"), Admission::has_slot);
    CHECK_EQUAL(f.ask("c"), Admission::refused);
}

void bytes_can_change() {
    Fixture f({1, 100, 10});
    f.ask("a", 50);
    const auto number = f.slots.enter(3, false);
    f.slots.set_bytes(number.value(), 10);
    CHECK_EQUAL(f.slots.waiting_bytes(), std::size_t{10});
    CHECK_EQUAL(f.ask("b", 1), Admission::refused);
    f.slots.set_bytes(number.value(), 9);
    CHECK_EQUAL(f.ask("b", 1), Admission::waits);
    CHECK_EQUAL(f.slots.waiting_bytes(), std::size_t{10});
    f.slots.leave();
    CHECK_EQUAL(f.turns, "ab");
    CHECK_EQUAL(f.slots.waiting_bytes(), std::size_t{9});
}

void many_that_leave_in_their_own_turn_do_not_pile_up() {
    Slots slots({1, 1000000, 1});
    int turns = 0;
    std::optional<Slots::Number> first = slots.enter(0, true);
    slots.ask(*first, [] {});
    int depth = 0;
    for (int i = 0; i < 100000; ++i) {
        slots.ask(slots.enter(0, true).value(), [&] {
            ++depth;
            CHECK_EQUAL(depth, 1);
            ++turns;
            slots.leave();
            --depth;
        });
    }
    slots.leave();
    CHECK_EQUAL(turns, 100000);
    CHECK_EQUAL(slots.running(), std::size_t{0});
}

void closing_drops_all_who_wait() {
    Fixture f({1, 100, 1000});
    f.ask("a");
    f.ask("b", 5);
    f.slots.enter(7, false);
    CHECK_EQUAL(f.slots.close(), std::size_t{2});
    CHECK_EQUAL(f.slots.waiting() + f.slots.waiting_bytes(), std::size_t{0});
    CHECK_EQUAL(f.ask("c"), Admission::refused);
    f.slots.leave();
    CHECK_EQUAL(f.turns, "a");
    CHECK_EQUAL(f.slots.running(), std::size_t{0});
}

const TestGroup group{
    TEST(turns_come_in_the_order_of_coming_in),
    TEST(who_does_not_ask_holds_nobody_up),
    TEST(who_leaves_in_its_own_turn_had_its_slot),
    TEST(who_does_not_ask_counts_as_waiting),
    TEST(bytes_can_change),
    TEST(many_that_leave_in_their_own_turn_do_not_pile_up),
    TEST(closing_drops_all_who_wait),
};

} // namespace process_slots_test
