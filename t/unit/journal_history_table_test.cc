// SPDX-License-Identifier: GPL-3.0-or-later
// Copyright (C) 2026 eventsgw contributors

#include "journal/history_table.h"

#include "directory.h"
#include "journal/journal_file.h"
#include "testing.h"

#include <filesystem>
#include <fstream>
#include <iterator>

using namespace eventsgw;
using namespace eventsgw::testing;
using namespace std::chrono_literals;

namespace journal_history_table_test {

const RunRecord::Time kStart{1700000000s};
constexpr HistorySettings kWide{1000, 1000h, HistoryPayload::yes, 1000};

std::shared_ptr<KeptEvent> make_event(std::string_view channel, std::string_view payload = "",
                                      std::string_view replay_of = {}) {
    static std::uint64_t last = 0;
    auto event = std::make_shared<KeptEvent>(channel, payload, replay_of);
    event->number = ++last;
    return event;
}

/// A journal that is written and read by two connections, as gateway and tool do.
struct Fixture {
    Fixture() {
        Result<JournalFile> made = JournalFile::make(path(), {"instance", 0}, "module/mail1");
        CHECK(made.ok());
        writer.emplace(std::move(*made));
    }

    std::string path() const { return directory / "journal"; }

    JournalFile reader() const {
        Result<JournalFile> opened = JournalFile::open(path(), Database::Mode::read);
        CHECK(opened.ok());
        return std::move(*opened);
    }

    /// What the writer's thread does. Whether something was forgotten.
    bool add(std::vector<RunRecord> runs, const HistorySettings& settings = kWide, RunRecord::Time now = kStart,
             bool is_changed = true) {
        for (RunRecord& run : runs) {
            run.settle_state();
        }
        CHECK(writer->begin(JournalFile::Durability::relaxed).ok());
        CHECK(writer->history().add(runs, last).ok());
        last += runs.size();
        const Result<bool> forgotten = writer->history().forget(settings, now, is_changed);
        CHECK(forgotten.ok() && writer->commit().ok());
        return *forgotten;
    }

    /// The ids that a query finds, each with a blank behind it.
    std::string ids(const HistoryTable::Query& query = {}) const {
        std::string text;
        JournalFile file = reader();
        CHECK(file.history().each(query, [&](const RunRecord& run) { text += run.id + " "; }).ok());
        return text;
    }

    std::int64_t count(const std::string& table) const {
        Result<Database> database = Database::open(path(), Database::Mode::read);
        return database->ask("SELECT count(*) FROM " + table).value().value_or(-1);
    }

