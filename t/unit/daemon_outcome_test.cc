// SPDX-License-Identifier: GPL-3.0-or-later
// Copyright (C) 2026 eventsgw contributors

#include "daemon/task_sender.h"

#include "directory.h"
#include "fake_timers.h"
#include "log_file.h"
#include "testing.h"

using namespace eventsgw;
using namespace eventsgw::testing;
using namespace std::chrono_literals;

namespace daemon_outcome_test {

/// "started ID", "refused: REASON".
std::string say(const Outcome& outcome) {
    constexpr const char* kKinds[] = {"nothing", "started", "waiting", "refused"};
    return kKinds[static_cast<std::size_t>(outcome.kind)] + std::string(outcome.id == Uuid{} ? "" : " ID") +
           (outcome.reason == Outcome::Reason::none ? "" : ": " + std::string(to_string(outcome.reason)));
}

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
    CHECK_EQUAL(say(sender.send(rule, event)), "refused: queue full");
    CHECK_EQUAL(sender.waiting(), std::size_t{1});
    CHECK_EQUAL(list_history(history, *journal, directory / "journal"), "task refused: queue full; act ");
}

const TestGroup group{
    TEST(a_task_waits_or_is_refused),
};

} // namespace daemon_outcome_test
