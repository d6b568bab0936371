// SPDX-License-Identifier: GPL-3.0-or-later
// Copyright (C) 2026 eventsgw contributors

#include "delivery/forwarder.h"

#include "fake_redis.h"

using namespace eventsgw;
using namespace eventsgw::testing;
using namespace std::chrono_literals;

namespace {

const Reply kOk = make_text_reply("OK");

/// A forwarder to a leader that the test plays. Carries out transactions as Redis does, into `queue`.
struct Fixture {
    explicit Fixture(Forwarder::Limits limits = {100000, 1U << 28U})
        : forwarder({"leader", Address{"127.0.0.1", 6379, ""}, "module/mail1", "s3cret", "module/mail1/eventsgw", 5s},
                    redis.network(), file.log(), "module/mail1", "run", limits, [this] { ++empty; }) {
        forwarder.start();
    }

    void connect() {
        redis.accept_login();
        redis.answer("WATCH", kOk);
        redis.answer("GET", cursor);
    }

    void accept(const std::string& task) { forwarder.accept(task, "a/event/b"); }

    /// Carries out the transaction under way; `answers` says whether the leader's answers arrive.
    void execute(bool answers = true) {
        const std::vector<std::string> commands = redis.unanswered();
        queue += commands.at(1).substr(std::string("LPUSH module/mail1/tasks").size());
        cursor = make_text_reply(commands.at(2).substr(commands.at(2).find("run")));
        if (!answers) {
            return;
        }
        Reply executed;
        executed.kind = Reply::Kind::array;
        executed.elements = {make_integer_reply(1), kOk};
        redis.answer("MULTI", kOk);
        redis.answer("LPUSH", make_text_reply("QUEUED"));
        redis.answer("SET", make_text_reply("QUEUED"));
        redis.answer("EXEC", executed);
        redis.answer("WATCH", kOk);
        redis.answer("GET", cursor);
    }

    bool is_pushing() { return !redis.unanswered().empty(); }

    FakeTimers timers;
    FakeRedis redis{timers};
    LogFile file;
    std::string queue; ///< the tasks in the agent's queue, oldest first
    Reply cursor;
    int empty = 0;
    Forwarder forwarder;
};

void pushes_what_came_in_one_turn_as_one_batch() {
    Fixture f;
    f.connect();
    f.accept("t1");
    f.accept("t2");
    CHECK(!f.is_pushing());
    f.timers.turn();
    f.execute();
    CHECK_EQUAL(f.queue, std::string(" t1 t2"));
    CHECK_EQUAL(f.forwarder.waiting(), std::size_t{0});
    CHECK_EQUAL(f.forwarder.pushed(), std::uint64_t{2});
    CHECK_EQUAL(f.empty, 1);
}

void what_comes_while_a_batch_is_on_its_way_follows_it() {
    Fixture f;
    f.connect();
    f.accept("t1");
    f.timers.turn();
    f.accept("t2");
    f.accept("t3");
    f.timers.turn();
    f.execute();
    f.execute();
    CHECK_EQUAL(f.queue, std::string(" t1 t2 t3"));
}

void keeps_tasks_in_order_while_the_leader_is_away() {
    Fixture f;
    f.accept("t1");
    f.redis.cut("Connection refused");
    f.accept("t2");
    f.timers.advance(Backoff::kLongest);
    f.accept("t3");
    f.connect();
    f.execute();
    CHECK_EQUAL(f.queue, std::string(" t1 t2 t3"));
    CHECK_EQUAL(f.file.count("waiting for the leader"), 1);
    CHECK_EQUAL(f.file.count("none waits any more"), 1);
}

void a_lost_answer_neither_loses_nor_doubles_a_task() {
    for (const bool carried_out : {false, true}) {
        Fixture f;
        f.connect();
        f.accept("t1");
        f.timers.turn();
        if (carried_out) {
            f.execute(false);
        }
        f.accept("t2");
        f.redis.cut("Connection reset by peer");
        f.timers.advance(Backoff::kLongest);
        f.connect();
        f.execute();
        CHECK_EQUAL(f.queue, std::string(" t1 t2"));
        CHECK_EQUAL(f.forwarder.waiting(), std::size_t{0});
        CHECK_EQUAL(f.forwarder.pushed(), std::uint64_t{2});
    }
}

void refuses_the_newest_over_the_number() {
    Fixture f({2, 1U << 20U});
    for (const char* task : {"t1", "t2", "t3", "t4", "t5"}) {
        f.accept(task);
    }
    CHECK_EQUAL(f.forwarder.waiting(), std::size_t{2});
    CHECK_EQUAL(f.forwarder.refused(), std::uint64_t{3});
    CHECK_EQUAL(f.file.count("task: refused"), 1);
    f.timers.advance(1s);
    CHECK_EQUAL(f.file.count("refused=3"), 1);
    f.timers.advance(10s);
    CHECK_EQUAL(f.file.count("task: refused"), 2);
    f.redis.cut("late");
    f.timers.advance(Backoff::kLongest);
    f.connect();
    f.execute();
    CHECK_EQUAL(f.queue, std::string(" t1 t2"));
}

void refuses_the_newest_when_the_bytes_are_reached() {
    Fixture f({100, 10});
    f.accept("t1");
    f.accept("a task of more than ten bytes");
    CHECK_EQUAL(f.forwarder.waiting(), std::size_t{2});
    f.accept("t3");
    CHECK_EQUAL(f.forwarder.refused(), std::uint64_t{1});
}

void a_batch_has_a_bounded_number_of_tasks() {
    Fixture f;
    for (int i = 0; i < 2500; ++i) {
        f.accept("t");
    }
    f.connect();
    for (const std::size_t left : {std::size_t{1500}, std::size_t{500}, std::size_t{0}}) {
        f.execute();
        CHECK_EQUAL(f.forwarder.waiting(), left);
    }
}

void a_batch_has_a_bounded_size() {
    Fixture f;
    for (int i = 0; i < 3; ++i) {
        f.accept(std::string(600U << 10U, 't'));
    }
    f.connect();
    for (const std::size_t left : {std::size_t{2}, std::size_t{1}, std::size_t{0}}) {
        f.execute();
        CHECK_EQUAL(f.forwarder.waiting(), left);
    }
}

} // namespace

int main() {
    const CMUnitTest tests[] = {
        TEST(pushes_what_came_in_one_turn_as_one_batch),
        TEST(what_comes_while_a_batch_is_on_its_way_follows_it),
        TEST(keeps_tasks_in_order_while_the_leader_is_away),
        TEST(a_lost_answer_neither_loses_nor_doubles_a_task),
        TEST(refuses_the_newest_over_the_number),
        TEST(refuses_the_newest_when_the_bytes_are_reached),
        TEST(a_batch_has_a_bounded_number_of_tasks),
        TEST(a_batch_has_a_bounded_size),
    };
    return run(tests);
}
