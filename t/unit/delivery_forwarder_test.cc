// SPDX-License-Identifier: GPL-3.0-or-later
// Copyright (C) 2026 eventsgw contributors

#include "delivery/forwarder.h"

#include "directory.h"
#include "fake_redis.h"

#include <poll.h>

using namespace eventsgw;
using namespace eventsgw::testing;
using namespace std::chrono_literals;

namespace delivery_forwarder_test {

const Reply kOk = make_text_reply("OK");

constexpr Backlog::Options kLimits{100000, 1U << 28U, 1U << 30U, false};

/// A forwarder to a leader that the test plays. Carries out transactions as Redis does, into `queue`.
struct Fixture {
    explicit Fixture(Backlog::Options limits = kLimits)
        : forwarder({{"leader", Address{"127.0.0.1", 6379, ""}, "module/mail1", "s3cret", "module/mail1/eventsgw", 5s},
                     "module/mail1",
                     limits},
                    redis.network(), file.log(), *journal, history, {[this] { ++empty; }, [](const std::string&) {}}) {
        forwarder.start();
    }

    void connect() {
        redis.accept_login();
        answer_watch();
        fence();
    }

    void answer_watch() {
        redis.answer("WATCH", kOk);
        redis.answer("GET", cursor);
        redis.answer("TYPE", make_text_reply(type));
    }

    /// The transaction that a new connection begins with.
    void fence() {
        set_cursor(redis.unanswered().at(1));
        redis.answer("MULTI", kOk);
        redis.answer("SET", make_text_reply("QUEUED"));
        Reply executed;
        executed.kind = Reply::Kind::array;
        executed.elements = {kOk};
        redis.answer("EXEC", executed);
        answer_watch();
    }

    void set_cursor(const std::string& command) { cursor = make_text_reply(command.substr(command.find(instance))); }

    /// A short task is known by its action, and what is longer is payload.
    bool accept(const std::string& task) {
        const bool is_short = task.size() < 10;
        const auto event = std::make_shared<KeptEvent>("a/event/b", is_short ? "{}" : task);
        return forwarder.accept(event, is_short ? task : "large", Uuid{}) == Outcome::Reason::none;
    }

    /// The actions in a command, with a blank before each.
    static std::string list_actions(const std::string& command) {
        const std::string head = R"("action":")";
        std::string actions;
        for (std::size_t at = command.find(head); at != std::string::npos; at = command.find(head, at + 1)) {
            const std::size_t begin = at + head.size();
            actions += " " + command.substr(begin, command.find('"', begin) - begin);
        }
        return actions;
    }

    /// Until the disk has told what it was asked for.
    template <typename Condition> void wait(const Condition& condition) {
        for (int i = 0; i < 2000 && !condition(); ++i) {
            pollfd news{journal->descriptor(), POLLIN, 0};
            ::poll(&news, 1, 10);
            journal->receive();
        }
        CHECK(condition());
    }

    /// Carries out the transaction under way; `answers` says whether the leader's answers arrive.
    void execute(bool answers = true) {
        const std::vector<std::string> commands = redis.unanswered();
        queue += list_actions(commands.at(1));
        set_cursor(commands.at(2));
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
        answer_watch();
    }

    void reconnect() {
        redis.cut("Connection reset by peer");
        timers.advance(Backoff::kLongest);
        connect();
    }

    /// What the history keeps of them: "ACTION STATE REASON; " for each.
    std::string list_history() {
        timers.advance(History::kGather);
        journal->finish();
        journal->receive();
        std::string text;
        Result<JournalFile> opened = JournalFile::open(directory / "journal", Database::Mode::read);
        CHECK(opened.ok());
        const auto look = [&](const RunRecord& run) {
            CHECK(run.kind == WorkKind::task && run.id.size() == 36 && run.ended == run.arrived + run.wall);
            text += run.value + " " + std::string(to_string(run.state)) + " " + run.reason + "; ";
        };
        CHECK(opened->history().each({}, look).ok());
        return text;
    }

    bool is_pushing() { return !redis.unanswered().empty(); }

    Directory directory;
    LogFile file;
    std::unique_ptr<Journal> journal =
        std::move(Journal::open(std::nullopt, file.log(), "module/mail1", directory / "journal")).value();
    std::string instance = journal->claim().instance;
    FakeTimers timers;
    History history{timers, file.log(), {1000, std::chrono::hours(1), HistoryPayload::no, 1000}, *journal};
    FakeRedis redis{timers};
    std::string queue; ///< the tasks in the agent's queue, oldest first
    Reply cursor;
    std::string type = "list"; ///< of the queue
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
    CHECK_EQUAL(f.forwarder.counters().pushed, std::uint64_t{2});
    CHECK_EQUAL(f.empty, 1);
}

void the_history_has_what_is_confirmed() {
    Fixture f;
    f.connect();
    f.accept("t1");
    f.accept("t2");
    f.timers.turn();
    f.accept("t3");
    f.execute();
    CHECK_EQUAL(f.list_history(), "t1 done ; t2 done ; ");
    f.execute();
    CHECK_EQUAL(f.list_history(), "t1 done ; t2 done ; t3 done ; ");
}

