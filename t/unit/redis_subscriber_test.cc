// SPDX-License-Identifier: GPL-3.0-or-later
// Copyright (C) 2026 eventsgw contributors

#include "redis/subscriber.h"

#include "fake_redis.h"

using namespace eventsgw;
using namespace eventsgw::testing;
using namespace std::chrono_literals;

namespace redis_subscriber_test {

constexpr std::size_t kMaxPayload = 20;

struct Fixture {
    explicit Fixture(std::vector<std::string> channels = {"a", "b"}, std::vector<std::string> patterns = {"c*"})
        : subscriber({"replica", Address{"127.0.0.1", 6379, ""}, "default", "default", "module/mail1", 5s},
                     redis.network(), file.log(), {std::move(channels), std::move(patterns)}, kMaxPayload,
                     {[this](const Message& message) { received.emplace_back(message.payload); },
                      [this] { ++listening; }, [this] { ++lost; }, [this] { ++problems; }}) {
        subscriber.start();
        redis.accept_login();
    }

    void confirm_all() {
        for (const char* name : {"a", "b", "c*"}) {
            redis.confirm_subscription(name);
        }
    }

    FakeTimers timers;
    FakeRedis redis{timers};
    LogFile file;
    std::vector<std::string> received;
    int listening = 0;
    int lost = 0;
    int problems = 0;
    Subscriber subscriber;
};

using Lines = std::vector<std::string>;

void subscribes_to_everything_once_it_is_logged_in() {
    Fixture f;
    CHECK(f.redis.last().subscribed == Lines({"SUBSCRIBE a b", "PSUBSCRIBE c*"}));
}

void sends_no_empty_subscription() {
    Fixture f({}, {"c*"});
    CHECK(f.redis.last().subscribed == Lines({"PSUBSCRIBE c*"}));
}

void listens_when_every_subscription_is_confirmed() {
    Fixture f;
    f.redis.confirm_subscription("a");
    f.redis.confirm_subscription("b");
    CHECK_EQUAL(f.listening, 0);
    CHECK_EQUAL(f.file.count("replica: connected"), 0);
    f.redis.confirm_subscription("c*");
    CHECK_EQUAL(f.listening, 1);
    CHECK(f.subscriber.is_listening());
    CHECK_EQUAL(f.file.count("replica: connected"), 1);
}

void subscribes_to_everything_again_after_a_loss() {
    Fixture f;
    f.confirm_all();
    f.redis.cut("Server closed the connection");
    CHECK_EQUAL(f.problems, 1);
    CHECK(!f.subscriber.is_listening());
    f.timers.advance(Backoff::kLongest);
    f.redis.accept_login();
    CHECK(f.redis.last().subscribed == Lines({"SUBSCRIBE a b", "PSUBSCRIBE c*"}));
    f.confirm_all();
    CHECK_EQUAL(f.listening, 2);
}

void a_refused_subscription_is_a_problem() {
    Fixture f;
    f.redis.confirm_subscription("a");
    f.redis.cut("NOPERM this user has no permissions to run the 'psubscribe' command");
    CHECK_EQUAL(f.listening, 0);
    CHECK_EQUAL(f.problems, 1);
    CHECK_EQUAL(f.file.count("NOPERM"), 1);
}

/// A PING's answer is lost to a subscriber before hiredis 1.1; a subscription that is held already is answered
/// everywhere.
void its_health_check_is_one_more_subscription() {
    Fixture f;
    f.confirm_all();
    f.timers.advance(5s);
    CHECK(f.redis.last().subscribed == Lines({"SUBSCRIBE a b", "PSUBSCRIBE c*", "SUBSCRIBE a"}));
    f.redis.confirm_subscription("a");
    CHECK_EQUAL(f.listening, 1);
    f.timers.advance(9s);
    CHECK_EQUAL(f.redis.connections.size(), std::size_t{1});
}

void missing_confirmations_are_a_silent_connection() {
    Fixture f;
    f.redis.confirm_subscription("a");
    f.timers.advance(15s);
    CHECK_EQUAL(f.file.count("silent for 10s"), 1);
    CHECK_EQUAL(f.listening, 0);
}

void hands_up_messages_of_the_living_connection_only() {
    Fixture f;
    f.confirm_all();
    const Link::Callbacks callbacks = f.redis.last().callbacks;
    callbacks.on_message(Message{{}, false, "a", "one"});
    f.redis.cut("Server closed the connection");
    callbacks.on_message(Message{{}, false, "a", "too late"});
    CHECK(f.received == Lines({"one"}));
}

void a_gap_is_told_from_the_last_sign_of_life_to_the_new_subscription() {
    Fixture f;
    f.confirm_all();
    f.timers.advance(1s);
    f.redis.hear(f.redis.last());
    f.timers.advance(2s);
    f.redis.cut("Connection reset by peer");
    CHECK_EQUAL(f.lost, 1);
    CHECK_EQUAL(f.file.count("gap"), 0);
    f.timers.advance(Backoff::kFirst);
    f.redis.accept_login();
    f.redis.cut("again, before all is confirmed");
    f.timers.advance(Backoff::kLongest);
    f.redis.accept_login();
    f.confirm_all();
    CHECK_EQUAL(f.subscriber.gaps().count, std::uint64_t{1});
    CHECK(f.subscriber.gaps().total > 2s && f.subscriber.gaps().total < 8s);
    CHECK(f.subscriber.gaps().last.has_value());
    CHECK_EQUAL(f.file.count("resubscribed=yes gaps=1"), 1);
}

void the_time_before_the_first_subscription_is_no_gap() {
    Fixture f;
    f.redis.cut("Connection reset by peer");
    f.timers.advance(Backoff::kLongest);
    f.redis.accept_login();
    f.confirm_all();
    CHECK_EQUAL(f.subscriber.gaps().count, std::uint64_t{0});
}

void a_gap_that_the_end_finds_open_is_told_too() {
    Fixture f;
    f.confirm_all();
    f.redis.cut("Connection reset by peer");
    f.subscriber.stop();
    CHECK_EQUAL(f.file.count("resubscribed=no gaps=1"), 1);
}

void new_names_are_subscribed_on_the_connection_that_there_is() {
    Fixture f;
    f.confirm_all();
    f.subscriber.listen_to({{"b", "d"}, {"c*", "e*"}});
    CHECK(f.redis.last().subscribed == Lines({"SUBSCRIBE a b", "PSUBSCRIBE c*", "SUBSCRIBE d", "PSUBSCRIBE e*"}));
    CHECK(!f.subscriber.is_listening());
    f.redis.confirm_subscription("d");
    CHECK_EQUAL(f.listening, 1);
    f.redis.confirm_subscription("e*");
    CHECK_EQUAL(f.listening, 2);
}

/// The messages of one event may come in two reads, and only an answer is known not to come between them.
void a_change_without_new_names_waits_for_an_answer_too() {
    Fixture f;
    f.confirm_all();
    f.subscriber.listen_to({{"b"}, {}});
    CHECK(f.redis.last().subscribed == Lines({"SUBSCRIBE a b", "PSUBSCRIBE c*", "SUBSCRIBE a"}));
    CHECK(!f.subscriber.is_listening());
    f.redis.confirm_subscription("a");
    CHECK_EQUAL(f.listening, 2);
}

void what_is_no_longer_wanted_is_not_subscribed_again() {
    Fixture f;
    f.confirm_all();
    f.subscriber.listen_to({{"a"}, {}});
    f.redis.cut("Connection reset by peer");
    f.timers.advance(Backoff::kLongest);
    f.redis.accept_login();
    CHECK(f.redis.last().subscribed == Lines({"SUBSCRIBE a"}));
}

/// Else the new names would count as confirmed one answer too early.
void the_answer_to_a_health_check_confirms_no_new_name() {
    Fixture f;
    f.confirm_all();
    f.timers.advance(5s);
    f.subscriber.listen_to({{"d"}, {}});
    f.redis.confirm_subscription("a");
    CHECK(!f.subscriber.is_listening());
    f.redis.confirm_subscription("d");
    CHECK(f.subscriber.is_listening());
}

void a_payload_over_the_limit_is_refused() {
    Fixture f;
    f.confirm_all();
    f.redis.last().callbacks.on_message(Message{{}, false, "a", "just twenty bytes 20"});
    f.redis.last().callbacks.on_message(Message{{}, false, "a", "one more than twenty!"});
    CHECK(f.received == Lines({"just twenty bytes 20"}));
    CHECK_EQUAL(f.file.count("over max_payload event=a bytes=21 refused=1"), 1);
}

const TestGroup group{
    TEST(subscribes_to_everything_once_it_is_logged_in),
    TEST(sends_no_empty_subscription),
    TEST(listens_when_every_subscription_is_confirmed),
    TEST(subscribes_to_everything_again_after_a_loss),
    TEST(a_refused_subscription_is_a_problem),
    TEST(its_health_check_is_one_more_subscription),
    TEST(missing_confirmations_are_a_silent_connection),
    TEST(hands_up_messages_of_the_living_connection_only),
    TEST(a_gap_is_told_from_the_last_sign_of_life_to_the_new_subscription),
    TEST(the_time_before_the_first_subscription_is_no_gap),
    TEST(a_gap_that_the_end_finds_open_is_told_too),
    TEST(new_names_are_subscribed_on_the_connection_that_there_is),
    TEST(a_change_without_new_names_waits_for_an_answer_too),
    TEST(what_is_no_longer_wanted_is_not_subscribed_again),
    TEST(the_answer_to_a_health_check_confirms_no_new_name),
    TEST(a_payload_over_the_limit_is_refused),
};

} // namespace redis_subscriber_test
