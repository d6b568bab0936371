// SPDX-License-Identifier: GPL-3.0-or-later
// Copyright (C) 2026 eventsgw contributors

#include "daemon/command_runner.h"
#include "daemon/events_directory.h"
#include "daemon/task_sender.h"

#include "directory.h"
#include "fake_launcher.h"
#include "fake_timers.h"
#include "log_file.h"
#include "testing.h"

using namespace eventsgw;
using namespace eventsgw::testing;
using namespace std::chrono_literals;

namespace daemon_outcome_test {

const Event kEvent{"a/event/b", "{}"};

/// "started ID", "refused: REASON".
std::string say(const Outcome& outcome) {
    constexpr const char* kKinds[] = {"nothing", "started", "waiting", "refused"};
    return kKinds[static_cast<std::size_t>(outcome.kind)] + std::string(outcome.id == Uuid{} ? "" : " ID") +
           (outcome.reason == Outcome::Reason::none ? "" : ": " + std::string(to_string(outcome.reason)));
}

/// Commands and handlers whose processes run until the test ends them.
/// What it has kept, after all has been written.
std::string list_history(History& history, Journal& journal, const std::string& path) {
    history.flush();
    journal.finish();
    Result<JournalFile> opened = JournalFile::open(path, Database::Mode::read);
    CHECK(opened.ok());
    std::string text;
    CHECK(opened->history()
              .each({},
                    [&](const RunRecord& run) {
                        text.append(to_string(run.kind)).append(" ").append(to_string(run.result));
                        text += ": " + run.reason + "; " + run.value + " ";
                        CHECK(run.state == WorkState::refused && run.attempts == 0 && run.id.size() == 36);
                    })
              .ok());
    return text;
}

struct Fixture {
    explicit Fixture(Slots::Limits limits = {10, 100, 1000}) : slots(limits) {
        for (const char* name : {"e", "f", "lane", "window"}) {
            directory.write(std::string(name) + "/10a", "", 0755);
        }
    }

    Outcome run(const std::string& command) {
        return commands.run({RuleKind::command, "a/event/b", false, command, 1}, kEvent, Keeper(kEvent).keep());
    }

    Outcome accept(const std::string& name) {
        const std::string channel = "a/event/" + name;
        const Event event{channel, "{}"};
        Keeper keeper(event);
        return handlers.accept(event, keeper);
    }

    EventsDirectory::Config config() const {
        RunSettings settings;
        settings.strict_modes = false;
        RunSettings lane = settings;
        lane.serialize = Serialize::event;
        RunSettings window = settings;
        window.coalesce = 1s;
        return {{directory.path()}, settings, {{"lane", lane}, {"window", window}}};
    }

    Directory directory;
    FakeTimers timers;
    std::string list_history() { return daemon_outcome_test::list_history(history, *journal, directory / "journal"); }

