// SPDX-License-Identifier: GPL-3.0-or-later
// Copyright (C) 2026 eventsgw contributors

#include "redis/resolver.h"

#include "config/address.h"
#include "loop/loop.h"
#include "testing.h"

#include <algorithm>
#include <atomic>
#include <cstdlib>
#include <new>

using namespace eventsgw;
using namespace eventsgw::testing;
using namespace std::chrono_literals;

namespace {

std::atomic<bool> memory_is_short = false; ///< for other threads than that of the tests
thread_local bool is_test_thread = false;

} // namespace

void* operator new(std::size_t size) {
    void* memory = memory_is_short && !is_test_thread ? nullptr : std::malloc(size);
    if (memory == nullptr) {
        throw std::bad_alloc();
    }
    return memory;
}

void operator delete(void* memory) noexcept {
    std::free(memory);
}

void operator delete(void* memory, std::size_t) noexcept {
    std::free(memory);
}

namespace redis_resolver_test {

/// Looks `host` up on a real loop; the answer, or a failed test after a while.
Addresses look_up(Loop& loop, Resolver& resolver, const std::string& host) {
    Addresses answer = Error{"none"};
    bool answered = false;
    resolver.start(host, [&](Addresses addresses) {
        answer = std::move(addresses);
        answered = true;
        loop.stop();
    });
    CHECK(!answered);
    const auto deadline = loop.make_timer([&] { loop.stop(); });
    deadline->start(20s);
    loop.run();
    CHECK(answered);
    return answer;
}

void finds_the_addresses_of_a_name() {
    Loop loop;
    Resolver resolver(loop);
    for (int i = 0; i < 3; ++i) {
        const Addresses addresses = look_up(loop, resolver, "localhost");
        CHECK(addresses.ok());
        CHECK(std::all_of(addresses->begin(), addresses->end(), is_numeric_host));
        CHECK(std::count(addresses->begin(), addresses->end(), "127.0.0.1") +
                  std::count(addresses->begin(), addresses->end(), "::1") >
              0);
    }
}

void says_why_there_is_none() {
    Loop loop;
    Resolver resolver(loop);
    const Addresses addresses = look_up(loop, resolver, "no..name");
    CHECK(!addresses);
    CHECK(!addresses.error().message.empty());
    CHECK(look_up(loop, resolver, "localhost").ok());
}

void a_lack_of_memory_is_an_answer() {
    Loop loop;
    Resolver resolver(loop);
    is_test_thread = true;
    memory_is_short = true;
    const Addresses addresses = look_up(loop, resolver, "no..name");
    memory_is_short = false;
    CHECK(!addresses);
    CHECK_EQUAL(addresses.error().message, "out of memory");
    CHECK(look_up(loop, resolver, "localhost").ok());
}

void a_second_question_shares_the_lookup_under_way() {
    Loop loop;
    Resolver resolver(loop);
    bool first_answered = false;
    resolver.start("localhost", [&](const Addresses&) { first_answered = true; });
    CHECK(look_up(loop, resolver, "localhost").ok());
    CHECK(!first_answered);
}

void may_go_while_a_lookup_is_under_way() {
    Loop loop;
    for (int i = 0; i < 20; ++i) {
        Resolver resolver(loop);
        resolver.start("localhost", [](const Addresses&) { report(__FILE__, __LINE__, "answered after its end"); });
    }
    const auto end = loop.make_timer([&] { loop.stop(); });
    end->start(20ms);
    loop.run();
}

void tells_numeric_hosts_from_names() {
    CHECK(is_numeric_host("127.0.0.1"));
    CHECK(is_numeric_host("::1"));
    CHECK(!is_numeric_host("cluster-leader"));
    CHECK(!is_numeric_host("127.0.0.1.example.org"));
    CHECK(!is_numeric_host(""));
}

const TestGroup group{
    TEST(finds_the_addresses_of_a_name),      TEST(says_why_there_is_none),
    TEST(a_lack_of_memory_is_an_answer),      TEST(a_second_question_shares_the_lookup_under_way),
    TEST(may_go_while_a_lookup_is_under_way), TEST(tells_numeric_hosts_from_names),
};

} // namespace redis_resolver_test
