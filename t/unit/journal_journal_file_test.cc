// SPDX-License-Identifier: GPL-3.0-or-later
// Copyright (C) 2026 eventsgw contributors

#include "journal/journal_file.h"

#include "directory.h"
#include "testing.h"

#include <filesystem>
#include <fstream>
#include <functional>
#include <iterator>

using namespace eventsgw;
using namespace eventsgw::testing;

namespace journal_journal_file_test {

const std::string kAgent = "module/mail1";

JournalFile open(const std::string& path, Database::Mode mode = Database::Mode::write) {
    Result<JournalFile> file = JournalFile::open(path, mode);
    if (!file) {
        report(__FILE__, __LINE__, file.error().message);
    }
    return std::move(*file);
}

/// A new journal, and tasks numbered from 1 on.
struct Fixture {
    void commit(const std::function<Result<void>()>& change) {
        CHECK(file.begin().ok());
        CHECK(change().ok());
        CHECK(file.commit().ok());
    }

    /// So many tasks of one event.
    std::vector<Task> add(int count, const std::string& payload = "{}") {
        const auto event = std::make_shared<KeptEvent>("a/event/b", payload);
        event->number = next;
        std::vector<Task> tasks;
        for (int i = 0; i < count; ++i) {
            tasks.push_back(Task{next++, to_time(1000), event, "act" + std::to_string(i), Uuid{1, 2, 3}});
            commit([&] { return file.insert(tasks.back()); });
        }
        return tasks;
    }

    std::int64_t count_events() {
        Result<Database> reader = Database::open(path(), Database::Mode::read);
        CHECK(reader.ok());
        return reader->ask("SELECT count(*) FROM event").value().value();
    }

    /// Whether the bytes are anywhere in the file or in the log of writes.
    bool has_bytes(const std::string& bytes) const {
        for (const char* suffix : {"", "-wal"}) {
            std::ifstream stream(path() + suffix, std::ios::binary);
            const std::string content{std::istreambuf_iterator<char>(stream), std::istreambuf_iterator<char>()};
            if (content.find(bytes) != std::string::npos) {
                return true;
            }
        }
        return false;
    }

    std::string path() const { return directory / "journal"; }