    FakeLauncher launcher;
    LogFile file;
    Loop loop;
    Slots slots;
    Supervisor supervisor{timers, launcher, file.log()};
    Remains remains;
    RunQueue queue{slots, supervisor};
    std::unique_ptr<Journal> journal =
        std::move(Journal::open(std::nullopt, file.log(), "module/mail1", directory / "journal")).value();
    History history{timers, file.log(), {1000, 1h, HistoryPayload::no, 1000}, *journal};
    CommandRunner commands{timers, queue, history, file.log(), [] {}};
    EventsDirectory handlers{
        {timers, supervisor, remains, file.log(), [] { return StepOutput(); }}, slots, history, config(), [] {}};
};

void a_command_starts_or_waits_or_is_refused() {
    Fixture f({1, 1, 1000});
    CHECK_EQUAL(say(f.run("a")), "started ID");
    CHECK_EQUAL(f.launcher.started.size(), std::size_t{1});
    CHECK_EQUAL(say(f.run("b")), "waiting ID");
    CHECK_EQUAL(say(f.run("c")), "refused: as much waits as may");
    CHECK_EQUAL(f.commands.refused(), std::uint64_t{1});
    CHECK_EQUAL(f.list_history(), "command refused: as much waits as may; c ");
    CHECK_EQUAL(f.launcher.started.size(), std::size_t{1});
}

void a_command_that_cannot_be_started_is_done_and_has_an_id() {
    Fixture f;
    CHECK_EQUAL(say(f.run(std::string("a\0b", 3))), "started ID");
    f.launcher.error = E2BIG;
    CHECK_EQUAL(say(f.run("c")), "started ID");
    CHECK_EQUAL(f.commands.counters().failed, std::uint64_t{2});
}

void a_handler_starts_or_waits_or_is_refused() {
    Fixture f({1, 1, 1000});
    CHECK_EQUAL(say(f.accept("e")), "started ID");
    CHECK_EQUAL(f.handlers.running(), std::size_t{1});
    CHECK_EQUAL(say(f.accept("f")), "waiting ID");
    CHECK_EQUAL(say(f.accept("f")), "refused: as much waits as may");
    CHECK_EQUAL(f.list_history(), "handler refused: as much waits as may;  ");
    CHECK_EQUAL(f.handlers.refused(), std::uint64_t{1});
    CHECK_EQUAL(f.handlers.running(), std::size_t{1});
}

void an_event_without_a_handler_is_nothing_and_a_bad_name_is_refused() {
    Fixture f;
    CHECK_EQUAL(say(f.accept("other")), "nothing");
    CHECK_EQUAL(f.handlers.refused(), std::uint64_t{0});
    CHECK_EQUAL(say(f.accept("../e")), "refused: no event has such a name");
    CHECK_EQUAL(f.list_history(), "handler refused: no event has such a name;  ");
    CHECK_EQUAL(f.handlers.refused(), std::uint64_t{1});
}

void a_handler_waits_for_its_lane_and_for_its_window() {
    Fixture f;
    CHECK_EQUAL(say(f.accept("lane")), "started ID");
    CHECK_EQUAL(say(f.accept("lane")), "waiting ID");
    const Outcome first = f.accept("window");
    const Outcome second = f.accept("window");
    CHECK_EQUAL(say(first), "waiting ID");
    CHECK_EQUAL(say(second), "waiting ID");
    CHECK(first.id != second.id);
    CHECK_EQUAL(f.handlers.waiting(), std::size_t{2}); // the second event of the window has joined the first
    f.timers.advance(1s);
    CHECK_EQUAL(f.handlers.running(), std::size_t{2});
}

void a_task_waits_or_is_refused() {
    LogFile file;
    Loop loop;
    const Rule rule{RuleKind::action, "a/event/b", false, "act", 1};
    Settings settings;
    settings.task_limit = 1;
    const Directory directory;
    const std::unique_ptr<Journal> journal =
        std::move(Journal::open(std::nullopt, file.log(), "module/mail1", directory / "journal")).value();
    const auto event = std::make_shared<KeptEvent>("a/event/b", "{}");
    FakeTimers timers;
    History history{timers, file.log(), {1000, 1h, HistoryPayload::no, 1000}, *journal};
    TaskSender sender(loop, file.log(), {"module/mail1", {}, {"127.0.0.1", 1, ""}, "module/mail1", "s3cret"}, settings,
                      *journal, history, {[] {}, [] {}});
    CHECK_EQUAL(say(sender.send(rule, event)), "waiting ID");
    CHECK_EQUAL(say(sender.send(rule, event)), "refused: as much waits as may");
    CHECK_EQUAL(sender.waiting(), std::size_t{1});
    CHECK_EQUAL(list_history(history, *journal, directory / "journal"), "task refused: as much waits as may; act ");
}

const TestGroup group{
    TEST(a_command_starts_or_waits_or_is_refused),
    TEST(a_command_that_cannot_be_started_is_done_and_has_an_id),
    TEST(a_handler_starts_or_waits_or_is_refused),
    TEST(an_event_without_a_handler_is_nothing_and_a_bad_name_is_refused),
    TEST(a_handler_waits_for_its_lane_and_for_its_window),
    TEST(a_task_waits_or_is_refused),
};

} // namespace daemon_outcome_test
