// SPDX-License-Identifier: GPL-3.0-or-later
// Copyright (C) 2026 eventsgw contributors

#include "journal/history_table.h"

#include "base/text.h"
#include "event/event.h"

#include <algorithm>
#include <array>
#include <utility>

namespace eventsgw {
namespace {

constexpr std::int64_t kPiece = 500;

/// What read_run() expects in a row.
constexpr std::string_view kRunColumns =
    "ended.number, id, channel, kind, line, value, arrived, began, ended, result, status, signal, wall, cpu, pid,"
    " reason, coalesced, replay, state, attempts, replayed";
constexpr std::string_view kRuns = " FROM ended JOIN ended_event ON ended_event.number = ended.event ";
/// The place behind the columns.
constexpr int kPayloadColumn = 21;

/// What read_step() expects.
constexpr std::string_view kStepsOfRun =
    "SELECT name, result, status, signal, wall, cpu, pid, stream, reason FROM ended_step WHERE run = ? ORDER BY place";

/// Which runs are counted together when it is said how many are kept: what is done, what went wrong, what was refused.
constexpr int kParts = 3;
constexpr int part_of(WorkState state) {
    switch (state) {
    case WorkState::done: return 0;
    case WorkState::failed:
    case WorkState::dead: return 1;
    case WorkState::refused: return 2;
    }
    return 1;
}

std::int64_t to_microseconds(RunRecord::Time time) {
    return std::chrono::duration_cast<std::chrono::microseconds>(time.time_since_epoch()).count();
}

RunRecord::Time read_time(const Statement& row, int column) {
    return RunRecord::Time(std::chrono::microseconds(row.number(column)));
}

/// What a damaged file says is brought into the bounds of the type, whose last value this is.
template <typename Enum> Enum read_enum(const Statement& row, int column, Enum last) {
    return static_cast<Enum>(std::clamp<std::int64_t>(row.number(column), 0, static_cast<std::int64_t>(last)));
}

RunResult read_result(const Statement& row, int column) {
    return read_enum(row, column, RunResult::expired);
}

/// What follows "/event/", or nothing.
std::string_view event_of(std::string_view channel) {
    const std::optional<EventName> parts = split_channel(channel);
    return parts ? parts->name : std::string_view();
}

Result<void> insert_event(Statement& statement, const KeptEvent& event) {
    return statement.bind(0, event.number)
        .bind(1, event.channel())
        .bind(2, event_of(event.channel()))
        .bind(3, event.replay_of())
        .run();
}

Result<void> insert_payload(Statement& statement, const KeptEvent& event) {
    return statement.bind(0, event.number).bind(1, event.payload()).run();
}

Result<void> insert_run(Statement& statement, std::uint64_t number, const RunRecord& run, std::int64_t place) {
    return statement.bind(0, number)
        .bind(1, run.event->number)
        .bind(2, run.id)
        .bind(3, static_cast<std::int64_t>(run.kind))
        .bind(4, static_cast<std::int64_t>(run.line))
        .bind(5, run.value)
        .bind(6, to_microseconds(run.arrived))
        .bind(7, to_microseconds(run.began))
        .bind(8, to_microseconds(run.ended))
        .bind(9, static_cast<std::int64_t>(run.result))
        .bind(10, std::int64_t{run.status})
        .bind(11, std::int64_t{run.signal})
        .bind(12, run.wall.count())
        .bind(13, run.cpu.count())
        .bind(14, std::int64_t{run.pid})
        .bind(15, run.reason)
        .bind(16, static_cast<std::int64_t>(run.coalesced))
        .bind(17, static_cast<std::int64_t>(run.state))
        .bind(18, std::int64_t{run.attempts})
        .bind(19, std::int64_t{run.is_replayed})
        .bind(20, std::int64_t{part_of(run.state)})
        .bind(21, place)
        .run();
}

Result<void> insert_step(Statement& statement, std::uint64_t run, std::int64_t place, const StepRecord& step) {
    return statement.bind(0, run)
        .bind(1, place)
        .bind(2, step.name)
        .bind(3, static_cast<std::int64_t>(step.result))
        .bind(4, std::int64_t{step.status})
        .bind(5, std::int64_t{step.signal})
        .bind(6, step.wall.count())
        .bind(7, step.cpu.count())
        .bind(8, std::int64_t{step.pid})
        .bind(9, std::int64_t{step.has_stream})
        .bind(10, step.reason)
        .run();
}

RunRecord read_run(const Statement& row, std::string_view payload) {
    RunRecord run;
    run.id = row.bytes(1);
    run.event = std::make_shared<KeptEvent>(row.bytes(2), payload, row.bytes(17));
    run.kind = read_enum(row, 3, WorkKind::task);
    run.line = static_cast<std::size_t>(row.number(4));
    run.value = row.bytes(5);
    run.arrived = read_time(row, 6);
    run.began = read_time(row, 7);
    run.ended = read_time(row, 8);
    run.result = read_result(row, 9);
    run.status = static_cast<int>(row.number(10));
    run.signal = static_cast<int>(row.number(11));
    run.wall = std::chrono::nanoseconds(row.number(12));
    run.cpu = std::chrono::nanoseconds(row.number(13));
    run.pid = static_cast<pid_t>(row.number(14));
    run.reason = row.bytes(15);
    run.coalesced = static_cast<std::uint64_t>(row.number(16));
    run.state = read_enum(row, 18, WorkState::refused);
    run.attempts = static_cast<std::uint32_t>(row.number(19));
    run.is_replayed = row.number(20) != 0;
    return run;
}

StepRecord read_step(const Statement& row) {
    return {std::string(row.bytes(0)),
            read_result(row, 1),
            static_cast<int>(row.number(2)),
            static_cast<int>(row.number(3)),
            std::chrono::nanoseconds(row.number(4)),
            std::chrono::nanoseconds(row.number(5)),
            static_cast<pid_t>(row.number(6)),
            row.number(7) != 0,
            std::string(row.bytes(8))};
}

} // namespace

std::uint64_t HistorySettings::quota_of(WorkState state) const {
    constexpr std::uint64_t kRefusedParts = 10;
    switch (state) {
    case WorkState::done: return runs;
    case WorkState::failed:
    case WorkState::dead: return is_on() ? failures : 0;
    case WorkState::refused: return is_on() ? std::max<std::uint64_t>(runs / kRefusedParts, 1) : 0;
    }
    return 0;
}

bool HistorySettings::keeps_payload_of(WorkState state) const {
    return payloads == HistoryPayload::yes || (payloads == HistoryPayload::failed && state != WorkState::done);
}

HistorySettings make_history_settings(const Settings& settings) {
    return {settings.history, settings.history_age, settings.history_payload, settings.history_failures,
            settings.journal_limit};
}

// Text is kept in BLOBs, for a channel may hold any byte. Times are microseconds since the epoch, durations
// nanoseconds. Payloads have a table of their own: so all of them can be erased without a trace. `part` and `place` are
// for forgetting: the oldest of a part have the lowest places in it, and the difference of two places is a count.
const char* const HistoryTable::kSchema =
    "CREATE TABLE ended (number INTEGER PRIMARY KEY, event INTEGER NOT NULL, id BLOB NOT NULL,"
    " kind INTEGER NOT NULL, line INTEGER NOT NULL, value BLOB NOT NULL, arrived INTEGER NOT NULL,"
    " began INTEGER NOT NULL, ended INTEGER NOT NULL, result INTEGER NOT NULL, status INTEGER NOT NULL,"
    " signal INTEGER NOT NULL, wall INTEGER NOT NULL, cpu INTEGER NOT NULL, pid INTEGER NOT NULL,"
    " reason BLOB NOT NULL, coalesced INTEGER NOT NULL, state INTEGER NOT NULL, attempts INTEGER NOT NULL,"
    " replayed INTEGER NOT NULL, part INTEGER NOT NULL, place INTEGER NOT NULL);"
    "CREATE INDEX ended_by_place ON ended (part, place);"
    "CREATE INDEX ended_by_id ON ended (id);"
    "CREATE INDEX ended_by_event ON ended (event);"
    "CREATE TABLE ended_step (run INTEGER NOT NULL, place INTEGER NOT NULL, name BLOB NOT NULL,"
    " result INTEGER NOT NULL, status INTEGER NOT NULL, signal INTEGER NOT NULL, wall INTEGER NOT NULL,"
    " cpu INTEGER NOT NULL, pid INTEGER NOT NULL, stream INTEGER NOT NULL, reason BLOB NOT NULL,"
    " PRIMARY KEY (run, place)) WITHOUT ROWID;"
    "CREATE TABLE ended_event (number INTEGER PRIMARY KEY, channel BLOB NOT NULL, name BLOB NOT NULL,"
    " replay BLOB NOT NULL);"
    "CREATE TABLE ended_payload (event INTEGER PRIMARY KEY, bytes BLOB NOT NULL);";

Result<void> HistoryTable::add(const std::vector<RunRecord>& runs, std::uint64_t last) {
    Result<Statement> event = database_.prepare("INSERT OR IGNORE INTO ended_event VALUES (?, ?, ?, ?)");
    Result<Statement> payload = database_.prepare("INSERT OR IGNORE INTO ended_payload VALUES (?, ?)");
    Result<Statement> insert =
        database_.prepare("INSERT INTO ended VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?,"
                          " ?, ?)");
    Result<Statement> step = database_.prepare("INSERT INTO ended_step VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)");
    for (const Result<Statement>* statement : {&event, &payload, &insert, &step}) {
        if (!*statement) {
            return statement->error();
        }
    }
    std::array<std::int64_t, kParts> places{};
    for (int part = 0; part < kParts; ++part) {
        const Result<std::int64_t> place = find_last_place(part);
        if (!place) {
            return place.error();
        }
        places[static_cast<std::size_t>(part)] = *place;
    }
    for (const RunRecord& run : runs) {
        Result<void> done = insert_event(*event, *run.event);
        done = done && run.keeps_payload ? insert_payload(*payload, *run.event) : done;
        done = done ? insert_run(*insert, ++last, run, ++places[static_cast<std::size_t>(part_of(run.state))]) : done;
        done = done ? insert_steps(*step, run, last) : done;
        if (!done) {
            return done;
        }
    }
    return {};
}

Result<void> HistoryTable::insert_steps(Statement& statement, const RunRecord& run, std::uint64_t number) {
    std::int64_t place = 0;
    for (const StepRecord& step : run.steps) {
        if (Result<void> inserted = insert_step(statement, number, place++, step); !inserted) {
            return inserted;
        }
    }
    return {};
}

Result<void> HistoryTable::mark_replayed(const std::vector<std::string>& ids) {
    Result<Statement> update = database_.prepare("UPDATE ended SET replayed = 1 WHERE id = ?");
    if (!update) {
        return update.error();
    }
    for (const std::string& id : ids) {
        if (Result<void> done = update->bind(0, id).run(); !done) {
            return done;
        }
    }
    return {};
}

Result<bool> HistoryTable::forget(const HistorySettings& settings, RunRecord::Time now, bool is_changed) {
    const RunRecord::Time oldest = now - std::chrono::duration_cast<RunRecord::Time::duration>(settings.age);
    bool is_any = false;
    for (const WorkState state : {WorkState::done, WorkState::failed, WorkState::refused}) {
        const int part = part_of(state);
        const Result<std::int64_t> last = find_last_to_forget(part, settings.quota_of(state), oldest);
        const Result<bool> forgotten = last ? forget_through(part, *last, settings.payloads) : last.error();
        if (!forgotten) {
            return forgotten;
        }
        is_any = is_any || *forgotten;
    }
    Result<bool> erased = false;
    if (settings.payloads == HistoryPayload::no) {
        erased = erase_payloads("true");
    } else if (settings.payloads == HistoryPayload::failed && is_changed) {
        erased = erase_payloads("NOT EXISTS (SELECT 1 FROM ended WHERE event = ended_payload.event AND part > 0)");
    }
    return erased ? Result<bool>(is_any || *erased) : erased;
}

Result<std::int64_t> HistoryTable::find_last_place(int part) {
    const auto last = database_.ask("SELECT max(place) FROM ended WHERE part = " + std::to_string(part));
    return last ? Result<std::int64_t>(last->value_or(0)) : last.error();
}

/// The place in this part up to which all go: those beyond the quota, and the old ones. Places in a part have no gaps,
/// and age is looked for from the old end, so this costs as much as there is to forget.
Result<std::int64_t> HistoryTable::find_last_to_forget(int part, std::uint64_t quota, RunRecord::Time oldest) {
    const Result<std::int64_t> last = find_last_place(part);
    Result<Statement> young =
        database_.prepare("SELECT place FROM ended WHERE part = ? AND ended >= ? ORDER BY place LIMIT 1");
    if (!last || !young) {
        return !last ? last : young.error();
    }
    const Result<bool> is_any_young = young->bind(0, std::int64_t{part}).bind(1, to_microseconds(oldest)).step();
    if (!is_any_young) {
        return is_any_young.error();
    }
    const auto kept = std::min(static_cast<std::uint64_t>(*last), quota);
    const std::int64_t last_old = *is_any_young ? young->number(0) - 1 : *last;
    return std::max(last_old, *last - static_cast<std::int64_t>(kept));
}

/// An event goes with the last run that it has led to. Where the payload is kept for what went wrong alone, it goes
/// with the last of these.
Result<bool> HistoryTable::forget_through(int part, std::int64_t place, HistoryPayload payloads) {
    const std::string going = "part = " + std::to_string(part) + " AND place <= " + std::to_string(place);
    const auto any = database_.ask("SELECT EXISTS (SELECT 1 FROM ended WHERE " + going + ")");
    if (!any || any->value_or(0) == 0) {
        return any ? Result<bool>(false) : any.error();
    }
    const std::string events = " IN (SELECT event FROM ended WHERE " + going +
                               " AND NOT EXISTS (SELECT 1 FROM ended AS other WHERE other.event = ended.event AND NOT"
                               " (other.part = " +
                               std::to_string(part) + " AND other.place <= " + std::to_string(place) + ")";
    const std::string others = payloads == HistoryPayload::failed ? " AND other.part > 0))" : "))";
    for (const std::string& sql : {"DELETE FROM ended_payload WHERE event" + events + others,
                                   "DELETE FROM ended_event WHERE number" + events + "))",
                                   "DELETE FROM ended_step WHERE run IN (SELECT number FROM ended WHERE " + going + ")",
                                   "DELETE FROM ended WHERE " + going}) {
        if (const Result<void> done = database_.execute(sql); !done) {
            return done.error();
        }
    }
    return true;
}

Result<bool> HistoryTable::erase_payloads(const std::string& condition) {
    const auto any = database_.ask("SELECT EXISTS (SELECT 1 FROM ended_payload WHERE " + condition + ")");
    if (!any || any->value_or(0) == 0) {
        return any ? Result<bool>(false) : any.error();
    }
    const Result<void> erased = database_.execute("DELETE FROM ended_payload WHERE " + condition);
    return erased ? Result<bool>(true) : erased.error();
}

/// In several queries: the caller may be slow, as a pager is, and a transaction that reads keeps the log from
/// shrinking.
Result<void> HistoryTable::each(const Query& query, const std::function<void(const RunRecord&)>& look) {
    const bool is_channel = query.event && query.event->find('/') != std::string::npos;
    Result<Statement> rows = database_.prepare("SELECT " + std::string(kRunColumns) + std::string(kRuns) +
                                               "WHERE (?1 IS NULL OR " + (is_channel ? "channel" : "name") +
                                               " = ?1) AND (?2 = 0 OR state > 0) AND ended >= ?3 AND ended.number > ?4"
                                               " ORDER BY ended.number LIMIT ?5");
    Result<Statement> steps = database_.prepare(kStepsOfRun);
    if (!rows || !steps) {
        return !rows ? rows.error() : steps.error();
    }
    rows->bind_optional(0, query.event)
        .bind(1, std::int64_t{query.only_failed})
        .bind(2, query.since ? to_microseconds(*query.since) : 0)
        .bind(4, kPiece);
    std::int64_t last = 0;
    for (;;) {
        const Result<std::vector<RunRecord>> piece = load_piece(*rows, *steps, last);
        if (!piece) {
            return piece.error();
        }
        for (const RunRecord& run : *piece) {
            look(run);
        }
        if (piece->size() < static_cast<std::size_t>(kPiece)) {
            return {};
        }
    }
}

Result<std::vector<RunRecord>> HistoryTable::load_piece(Statement& rows, Statement& steps, std::int64_t& last) {
    std::vector<RunRecord> piece;
    rows.bind(3, last);
    for (;;) {
        const Result<bool> row = rows.step();
        if (!row) {
            return row.error();
        }
        if (!*row) {
            return piece;
        }
        last = rows.number(0);
        RunRecord run = read_run(rows, "");
        Result<std::vector<StepRecord>> of_run = load_steps(steps, last);
        if (!of_run) {
            rows.reset();
            return of_run.error();
        }
        run.steps = std::move(*of_run);
        piece.push_back(std::move(run));
    }
}

Result<std::vector<StepRecord>> HistoryTable::load_steps(Statement& statement, std::int64_t number) {
    std::vector<StepRecord> steps;
    statement.bind(0, number);
    for (;;) {
        const Result<bool> row = statement.step();
        if (!row) {
            return row.error();
        }
        if (!*row) {
            return steps;
        }
        steps.push_back(read_step(statement));
    }
}

Result<std::string> HistoryTable::resolve(std::string_view prefix) {
    if (prefix.empty()) {
        return Error{"the id of the run is empty", Fault::no_match};
    }
    Result<Statement> rows = database_.prepare("SELECT DISTINCT id FROM ended WHERE id >= ? AND id < ? LIMIT 2");
    if (!rows) {
        return rows.error();
    }
    const std::string end = std::string(prefix) + '\xff'; // ids are ASCII
    Result<bool> row = rows->bind(0, prefix).bind(1, end).step();
    if (!row || !*row) {
        return row ? Error{"there is no run " + quote(prefix) + " in the history", Fault::no_match} : row.error();
    }
    std::string id(rows->bytes(0));
    row = rows->step();
    if (!row || *row) {
        return row ? Error{"several ids begin with " + quote(prefix) + ": give more of it", Fault::ambiguous}
                   : row.error();
    }
    return id;
}

Result<std::optional<RunRecord>> HistoryTable::load(std::string_view id) {
    Result<Statement> row =
        database_.prepare("SELECT " + std::string(kRunColumns) + ", bytes" + std::string(kRuns) +
                          "LEFT JOIN ended_payload ON ended_payload.event = ended.event WHERE id = ?"
                          " ORDER BY ended.number DESC LIMIT 1");
    Result<Statement> steps = database_.prepare(kStepsOfRun);
    if (!row || !steps) {
        return !row ? row.error() : steps.error();
    }
    const Result<bool> found = row->bind(0, id).step();
    if (!found || !*found) {
        return found ? Result<std::optional<RunRecord>>(std::nullopt) : found.error();
    }
    RunRecord run = read_run(*row, row->bytes(kPayloadColumn));
    run.keeps_payload = !row->is_null(kPayloadColumn);
    Result<std::vector<StepRecord>> of_run = load_steps(*steps, row->number(0));
    if (!of_run) {
        return of_run.error();
    }
    run.steps = std::move(*of_run);
    return std::optional<RunRecord>(std::move(run));
}

} // namespace eventsgw
