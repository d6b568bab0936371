// SPDX-License-Identifier: GPL-3.0-or-later
// Copyright (C) 2026 eventsgw contributors

#include "history/history_file.h"

#include "directory.h"
#include "testing.h"

#include <filesystem>
#include <fstream>
#include <functional>
#include <iterator>

#include <sys/stat.h>

using namespace eventsgw;
using namespace eventsgw::testing;
using namespace std::chrono_literals;

namespace history_history_file_test {

const RunRecord::Time kStart{1700000000s};
constexpr HistoryFile::Bounds kWide{1000, 1000h};

/// A file that is written and read by two connections, as gateway and tool do.
struct Fixture {
    Fixture() {
        Result<HistoryFile> opened = HistoryFile::open_to_write(path());
        CHECK(opened.ok());
        writer.emplace(std::move(*opened));
    }

    std::string path() const { return directory / "history"; }

    HistoryFile reader() const {
        Result<std::optional<HistoryFile>> opened = HistoryFile::open_to_read(path());
        if (!opened) {
            report(__FILE__, __LINE__, opened.error().message);
        }
        CHECK(opened->has_value());
        return std::move(**opened);
    }

    void add(const std::vector<RunRecord>& runs, HistoryFile::Bounds bounds = kWide, RunRecord::Time now = kStart) {
        const Result<void> added = writer->add(runs, bounds, now);
        if (!added) {
            report(__FILE__, __LINE__, added.error().message);
        }
    }

    /// The ids that a query finds, each with a blank behind it.
    std::string ids(const HistoryFile::Query& query = {}) const {
        std::string text;
        CHECK(reader().each(query, [&](const RunRecord& run) { text += run.id + " "; }).ok());
        return text;
    }