void the_time_to_the_confirmation_is_counted_to_the_microsecond() {
    Fixture f;
    f.connect();
    f.accept("t1");
    f.timers.advance(700us);
    f.execute();
    const Histogram confirmed = f.forwarder.counters().confirmed;
    CHECK(confirmed.sum() == 700us);
    CHECK_EQUAL(confirmed.count_up_to(0), 0U); // 500 us
    CHECK_EQUAL(confirmed.count_up_to(1), 1U);
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
    CHECK_EQUAL(f.file.count("waiting for the leader"), 2); // not yet connected, refused
    CHECK_EQUAL(f.file.count("backlog empty"), 1);
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
        CHECK_EQUAL(f.forwarder.counters().pushed, std::uint64_t{2});
    }
}

void refuses_the_newest_over_the_number() {
    Fixture f({2, 1U << 20U, 1U << 30U, false});
    CHECK(f.accept("t1") && f.accept("t2"));
    for (const char* task : {"t3", "t4", "t5"}) {
        CHECK(!f.accept(task));
    }
    CHECK_EQUAL(f.forwarder.waiting(), std::size_t{2});
    CHECK_EQUAL(f.forwarder.counters().refused, std::uint64_t{3});
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
    CHECK(f.accept("t6"));
}

void refuses_the_newest_when_the_bytes_are_reached() {
    Fixture f({100, 300, 1U << 30U, false});
    CHECK(f.accept("t1"));
    CHECK(f.accept("a task of more than ten bytes"));
    CHECK_EQUAL(f.forwarder.waiting(), std::size_t{2});
    CHECK(!f.accept("t3"));
    CHECK_EQUAL(f.forwarder.counters().refused, std::uint64_t{1});
}

void a_batch_has_a_bounded_number_of_tasks() {
    Fixture f;
    for (int i = 0; i < 25000; ++i) {
        f.accept("t");
    }
    f.connect();
    for (const std::size_t left : {std::size_t{15000}, std::size_t{5000}, std::size_t{0}}) {
        f.execute();
        CHECK_EQUAL(f.forwarder.waiting(), left);
    }
}

void a_batch_has_a_bounded_size() {
    Fixture f;
    for (int i = 0; i < 12; ++i) {
        f.accept(std::string((1U << 20U) - 1000, 't'));
    }
    f.connect();
    for (const std::size_t left : {std::size_t{4}, std::size_t{0}}) {
        f.execute();
        CHECK_EQUAL(f.forwarder.waiting(), left);
    }
}

/// What a leader says about a size is about it.
void a_task_that_may_be_too_large_travels_alone() {
    Fixture f;
    f.accept("t1");
    f.accept(std::string((1U << 20U) + 1, 't'));
    f.accept("t3");
    f.connect();
    for (const std::size_t left : {std::size_t{2}, std::size_t{1}, std::size_t{0}}) {
        f.execute();
        CHECK_EQUAL(f.forwarder.waiting(), left);
    }
}

void pushes_again_what_the_leader_has_forgotten() {
    Fixture f;
    f.connect();
    for (const char* task : {"t1", "t2", "t3"}) {
        f.accept(task);
        f.timers.turn();
        f.execute();
    }
    f.cursor = make_text_reply(f.instance + " 1 1");
    f.queue = " t1";
    f.accept("t4");
    f.timers.turn();
    f.reconnect();
    f.execute();
    CHECK_EQUAL(f.queue, std::string(" t1 t2 t3 t4"));
    CHECK_EQUAL(f.forwarder.counters().repeated, std::uint64_t{2});
    CHECK_EQUAL(f.file.count("may run twice tasks=2"), 1);
    CHECK_EQUAL(f.file.count("no longer kept"), 0);
}

void keeps_confirmed_tasks_for_thirty_seconds() {
    Fixture f;
    f.connect();
    f.accept("t1");
    f.timers.turn();
    f.execute();
    for (int i = 0; i < 6; ++i) {
        f.timers.advance(5s);
        f.answer_watch();
    }
    f.accept("t2");
    f.timers.turn();
    f.execute();
    f.cursor = Reply{};
    f.queue.clear();
    f.reconnect();
    f.execute();
    CHECK_EQUAL(f.queue, std::string(" t2"));
    CHECK_EQUAL(f.file.count("no longer kept"), 1);
}

/// Somebody overwrites the cursor again and again, such as a gateway elsewhere for the same agent.
void what_is_pushed_again_is_kept_no_longer_for_that() {
    Fixture f;
    f.connect();
    f.accept("t1");
    f.timers.turn();
    f.execute();
    for (int i = 0; i < 10; ++i) {
        f.cursor = make_text_reply("other 5 1");
        f.reconnect(); // after 5 s
        if (f.is_pushing()) {
            f.execute();
        }
    }
    CHECK_EQUAL(f.forwarder.counters().repeated, std::uint64_t{5});
    CHECK_EQUAL(f.queue, std::string(" t1 t1 t1 t1 t1 t1"));
}

