// SPDX-License-Identifier: GPL-3.0-or-later
// Copyright (C) 2026 eventsgw contributors

#include "history/history_file.h"

#include "base/fd.h"
#include "base/text.h"

#include <algorithm>
#include <utility>

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

namespace eventsgw {
namespace {

/// Text is kept in BLOBs, for a channel may hold any byte. Times are microseconds since the epoch, durations
/// nanoseconds.
constexpr const char* kSchema =
    "CREATE TABLE runs (number INTEGER PRIMARY KEY, id BLOB NOT NULL, channel BLOB NOT NULL,"
    " event BLOB NOT NULL, handler INTEGER NOT NULL, line INTEGER NOT NULL, value BLOB NOT NULL,"
    " arrived INTEGER NOT NULL, began INTEGER NOT NULL, ended INTEGER NOT NULL, result INTEGER NOT NULL,"
    " status INTEGER NOT NULL, signal INTEGER NOT NULL, wall INTEGER NOT NULL, cpu INTEGER NOT NULL,"
    " pid INTEGER NOT NULL, reason BLOB NOT NULL, coalesced INTEGER NOT NULL, replay INTEGER NOT NULL,"
    " payload BLOB);"
    "CREATE INDEX runs_by_id ON runs (id);"
    "CREATE TABLE steps (run INTEGER NOT NULL, place INTEGER NOT NULL, name BLOB NOT NULL,"
    " result INTEGER NOT NULL, status INTEGER NOT NULL, signal INTEGER NOT NULL, wall INTEGER NOT NULL,"
    " cpu INTEGER NOT NULL, pid INTEGER NOT NULL, stream INTEGER NOT NULL, reason BLOB NOT NULL, PRIMARY KEY (run, "
    "place)) WITHOUT ROWID;"
    "PRAGMA user_version=1";

constexpr std::string_view kColumns = "number, id, channel, handler, line, value, arrived, began, ended, result,"
                                      " status, signal, wall, cpu, pid, reason, coalesced, replay";

constexpr std::string_view kStepsOfRun =
    "SELECT name, result, status, signal, wall, cpu, pid, stream, reason FROM steps"
    " WHERE run = ? ORDER BY place";

std::int64_t to_number(RunRecord::Time time) {
    return std::chrono::duration_cast<std::chrono::microseconds>(time.time_since_epoch()).count();
}

RunRecord::Time to_time(std::int64_t number) {
    return RunRecord::Time(std::chrono::microseconds(number));
}

RunResult to_result(std::int64_t number) {
    return static_cast<RunResult>(std::clamp<std::int64_t>(number, 0, static_cast<int>(RunResult::not_started)));
}

/// What follows "/event/", or nothing.
std::string_view event_of(std::string_view channel) {
    constexpr std::string_view kMark = "/event/";
    const std::size_t mark = channel.find(kMark);
    return mark == std::string_view::npos ? std::string_view() : channel.substr(mark + kMark.size());
}

/// The row that the statement is at, in the order of kColumns.
RunRecord read_run(const Statement& row) {
    RunRecord run;
    run.id = row.bytes(1);
    run.channel = row.bytes(2);
    run.is_handler = row.number(3) != 0;
    run.line = static_cast<std::size_t>(row.number(4));
    run.value = row.bytes(5);
    run.arrived = to_time(row.number(6));
    run.began = to_time(row.number(7));
    run.ended = to_time(row.number(8));
    run.result = to_result(row.number(9));
    run.status = static_cast<int>(row.number(10));
    run.signal = static_cast<int>(row.number(11));
    run.wall = std::chrono::nanoseconds(row.number(12));
    run.cpu = std::chrono::nanoseconds(row.number(13));
    run.pid = static_cast<pid_t>(row.number(14));
    run.reason = row.bytes(15);
    run.coalesced = static_cast<std::uint64_t>(row.number(16));
    run.is_replay = row.number(17) != 0;
    return run;
}

/// The format of a file; 0 of one that nothing has been written to. A file of a later program is not touched, not even
/// by SQLite's way to open it.
Result<std::int64_t> read_format(const std::string& path) {
    Result<Database> database = Database::open(path, Database::Mode::read);
    if (!database) {
        return database.error();
    }
    const Result<std::optional<std::int64_t>> format = database->ask("PRAGMA user_version");
    if (!format) {
        return format.error();
    }
    const std::int64_t version = format->value_or(0);
    if (version > HistoryFile::kFormat) {
        return Error{"made by a newer version of this program (format " + std::to_string(version) + ")", kStoreBroken};
    }
    return version;
}

Result<void> make_file(const std::string& path) {
    const UniqueFd fd(::open(path.c_str(), O_RDWR | O_CREAT | O_CLOEXEC, S_IRUSR | S_IWUSR));
    if (fd) {
        return {};
    }
    Error error = make_os_error("cannot be opened");
    error.os_error = error.os_error == ENOSPC || error.os_error == EDQUOT ? kStoreFull : kStoreFailed;
    return error;
}

} // namespace

Result<HistoryFile> HistoryFile::open_to_write(const std::string& path) {
    if (Result<void> made = make_file(path); !made) {
        return made.error();
    }
    if (Result<std::int64_t> format = read_format(path); !format) {
        return format.error();
    }
    Result<Database> database = Database::open(path, Database::Mode::write);
    if (!database) {
        return database.error();
    }
    HistoryFile file(std::move(*database));
    if (Result<void> prepared = file.prepare(); !prepared) {
        return prepared.error();
    }
    return file;
}

Result<std::optional<HistoryFile>> HistoryFile::open_to_read(const std::string& path) {
    if (::access(path.c_str(), F_OK) != 0) {
        return std::optional<HistoryFile>();
    }
    const Result<std::int64_t> format = read_format(path);
    if (!format || *format == 0) {
        return format ? Result<std::optional<HistoryFile>>(std::nullopt) : format.error();
    }
    Result<Database> database = Database::open(path, Database::Mode::read);
    if (!database) {
        return database.error();
    }
    return std::optional<HistoryFile>(HistoryFile(std::move(*database)));
}

/// It is no guarantee of anything: a power cut may take the last runs.
Result<void> HistoryFile::prepare() {
    if (Result<void> relaxed = database_->relax(); !relaxed) {
        return relaxed;
    }
    const Result<std::optional<std::int64_t>> objects = database_->ask("SELECT count(*) FROM sqlite_master");
    if (!objects) {
        return objects.error();
    }
    if (objects->value_or(0) > 0) {
        return {};
    }
    Transaction transaction(*database_);
    Result<void> made = transaction.begin();
    made = made ? database_->execute(kSchema) : made;
    return made ? transaction.commit() : made;
}

Result<void> HistoryFile::add(const std::vector<RunRecord>& runs, const Bounds& bounds, RunRecord::Time now) {
    Transaction transaction(*database_);
    Result<void> done = transaction.begin();
    done = done ? insert(runs, bounds.runs) : done;
    done = done ? forget(bounds, now) : done;
    done = done ? transaction.commit() : done;
    return done ? database_->execute("PRAGMA incremental_vacuum") : done;
}

/// What the bounds would make it forget at once is not written.
Result<void> HistoryFile::insert(const std::vector<RunRecord>& runs, std::uint64_t limit) {
    const Result<std::optional<std::int64_t>> last = database_->ask("SELECT max(number) FROM runs");
    Result<Statement> insert =
        database_->prepare("INSERT INTO runs VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)");
    Result<Statement> step = database_->prepare("INSERT INTO steps VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)");
    if (!last || !insert || !step) {
        return !last ? last.error() : !insert ? insert.error() : step.error();
    }
    std::int64_t number = last->value_or(0);
    const std::size_t surplus = runs.size() - static_cast<std::size_t>(std::min<std::uint64_t>(runs.size(), limit));
    for (auto run = runs.begin() + static_cast<std::ptrdiff_t>(surplus); run != runs.end(); ++run) {
        ++number;
        const Result<void> inserted = insert->bind(0, number)
                                          .bind(1, run->id)
                                          .bind(2, run->channel)
                                          .bind(3, event_of(run->channel))
                                          .bind(4, std::int64_t{run->is_handler})
                                          .bind(5, static_cast<std::int64_t>(run->line))
                                          .bind(6, run->value)
                                          .bind(7, to_number(run->arrived))
                                          .bind(8, to_number(run->began))
                                          .bind(9, to_number(run->ended))
                                          .bind(10, static_cast<std::int64_t>(run->result))
                                          .bind(11, std::int64_t{run->status})
                                          .bind(12, std::int64_t{run->signal})
                                          .bind(13, run->wall.count())
                                          .bind(14, run->cpu.count())
                                          .bind(15, std::int64_t{run->pid})
                                          .bind(16, run->reason)
                                          .bind(17, static_cast<std::int64_t>(run->coalesced))
                                          .bind(18, std::int64_t{run->is_replay})
                                          .bind_optional(19, run->payload)
                                          .run();
        if (!inserted) {
            return inserted;
        }
        if (Result<void> added = insert_steps(*step, *run, number); !added) {
            return added;
        }
    }
    return {};
}

Result<void> HistoryFile::insert_steps(Statement& statement, const RunRecord& run, std::int64_t number) {
    std::int64_t place = 0;
    for (const StepRecord& step : run.steps) {
        Result<void> inserted = statement.bind(0, number)
                                    .bind(1, place++)
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
        if (!inserted) {
            return inserted;
        }
    }
    return {};
}

/// Runs are numbered as they end, so what is too old stands before what is not. Looked for from the old end, the first
/// that stays is found after those that go.
Result<void> HistoryFile::forget(const Bounds& bounds, RunRecord::Time now) {
    const Result<std::optional<std::int64_t>> last = database_->ask("SELECT max(number) FROM runs");
    Result<Statement> young = database_->prepare("SELECT number FROM runs WHERE ended >= ? ORDER BY number LIMIT 1");
    if (!last || !young) {
        return !last ? last.error() : young.error();
    }
    const std::int64_t end = last->value_or(0) + 1;
    const auto age = std::chrono::duration_cast<RunRecord::Time::duration>(bounds.age);
    const Result<bool> found = young->bind(0, to_number(now - age)).step();
    if (!found) {
        return found.error();
    }
    const std::int64_t first_young = *found ? young->number(0) : end;
    young->reset();
    const auto kept = static_cast<std::int64_t>(std::min<std::uint64_t>(bounds.runs, static_cast<std::uint64_t>(end)));
    return forget_before(std::max(first_young, end - kept));
}

Result<void> HistoryFile::forget_before(std::int64_t number) {
    for (const std::string_view sql : {"DELETE FROM steps WHERE run < ?", "DELETE FROM runs WHERE number < ?"}) {
        Result<Statement> statement = database_->prepare(sql);
        Result<void> done = statement ? statement->bind(0, number).run() : Result<void>(statement.error());
        if (!done) {
            return done;
        }
    }
    return {};
}

Result<void> HistoryFile::each(const Query& query, const std::function<void(const RunRecord&)>& look) {
    const bool is_channel = query.event && query.event->find('/') != std::string::npos;
    Result<Statement> rows = database_->prepare(
        "SELECT " + std::string(kColumns) + " FROM runs WHERE (?1 IS NULL OR " + (is_channel ? "channel" : "event") +
        " = ?1) AND (?2 = 0 OR result NOT IN (0, 2)) AND ended >= ?3 ORDER BY number");
    Result<Statement> steps = database_->prepare(kStepsOfRun);
    if (!rows || !steps) {
        return !rows ? rows.error() : steps.error();
    }
    rows->bind_optional(0, query.event)
        .bind(1, std::int64_t{query.only_failed})
        .bind(2, query.since ? to_number(*query.since) : 0);
    for (;;) {
        const Result<bool> row = rows->step();
        if (!row || !*row) {
            return row ? Result<void>() : row.error();
        }
        RunRecord run = read_run(*rows);
        Result<std::vector<StepRecord>> of_run = load_steps(*steps, rows->number(0));
        if (!of_run) {
            return of_run.error();
        }
        run.steps = std::move(*of_run);
        look(run);
    }
}

Result<std::vector<StepRecord>> HistoryFile::load_steps(Statement& statement, std::int64_t number) {
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
        steps.push_back({std::string(statement.bytes(0)), to_result(statement.number(1)),
                         static_cast<int>(statement.number(2)), static_cast<int>(statement.number(3)),
                         std::chrono::nanoseconds(statement.number(4)), std::chrono::nanoseconds(statement.number(5)),
                         static_cast<pid_t>(statement.number(6)), statement.number(7) != 0,
                         std::string(statement.bytes(8))});
    }
}