    Directory directory;
    JournalFile file = std::move(JournalFile::make(directory / "journal", {"instance", 0}, kAgent)).value();
    std::uint64_t next = 1;
};

void tasks_come_back_as_they_are() {
    Fixture f;
    const std::string bytes("\0\xff{\"\n", 5);
    const Task kept = f.add(1, bytes).front();
    const std::vector<Task> loaded = f.file.load(0, 10, 1000).value();
    CHECK_EQUAL(loaded.size(), std::size_t{1});
    const Task& task = loaded.front();
    CHECK_EQUAL(task.number, kept.number);
    CHECK(task.arrived == kept.arrived);
    CHECK_EQUAL(task.action, kept.action);
    CHECK(task.id == kept.id);
    CHECK_EQUAL(std::string(task.event->payload()), bytes);
    CHECK_EQUAL(task.text(), kept.text());
    CHECK_EQUAL(task.cost(), kept.cost());
}

void an_event_is_kept_once() {
    Fixture f;
    f.add(3);
    CHECK_EQUAL(f.count_events(), std::int64_t{1});
    const std::vector<Task> loaded = f.file.load(0, 10, 1000000).value();
    CHECK_EQUAL(loaded.size(), std::size_t{3});
    CHECK(loaded[0].event == loaded[1].event && loaded[1].event == loaded[2].event);
    CHECK_EQUAL(loaded[2].action, "act2");
}

void an_event_goes_with_its_last_work() {
    Fixture f;
    const std::vector<Task> tasks = f.add(3);
    f.add(1);
    f.commit([&] { return f.file.bury(tasks[0], "WRONGTYPE", to_time(2000)); });
    f.commit([&] { return f.file.drop(tasks[1].number); });
    CHECK_EQUAL(f.count_events(), std::int64_t{2});
    f.commit([&] { return f.file.erase_through(3, JournalFile::kAllRows); });
    CHECK_EQUAL(f.count_events(), std::int64_t{2}); // the dead one has it
    CHECK_EQUAL(f.file.load_dead().value().front().task.text(), tasks[0].text());
    f.commit([&] { return f.file.drop(tasks[0].number); });
    CHECK_EQUAL(f.count_events(), std::int64_t{1});
    f.commit([&] { return f.file.erase_all(); });
    CHECK_EQUAL(f.count_events(), std::int64_t{0});
}

void a_dead_task_outlives_those_that_waited() {
    Fixture f;
    const Task task = f.add(1).front();
    f.add(5);
    f.commit([&] { return f.file.bury(task, "WRONGTYPE", to_time(2000)); });
    f.commit([&] { return f.file.erase_all(); });
    CHECK_EQUAL(f.file.measure().value().tasks, std::uint64_t{0});
    CHECK_EQUAL(f.file.measure().value().dead, std::uint64_t{1});
    CHECK_EQUAL(f.file.measure().value().dead_bytes, task.cost());
    CHECK_EQUAL(f.count_events(), std::int64_t{1});
}

void a_task_that_is_asked_for_again_is_the_newest() {
    Fixture f;
    const std::vector<Task> tasks = f.add(2);
    f.commit([&] { return f.file.bury(tasks[0], "WRONGTYPE", to_time(2000)); });
    CHECK(f.file.load_dead_to_retry(1000).value().empty());
    f.commit([&] { return f.file.ask_retry(tasks[0].number); });
    CHECK_EQUAL(f.file.load_dead_to_retry(1000).value().size(), std::size_t{1});
    Task again = tasks[0];
    again.number = 9;
    again.event = std::make_shared<KeptEvent>(*again.event);
    again.event->number = 9;
    f.commit([&] { return f.file.revive(tasks[0].number, again); });
    CHECK(f.file.load_dead().value().empty());
    const std::vector<Task> waiting = f.file.load(0, 10, 1000000).value();
    CHECK_EQUAL(waiting.size(), std::size_t{2});
    CHECK_EQUAL(waiting[1].number, std::uint64_t{9});
    CHECK_EQUAL(waiting[1].text(), tasks[0].text());
    CHECK(waiting[1].arrived == tasks[0].arrived);
    f.commit([&] { return f.file.erase_through(2, JournalFile::kAllRows); });
    CHECK_EQUAL(f.file.load(0, 10, 1000000).value().front().text(), tasks[0].text());
}

void no_number_is_given_twice() {
    Fixture f;
    std::uint64_t floor = 0;
    for (int i = 0; i < 3; ++i) {
        const JournalFile::Claim claim = f.file.claim("other", kAgent).value();
        CHECK(claim.floor >= floor + JournalFile::kRunNumbers);
        CHECK_EQUAL(claim.instance, "other"); // nothing waits
        floor = claim.floor;
    }
    const JournalFile::Claim first = f.file.claim("another", kAgent).value();
    f.next = first.floor + 1;
    f.add(1);
    CHECK_EQUAL(f.file.claim("one more", kAgent).value().instance, "another");
}

void what_another_agent_has_written_is_held() {
    Fixture f;
    f.add(3);
    const std::vector<Task> dead = f.add(2);
    f.commit([&] { return f.file.bury(dead[0], "because", to_time(2000)); });
    f.commit([&] { return f.file.bury(dead[1], "because", to_time(2000)); });
    CHECK(f.file.ask_retry(dead[1].number).ok() && f.file.confirm_through(1).ok());
    CHECK_EQUAL(f.file.claim("another", "module/mail2").value().instance, "another");
    const JournalFile::Extent extent = f.file.measure().value();
    CHECK_EQUAL(extent.tasks, std::uint64_t{0});
    CHECK_EQUAL(extent.held, std::uint64_t{3}); // two that waited, and one that was to be pushed again
    CHECK_EQUAL(extent.dead, std::uint64_t{1});
    CHECK_EQUAL(extent.held_because, "the journal was written by module/mail1");
    CHECK(f.file.load_dead_to_retry(1000000).value().empty());
    CHECK_EQUAL(f.file.claim("one more", "module/mail2").value().instance, "one more"); // and stays so
    CHECK_EQUAL(f.file.measure()->held, std::uint64_t{3});
    CHECK_EQUAL(f.file.ask_retry_of_held().value(), std::uint64_t{3});
    CHECK_EQUAL(f.file.load_dead_to_retry(1000000)->size(), std::size_t{3});
}

void what_waits_in_a_copy_is_held_and_can_be_dropped() {
    Fixture f;
    f.add(2);
    CHECK(f.file.shrink().value());
    std::filesystem::copy_file(f.path(), f.path() + ".copy");
    JournalFile copy = open(f.path() + ".copy");
    CHECK(copy.claim("another", kAgent).ok());
    CHECK_EQUAL(copy.measure()->held, std::uint64_t{2});
    CHECK_EQUAL(copy.measure()->held_because, "the journal is a copy, or was restored or moved");
    CHECK_EQUAL(copy.drop_held(to_time(1000)).value(), std::uint64_t{0}); // since later than that
    CHECK(copy.ask_retry(1).ok());                                        // so it is not to be forgotten
    CHECK_EQUAL(copy.drop_held(WallTime::max()).value(), std::uint64_t{1});
    CHECK_EQUAL(copy.measure()->held, std::uint64_t{1});
    CHECK_EQUAL(f.file.claim("another", kAgent).value().instance, "instance"); // the original goes on
    CHECK_EQUAL(f.file.measure()->tasks, std::uint64_t{2});
}

void one_that_is_taken_away_is_noticed() {
    for (const char* suffix : {"", "-wal", "-shm"}) {
        Fixture f;
        f.add(1);
        CHECK(f.file.is_in_place());
        std::filesystem::remove(f.path() + suffix);
        CHECK(!f.file.is_in_place());
        f.file.abandon();
    }
}

void it_is_made_for_its_owner_and_nobody_else() {
    Fixture f;
    const auto mode = std::filesystem::status(f.path()).permissions();
    CHECK(mode == std::filesystem::perms(0600));
    CHECK(JournalFile::make(f.path(), {"instance", 0}, kAgent).error().fault == Fault::taken);
    CHECK(JournalFile::open(f.directory / "none", Database::Mode::read).error().fault == Fault::absent);
    f.directory.write("empty", "");
    CHECK(JournalFile::open(f.directory / "empty", Database::Mode::write).error().fault == Fault::absent);
}

void beside_a_reader_no_room_is_given_back_and_none_is_taken() {
    Fixture f;
    Result<Database> database = Database::open(f.path(), Database::Mode::read);
    Result<Statement> reader = database->prepare("SELECT key FROM meta");
    CHECK(reader->step().value());
    for (int i = 0; i < 40; ++i) {
        f.add(1, std::string(60000, 'x'));
    }
    f.commit([&] { return f.file.erase_through(20, JournalFile::kAllRows); });
    const std::size_t log = f.file.log_size();
    CHECK(log > 40U * 60000U);
    CHECK(!f.file.shrink().value());
    CHECK(f.file.log_size() <= log);
    reader->reset();
    CHECK(f.file.shrink().value());
    CHECK_EQUAL(f.file.log_size(), std::size_t{0});
    CHECK(std::filesystem::file_size(f.path()) < 22U * 80000U);
}

void what_is_erased_is_gone_from_file_and_log() {
    Fixture f;
    const std::string secret = "the secret of the event";
    for (int i = 0; i < 40; ++i) {
        f.add(1, "\"" + secret + std::string(64000, 'x') + "\"");
    }
    CHECK(f.has_bytes(secret));
    f.commit([&] { return f.file.erase_all(); });
    CHECK(f.file.shrink().value());
    CHECK(!f.has_bytes(secret));
    CHECK(std::filesystem::file_size(f.path()) < 300000);
}

const TestGroup group{
    TEST(tasks_come_back_as_they_are),
    TEST(an_event_is_kept_once),
    TEST(an_event_goes_with_its_last_work),
    TEST(a_dead_task_outlives_those_that_waited),
    TEST(a_task_that_is_asked_for_again_is_the_newest),
    TEST(no_number_is_given_twice),
    TEST(what_another_agent_has_written_is_held),
    TEST(what_waits_in_a_copy_is_held_and_can_be_dropped),
    TEST(one_that_is_taken_away_is_noticed),
    TEST(it_is_made_for_its_owner_and_nobody_else),
    TEST(beside_a_reader_no_room_is_given_back_and_none_is_taken),
    TEST(what_is_erased_is_gone_from_file_and_log),
};

} // namespace journal_journal_file_test