    Directory directory;
    std::optional<JournalFile> writer;
    std::uint64_t last = 0;
};

RunRecord make_run(const std::string& id, RunRecord::Time ended = kStart) {
    RunRecord run;
    run.id = id;
    run.event = make_event("module/a/event/e");
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
    run.event = make_event({"module/\xff\0/event/e", 17}, {"\0\xff", 2}, "1b9d6bcd");
    run.keeps_payload = true;
    run.kind = WorkKind::handler;
    run.state = WorkState::dead;
    run.attempts = 3;
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
    run.steps = {{"10a", RunResult::succeeded, 0, 0, 1ms, 2ms, 11, true, ""},
                 {"20b", RunResult::not_started, -1, 0, 0ns, 0ns, 0, false, "why"}};
    f.add({run});

    JournalFile reader = f.reader();
    const auto loaded = reader.history().load("f81d4fae");
    CHECK(loaded.ok() && loaded->has_value());
    const RunRecord& got = **loaded;
    CHECK(got.id == run.id && got.channel() == run.channel() && got.kind == run.kind && got.line == 7 &&
          got.value == run.value);
    CHECK(got.arrived == run.arrived && got.began == run.began && got.ended == run.ended);
    CHECK(got.result == run.result && got.status == -1 && got.signal == 9 && got.wall == run.wall);
    CHECK(got.cpu == run.cpu && got.pid == 4242 && got.reason == "because" && got.coalesced == 5 &&
          got.replay_of() == "1b9d6bcd");
    CHECK(got.state == WorkState::dead && got.attempts == 3 && !got.is_replayed);
    CHECK(got.keeps_payload && got.event->payload() == run.event->payload());
    CHECK_EQUAL(got.steps.size(), std::size_t{2});
    CHECK(got.steps[0].name == "10a" && got.steps[0].wall == 1ms && got.steps[0].cpu == 2ms);
    CHECK(got.steps[0].pid == 11 && got.steps[0].has_stream && got.steps[0].status == 0);
    CHECK(got.steps[1].result == RunResult::not_started && got.steps[1].reason == "why");
}

void a_state_follows_from_the_result_unless_it_is_dead() {
    const std::pair<RunResult, WorkState> pairs[]{
        {RunResult::succeeded, WorkState::done},     {RunResult::skipped, WorkState::done},
        {RunResult::failed, WorkState::failed},      {RunResult::timed_out, WorkState::failed},
        {RunResult::not_started, WorkState::failed}, {RunResult::interrupted, WorkState::failed},
        {RunResult::cancelled, WorkState::dead},     {RunResult::expired, WorkState::dead},
        {RunResult::refused, WorkState::refused},
    };
    for (const auto& [result, state] : pairs) {
        RunRecord run;
        run.result = result;
        run.settle_state();
        CHECK(run.state == state);
        run.state = WorkState::dead;
        run.settle_state();
        CHECK(run.state == WorkState::dead);
    }
}

void a_replayed_one_is_marked() {
    Fixture f;
    f.add(make_runs(0, 2));
    CHECK(f.writer->begin().ok());
    CHECK(f.writer->history().mark_replayed({"1", "gone"}).ok() && f.writer->commit().ok());
    JournalFile reader = f.reader();
    CHECK(!reader.history().load("0").value()->is_replayed);
    CHECK(reader.history().load("1").value()->is_replayed);
}

void a_payload_that_is_not_kept_is_not_an_empty_one() {
    Fixture f;
    std::vector<RunRecord> runs = make_runs(0, 2);
    runs[1].keeps_payload = true;
    f.add(runs);
    JournalFile reader = f.reader();
    CHECK(!reader.history().load("0").value()->keeps_payload);
    CHECK(reader.history().load("1").value()->keeps_payload);
    CHECK(!reader.history().load("2").value().has_value());
}

void an_event_stands_once_however_many_runs_it_leads_to() {
    Fixture f;
    std::vector<RunRecord> runs = make_runs(0, 4);
    runs[0].event = make_event("a/event/b", "geheim");
    for (const std::size_t i : {0, 1, 3}) {
        runs[i].event = runs[0].event;
        runs[i].keeps_payload = true;
    }
    f.add(runs);
    CHECK_EQUAL(f.count("ended_event"), 2);
    CHECK_EQUAL(f.count("ended_payload"), 1);
    CHECK(f.add({}, {1, 1000h, HistoryPayload::yes, 1000})); // and goes with the last of them
    CHECK_EQUAL(f.ids(), "3 ");
    JournalFile reader = f.reader();
    CHECK_EQUAL(reader.history().load("3").value()->event->payload(), "geheim");
    CHECK_EQUAL(f.count("ended_event"), 1);
    CHECK(f.add(make_runs(4, 5), {1, 1000h, HistoryPayload::yes, 1000}));
    CHECK_EQUAL(f.count("ended_event"), 1);
    CHECK_EQUAL(f.count("ended_payload"), 0);
}

void the_newest_stay() {
    Fixture f;
    f.add(make_runs(0, 3), {4, 1000h, HistoryPayload::yes, 1000});
    CHECK_EQUAL(f.ids(), "0 1 2 ");
    f.add(make_runs(3, 6), {4, 1000h, HistoryPayload::yes, 1000});
    CHECK_EQUAL(f.ids(), "2 3 4 5 ");
    f.add(make_runs(6, 60), {4, 1000h, HistoryPayload::yes, 1000});
    CHECK_EQUAL(f.ids(), "56 57 58 59 ");
    f.add(make_runs(60, 61), {2, 1000h, HistoryPayload::yes, 1000});
    CHECK_EQUAL(f.ids(), "59 60 ");
}

RunRecord make_run(const std::string& id, RunResult result) {
    RunRecord run = make_run(id);
    run.result = result;
    run.keeps_payload = true;
    run.event = make_event("a/event/b", "geheim");
    return run;
}

void no_part_pushes_out_another() {
    Fixture f;
    const HistorySettings settings{20, 1000h, HistoryPayload::yes, 3};
    f.add({make_run("done", RunResult::succeeded), make_run("old", RunResult::failed),
           make_run("early", RunResult::refused)},
          settings);
    std::vector<RunRecord> flood;
    for (int i = 0; i < 100; ++i) {
        flood.push_back(make_run("r" + std::to_string(i), RunResult::refused));
    }
    CHECK(f.add(flood, settings));
    CHECK_EQUAL(f.ids(), "done old r98 r99 "); // of the refused a tenth
    f.add(
        {make_run("f1", RunResult::failed), make_run("f2", RunResult::not_started), make_run("f3", RunResult::expired)},
        settings);
    CHECK_EQUAL(f.ids(), "done r98 r99 f1 f2 f3 ");
    f.add(make_runs(0, 30), settings);
    CHECK_EQUAL(f.ids({.only_failed = true}), "r98 r99 f1 f2 f3 ");
    CHECK_EQUAL(f.count("ended"), 25);
    f.add({}, {20, 1000h, HistoryPayload::yes, 0});
    CHECK_EQUAL(f.ids({.only_failed = true}), "r98 r99 ");
    f.add({}, {5, 1000h, HistoryPayload::yes, 3});
    CHECK_EQUAL(f.ids(), "r99 25 26 27 28 29 "); // and one of them at least
    CHECK_EQUAL(f.count("ended_event"), 6);
    CHECK(f.add({}, {0, 1000h, HistoryPayload::yes, 3}));
    CHECK_EQUAL(f.count("ended"), 0);
}

/// Places are counted on from what is there, in each part.
void quotas_hold_across_many_small_commits() {
    Fixture f;
    const HistorySettings settings{10, 1000h, HistoryPayload::yes, 2};
    for (int i = 0; i < 40; ++i) {
        const std::string number = std::to_string(i);
        f.add({make_run("d" + number, RunResult::succeeded), make_run("f" + number, RunResult::failed)}, settings);
        CHECK_EQUAL(f.count("ended"), std::min(i + 1, 10) + std::min(i + 1, 2));
    }
    CHECK_EQUAL(f.ids({.only_failed = true}), "f38 f39 ");
    f.add({}, {0, 1000h, HistoryPayload::yes, 2});
    f.add({make_run("again", RunResult::succeeded)}, settings);
    CHECK_EQUAL(f.ids(), "again ");
}

std::string with_payload(const Fixture& f) {
    std::string text;
    JournalFile file = f.reader();
    for (const char* id : {"done", "failed", "dead", "refused"}) {
        const auto run = file.history().load(id);
        text += run.ok() && *run && (*run)->keeps_payload ? std::string(id) + " " : "";
    }
    return text;
}

void payloads_are_kept_for_what_went_wrong() {
    Fixture f;
    const auto change = [&](HistoryPayload payloads, bool is_changed = true) {
        return f.add({}, {1000, 1000h, payloads, 1000}, kStart, is_changed);
    };
    f.add({make_run("done", RunResult::skipped), make_run("failed", RunResult::timed_out),
           make_run("dead", RunResult::cancelled), make_run("refused", RunResult::refused)});
    CHECK_EQUAL(with_payload(f), "done failed dead refused ");
    CHECK(!change(HistoryPayload::failed, false));
    CHECK(change(HistoryPayload::failed));
    CHECK_EQUAL(with_payload(f), "failed dead refused ");
    CHECK(!change(HistoryPayload::failed));
    CHECK(change(HistoryPayload::no, false)); // one that a reload has overtaken goes too
    CHECK_EQUAL(with_payload(f), "");
    CHECK_EQUAL(f.count("ended_payload"), 0);
    CHECK_EQUAL(f.count("ended"), 4);
}

/// An event has led to both: its payload is there as long as what has failed is.
void a_payload_goes_with_the_last_that_went_wrong() {
    Fixture f;
    const HistorySettings settings{1000, 1000h, HistoryPayload::failed, 1};
    std::vector<RunRecord> runs{make_run("done", RunResult::succeeded), make_run("failed", RunResult::failed)};
    runs[0].event = runs[1].event;
    runs[0].keeps_payload = false;
    CHECK(!f.add(runs, settings));
    CHECK_EQUAL(f.count("ended_payload"), 1);
    CHECK(f.add({make_run("later", RunResult::failed)}, settings, kStart, false));
    CHECK_EQUAL(f.ids(), "done later ");
    CHECK_EQUAL(f.count("ended_payload"), 1);
    CHECK_EQUAL(with_payload(f), "");
    CHECK_EQUAL(f.count("ended_event"), 2);
}

void what_a_setting_keeps() {
    const HistorySettings off{0, 1000h, HistoryPayload::failed, 7};
    const HistorySettings few{5, 1000h, HistoryPayload::failed, 7};
    const HistorySettings many{1000, 1000h, HistoryPayload::yes, 0};
    for (const WorkState state : {WorkState::done, WorkState::failed, WorkState::dead, WorkState::refused}) {
        CHECK_EQUAL(off.quota_of(state), std::uint64_t{0});
        CHECK_EQUAL(few.keeps_payload_of(state), state != WorkState::done);
        CHECK(many.keeps_payload_of(state));
    }
    CHECK_EQUAL(few.quota_of(WorkState::done), std::uint64_t{5});
    CHECK_EQUAL(few.quota_of(WorkState::dead), std::uint64_t{7});
    CHECK_EQUAL(few.quota_of(WorkState::refused), std::uint64_t{1});
    CHECK_EQUAL(many.quota_of(WorkState::refused), std::uint64_t{100});
    CHECK_EQUAL(many.quota_of(WorkState::failed), std::uint64_t{0});
}

void the_young_stay() {
    Fixture f;
    f.add({make_run("a", kStart), make_run("b", kStart + 1s), make_run("c", kStart + 2s)},
          {10, 10s, HistoryPayload::yes, 1000}, kStart + 2s);
    CHECK_EQUAL(f.ids(), "a b c ");
    f.add({make_run("d", kStart + 11s)}, {10, 10s, HistoryPayload::yes, 1000}, kStart + 11s);
    CHECK_EQUAL(f.ids(), "b c d ");
    f.add({make_run("e", kStart + 100s)}, {10, 10s, HistoryPayload::yes, 1000}, kStart + 200s);
    CHECK_EQUAL(f.ids(), "");
    f.add({make_run("f", kStart + 300s)}, {10, 10s, HistoryPayload::yes, 1000}, kStart + 300s);
    CHECK_EQUAL(f.ids(), "f ");
}

void what_is_forgotten_leaves_no_steps_and_no_room() {
    Fixture f;
    for (int i = 0; i < 20; ++i) {
        RunRecord large = make_run("large");
        large.steps = {{.name = "10a"}};
        large.event = make_event("a/event/b", std::string(1000000, 'x'));
        large.keeps_payload = true;
        f.add({large}, {2, 1000h, HistoryPayload::yes, 1000});
    }
    CHECK(f.writer->shrink().value());
    CHECK(std::filesystem::file_size(f.path()) < 6000000);
    CHECK_EQUAL(f.count("ended_step"), 2);
}

void queries_choose() {
    Fixture f;
    std::vector<RunRecord> runs = make_runs(0, 5);
    runs[1].event = make_event("module/b/event/other");
    runs[1].result = RunResult::failed;
    runs[2].event = make_event("cluster/plain");
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
    JournalFile file = f.reader();
    HistoryTable reader = file.history();
    CHECK_EQUAL(reader.resolve("abc").value(), "abc1");
    CHECK_EQUAL(reader.resolve("abc1").value(), "abc1");
    CHECK_EQUAL(reader.resolve("e").value(), "e");
    CHECK(reader.resolve("").error().message.find("empty") != std::string::npos);
    for (const char* prefix : {"", "abc12", "x", "ABC1"}) {
        const Result<std::string> none = reader.resolve(prefix);
        CHECK(!none && none.error().fault == Fault::no_match);
    }
    const Result<std::string> several = reader.resolve("ab");
    CHECK(!several && several.error().fault == Fault::ambiguous);
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
            run.event = make_event("a/event/b", "geheim" + std::string(size, 'x'));
            run.keeps_payload = true;
        }
        CHECK(!f.add(runs));
        CHECK(f.writer->shrink().value() && is_there(f.path(), "geheim"));
        CHECK(f.add({}, {1000, 1000h, HistoryPayload::no, 1000})); // payloads are not kept any more
        CHECK(!f.add({}, {1000, 1000h, HistoryPayload::no, 1000}));
        CHECK(f.writer->shrink().value());
        CHECK(!is_there(f.path(), "geheim") && std::filesystem::file_size(f.path() + "-wal") == 0);
        CHECK(!f.reader().history().load("7").value()->keeps_payload);
        CHECK(f.add({}, {0, 1000h, HistoryPayload::no, 1000}) && f.ids().empty()); // no runs either
    }
}

