// SPDX-License-Identifier: GPL-3.0-or-later
// Copyright (C) 2026 eventsgw contributors

#include "redis/subscriber.h"

#include "fake_redis.h"

using namespace eventsgw;
using namespace eventsgw::testing;
using namespace std::chrono_literals;

namespace {

struct Fixture {
    explicit Fixture(std::vector<std::string> channels = {"a", "b"}, std::vector<std::string> patterns = {"c*"})
        : subscriber({"replica", Address{"127.0.0.1", 6379, ""}, "default", "default", "module/mail1", 5s},
                     redis.network(), file.log(), std::move(channels), std::move(patterns),
                     {[this](const Message& message) { received.emplace_back(message.payload); },
                      [this] { ++listening; }, [this] { ++problems; }}) {
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

} // namespace

int main() {
    const CMUnitTest tests[] = {
        TEST(subscribes_to_everything_once_it_is_logged_in), TEST(sends_no_empty_subscription),
        TEST(listens_when_every_subscription_is_confirmed),  TEST(subscribes_to_everything_again_after_a_loss),
        TEST(a_refused_subscription_is_a_problem),           TEST(its_health_check_is_one_more_subscription),
        TEST(missing_confirmations_are_a_silent_connection), TEST(hands_up_messages_of_the_living_connection_only),
    };
    return run(tests);
}
