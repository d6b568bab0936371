// SPDX-License-Identifier: GPL-3.0-or-later
// Copyright (C) 2026 eventsgw contributors

#include "history/history_file.h"

#include "base/fd.h"
#include "base/text.h"
#include "history/history_rows.h"

#include <algorithm>
#include <utility>

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

namespace eventsgw {
namespace {

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
    made = made ? database_->execute(kHistorySchema) : made;
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
    Result<Statement> insert = database_->prepare(kInsertRun);
    Result<Statement> step = database_->prepare(kInsertStep);
    if (!last || !insert || !step) {
        return !last ? last.error() : !insert ? insert.error() : step.error();
    }
    std::int64_t number = last->value_or(0);
    const std::size_t surplus = runs.size() - static_cast<std::size_t>(std::min<std::uint64_t>(runs.size(), limit));
    for (auto run = runs.begin() + static_cast<std::ptrdiff_t>(surplus); run != runs.end(); ++run) {
        ++number;
        const Result<void> inserted = bind_run(*insert, number, *run).run();
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
        Result<void> inserted = bind_step(statement, number, place++, step).run();
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
        "SELECT " + std::string(kRunColumns) + " FROM runs WHERE (?1 IS NULL OR " + (is_channel ? "channel" : "event") +
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
        steps.push_back(read_step(statement));
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
    Result<Statement> row =
        database_->prepare("SELECT " + std::string(kRunColumns) + ", payload FROM runs WHERE id = ?");
    Result<Statement> steps = database_->prepare(kStepsOfRun);
    if (!row || !steps) {
        return !row ? row.error() : steps.error();
    }
    const Result<bool> found = row->bind(0, id).step();
    if (!found || !*found) {
        return found ? Result<std::optional<RunRecord>>(std::nullopt) : found.error();
    }
    RunRecord run = read_run(*row);
    if (!row->is_null(kPayloadColumn)) {
        run.payload = std::string(row->bytes(kPayloadColumn));
    }
    Result<std::vector<StepRecord>> of_run = load_steps(*steps, row->number(0));
    if (!of_run) {
        return of_run.error();
    }
    run.steps = std::move(*of_run);
    return std::optional<RunRecord>(std::move(run));
}

} // namespace eventsgw
