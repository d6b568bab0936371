// SPDX-License-Identifier: GPL-3.0-or-later
// Copyright (C) 2026 eventsgw contributors

#include "journal/journal.h"

#include "directory.h"
#include "log_file.h"
#include "testing.h"

#include <filesystem>

using namespace eventsgw;
using namespace eventsgw::testing;
using namespace std::chrono_literals;

namespace journal_journal_test {

struct Fixture {
    Fixture() { open(); }

    void open() { journal = std::move(Journal::open(std::nullopt, file.log(), "module/mail1", path())).value(); }
    std::string path() const { return directory / "journal"; }

    /// An order that makes the file where there is none.
    void write() {
        const std::uint64_t number = journal->take_number();
        auto event = std::make_shared<KeptEvent>("a/event/b", "{}");
        event->number = number;
        journal->order(JournalOrder::Write{{Task{number, WallTime{}, event, "act", Uuid{}}}, "", false});
    }

    void finish() {
        journal->finish();
        journal->receive();
    }

    Directory directory;
    LogFile file;
    std::unique_ptr<Journal> journal;
};

void without_an_order_there_is_neither_file_nor_thread() {
    Fixture f;
    CHECK(!f.journal->is_in_use());
    f.journal->show_life(Clock::time_point(1h));
    CHECK(!f.journal->is_in_use());
    f.finish();
    CHECK(!std::filesystem::exists(f.path()));
}

void an_idle_gateway_shows_that_it_lives() {
    Fixture f;
    f.write();
    f.finish();
    f.open();
    const auto long_ago = std::filesystem::file_time_type::clock::now() - 1h;
    for (const auto& [minutes, is_due] : {std::pair(60min, true), std::pair(69min, false), std::pair(70min, true)}) {
        std::filesystem::last_write_time(f.path(), long_ago);
        f.journal->show_life(Clock::time_point(minutes));
        while (is_due && std::filesystem::last_write_time(f.path()) == long_ago) {
            std::this_thread::yield();
        }
        CHECK_EQUAL(std::filesystem::last_write_time(f.path()) != long_ago, is_due);
    }
}

void where_nobody_listens_to_tasks_a_lost_journal_is_begun_anew_all_the_same() {
    Fixture f;
    f.write();
    f.finish();
    f.open();
    const std::string instance = f.journal->claim().instance;
    std::filesystem::remove(f.path());
    f.write();
    f.finish();
    CHECK_EQUAL(f.file.count("<3>journal: lost, starting a new one from memory"), 1);
    CHECK(f.journal->claim().instance != instance);
    CHECK_EQUAL(f.journal->extent().tasks, std::uint64_t{0});
    f.write();
    f.finish();
    CHECK_EQUAL(JournalFile::open(f.path(), Database::Mode::read)->measure()->tasks, std::uint64_t{1});
}

const TestGroup group{
    TEST(without_an_order_there_is_neither_file_nor_thread),
    TEST(an_idle_gateway_shows_that_it_lives),
    TEST(where_nobody_listens_to_tasks_a_lost_journal_is_begun_anew_all_the_same),
};

} // namespace journal_journal_test
