// SPDX-License-Identifier: GPL-3.0-or-later
// Copyright (C) 2026 eventsgw contributors

#include "redis/task_queue.h"

#include "fake_redis.h"

using namespace eventsgw;
using namespace eventsgw::testing;
using namespace std::chrono_literals;

namespace {

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

/// A queue to a leader that the test plays; its cursor's value is "run N", N the number of the last task in the queue.
struct Fixture {
    Fixture()
        : queue({"leader", Address{"127.0.0.1", 6379, ""}, "module/mail1", "s3cret", "module/mail1/eventsgw", 5s},
                redis.network(), file.log(), "module/mail1/tasks", "module/mail1/eventsgw/cursor", "run",
                {[this] { ++ready; }, [this](std::uint64_t count) { confirmed += static_cast<int>(count); },
                 [this] { ++lost; }}) {
        queue.start();
    }

    /// Login, WATCH and GET, the cursor being `cursor`.
    void connect(const Reply& cursor) {
        redis.accept_login();
        answer_watch(cursor);
    }
    void answer_watch(const Reply& cursor) {
        redis.answer("WATCH module/mail1/eventsgw/cursor", kOk);
        redis.answer("GET module/mail1/eventsgw/cursor", cursor);
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
    int confirmed = 0;
    int lost = 0;
    TaskQueue queue;
};

const Reply kDone = make_array({make_integer_reply(2), kOk});

void may_push_only_when_the_watch_is_confirmed() {
    Fixture f;
    f.redis.accept_login();
    CHECK(!f.queue.can_push());
    f.redis.answer("WATCH", kOk);
    CHECK(!f.queue.can_push());
    f.redis.answer("GET", kNil);
    CHECK(f.queue.can_push());
    CHECK_EQUAL(f.ready, 1);
}

void pushes_a_batch_as_one_transaction_and_arms_the_next_watch() {
    Fixture f;
    f.connect(kNil);
    f.queue.push({"task-1", "task-2"});
    CHECK(!f.queue.can_push());
    CHECK(f.redis.unanswered() ==
          std::vector<std::string>({"MULTI", "LPUSH module/mail1/tasks task-1 task-2",
                                    "SET module/mail1/eventsgw/cursor run 2", "EXEC",
                                    "WATCH module/mail1/eventsgw/cursor", "GET module/mail1/eventsgw/cursor"}));
    f.answer_transaction(kDone);
    CHECK_EQUAL(f.confirmed, 2);
    CHECK(!f.queue.can_push());
    f.answer_watch(make_text_reply("run 2"));
    CHECK(f.queue.can_push());
    CHECK_EQUAL(f.confirmed, 2);
    CHECK_EQUAL(f.ready, 2);
}

void a_batch_that_was_carried_out_before_the_cut_is_confirmed_by_the_cursor() {
    Fixture f;
    f.connect(kNil);
    f.queue.push({"task-1"});
    f.redis.cut("Connection reset by peer");
    CHECK_EQUAL(f.lost, 1);
    CHECK_EQUAL(f.confirmed, 0);
    f.reconnect(make_text_reply("run 1"));
    CHECK_EQUAL(f.confirmed, 1);
    CHECK_EQUAL(f.ready, 2);
}

void a_batch_that_was_not_carried_out_is_to_be_pushed_again() {
    Fixture f;
    f.connect(kNil);
    f.queue.push({"task-1"});
    f.redis.cut("Connection reset by peer");
    f.reconnect(kNil);
    CHECK_EQUAL(f.confirmed, 0);
    CHECK_EQUAL(f.ready, 2);
}

/// The copy on the dead connection reaches the leader between the new connection's GET and its EXEC: the EXEC answers
/// nil, and the cursor that is read next tells how many of the tasks that copy held.
void a_late_copy_makes_the_new_transaction_void() {
    Fixture f;
    f.connect(kNil);
    f.queue.push({"task-1", "task-2"});
    f.redis.cut("Connection reset by peer");
    f.reconnect(kNil);
    f.queue.push({"task-1", "task-2", "task-3"});
    f.answer_transaction(kNil);
    f.answer_watch(make_text_reply("run 2"));
    CHECK_EQUAL(f.confirmed, 2);
    CHECK_EQUAL(f.ready, 3);
    f.queue.push({"task-3"});
    CHECK_EQUAL(f.redis.unanswered()[2], std::string("SET module/mail1/eventsgw/cursor run 3"));
}

void the_cursor_of_another_run_confirms_nothing() {
    Fixture f;
    f.connect(make_text_reply("former-run 1"));
    f.queue.push({"task-1"});
    f.redis.cut("Connection reset by peer");
    f.reconnect(make_text_reply("former-run 1"));
    CHECK_EQUAL(f.confirmed, 0);
    CHECK_EQUAL(f.ready, 2);
}

void a_cursor_that_this_run_cannot_have_written_confirms_nothing() {
    for (const char* value :
         {"run 3", "run 18446744073709551615", "run 99999999999999999999", "run x", "run", "run "}) {
        Fixture f;
        f.connect(kNil);
        f.queue.push({"task-1", "task-2"});
        f.redis.cut("Connection reset by peer");
        f.reconnect(make_text_reply(value));
        CHECK_EQUAL(f.confirmed, 0);
        CHECK_EQUAL(f.ready, 2);
    }
}

void a_refusal_is_said_with_its_reason_and_tried_again() {
    Fixture f;
    f.connect(kNil);
    f.queue.push({"task-1"});
    f.redis.answer("MULTI", kOk);
    f.redis.answer("LPUSH", make_error_reply(kReadOnly));
    f.redis.answer("SET", make_error_reply(kReadOnly));
    f.redis.answer("EXEC", make_error_reply("EXECABORT Transaction discarded because of previous errors."));
    CHECK_EQUAL(f.file.count("READONLY"), 1);
    CHECK_EQUAL(f.file.count("EXECABORT"), 0);
    CHECK_EQUAL(f.lost, 1);
    f.reconnect(kNil);
    CHECK_EQUAL(f.ready, 2);
    CHECK_EQUAL(f.confirmed, 0);
}

/// LPUSH fails inside the transaction, where Redis carries out the rest all the same, the cursor included.
void a_refusal_inside_the_transaction_is_no_success() {
    Fixture f;
    f.connect(kNil);
    f.queue.push({"task-1"});
    f.answer_transaction(make_array({make_error_reply("WRONGTYPE Operation against a key"), kOk}));
    CHECK_EQUAL(f.confirmed, 0);
    CHECK_EQUAL(f.file.count("WRONGTYPE"), 1);
    f.reconnect(make_text_reply("run 1"));
    CHECK_EQUAL(f.confirmed, 0);
    CHECK_EQUAL(f.ready, 2);
    f.queue.push({"task-1"});
    CHECK_EQUAL(f.redis.unanswered()[2], std::string("SET module/mail1/eventsgw/cursor run 2"));
}

void a_refused_watch_is_a_reason_to_come_back_later() {
    Fixture f;
    f.redis.accept_login();
    f.redis.answer("WATCH", make_error_reply("NOPERM this user has no permissions"));
    f.redis.answer("GET", kNil);
    CHECK_EQUAL(f.ready, 0);
    CHECK_EQUAL(f.file.count("NOPERM"), 1);
    f.reconnect(kNil);
    CHECK_EQUAL(f.ready, 1);
}

} // namespace

int main() {
    const CMUnitTest tests[] = {
        TEST(may_push_only_when_the_watch_is_confirmed),
        TEST(pushes_a_batch_as_one_transaction_and_arms_the_next_watch),
        TEST(a_batch_that_was_carried_out_before_the_cut_is_confirmed_by_the_cursor),
        TEST(a_batch_that_was_not_carried_out_is_to_be_pushed_again),
        TEST(a_late_copy_makes_the_new_transaction_void),
        TEST(the_cursor_of_another_run_confirms_nothing),
        TEST(a_cursor_that_this_run_cannot_have_written_confirms_nothing),
        TEST(a_refusal_is_said_with_its_reason_and_tried_again),
        TEST(a_refusal_inside_the_transaction_is_no_success),
        TEST(a_refused_watch_is_a_reason_to_come_back_later),
    };
    return run(tests);
}
