// SPDX-License-Identifier: GPL-3.0-or-later
// Copyright (C) 2026 eventsgw contributors

#include "redis/task_queue.h"

#include "fake_redis.h"

using namespace eventsgw;
using namespace eventsgw::testing;
using namespace std::chrono_literals;

namespace redis_task_queue_test {

const Reply kOk = make_text_reply("OK");
const Reply kQueued = make_text_reply("QUEUED");
const Reply kNil;
const char* const kReadOnly = "READONLY You can't write against a read only replica.";

Reply make_array(std::vector<Reply> elements) {
    Reply reply;
    reply.kind = Reply::Kind::array;
    reply.elements = std::move(elements);
    return reply;
}

/// A queue to a leader that the test plays; its cursor's value is "run N E", N the number of the last task in the
/// queue.
struct Fixture {
    explicit Fixture(std::uint64_t floor = 0)
        : queue({"leader", Address{"127.0.0.1", 6379, ""}, "module/mail1", "s3cret", "module/mail1/eventsgw", 5s},
                redis.network(), file.log(), "module/mail1/tasks", "module/mail1/eventsgw/cursor", "run", floor,
                {.on_ready = [this] { ++ready; },
                 .on_confirmed = [this](std::uint64_t through) { confirmed = through; },
                 .on_gone_back = [this](std::uint64_t through) { gone_back.push_back(through); },
                 .on_refused = [this](TaskQueue::Refusal refusal,
                                      const std::string& /*reason*/) { refused.push_back(refusal); },
                 .on_lost = [this](bool) { ++lost; }}) {
        queue.start();
    }

    /// Login, WATCH, GET and TYPE, the cursor being `cursor`; and the transaction that writes it anew.
    void connect(const Reply& cursor) {
        redis.accept_login();
        answer_watch(cursor);
        answer_fence();
    }
    void answer_watch(const Reply& cursor, const char* type = "list") {
        redis.answer("WATCH module/mail1/eventsgw/cursor", kOk);
        redis.answer("GET module/mail1/eventsgw/cursor", cursor);
        redis.answer("TYPE module/mail1/tasks", make_text_reply(type));
    }
    /// Carries out a transaction that writes the cursor alone.
    void answer_fence() {
        const std::string set = redis.unanswered().at(1);
        redis.answer("MULTI", kOk);
        redis.answer("SET", kQueued);
        redis.answer("EXEC", make_array({kOk}));
        answer_watch(make_text_reply(set.substr(set.find("run"))));
    }
    void answer_transaction(const Reply& executed) {
        redis.answer("MULTI", kOk);
        redis.answer("LPUSH", kQueued);
        redis.answer("SET", kQueued);
        redis.answer("EXEC", executed);
    }
    void reconnect(const Reply& cursor) {
        timers.advance(Backoff::kLongest);
        connect(cursor);
    }