    Directory directory;
    std::optional<HistoryFile> writer;
};

RunRecord make_run(const std::string& id, RunRecord::Time ended = kStart) {
    RunRecord run;
    run.id = id;
    run.channel = "module/a/event/e";
    run.ended = ended;
    return run;
}

std::vector<RunRecord> make_runs(int first, int end) {
    std::vector<RunRecord> runs;
    for (int i = first; i < end; ++i) {
        runs.push_back(make_run(std::to_string(i)));
    }
    return runs;
}

void a_run_comes_back_as_it_was() {
    Fixture f;
    RunRecord run;
    run.id = "f81d4fae";
    run.channel = std::string("module/\xff\0/event/e", 17);
    run.is_handler = true;
    run.line = 7;
    run.value = "echo \xe9\n";
    run.arrived = kStart + 1us;
    run.began = kStart + 2us;
    run.ended = kStart + 3us;
    run.result = RunResult::timed_out;
    run.status = -1;
    run.signal = 9;
    run.wall = 123456789ns;
    run.cpu = 98765ns;
    run.pid = 4242;
    run.reason = "because";
    run.coalesced = 5;
    run.is_replay = true;
    run.steps = {{"10a", RunResult::succeeded, 0, 0, 1ms, 2ms, 11, true, ""},
                 {"20b", RunResult::not_started, -1, 0, 0ns, 0ns, 0, false, "why"}};
    run.payload = std::string("\0\xff", 2);
    f.add({run});

    HistoryFile reader = f.reader();
    const auto loaded = reader.load("f81d4fae");
    CHECK(loaded.ok() && loaded->has_value());
    const RunRecord& got = **loaded;
    CHECK(got.id == run.id && got.channel == run.channel && got.is_handler && got.line == 7 && got.value == run.value);
    CHECK(got.arrived == run.arrived && got.began == run.began && got.ended == run.ended);
    CHECK(got.result == run.result && got.status == -1 && got.signal == 9 && got.wall == run.wall);
    CHECK(got.cpu == run.cpu && got.pid == 4242 && got.reason == "because" && got.coalesced == 5 && got.is_replay);
    CHECK(got.payload == run.payload);
    CHECK_EQUAL(got.steps.size(), std::size_t{2});
    CHECK(got.steps[0].name == "10a" && got.steps[0].wall == 1ms && got.steps[0].cpu == 2ms);
    CHECK(got.steps[0].pid == 11 && got.steps[0].has_stream && got.steps[0].status == 0);
    CHECK(got.steps[1].result == RunResult::not_started && got.steps[1].reason == "why");
}

void a_payload_that_is_not_kept_is_not_an_empty_one() {
    Fixture f;
    std::vector<RunRecord> runs = make_runs(0, 2);
    runs[1].payload = "";
    f.add(runs);
    HistoryFile reader = f.reader();
    CHECK(!reader.load("0").value()->payload.has_value());
    CHECK(reader.load("1").value()->payload == "");
    CHECK(!reader.load("2").value().has_value());
}

void the_newest_stay() {
    Fixture f;
    f.add(make_runs(0, 3), {4, 1000h});
    CHECK_EQUAL(f.ids(), "0 1 2 ");
    f.add(make_runs(3, 6), {4, 1000h});
    CHECK_EQUAL(f.ids(), "2 3 4 5 ");
    f.add(make_runs(6, 60), {4, 1000h});
    CHECK_EQUAL(f.ids(), "56 57 58 59 ");
    f.add(make_runs(60, 61), {2, 1000h});
    CHECK_EQUAL(f.ids(), "59 60 ");
}

void the_young_stay() {
    Fixture f;
    f.add({make_run("a", kStart), make_run("b", kStart + 1s), make_run("c", kStart + 2s)}, {10, 10s}, kStart + 2s);
    CHECK_EQUAL(f.ids(), "a b c ");
    f.add({make_run("d", kStart + 11s)}, {10, 10s}, kStart + 11s);
    CHECK_EQUAL(f.ids(), "b c d ");
    f.add({make_run("e", kStart + 100s)}, {10, 10s}, kStart + 200s);
    CHECK_EQUAL(f.ids(), "");
    f.add({make_run("f", kStart + 300s)}, {10, 10s}, kStart + 300s);
    CHECK_EQUAL(f.ids(), "f ");
}

void what_is_forgotten_leaves_no_steps_and_no_room() {
    Fixture f;
    RunRecord large = make_run("large");
    large.steps = {{.name = "10a"}};
    large.payload = std::string(1000000, 'x');
    for (int i = 0; i < 20; ++i) {
        f.add({large}, {2, 1000h});
    }
    f.writer.reset(); // the last connection brings all into the file
    CHECK(std::filesystem::file_size(f.path()) < 6000000);
    Result<Database> database = Database::open(f.path(), Database::Mode::read);
    CHECK_EQUAL(database->ask("SELECT count(*) FROM steps").value().value(), 2);
}

void queries_choose() {
    Fixture f;
    std::vector<RunRecord> runs = make_runs(0, 5);
    runs[1].channel = "module/b/event/other";
    runs[1].result = RunResult::failed;
    runs[2].channel = "cluster/plain";
    runs[2].result = RunResult::skipped;
    runs[3].result = RunResult::timed_out;
    runs[4].result = RunResult::not_started;
    runs[4].ended = kStart + 10s;
    f.add(runs);
    CHECK_EQUAL(f.ids({.event = "e"}), "0 3 4 ");
    CHECK_EQUAL(f.ids({.event = "other"}), "1 ");
    CHECK_EQUAL(f.ids({.event = "module/b/event/other"}), "1 ");
    CHECK_EQUAL(f.ids({.event = "cluster/plain"}), "2 ");
    CHECK_EQUAL(f.ids({.event = "othe"}), "");
    CHECK_EQUAL(f.ids({.only_failed = true}), "1 3 4 ");
    CHECK_EQUAL(f.ids({.since = kStart + 1s}), "4 ");
    CHECK_EQUAL(f.ids({.event = "e", .only_failed = true, .since = kStart}), "3 4 ");
}

void the_beginning_of_an_id_is_enough_where_it_is_the_only_one() {
    Fixture f;
    f.add({make_run("abc1"), make_run("abd2"), make_run("e")});
    HistoryFile reader = f.reader();
    CHECK_EQUAL(reader.resolve("abc").value(), "abc1");
    CHECK_EQUAL(reader.resolve("abc1").value(), "abc1");
    CHECK_EQUAL(reader.resolve("e").value(), "e");
    CHECK(reader.resolve("").error().message.find("empty") != std::string::npos);
    for (const char* prefix : {"ab", "", "abc12", "x", "ABC1"}) {
        const Result<std::string> none = reader.resolve(prefix);
        CHECK(!none && none.error().fault == Fault::no_match);
    }
}

void it_is_for_its_owner_alone_and_goes_on_after_a_restart() {
    Fixture f;
    f.add(make_runs(0, 2));
    f.writer.reset();
    Result<HistoryFile> again = HistoryFile::open_to_write(f.path());
    CHECK(again.ok() && again->add(make_runs(2, 3), {2, 1000h}, kStart).ok());
    CHECK_EQUAL(f.ids(), "1 2 ");
    struct stat status {};
    CHECK(::stat(f.path().c_str(), &status) == 0 && (status.st_mode & 0777U) == 0600);
}

void before_the_first_run_there_is_none() {
    const Directory directory;
    CHECK(!HistoryFile::open_to_read(directory / "absent").value().has_value());
    CHECK(!HistoryFile::open_to_read(directory.write("empty", "")).value().has_value());
}

void what_is_no_history_is_told_apart() {
    const Directory directory;
    const std::string garbage = directory.write("garbage", std::string(10000, 'x'));
    CHECK(HistoryFile::open_to_write(garbage).error().fault == Fault::damaged);
    CHECK(HistoryFile::open_to_read(garbage).error().fault == Fault::damaged);

    Fixture f;
    Result<Database> database = Database::open(f.path(), Database::Mode::write);
    CHECK(database->execute("PRAGMA user_version=99").ok());
    const Error newer = HistoryFile::open_to_write(f.path()).error();
    const Error cut = HistoryFile::open_to_read(directory.write("cut", "SQLite format 3")).error();
    CHECK(cut.fault == Fault::damaged);
    CHECK(newer.fault == Fault::damaged);
    CHECK(newer.message.find("newer version") != std::string::npos);
}

bool is_there(const std::string& path, const std::string& text) {
    std::ifstream file(path, std::ios::binary);
    const std::string content{std::istreambuf_iterator<char>(file), {}};
    return content.find(text) != std::string::npos;
}

void what_is_erased_is_gone_from_file_and_log() {
    for (const std::size_t size : {std::size_t{10}, std::size_t{3000}, std::size_t{100000}}) {
        Fixture f;
        std::vector<RunRecord> runs = make_runs(0, 20);
        for (RunRecord& run : runs) {
            run.payload = "geheim" + std::string(size, 'x');
        }
        f.add(runs);
        CHECK(f.writer->tidy(kWide, true, kStart).ok() && f.writer->checkpoint().value());
        CHECK(is_there(f.path(), "geheim"));
        CHECK(f.writer->tidy(kWide, false, kStart).ok() && f.writer->checkpoint().value());
        CHECK(!is_there(f.path(), "geheim") && f.writer->log_size() == 0);
        CHECK(!f.reader().load("7").value()->payload.has_value());
    }
}

void tidying_forgets_too() {
    Fixture f;
    f.add({make_run("a", kStart), make_run("b", kStart + 5s)});
    CHECK(f.writer->tidy({10, 10s}, true, kStart + 11s).ok());
    CHECK_EQUAL(f.ids(), "b ");
    CHECK(f.writer->tidy({10, 10s}, true, kStart + 60s).ok());
    CHECK_EQUAL(f.ids(), "");
}

void a_checkpoint_does_not_wait_long_for_a_reader() {
    Fixture f;
    f.add(make_runs(0, 3));
    Result<Database> database = Database::open(f.path(), Database::Mode::read);
    CHECK(database.ok());
    Result<Statement> rows = database->prepare("SELECT number FROM runs");
    CHECK(rows.ok() && rows->step().value());
    f.add(make_runs(3, 4));
    const auto begun = std::chrono::steady_clock::now();
    CHECK(!f.writer->checkpoint().value());
    CHECK(std::chrono::steady_clock::now() - begun < 2s);
    CHECK(f.writer->is_in_place());
    rows->reset();
    CHECK(f.writer->checkpoint().value());
}

void it_knows_when_it_has_lost_its_place() {
    const auto change = [](const std::function<void(const std::string&)>& how) {
        Fixture f;
        f.add(make_runs(0, 3));
        CHECK(f.writer->checkpoint().value());
        CHECK(f.writer->is_in_place());
        how(f.path());
        const bool is_known = !f.writer->is_in_place();
        CHECK(f.writer->checkpoint().ok()); // of nothing, as when the change comes at the end of one
        CHECK_EQUAL(!f.writer->is_in_place(), is_known);
        return is_known;
    };
    const std::string garbage(40000, 'x');
    CHECK(change([](const std::string& path) { std::filesystem::remove(path); }));
    CHECK(change([](const std::string& path) { std::filesystem::resize_file(path, 0); }));
    CHECK(change([&](const std::string& path) { std::ofstream(path, std::ios::binary) << garbage; }));
    CHECK(change([](const std::string& path) {
        std::filesystem::copy_file(path, path + "2");
        std::filesystem::rename(path + "2", path);
    }));
    CHECK(!change([](const std::string& path) {
        Result<Database> database = Database::open(path, Database::Mode::write);
        CHECK(database.ok() && database->execute("DELETE FROM runs WHERE number = 1").ok());
        CHECK(database->checkpoint(true).value());
    }));
}

void what_is_no_regular_file_is_refused() {
    const Directory directory;
    CHECK(::mkfifo((directory / "fifo").c_str(), 0600) == 0);
    for (const std::string& path : {directory / "fifo", directory.path()}) {
        CHECK(HistoryFile::open_to_write(path).error().fault == Fault::other);
        CHECK(!HistoryFile::open_to_read(path).ok());
    }
}

void a_loose_mode_is_made_tight() {
    Fixture f;
    f.add(make_runs(0, 1));
    CHECK(::chmod(f.path().c_str(), 0644) == 0);
    CHECK(::chmod((f.path() + "-wal").c_str(), 0644) == 0);
    CHECK(HistoryFile::open_to_write(f.path()).ok());
    for (const std::string& path : {f.path(), f.path() + "-wal"}) {
        struct stat status {};
        CHECK(::stat(path.c_str(), &status) == 0 && (status.st_mode & 0777U) == 0600);
    }
}

void many_runs_are_read_in_pieces() {
    Fixture f;
    f.add(make_runs(0, 1000), {5000, 1000h});
    std::size_t count = 0;
    CHECK(f.reader().each({}, [&](const RunRecord& run) { CHECK_EQUAL(run.id, std::to_string(count++)); }).ok());
    CHECK_EQUAL(count, std::size_t{1000});
}

const TestGroup group{
    TEST(a_run_comes_back_as_it_was),
    TEST(a_payload_that_is_not_kept_is_not_an_empty_one),
    TEST(the_newest_stay),
    TEST(the_young_stay),
    TEST(what_is_forgotten_leaves_no_steps_and_no_room),
    TEST(queries_choose),
    TEST(the_beginning_of_an_id_is_enough_where_it_is_the_only_one),
    TEST(it_is_for_its_owner_alone_and_goes_on_after_a_restart),
    TEST(before_the_first_run_there_is_none),
    TEST(what_is_no_history_is_told_apart),
    TEST(what_is_erased_is_gone_from_file_and_log),
    TEST(tidying_forgets_too),
    TEST(a_checkpoint_does_not_wait_long_for_a_reader),
    TEST(it_knows_when_it_has_lost_its_place),
    TEST(what_is_no_regular_file_is_refused),
    TEST(a_loose_mode_is_made_tight),
    TEST(many_runs_are_read_in_pieces),
};

} // namespace history_history_file_test
