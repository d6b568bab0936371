// SPDX-License-Identifier: GPL-3.0-or-later
// Copyright (C) 2026 eventsgw contributors

#include "redis/reply.h"

#include "testing.h"

using namespace eventsgw;
using namespace eventsgw::testing;

namespace redis_reply_test {

void the_first_word_tells_what_an_error_means() {
    CHECK(make_reply_error("NOPERM this user has no permissions to run the 'lpush' command").fault == Fault::denied);
    CHECK(make_reply_error("WRONGPASS invalid username-password pair").fault == Fault::unauthenticated);
    CHECK(make_reply_error("NOAUTH Authentication required.").fault == Fault::unauthenticated);
    CHECK(make_reply_error("WRONGTYPE Operation against a key").fault == Fault::wrong_type);
    CHECK(make_reply_error("ERR Protocol error: invalid bulk length").fault == Fault::too_large);
}

void no_other_words_do() {
    for (const char* text : {"", "ERR syntax error", "LOADING Redis is loading the dataset in memory", "NOPERMISSION x",
                             "ERR NOPERM x", "noperm x", "WRONGTYPE"}) {
        CHECK(make_reply_error(text).fault == Fault::other);
        CHECK_EQUAL(make_reply_error(text).message, text);
    }
}

const TestGroup group{
    TEST(the_first_word_tells_what_an_error_means),
    TEST(no_other_words_do),
};

} // namespace redis_reply_test
