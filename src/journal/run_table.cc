// SPDX-License-Identifier: GPL-3.0-or-later
// Copyright (C) 2026 eventsgw contributors

#include "journal/run_table.h"

#include <algorithm>
#include <limits>
#include <string>
#include <utility>

namespace eventsgw {
namespace {

/// A file may hold anything.
std::uint32_t read_count(const Statement& row, int column) {
    const std::int64_t most = std::numeric_limits<std::int32_t>::max();
    return static_cast<std::uint32_t>(std::clamp<std::int64_t>(row.number(column), 0, most));
}

/// What read_row() expects.
constexpr std::string_view kColumns =
    "run.number, run.id, run.kind, run.key, run.state, run.starts, run.crashes, run.stops, run.failures, run.coalesced,"
    " run.due, run.pid, run.pid_start, run.reason, event.received, event.number, event.replay, event.channel,"
    " length(event.payload), run.release";

constexpr int kReleaseColumn = 19;

RunRow read_row(const Statement& row) {
    RunRow run;
    run.number = static_cast<std::uint64_t>(row.number(0));
    const std::string_view id = row.bytes(1);
    std::copy_n(id.data(), std::min(id.size(), run.id.size()), run.id.data());
    run.kind = row.number(2) == 0 ? WorkKind::command : WorkKind::handler;
    run.key = row.bytes(3);
    run.state = static_cast<RunRow::State>(std::clamp<std::int64_t>(row.number(4), 0, 2));
    run.starts = read_count(row, 5);
    run.crashes = read_count(row, 6);
    run.stops = read_count(row, 7);
    run.failures = read_count(row, 8);
    run.coalesced = std::max<std::uint32_t>(read_count(row, 9), 1);
    run.due = to_time(row.number(10));
    run.pid = static_cast<pid_t>(read_count(row, 11));
    run.pid_start = static_cast<std::uint64_t>(row.number(12));
    run.reason = row.bytes(13);
    run.arrived = to_time(row.number(14));
    run.event = std::make_shared<KeptEvent>(row.bytes(17), std::string_view(), row.bytes(16));
    run.event->number = static_cast<std::uint64_t>(row.number(15));
    run.payload_size = static_cast<std::size_t>(std::max<std::int64_t>(row.number(18), 0));
    return run;
}

/// The event of the run ?1, unless it is ?2, goes with its last work. If a task that waits has it, then the first from
/// its number on does.
constexpr std::string_view kEraseEvent =
    "DELETE FROM event WHERE number = (SELECT event FROM run WHERE number = ?1) AND number <> ?2"
    " AND number IS NOT (SELECT work.event FROM work WHERE work.number >= event.number ORDER BY work.number LIMIT 1)"
    " AND NOT EXISTS (SELECT 1 FROM dead WHERE dead.event = event.number)"
    " AND NOT EXISTS (SELECT 1 FROM run WHERE run.event = event.number AND run.number <> ?1)";
constexpr std::int64_t kNoEvent = 0;

Result<void> write_event(Statement& statement, const RunRow& row) {
    return statement.bind(0, row.event->number)
        .bind(1, to_number(row.arrived))
        .bind(2, row.event->replay_of())
        .bind(3, row.event->channel())
        .bind(4, row.event->payload())
        .run();
}

/// The same places in both statements. The one that changes a row leaves its event, id and kind as they are.
Result<void> write_run(Statement& statement, const RunRow& row) {
    return statement.bind(0, row.number)
        .bind(1, row.event ? row.event->number : 0)
        .bind(2, view_bytes(row.id))
        .bind(3, static_cast<std::int64_t>(row.kind))
        .bind(4, std::int64_t{static_cast<int>(row.state)})
        .bind(5, std::int64_t{row.starts})
        .bind(6, std::int64_t{row.crashes})
        .bind(7, std::int64_t{row.stops})
        .bind(8, std::int64_t{row.failures})
        .bind(9, std::int64_t{row.coalesced})
        .bind(10, to_number(row.due))
        .bind(11, std::int64_t{row.pid})
        .bind(12, row.pid_start)
        .bind(13, std::string_view(row.reason))
        .bind(14, std::string_view(row.key))
        .run();
}

} // namespace

// Zero in the place of NULL, so that a change of state is written over the row in its place.
const char* const RunTable::kSchema =
    "CREATE TABLE run (number INTEGER PRIMARY KEY, event INTEGER NOT NULL, id BLOB NOT NULL, kind INTEGER NOT NULL,"
    " state INTEGER NOT NULL, starts INTEGER NOT NULL, crashes INTEGER NOT NULL,"
    " stops INTEGER NOT NULL, failures INTEGER NOT NULL, coalesced INTEGER NOT NULL, due INTEGER NOT NULL,"
    " pid INTEGER NOT NULL, pid_start INTEGER NOT NULL, reason BLOB NOT NULL, key BLOB NOT NULL,"
    " release INTEGER NOT NULL);"
    "CREATE INDEX run_by_event ON run (event);";

Result<void> RunTable::save(const std::vector<RunRow>& rows) {
    Result<Statement> former = database_.prepare(kEraseEvent);
    Result<Statement> event = database_.prepare("INSERT OR IGNORE INTO event VALUES (?, ?, ?, ?, ?)");
    Result<Statement> insert = database_.prepare("INSERT OR REPLACE INTO run VALUES"
                                                 " (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, 0)");
    Result<Statement> update = database_.prepare("UPDATE run SET state = ?5, starts = ?6, crashes = ?7, stops = ?8,"
                                                 " failures = ?9, coalesced = ?10, due = ?11, pid = ?12,"
                                                 " pid_start = ?13, reason = ?14, key = ?15, release = 0"
                                                 " WHERE number = ?1");
    for (const Result<Statement>* statement : {&former, &event, &insert, &update}) {
        if (!*statement) {
            return statement->error();
        }
    }
    for (const RunRow& row : rows) {
        // A run that waits stands for a later event when that has joined it.
        Result<void> done = row.event ? former->bind(0, row.number).bind(1, row.event->number).run() : Result<void>();
        done = done && row.event ? write_event(*event, row) : done;
        done = done ? write_run(row.event ? *insert : *update, row) : done;
        if (!done) {
            return done;
        }
    }
    return {};
}

Result<void> RunTable::erase(const std::vector<std::uint64_t>& numbers) {
    Result<Statement> event = database_.prepare(kEraseEvent);
    Result<Statement> run = database_.prepare("DELETE FROM run WHERE number = ?1");
    if (!event || !run) {
        return !event ? event.error() : run.error();
    }
    for (const std::uint64_t number : numbers) {
        Result<void> done = event->bind(0, number).bind(1, kNoEvent).run();
        done = done ? run->bind(0, number).run() : done;
        if (!done) {
            return done;
        }
    }
    return {};
}

Result<void> RunTable::hold_all(std::string_view reason) {
    Result<Statement> hold = database_.prepare("UPDATE run SET state = 2, release = 0, reason = ?");
    return hold ? hold->bind(0, reason).run() : Result<void>(hold.error());
}

Result<std::uint64_t> RunTable::drop_held(WallTime before) {
    Result<Statement> query = database_.prepare("SELECT run.number FROM run JOIN event ON event.number = run.event"
                                                " WHERE state = 2 AND release = 0 AND received < ?");
    const Result<std::vector<std::uint64_t>> numbers = query ? list(query->bind(0, to_number(before))) : query.error();
    const Result<void> erased = numbers ? erase(*numbers) : Result<void>(numbers.error());
    return erased ? Result<std::uint64_t>(numbers->size()) : erased.error();
}

Result<std::uint64_t> RunTable::ask_release_of_held() {
    const auto held = database_.ask("SELECT count(*) FROM run WHERE state = 2");
    const Result<void> asked =
        held ? database_.execute("UPDATE run SET release = 1 WHERE state = 2") : Result<void>(held.error());
    return asked ? Result<std::uint64_t>(static_cast<std::uint64_t>(held->value_or(0))) : asked.error();
}

Result<void> RunTable::ask_release(std::uint64_t number) {
    Result<Statement> ask = database_.prepare("UPDATE run SET release = 1 WHERE state = 2 AND number = ?");
    return ask ? ask->bind(0, number).run() : Result<void>(ask.error());
}

Result<void> RunTable::drop_held(std::uint64_t number) {
    Result<Statement> query = database_.prepare("SELECT number FROM run WHERE state = 2 AND number = ?");
    const Result<std::vector<std::uint64_t>> numbers = query ? list(query->bind(0, number)) : query.error();
    return numbers ? erase(*numbers) : Result<void>(numbers.error());
}

Result<bool> RunTable::is_empty() {
    const auto any = database_.ask("SELECT EXISTS (SELECT 1 FROM run)");
    return any ? Result<bool>(any->value_or(0) == 0) : any.error();
}

Result<Statement> RunTable::prepare_load(std::string_view condition) {
    return database_.prepare("SELECT " + std::string(kColumns) + " FROM run JOIN event ON event.number = run.event " +
                             std::string(condition) + " ORDER BY run.number");
}

Result<std::vector<RunTable::Held>> RunTable::load_held() {
    Result<Statement> query = prepare_load("WHERE run.state = 2");
    std::vector<Held> held;
    for (;;) {
        const Result<bool> row = query ? query->step() : query.error();
        if (!row) {
            return row.error();
        }
        if (!*row) {
            return held;
        }
        held.push_back({read_row(*query), query->number(kReleaseColumn) != 0});
    }
}

Result<std::vector<RunRow>> RunTable::load() {
    Result<Statement> query = prepare_load("");
    if (!query) {
        return query.error();
    }
    std::vector<RunRow> rows;
    for (;;) {
        const Result<bool> row = query->step();
        if (!row) {
            return row.error();
        }
        if (!*row) {
            return rows;
        }
        rows.push_back(read_row(*query));
    }
}

Result<std::shared_ptr<KeptEvent>> RunTable::load_event(std::uint64_t number) {
    Result<Statement> query = database_.prepare("SELECT number, replay, channel, payload FROM event"
                                                " WHERE number = (SELECT event FROM run WHERE number = ?)");
    const Result<bool> row = query ? query->bind(0, number).step() : query.error();
    if (!row || !*row) {
        return row ? Result<std::shared_ptr<KeptEvent>>(nullptr) : row.error();
    }
    auto event = std::make_shared<KeptEvent>(query->bytes(2), query->bytes(3), query->bytes(1));
    event->number = static_cast<std::uint64_t>(query->number(0));
    return event;
}

Result<std::vector<std::uint64_t>> RunTable::list_held(bool only_asked) {
    Result<Statement> query = database_.prepare("SELECT number FROM run WHERE state = 2 AND release >= ?");
    return query ? list(query->bind(0, std::int64_t{only_asked})) : query.error();
}

Result<std::vector<std::uint64_t>> RunTable::list(Statement& query) {
    std::vector<std::uint64_t> numbers;
    for (;;) {
        const Result<bool> row = query.step();
        if (!row) {
            return row.error();
        }
        if (!*row) {
            return numbers;
        }
        numbers.push_back(static_cast<std::uint64_t>(query.number(0)));
    }
}

} // namespace eventsgw
