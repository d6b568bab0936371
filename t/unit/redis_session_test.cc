// SPDX-License-Identifier: GPL-3.0-or-later
// Copyright (C) 2026 eventsgw contributors

#include "redis/session.h"

#include "fake_redis.h"

using namespace eventsgw;
using namespace eventsgw::testing;
using namespace std::chrono_literals;

namespace redis_session_test {

/// A session to a server that the test plays.
struct Fixture {
    explicit Fixture(const std::string& host = "127.0.0.1")
        : session({"leader", Address{host, 6379, ""}, "module/mail1", "s3cret", "module/mail1/eventsgw", 5s},
                  redis.network(), file.log(),
                  {[this] { ++ready; }, [this] { ++lost; }, [this] { session.send({"PING"}, [](const Reply&) {}); },
                   [](const Message&) {}, [](std::string_view) {}, [] {}, [this] { ++problems; }}) {
        session.start();
    }

    FakeTimers timers;
    FakeRedis redis{timers};
    LogFile file;
    int ready = 0;
    int lost = 0;
    int problems = 0;
    Session session;
};

void logs_in_before_it_is_ready() {
    Fixture f;
    CHECK(f.redis.unanswered() ==
          std::vector<std::string>({"AUTH module/mail1 s3cret", "CLIENT SETNAME module/mail1/eventsgw"}));
    CHECK_EQUAL(f.ready, 0);
    f.redis.accept_login();
    CHECK_EQUAL(f.ready, 1);
    CHECK(f.session.is_ready());
}

void a_refused_name_is_no_reason_to_stay_away() {
    Fixture f;
    f.redis.answer("AUTH", make_text_reply("OK"));
    f.redis.answer("CLIENT", make_error_reply("ERR names are not for you"));
    CHECK(f.session.is_ready());
}

void a_wrong_password_is_retried_and_said_once() {
    Fixture f;
    for (int i = 0; i < 5; ++i) {
        f.redis.answer("AUTH", make_error_reply("WRONGPASS invalid username-password pair"));
        f.timers.advance(Backoff::kLongest);
    }
    CHECK_EQUAL(f.redis.connections.size(), std::size_t{6});
    CHECK_EQUAL(f.ready, 0);
    CHECK_EQUAL(f.file.count("<4>leader: not connected"), 1);
    CHECK_EQUAL(f.file.count("<7>leader: still not connected"), 4);
    CHECK_EQUAL(f.file.count("s3cret"), 0);
    f.redis.accept_login();
    CHECK_EQUAL(f.ready, 1);
}

void a_server_that_repeats_the_password_does_not_bring_it_into_the_log() {
    Fixture f;
    f.redis.answer("AUTH",
                   make_error_reply("ERR unknown command 'AUTH', with args beginning with: 'u' 's3cret' 's3cret'"));
    CHECK_EQUAL(f.file.count("s3cret"), 0);
    CHECK_EQUAL(f.file.count("ERR unknown command"), 1);
    CHECK(f.session.problem().find("s3cret") == std::string::npos);
}

void each_change_of_the_reason_is_said() {
    Fixture f;
    f.redis.cut("Connection refused");
    f.timers.advance(Backoff::kLongest);
    f.redis.cut("Connection refused");
    f.timers.advance(Backoff::kLongest);
    f.redis.cut("No route to host");
    CHECK_EQUAL(f.file.count("<4>leader: not connected"), 2);
    CHECK_EQUAL(f.problems, 2);
}

void recovery_is_said_when_the_owner_found_that_it_works() {
    Fixture f;
    f.redis.cut("Connection refused");
    f.timers.advance(Backoff::kLongest);
    f.redis.accept_login();
    CHECK_EQUAL(f.file.count("leader: connected"), 0);
    f.session.confirm_works();
    f.session.confirm_works();
    CHECK_EQUAL(f.file.count("leader: connected"), 1);
    CHECK_EQUAL(f.session.problem(), std::string());
}

void waits_longer_each_time_up_to_the_longest() {
    Fixture f;
    std::chrono::milliseconds delay = Backoff::kFirst;
    for (std::size_t attempt = 1; attempt < 10; ++attempt) {
        f.redis.cut("Connection refused");
        f.timers.advance(delay * 3 / 4 - 1ms);
        CHECK_EQUAL(f.redis.connections.size(), attempt);
        f.timers.advance(delay / 4 + 1ms);
        CHECK_EQUAL(f.redis.connections.size(), attempt + 1);
        delay = std::min(delay * 2, Backoff::kLongest);
    }
}

void a_server_that_repeats_the_password_is_cut_short() {
    Fixture f;
    f.redis.answer("AUTH", make_error_reply("ERR unknown command 'AUTH', with args beginning with: 'mail1' 's3cr"));
    CHECK_EQUAL(f.file.count("unknown command"), 1);
    CHECK_EQUAL(f.file.count("s3cr"), 0);
}

void a_new_polling_interval_counts_from_now() {
    Fixture f;
    f.redis.accept_login();
    f.session.set_polling_interval(1s);
    f.timers.advance(1s);
    CHECK(f.redis.unanswered() == std::vector<std::string>({"PING"}));
}

void in_a_hurry_it_does_not_wait_for_its_next_attempt() {
    Fixture f;
    f.redis.accept_login();
    f.redis.cut("Server closed the connection");
    CHECK_EQUAL(f.redis.connections.size(), std::size_t{1});
    f.session.hurry();
    f.timers.turn();
    CHECK_EQUAL(f.redis.connections.size(), std::size_t{2});
}

/// A server that accepts and dies at once must not be asked ten times a second; one that was well for long, soon again.
void only_a_healthy_session_shortens_the_wait() {
    Fixture f;
    for (int i = 0; i < 10; ++i) {
        f.redis.accept_login();
        f.redis.cut("Server closed the connection");
        f.timers.advance(Backoff::kLongest);
    }
    const std::size_t before = f.redis.connections.size();
    f.redis.accept_login();
    f.redis.cut("Server closed the connection");
    f.timers.advance(Backoff::kLongest / 2);
    CHECK_EQUAL(f.redis.connections.size(), before);
    f.timers.advance(Backoff::kLongest / 2);

    f.redis.accept_login();
    f.timers.advance(5s);
    f.redis.answer("PING", make_text_reply("PONG"));
    f.timers.advance(5s);
    const std::size_t healthy = f.redis.connections.size();
    f.redis.cut("Server closed the connection");
    f.timers.advance(Backoff::kFirst);
    CHECK_EQUAL(f.redis.connections.size(), healthy + 1);
}

void a_connection_that_does_not_come_about_is_given_up() {
    Fixture f;
    f.timers.advance(Session::kSetupTimeout - 1ms);
    CHECK(f.redis.connections[0]->is_open);
    f.timers.advance(1ms);
    CHECK(!f.redis.connections[0]->is_open);
    CHECK_EQUAL(f.file.count("no answer within 5s"), 1);
    f.timers.advance(Backoff::kFirst);
    CHECK_EQUAL(f.redis.connections.size(), std::size_t{2});
}

void a_silent_connection_is_noticed_within_fifteen_seconds() {
    for (const auto& silent_from : {1ms, 4999ms, 5000ms, 5001ms}) {
        Fixture f;
        f.redis.accept_login();
        f.timers.advance(silent_from);
        ++f.redis.last().reads; // its last sign of life
        f.timers.advance(15s);
        CHECK_EQUAL(f.lost, 1);
        CHECK_EQUAL(f.file.count("silent for 10s"), 1);
    }
}

void a_connection_that_answers_is_kept() {
    Fixture f;
    f.redis.accept_login();
    for (int i = 0; i < 100; ++i) {
        f.timers.advance(5s);
        f.redis.answer("PING", make_text_reply("PONG"));
    }
    CHECK_EQUAL(f.lost, 0);
    CHECK_EQUAL(f.redis.connections.size(), std::size_t{1});
}

void asks_for_the_name_at_each_attempt_and_takes_turns_among_its_addresses() {
    Fixture f("cluster-leader");
    CHECK_EQUAL(f.redis.last().address.host, std::string("192.0.2.1"));
    f.redis.cut("Connection refused");
    f.timers.advance(Backoff::kFirst);
    CHECK_EQUAL(f.redis.last().address.host, std::string("192.0.2.2"));
    f.redis.names = std::vector<std::string>{"192.0.2.9"};
    f.redis.cut("Connection refused");
    f.timers.advance(Backoff::kLongest);
    CHECK_EQUAL(f.redis.last().address.host, std::string("192.0.2.9"));
    CHECK_EQUAL(f.redis.looked_up.size(), std::size_t{3});
}

void a_name_without_an_address_is_asked_for_again() {
    Fixture f("cluster-leader");
    f.redis.names = Error{"Name or service not known"};
    f.redis.cut("Connection refused");
    f.timers.advance(Backoff::kLongest);
    CHECK_EQUAL(f.file.count("<4>leader: not connected"), 2); // the cut was another reason
    f.redis.names = std::vector<std::string>{"192.0.2.3"};
    f.timers.advance(Backoff::kLongest);
    CHECK_EQUAL(f.redis.last().address.host, std::string("192.0.2.3"));
}

void a_slow_lookup_is_said_and_its_late_answer_used() {
    Fixture f("127.0.0.1");
    f.session.stop();
    f.redis.answers_lookups = false;
    Session session({"leader", Address{"cluster-leader", 6379, ""}, "user", "s3cret", "name", 5s}, f.redis.network(),
                    f.file.log(), {[] {}, [] {}, [] {}});
    session.start();
    f.timers.advance(Session::kSetupTimeout);
    CHECK_EQUAL(f.file.count("the lookup of the name gave no answer within 5s"), 1);
    f.redis.pending_lookup(Error{"Temporary failure in name resolution"});
    CHECK_EQUAL(f.file.count("Temporary failure"), 0);
    const std::size_t before = f.redis.connections.size();
    f.redis.pending_lookup(f.redis.names);
    CHECK_EQUAL(f.redis.connections.size(), before + 1);
    f.redis.accept_login();
    CHECK(session.is_ready());
}

void an_answer_that_comes_after_the_connection_was_given_up_is_dropped() {
    Fixture f;
    f.redis.accept_login();
    bool answered = false;
    f.session.send({"GET", "x"}, [&](const Reply&) { answered = true; });
    const auto late = f.redis.last().unanswered.front().second;
    f.session.fail(Error{"READONLY"});
    const Reply reply = make_text_reply("too late");
    late(&reply);
    CHECK(!answered);
    CHECK_EQUAL(f.lost, 1);
}

void a_stopped_session_does_not_come_back() {
    Fixture f;
    f.redis.accept_login();
    f.session.stop();
    f.timers.advance(60s);
    CHECK_EQUAL(f.redis.connections.size(), std::size_t{1});
    CHECK(!f.redis.last().is_open);
    CHECK_EQUAL(f.lost, 0);
}

const TestGroup group{
    TEST(logs_in_before_it_is_ready),
    TEST(a_refused_name_is_no_reason_to_stay_away),
    TEST(a_wrong_password_is_retried_and_said_once),
    TEST(a_server_that_repeats_the_password_does_not_bring_it_into_the_log),
    TEST(each_change_of_the_reason_is_said),
    TEST(recovery_is_said_when_the_owner_found_that_it_works),
    TEST(waits_longer_each_time_up_to_the_longest),
    TEST(a_server_that_repeats_the_password_is_cut_short),
    TEST(a_new_polling_interval_counts_from_now),
    TEST(in_a_hurry_it_does_not_wait_for_its_next_attempt),
    TEST(only_a_healthy_session_shortens_the_wait),
    TEST(a_connection_that_does_not_come_about_is_given_up),
    TEST(a_silent_connection_is_noticed_within_fifteen_seconds),
    TEST(a_connection_that_answers_is_kept),
    TEST(asks_for_the_name_at_each_attempt_and_takes_turns_among_its_addresses),
    TEST(a_name_without_an_address_is_asked_for_again),
    TEST(a_slow_lookup_is_said_and_its_late_answer_used),
    TEST(an_answer_that_comes_after_the_connection_was_given_up_is_dropped),
    TEST(a_stopped_session_does_not_come_back),
};

} // namespace redis_session_test
