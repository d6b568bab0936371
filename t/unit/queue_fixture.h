// SPDX-License-Identifier: GPL-3.0-or-later
// Copyright (C) 2026 eventsgw contributors

#pragma once

#include "runs/run_queue.h"

#include "directory.h"
#include "fake_launcher.h"
#include "fake_timers.h"
#include "log_file.h"
#include "testing.h"

#include <cerrno>
#include <csignal>
#include <functional>
#include <memory>
#include <string>
#include <vector>

namespace eventsgw::testing {

/// A gateway's runs: a RunQueue on a real journal, with the test's processes and clock. It receives the journal's news
/// only in sync(), so no test depends on how fast the journal's thread is.
struct QueueFixture {
    static constexpr std::size_t kMegabyte = 1U << 20U;
    static constexpr const char* kAgent = "module/mail1";

    explicit QueueFixture(std::size_t running = 10, std::size_t waiting = 100) {
        limits.running = running;
        limits.waiting = waiting;
        limits.store = {kMegabyte, 1000 * kMegabyte};
        limits.max_attempts = 3;
        config.bases = {directory / "events"};
        config.handlers.strict_modes = false;
        for (const char* name : {"e", "f", "g", "x"}) {
            directory.write(std::string("events/") + name + "/10a", "", 0755);
        }
        for (const char* key : {"a", "b"}) {
            config.commands.push_back({RuleKind::command, key, false, std::string("do ") + key, 1});
        }
    }
    QueueFixture(const QueueFixture&) = delete;
    QueueFixture& operator=(const QueueFixture&) = delete;

    std::string path() const { return directory / JournalFile::kName; }
    RunSettings& command(std::size_t index = 0) { return config.commands.at(index).settings; }

    /// The gateway starts, with `config` and `limits`.
    void open() {
        supervisor = std::make_unique<Supervisor>(timers, launcher, file.log());
        journal = std::move(Journal::open(std::nullopt, file.log(), kAgent, path())).value();
        history = std::make_unique<History>(
            timers, file.log(), HistorySettings{1000, std::chrono::hours(1000), HistoryPayload::yes, 1000}, *journal);
        queue = std::make_unique<RunQueue>(
            AttemptMeans{timers, *supervisor, remains, file.log(), [this] { return open_output(); }}, *journal,
            *history, limits, config, [] {});
        queue->recover("");
        timers.turn();
    }
    void reload() {
        queue->set_config(limits, config);
        timers.turn();
    }
    /// The gateway is killed: what was not on its way to the disk is lost.
    void crash() {
        queue.reset();
        timers.bury();
        history.reset();
        journal->finish();
        journal.reset();
        supervisor.reset();
    }
    /// Its orderly end; all that runs is ended by SIGTERM.
    void stop() {
        queue->stop(std::chrono::seconds(1));
        for (const auto& process : launcher.started) {
            if (!process->is_gone) {
                exit(*process, -1, SIGTERM);
            }
        }
        queue->give_to_journal();
        crash();
    }

    /// An Outcome that a test may ignore.
    struct Taken : Outcome {};

    Taken run(const std::string& payload, std::size_t index = 0, const std::string& channel = "s/event/e") {
        const Event event{channel, payload, timers.now(), replay_of};
        Keeper keeper(event);
        const Taken outcome{queue->run_command(config.commands.at(index), event, keeper)};
        timers.turn();
        return outcome;
    }
    Taken handle(const std::string& name, const std::string& source, const std::string& payload) {
        const std::string channel = source + "/event/" + name;
        const Event event{channel, payload, timers.now(), replay_of};
        Keeper keeper(event);
        const Taken outcome{queue->run_handler(event, keeper)};
        timers.turn();
        return outcome;
    }

    /// The program that runs for the event with this payload.
    FakeLauncher::Started& process(const std::string& payload) {
        for (const auto& process : launcher.started) {
            if (!process->is_gone && process->payload == payload) {
                return *process;
            }
        }
        report(__FILE__, __LINE__, payload + " does not run");
    }
    void finish(const std::string& payload, int status = 0, int signal = 0) { exit(process(payload), status, signal); }

    void exit(const FakeLauncher::Started& process, int status, int signal) {
        Exit exit;
        exit.status = status;
        exit.signal = signal;
        process.on_exit(exit);
        timers.turn();
    }

    /// What has started in its order, by payload; with how many events it stands for.
    std::string starts() const {
        std::string all;
        for (const auto& process : launcher.started) {
            all += process->payload;
            for (const std::string& variable : process->environment) {
                const std::string name = "AGENT_EVENT_COALESCED=";
                if (variable.starts_with(name) && variable != name + "1") {
                    all += "*" + variable.substr(name.size());
                }
            }
            all += " ";
        }
        return all;
    }
    /// The attempt, as the last program was told.
    std::string attempt() const {
        for (const std::string& variable : launcher.started.back()->environment) {
            if (variable.starts_with("AGENT_EVENT_ATTEMPT=")) {
                return variable.substr(variable.find('=') + 1);
            }
        }
        return "";
    }