Result<std::string> HistoryFile::resolve(std::string_view prefix) {
    Result<Statement> rows = database_->prepare("SELECT id FROM runs WHERE id >= ? AND id < ? LIMIT 2");
    if (!rows) {
        return rows.error();
    }
    const std::string end = std::string(prefix) + '\xff'; // ids are ASCII
    Result<bool> row = rows->bind(0, prefix).bind(1, end).step();
    if (!row || !*row) {
        return row ? Error{"there is no run " + quote(prefix) + " in the history"} : row.error();
    }
    std::string id(rows->bytes(0));
    row = rows->step();
    if (!row || *row) {
        return row ? Error{"several ids begin with " + quote(prefix) + ": give more of it"} : row.error();
    }
    return id;
}

Result<std::optional<RunRecord>> HistoryFile::load(std::string_view id) {
    Result<Statement> row = database_->prepare("SELECT " + std::string(kColumns) + ", payload FROM runs WHERE id = ?");
    Result<Statement> steps = database_->prepare(kStepsOfRun);
    if (!row || !steps) {
        return !row ? row.error() : steps.error();
    }
    const Result<bool> found = row->bind(0, id).step();
    if (!found || !*found) {
        return found ? Result<std::optional<RunRecord>>(std::nullopt) : found.error();
    }
    RunRecord run = read_run(*row);
    if (!row->is_null(18)) {
        run.payload = std::string(row->bytes(18));
    }
    Result<std::vector<StepRecord>> of_run = load_steps(*steps, row->number(0));
    if (!of_run) {
        return of_run.error();
    }
    run.steps = std::move(*of_run);
    return std::optional<RunRecord>(std::move(run));
}

} // namespace eventsgw