void many_runs_are_read_in_pieces() {
    Fixture f;
    f.add(make_runs(0, 1000), {5000, 1000h, HistoryPayload::yes, 1000});
    std::size_t count = 0;
    JournalFile file = f.reader();
    CHECK(file.history().each({}, [&](const RunRecord& run) { CHECK_EQUAL(run.id, std::to_string(count++)); }).ok());
    CHECK_EQUAL(count, std::size_t{1000});
}

const TestGroup group{
    TEST(a_run_comes_back_as_it_was),
    TEST(a_state_follows_from_the_result_unless_it_is_dead),
    TEST(a_replayed_one_is_marked),
    TEST(a_payload_that_is_not_kept_is_not_an_empty_one),
    TEST(an_event_stands_once_however_many_runs_it_leads_to),
    TEST(the_newest_stay),
    TEST(no_part_pushes_out_another),
    TEST(quotas_hold_across_many_small_commits),
    TEST(payloads_are_kept_for_what_went_wrong),
    TEST(a_payload_goes_with_the_last_that_went_wrong),
    TEST(what_a_setting_keeps),
    TEST(the_young_stay),
    TEST(what_is_forgotten_leaves_no_steps_and_no_room),
    TEST(queries_choose),
    TEST(the_beginning_of_an_id_is_enough_where_it_is_the_only_one),
    TEST(what_is_erased_is_gone_from_file_and_log),
    TEST(many_runs_are_read_in_pieces),
};

} // namespace journal_history_table_test