    /// Lets the disk take all that was ordered, and the queue hear of it.
    void sync() {
        history->flush();
        for (int i = 0; i < 3; ++i) { // what it hears may lead to more orders
            timers.turn();
            journal->order(JournalOrder::Touch{}); // so that it looks, and tries again what has failed
            journal->finish();
            journal->receive();
        }
        timers.turn();
    }

    /// Calls `look` with the journal's file, if there is one.
    void look(const std::function<void(JournalFile&)>& look_at, Database::Mode mode = Database::Mode::read) const {
        Result<JournalFile> opened = JournalFile::open(path(), mode);
        if (opened || opened.error().fault != Fault::absent) {
            look_at(opened.value());
        }
    }
    std::vector<RunRow> rows() const {
        std::vector<RunRow> rows;
        look([&](JournalFile& journal_file) { rows = journal_file.runs().load().value(); });
        return rows;
    }
    /// The payloads of the runs on disk, with the state of each: "a:waiting".
    std::string stored() const {
        constexpr const char* kStates[] = {"waiting", "running", "held"};
        std::string all;
        look([&](JournalFile& journal_file) {
            const std::vector<RunRow> rows = journal_file.runs().load().value();
            for (const RunRow& row : rows) {
                const std::shared_ptr<KeptEvent> event = journal_file.runs().load_event(row.number).value();
                all += std::string(event->payload()) + ":" + kStates[static_cast<std::size_t>(row.state)] + " ";
            }
        });
        return all;
    }
    /// What another hand does to the file.
    void execute(const std::string& sql) const {
        Result<Database> database = Database::open(path(), Database::Mode::write);
        CHECK(database.ok() && database->execute(sql).ok());
    }
    std::int64_t count_events() const {
        Result<Database> reader = Database::open(path(), Database::Mode::read);
        return reader->ask("SELECT count(*) FROM event").value().value();
    }
    /// How runs have ended, oldest first: "dead interrupted (interrupted 3 times)".
    std::vector<std::string> ends() const {
        std::vector<std::string> all;
        look([&](JournalFile& journal_file) {
            CHECK(journal_file.history()
                      .each({},
                            [&](const RunRecord& run) {
                                all.push_back(std::string(to_string(run.state)) + " " +
                                              std::string(to_string(run.result)) +
                                              (run.reason.empty() ? "" : " (" + run.reason + ")"));
                            })
                      .ok());
        });
        return all;
    }

    /// Something for recover(): a run of the first command that a former gateway has left.
    static RunRow row(std::uint64_t number, const std::string& payload, RunRow::State state = RunRow::State::waiting) {
        RunRow row;
        row.number = number;
        row.id = {static_cast<unsigned char>(number), 1};
        row.key = "a";
        row.state = state;
        row.starts = state == RunRow::State::running ? 1 : 0;
        row.arrived = std::chrono::floor<WallTime::duration>(std::chrono::system_clock::now());
        row.event = std::make_shared<KeptEvent>("s/event/e", payload);
        row.event->number = number;
        return row;
    }
    void leave(const std::vector<RunRow>& rows) const {
        JournalFile left = std::move(JournalFile::make(path(), {"instance", 0}, kAgent)).value();
        CHECK(left.begin().ok() && left.runs().save(rows).ok() && left.commit().ok());
    }

    const RunQueue::Counters& commands() const { return queue->counters(WorkKind::command); }
    const RunQueue::Counters& handlers() const { return queue->counters(WorkKind::handler); }

    Directory directory;
    FakeTimers timers;
    FakeLauncher launcher;
    LogFile file;
    Remains remains;
    RunQueue::Limits limits;
    RunGroups::Config config;
    std::string replay_of;
    std::function<StepOutput()> open_output = [] { return StepOutput(); };
    std::unique_ptr<Supervisor> supervisor;
    std::unique_ptr<Journal> journal;
    std::unique_ptr<History> history;
    std::unique_ptr<RunQueue> queue;
};

/// "started", "refused: REASON".
inline std::string say(const Outcome& outcome) {
    constexpr const char* kKinds[] = {"nothing", "started", "waiting", "refused"};
    return kKinds[static_cast<std::size_t>(outcome.kind)] +
           (outcome.reason == Outcome::Reason::none ? "" : ": " + std::string(to_string(outcome.reason)));
}

} // namespace eventsgw::testing
