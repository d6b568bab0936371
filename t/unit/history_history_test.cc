// SPDX-License-Identifier: GPL-3.0-or-later
// Copyright (C) 2026 eventsgw contributors

#include "history/history.h"

#include "directory.h"
#include "failing_disk.h"
#include "log_file.h"
#include "loop/loop.h"
#include "testing.h"

#include <filesystem>

using namespace eventsgw;
using namespace eventsgw::testing;
using namespace std::chrono_literals;

namespace history_history_test {

/// A history with its thread and its file.
struct Fixture {
    explicit Fixture(History::Settings settings = {{1000, 1000h}, true})
        : history(loop, file.log(), settings, path()) {}

    std::string path() const { return directory / "history"; }

    void add(int count, std::size_t payload = 0) {
        for (int i = 0; i < count; ++i) {
            RunRecord run;
            run.id = std::to_string(i);
            run.channel = "a/event/b";
            run.ended = std::chrono::system_clock::now();
            run.payload = std::string(payload, 'x');
            history.add(std::move(run));
        }
    }

    std::size_t kept() const {
        Result<std::optional<HistoryFile>> opened = HistoryFile::open_to_read(path());
        CHECK(opened.ok());
        std::size_t count = 0;
        if (opened->has_value()) {
            CHECK((*opened)->each({}, [&](const RunRecord&) { ++count; }).ok());
        }
        return count;
    }

    Directory directory;
    LogFile file;
    Loop loop;
    History history;
};

void what_was_added_is_there_at_the_end() {
    Fixture f;
    f.add(3);
    f.history.finish();
    CHECK_EQUAL(f.kept(), std::size_t{3});
    f.add(2);
    f.history.finish();
    CHECK_EQUAL(f.kept(), std::size_t{5});
}

void off_it_has_no_file() {
    Fixture f({{0, 1000h}, true});
    CHECK(!f.history.is_on() && !f.history.keeps_payload(1));
    f.add(3);
    f.history.finish();
    CHECK(!std::filesystem::exists(f.path()));
}

void it_can_be_switched_off_and_on() {
    Fixture f;
    f.add(1);
    f.history.finish();
    f.history.set_settings({{0, 1000h}, false});
    f.add(1);
    f.history.finish();
    CHECK(!std::filesystem::exists(f.path()));
    CHECK_EQUAL(f.file.count("<5>history: is off, and the runs that were kept are erased"), 1);
    f.history.set_settings({{10, 1000h}, false});
    f.add(1);
    f.history.finish();
    CHECK_EQUAL(f.kept(), std::size_t{1});
}

void what_a_former_process_has_left_is_erased_where_it_is_off() {
    Fixture f;
    f.add(1);
    f.history.finish();
    History off(f.loop, f.file.log(), {{0, 1000h}, false}, f.path());
    off.start();
    off.finish();
    CHECK(!std::filesystem::exists(f.path()));
}

void the_first_run_after_damage_is_kept() {
    Fixture f;
    f.directory.write("history", std::string(10000, 'x'));
    f.add(1);
    f.history.finish();
    CHECK_EQUAL(f.kept(), std::size_t{1});
    CHECK_EQUAL(f.file.count("<4>history: cannot be used, and was set aside"), 1);
    CHECK_EQUAL(f.history.problem(), "");
}

void small_payloads_are_kept_where_that_is_asked_for() {
    const Fixture f;
    CHECK(f.history.keeps_payload(0) && f.history.keeps_payload(History::kMaxPayload));
    CHECK(!f.history.keeps_payload(History::kMaxPayload + 1));
    const Fixture without({{1000, 1000h}, false});
    CHECK(without.history.is_on() && !without.history.keeps_payload(0));
}

void what_the_disk_does_not_take_in_time_is_dropped() {
    Fixture f;
    f.add(100, History::kMaxPayload); // within the time that is gathered
    f.history.finish();
    CHECK(f.kept() >= 16 && f.kept() < 100);
    CHECK_EQUAL(f.file.count("<4>history: runs are not kept"), 1);
    CHECK_EQUAL(f.history.problem(), "the disk is too slow");
    f.add(1);
    f.history.finish();
    CHECK_EQUAL(f.history.problem(), "");
}

void a_failing_disk_is_said_once_and_so_is_its_end() {
    const FailingDisk disk;
    Fixture f;
    for (const int code : {SQLITE_OK, SQLITE_IOERR_WRITE, SQLITE_IOERR_WRITE, SQLITE_OK, SQLITE_OK}) {
        FailingDisk::code = code;
        f.add(1);
        f.history.finish();
        CHECK_EQUAL(f.history.problem().empty(), code == SQLITE_OK);
    }
    CHECK_EQUAL(f.kept(), std::size_t{3});
    CHECK_EQUAL(f.file.count("<4>history: runs are not kept"), 1);
}

const TestGroup group{
    TEST(what_was_added_is_there_at_the_end),
    TEST(off_it_has_no_file),
    TEST(it_can_be_switched_off_and_on),
    TEST(what_a_former_process_has_left_is_erased_where_it_is_off),
    TEST(the_first_run_after_damage_is_kept),
    TEST(small_payloads_are_kept_where_that_is_asked_for),
    TEST(what_the_disk_does_not_take_in_time_is_dropped),
    TEST(a_failing_disk_is_said_once_and_so_is_its_end),
};

} // namespace history_history_test