    FakeTimers timers;
    FakeRedis redis{timers};
    LogFile file;
    int ready = 0;
    std::uint64_t confirmed = 0;
    std::vector<std::uint64_t> gone_back;
    std::vector<TaskQueue::Refusal> refused;
    int lost = 0;
    TaskQueue queue;
};

const Reply kDone = make_array({make_integer_reply(2), kOk});

Reply cursor_at(std::uint64_t number, int epoch = 1) {
    return make_text_reply("run " + std::to_string(number) + " " + std::to_string(epoch));
}

void may_push_only_when_the_cursor_is_written_and_watched() {
    Fixture f;
    f.redis.accept_login();
    f.redis.answer("WATCH", kOk);
    f.redis.answer("GET", kNil);
    CHECK(!f.queue.can_push());
    f.redis.answer("TYPE", make_text_reply("none"));
    CHECK(!f.queue.can_push());
    CHECK(f.redis.unanswered() ==
          std::vector<std::string>({"MULTI", "SET module/mail1/eventsgw/cursor run 0 1", "EXEC",
                                    "WATCH module/mail1/eventsgw/cursor", "GET module/mail1/eventsgw/cursor",
                                    "TYPE module/mail1/tasks"}));
    f.answer_fence();
    CHECK(f.queue.can_push());
    CHECK_EQUAL(f.ready, 1);
    CHECK(f.gone_back.empty());
}

void pushes_a_batch_as_one_transaction_and_arms_the_next_watch() {
    Fixture f;
    f.connect(kNil);
    f.queue.push({{1, "task-1"}, {2, "task-2"}});
    CHECK(!f.queue.can_push());
    CHECK(f.redis.unanswered() ==
          std::vector<std::string>(
              {"MULTI", "LPUSH module/mail1/tasks task-1 task-2", "SET module/mail1/eventsgw/cursor run 2 1", "EXEC",
               "WATCH module/mail1/eventsgw/cursor", "GET module/mail1/eventsgw/cursor", "TYPE module/mail1/tasks"}));
    f.answer_transaction(kDone);
    CHECK_EQUAL(f.confirmed, 2U);
    CHECK(!f.queue.can_push());
    f.answer_watch(cursor_at(2));
    CHECK(f.queue.can_push());
    CHECK_EQUAL(f.confirmed, 2U);
    CHECK_EQUAL(f.ready, 2);
}

void a_batch_that_was_carried_out_before_the_cut_is_confirmed_by_the_cursor() {
    Fixture f;
    f.connect(kNil);
    f.queue.push({{1, "task-1"}});
    f.redis.cut("Connection reset by peer");
    CHECK_EQUAL(f.lost, 1);
    CHECK_EQUAL(f.confirmed, 0U);
    f.reconnect(cursor_at(1));
    CHECK_EQUAL(f.confirmed, 1U);
    CHECK_EQUAL(f.ready, 2);
}

void a_batch_that_was_not_carried_out_is_to_be_pushed_again() {
    Fixture f;
    f.connect(kNil);
    f.queue.push({{1, "task-1"}});
    f.redis.cut("Connection reset by peer");
    f.reconnect(cursor_at(0));
    CHECK_EQUAL(f.confirmed, 0U);
    CHECK_EQUAL(f.ready, 2);
    CHECK(f.gone_back.empty());
}

/// The copy on the dead connection reaches the leader between the new connection's GET and its EXEC: the EXEC answers
/// nil, and the cursor that is read next tells how many of the tasks that copy held.
void a_late_copy_makes_the_new_transaction_void() {
    Fixture f;
    f.connect(kNil);
    f.queue.push({{1, "task-1"}, {2, "task-2"}});
    f.redis.cut("Connection reset by peer");
    f.timers.advance(Backoff::kLongest);
    f.redis.accept_login();
    f.answer_watch(cursor_at(0));
    f.redis.answer("MULTI", kOk);
    f.redis.answer("SET", kQueued);
    f.redis.answer("EXEC", kNil);
    CHECK(!f.queue.can_push());
    f.answer_watch(cursor_at(2));
    CHECK_EQUAL(f.confirmed, 2U);
    CHECK(!f.queue.can_push());
    f.answer_fence();
    CHECK_EQUAL(f.ready, 2);
    f.queue.push({{3, "task-3"}});
    CHECK_EQUAL(f.redis.unanswered()[2], std::string("SET module/mail1/eventsgw/cursor run 3 2"));
}

void a_void_batch_is_judged_by_the_cursor() {
    Fixture f;
    f.connect(kNil);
    f.queue.push({{1, "task-1"}});
    f.answer_transaction(kNil);
    CHECK_EQUAL(f.confirmed, 0U);
    f.answer_watch(cursor_at(0));
    CHECK_EQUAL(f.confirmed, 0U);
    CHECK(f.queue.can_push());
}

void the_cursor_of_another_run_confirms_nothing() {
    Fixture f;
    f.connect(make_text_reply("former-run 1 1"));
    f.queue.push({{1, "task-1"}});
    f.redis.cut("Connection reset by peer");
    f.reconnect(make_text_reply("former-run 1 1"));
    CHECK_EQUAL(f.confirmed, 0U);
    CHECK_EQUAL(f.ready, 2);
}

void the_cursor_of_a_former_run_with_the_same_instance_confirms() {
    Fixture f(100);
    f.connect(cursor_at(42, 7));
    CHECK_EQUAL(f.confirmed, 42U);
    CHECK_EQUAL(f.ready, 1);
}

void a_cursor_that_nobody_can_have_written_confirms_nothing() {
    for (const char* value :
         {"run 3 1", "run 18446744073709551615 1", "run 99999999999999999999", "run x", "run", "run "}) {
        Fixture f;
        f.connect(kNil);
        f.queue.push({{1, "task-1"}, {2, "task-2"}});
        f.redis.cut("Connection reset by peer");
        f.reconnect(make_text_reply(value));
        CHECK_EQUAL(f.confirmed, 0U);
        CHECK_EQUAL(f.ready, 2);
    }
}

/// A key of another type is no cursor of ours; the next SET replaces it.
void a_cursor_key_of_another_type_is_replaced() {
    Fixture f;
    f.connect(make_error_reply("WRONGTYPE Operation against a key holding the wrong kind of value"));
    CHECK(f.queue.can_push());
    CHECK_EQUAL(f.confirmed, 0U);
    CHECK_EQUAL(f.file.count("somebody else wrote the cursor, it is replaced"), 1);
}

void a_leader_that_has_forgotten_is_found_out_by_the_cursor() {
    Fixture f;
    f.connect(kNil);
    f.queue.push({{1, "task-1"}, {2, "task-2"}, {3, "task-3"}});
    f.answer_transaction(kDone);
    f.answer_watch(cursor_at(3));
    f.redis.cut("Connection reset by peer");
    f.reconnect(cursor_at(1));
    CHECK(f.gone_back == std::vector<std::uint64_t>{1});
    f.queue.push({{2, "task-2"}});
    CHECK_EQUAL(f.redis.unanswered()[2], std::string("SET module/mail1/eventsgw/cursor run 2 2"));
}

/// The old leader keeps the connection when another node takes its place, and forgets in silence.
void the_cursor_is_looked_at_while_nothing_is_pushed() {
    Fixture f;
    f.connect(kNil);
    f.queue.push({{1, "task-1"}});
    f.answer_transaction(kDone);
    f.answer_watch(cursor_at(1));
    f.timers.advance(5s);
    CHECK(!f.queue.can_push());
    f.answer_watch(kNil);
    CHECK(f.gone_back == std::vector<std::uint64_t>{0});
    CHECK(f.queue.can_push());
}

void a_refusal_is_said_with_its_reason_and_tried_again() {
    Fixture f;
    f.connect(kNil);
    f.queue.push({{1, "task-1"}});
    f.redis.answer("MULTI", kOk);
    f.redis.answer("LPUSH", make_error_reply(kReadOnly));
    f.redis.answer("SET", make_error_reply(kReadOnly));
    f.redis.answer("EXEC", make_error_reply("EXECABORT Transaction discarded because of previous errors."));
    CHECK_EQUAL(f.file.count("READONLY"), 1);
    CHECK_EQUAL(f.file.count("EXECABORT"), 0);
    CHECK_EQUAL(f.lost, 1);
    f.reconnect(cursor_at(0));
    CHECK_EQUAL(f.ready, 2);
    CHECK_EQUAL(f.confirmed, 0U);
    CHECK(f.refused.empty());
}

/// LPUSH fails inside the transaction, where Redis carries out the rest all the same: the cursor counts a task that is
/// not there, and is written anew before anything else is pushed.
void a_push_that_fails_inside_the_transaction_is_taken_back() {
    Fixture f;
    f.connect(kNil);
    f.queue.push({{1, "task-1"}});
    f.answer_transaction(make_array({make_error_reply("WRONGTYPE Operation against a key"), kOk}));
    CHECK(f.refused == std::vector<TaskQueue::Refusal>{TaskQueue::Refusal::no_list});
    f.answer_watch(cursor_at(1), "string");
    CHECK_EQUAL(f.confirmed, 0U);
    CHECK_EQUAL(f.redis.unanswered()[1], std::string("SET module/mail1/eventsgw/cursor run 0 2"));
    f.answer_fence();
    CHECK(f.queue.can_push());
    CHECK_EQUAL(f.confirmed, 0U);
}

void a_push_that_was_not_allowed_any_more_is_no_success_even_if_the_connection_dies() {
    Fixture f;
    f.connect(kNil);
    f.queue.push({{1, "task-1"}});
    f.answer_transaction(make_array({make_error_reply("NOPERM ACLs rules changed"), kOk}));
    CHECK_EQUAL(f.lost, 1);
    CHECK(f.refused.empty());
    f.reconnect(cursor_at(1));
    CHECK_EQUAL(f.confirmed, 0U);
    CHECK_EQUAL(f.ready, 2);
}

void a_cursor_that_could_not_be_written_beside_a_push_is_corrected() {
    Fixture f;
    f.connect(kNil);
    f.queue.push({{1, "task-1"}});
    f.answer_transaction(make_array({make_integer_reply(1), make_error_reply("NOPERM ACLs rules changed")}));
    f.reconnect(cursor_at(0));
    CHECK_EQUAL(f.confirmed, 1U);
}

void a_queue_that_is_no_list_is_told() {
    Fixture f;
    f.redis.accept_login();
    f.answer_watch(kNil, "none");
    f.answer_fence();
    CHECK_EQUAL(f.queue.wrong_type(), std::string());
    f.queue.push({{1, "task-1"}});
    f.answer_transaction(kDone);
    f.answer_watch(cursor_at(1), "hash");
    CHECK_EQUAL(f.queue.wrong_type(), std::string("hash"));
}

void a_task_that_is_too_long_for_the_server_is_told() {
    Fixture f;
    f.connect(kNil);
    f.queue.push({{1, "task-1"}});
    f.redis.answer("MULTI", kOk);
    f.redis.answer("LPUSH", make_error_reply("ERR Protocol error: invalid bulk length"));
    CHECK(f.refused == std::vector<TaskQueue::Refusal>{TaskQueue::Refusal::too_large});
    CHECK_EQUAL(f.lost, 1);
    f.reconnect(cursor_at(0));
    CHECK_EQUAL(f.ready, 2);
}

void a_refused_watch_is_a_reason_to_come_back_later() {
    Fixture f;
    f.redis.accept_login();
    f.redis.answer("WATCH", make_error_reply("NOPERM this user has no permissions"));
    f.redis.answer("GET", kNil);
    f.redis.answer("TYPE", make_text_reply("none"));
    CHECK_EQUAL(f.ready, 0);
    CHECK_EQUAL(f.file.count("NOPERM"), 1);
    f.reconnect(kNil);
    CHECK_EQUAL(f.ready, 1);
}

const TestGroup group{
    TEST(may_push_only_when_the_cursor_is_written_and_watched),
    TEST(pushes_a_batch_as_one_transaction_and_arms_the_next_watch),
    TEST(a_batch_that_was_carried_out_before_the_cut_is_confirmed_by_the_cursor),
    TEST(a_batch_that_was_not_carried_out_is_to_be_pushed_again),
    TEST(a_late_copy_makes_the_new_transaction_void),
    TEST(a_void_batch_is_judged_by_the_cursor),
    TEST(the_cursor_of_another_run_confirms_nothing),
    TEST(the_cursor_of_a_former_run_with_the_same_instance_confirms),
    TEST(a_cursor_that_nobody_can_have_written_confirms_nothing),
    TEST(a_cursor_key_of_another_type_is_replaced),
    TEST(a_leader_that_has_forgotten_is_found_out_by_the_cursor),
    TEST(the_cursor_is_looked_at_while_nothing_is_pushed),
    TEST(a_refusal_is_said_with_its_reason_and_tried_again),
    TEST(a_push_that_fails_inside_the_transaction_is_taken_back),
    TEST(a_push_that_was_not_allowed_any_more_is_no_success_even_if_the_connection_dies),
    TEST(a_cursor_that_could_not_be_written_beside_a_push_is_corrected),
    TEST(a_queue_that_is_no_list_is_told),
    TEST(a_task_that_is_too_long_for_the_server_is_told),
    TEST(a_refused_watch_is_a_reason_to_come_back_later),
};

} // namespace redis_task_queue_test