void keeps_confirmed_tasks_up_to_a_cost() {
    Fixture f;
    f.connect();
    const std::string large(1U << 20U, 't');
    for (int i = 0; i < 10; ++i) {
        f.accept(large);
        f.timers.turn();
        f.execute();
    }
    f.cursor = Reply{};
    f.reconnect();
    CHECK_EQUAL(f.forwarder.waiting(), std::size_t{7});
}

void a_dead_task_is_told_and_the_rest_goes_on() {
    Fixture f;
    f.type = "hash";
    f.connect();
    f.accept("t1");
    f.timers.turn();
    CHECK_EQUAL(f.forwarder.counters().dead, std::uint64_t{0}); // it looks again before it gives the task up
    f.answer_watch();
    CHECK_EQUAL(f.forwarder.waiting(), std::size_t{0});
    CHECK_EQUAL(f.forwarder.counters().dead, std::uint64_t{1});
    CHECK_EQUAL(f.file.count("task: dead, the leader cannot take it event=a/event/b"), 1);
    f.type = "list";
    f.timers.advance(5s);
    f.answer_watch();
    f.accept("t2");
    f.timers.turn();
    f.wait([&] { return f.is_pushing(); }); // the dead one is on disk
    f.execute();
    CHECK_EQUAL(f.queue, std::string(" t2"));
    CHECK_EQUAL(f.list_history(), "t1 dead WRONGTYPE the queue is a hash, not a list; t2 done ; ");
}

void a_large_task_over_which_the_connection_ends_again_and_again_is_dead() {
    Fixture f;
    f.connect();
    f.accept(std::string((1U << 20U) + 1, 't'));
    f.accept("t2");
    f.timers.turn();
    for (int ends = 1; ends < 15; ++ends) {
        f.reconnect(); // after 5 s
        CHECK_EQUAL(f.forwarder.counters().dead, std::uint64_t{ends >= 12 ? 1U : 0U});
    }
    CHECK_EQUAL(f.forwarder.counters().dead, std::uint64_t{1});
    f.timers.turn();
    f.wait([&] { return f.is_pushing(); });
    f.execute();
    CHECK_EQUAL(f.queue, std::string(" t2"));
}

/// The leader says why, or nothing is known of the task alone: that is no fault of its.
void a_task_is_not_dead_for_what_ails_the_leader() {
    for (const bool is_refused : {true, false}) {
        Fixture f;
        f.connect();
        f.accept(is_refused ? std::string((1U << 20U) + 1, 't') : "t1");
        f.timers.turn();
        for (int ends = 0; ends < 10; ++ends) {
            if (is_refused) {
                f.redis.answer("MULTI", kOk);
                f.redis.answer("LPUSH", make_error_reply("OOM command not allowed"));
            }
            f.reconnect();
        }
        CHECK_EQUAL(f.forwarder.counters().dead, std::uint64_t{0});
        CHECK_EQUAL(f.forwarder.waiting(), std::size_t{1});
    }
}

void says_once_for_each_reason_how_many_wait() {
    Fixture f;
    f.accept("t1");
    f.redis.cut("Connection refused");
    f.accept("t2");
    f.timers.advance(Backoff::kLongest);
    f.redis.cut("Connection refused");
    f.timers.advance(Backoff::kLongest);
    f.redis.cut("No route to host");
    CHECK_EQUAL(f.file.count("task: waiting for the leader waiting=1"), 2); // not yet connected, refused
    CHECK_EQUAL(f.file.count("task: waiting for the leader waiting=2"), 1);
}

const TestGroup group{
    TEST(pushes_what_came_in_one_turn_as_one_batch),
    TEST(the_history_has_what_is_confirmed),
    TEST(the_time_to_the_confirmation_is_counted_to_the_microsecond),
    TEST(what_comes_while_a_batch_is_on_its_way_follows_it),
    TEST(keeps_tasks_in_order_while_the_leader_is_away),
    TEST(a_lost_answer_neither_loses_nor_doubles_a_task),
    TEST(refuses_the_newest_over_the_number),
    TEST(refuses_the_newest_when_the_bytes_are_reached),
    TEST(a_batch_has_a_bounded_number_of_tasks),
    TEST(a_batch_has_a_bounded_size),
    TEST(a_task_that_may_be_too_large_travels_alone),
    TEST(pushes_again_what_the_leader_has_forgotten),
    TEST(keeps_confirmed_tasks_for_thirty_seconds),
    TEST(what_is_pushed_again_is_kept_no_longer_for_that),
    TEST(keeps_confirmed_tasks_up_to_a_cost),
    TEST(a_dead_task_is_told_and_the_rest_goes_on),
    TEST(a_large_task_over_which_the_connection_ends_again_and_again_is_dead),
    TEST(a_task_is_not_dead_for_what_ails_the_leader),
    TEST(says_once_for_each_reason_how_many_wait),
};

} // namespace delivery_forwarder_test
