// SPDX-License-Identifier: GPL-3.0-or-later
// Copyright (C) 2026 eventsgw contributors

#include "journal/journal_lock.h"

#include "directory.h"
#include "testing.h"

#include <filesystem>

#include <sys/stat.h>

using namespace eventsgw;
using namespace eventsgw::testing;

namespace journal_journal_lock_test {

mode_t mode_of(const std::string& path) {
    struct stat status {};
    CHECK(::stat(path.c_str(), &status) == 0);
    return status.st_mode & 07777;
}

void one_has_it_at_a_time() {
    const Directory directory;
    {
        const Result<JournalLock> first = JournalLock::take(directory / "lock");
        CHECK(first.ok());
        CHECK(JournalLock::take(directory / "lock").error().fault == Fault::busy);
    }
    CHECK(JournalLock::take(directory / "lock").ok());
}

void nobody_but_its_owner_can_open_it() {
    const Directory directory;
    directory.write("lock", "");
    std::filesystem::permissions(directory / "lock", std::filesystem::perms(0666));
    CHECK(JournalLock::take(directory / "lock").ok());
    CHECK_EQUAL(mode_of(directory / "lock"), mode_t{0600});
    CHECK(JournalLock::take(directory / "other").ok());
    CHECK_EQUAL(mode_of(directory / "other"), mode_t{0600});
}

void a_link_is_not_followed() {
    const Directory directory;
    std::filesystem::create_symlink(directory / "target", directory / "lock");
    CHECK(!JournalLock::take(directory / "lock"));
    CHECK(!std::filesystem::exists(directory / "target"));
}

const TestGroup group{
    TEST(one_has_it_at_a_time),
    TEST(nobody_but_its_owner_can_open_it),
    TEST(a_link_is_not_followed),
};

} // namespace journal_journal_lock_test
