// SPDX-License-Identifier: GPL-3.0-or-later
// Copyright (C) 2026 eventsgw contributors

#include "delivery/spool_file.h"

#include "store/format.h"

#include <algorithm>
#include <utility>

namespace eventsgw {
namespace {

constexpr const char* kSchema =
    "CREATE TABLE meta (key TEXT PRIMARY KEY, value) WITHOUT ROWID;"
    "CREATE TABLE tasks (number INTEGER PRIMARY KEY, channel BLOB NOT NULL,"
    " task BLOB NOT NULL, arrived INTEGER NOT NULL);"
    "CREATE TABLE dead (id INTEGER PRIMARY KEY AUTOINCREMENT, channel BLOB NOT NULL,"
    " task BLOB NOT NULL, arrived INTEGER NOT NULL, reason BLOB NOT NULL,"
    " died INTEGER NOT NULL, retry INTEGER NOT NULL DEFAULT 0);"
    "INSERT INTO meta VALUES ('instance', ''), ('floor', 0), ('confirmed', 0), ('reason', '');"
    "PRAGMA user_version=1";

} // namespace

SpoolFile::SpoolFile(Database database)
    : database_(std::make_unique<Database>(std::move(database))),
      transaction_(std::make_unique<Transaction>(*database_)) {}

Result<SpoolFile> SpoolFile::open(const std::string& path, Database::Mode mode, const char* vfs) {
    if (Result<void> known = check_format(path, kFormat, vfs); !known) {
        return known.error();
    }
    Result<Database> database = Database::open(path, mode, vfs);
    const Result<std::int64_t> format = database ? read_format(*database, kFormat) : database.error();
    if (!format) {
        return format.error();
    }
    SpoolFile file(std::move(*database));
    if (Result<void> prepared = file.prepare(mode); !prepared) {
        return prepared.error();
    }
    return file;
}

Result<void> SpoolFile::prepare(Database::Mode mode) {
    const Result<std::optional<std::int64_t>> objects = database_->ask("SELECT count(*) FROM sqlite_master");
    if (!objects) {
        return objects.error();
    }
    if (objects->value_or(0) == 0 && mode != Database::Mode::create) {
        return Error{"nothing has been put into it yet", Fault::empty};
    }
    if (objects->value_or(0) == 0) {
        Result<void> made = begin();
        made = made ? database_->execute(kSchema) : made;
        made = made ? commit() : made;
        if (!made) {
            return made;
        }
    }
    Result<Statement> insert = database_->prepare("INSERT OR REPLACE INTO tasks VALUES (?, ?, ?, ?)");
    if (!insert) {
        return insert.error();
    }
    insert_.emplace(std::move(*insert));
    Result<Statement> load = database_->prepare("SELECT number, channel, task, arrived FROM tasks"
                                                " WHERE number > ? AND number <= ? ORDER BY number");
    if (!load) {
        return load.error();
    }
    load_.emplace(std::move(*load));
    return {};
}

void SpoolFile::close() {
    insert_.reset();
    load_.reset();
    transaction_.reset();
    database_.reset();
}

template <typename Value> Result<void> SpoolFile::set_meta(std::string_view key, const Value& value) {
    Result<Statement> update = database_->prepare("UPDATE meta SET value = ? WHERE key = CAST(? AS TEXT)");
    return update ? update->bind(0, value).bind(1, key).run() : Result<void>(update.error());
}

Result<SpoolFile::Claim> SpoolFile::claim(const std::string& new_instance) {
    if (Result<void> begun = begin(); !begun) {
        return begun.error();
    }
    Result<Statement> query = database_->prepare("SELECT (SELECT value FROM meta WHERE key = 'instance'),"
                                                 " (SELECT value FROM meta WHERE key = 'floor'),"
                                                 " (SELECT value FROM meta WHERE key = 'confirmed'),"
                                                 " (SELECT max(number) FROM tasks)");
    if (!query) {
        return query.error();
    }
    if (const Result<bool> row = query->step(); !row) {
        return row.error();
    }
    Claim claim{std::string(query->bytes(0)), 0};
    const std::int64_t confirmed = query->number(2);
    const std::int64_t last = query->number(3);
    const bool is_any_waiting = last > confirmed;
    Result<void> done;
    if (is_any_waiting) {
        claim.floor = static_cast<std::uint64_t>(std::max(last, query->number(1))) + kRunNumbers;
        done = erase_through(static_cast<std::uint64_t>(confirmed), kAllRows);
    } else {
        claim.instance = new_instance; // nothing waits that a cursor of former runs could count for
        done = erase_all();
        done = done ? confirm_through(0) : done;
    }
    query->reset();
    done = done ? set_meta("instance", claim.instance) : done;
    done = done ? set_meta("floor", claim.floor) : done;
    done = done ? commit() : done;
    if (!done) {
        return done.error();
    }
    return claim;
}

Result<SpoolFile::Extent> SpoolFile::measure_between(std::uint64_t after, std::uint64_t until) {
    Result<Statement> query = database_->prepare("SELECT count(*), total(length(channel) + length(task)) FROM tasks"
                                                 " WHERE number > ? AND number <= ?");
    if (!query) {
        return query.error();
    }
    query->bind(0, after).bind(1, until);
    if (const Result<bool> row = query->step(); !row) {
        return row.error();
    }
    Extent extent;
    extent.tasks = static_cast<std::uint64_t>(query->number(0));
    extent.bytes = static_cast<std::uint64_t>(query->number(1)) + extent.tasks * PendingTask::kOverhead;
    return extent;
}

Result<SpoolFile::Extent> SpoolFile::measure() {
    Result<Statement> query =
        database_->prepare("SELECT count(*), total(length(channel) + length(task)), min(arrived) FROM tasks"
                           " WHERE number > (SELECT value FROM meta WHERE key = 'confirmed')");
    if (!query) {
        return query.error();
    }
    if (const Result<bool> row = query->step(); !row) {
        return row.error();
    }
    Result<Extent> extent = measure_dead();
    if (!extent) {
        return extent;
    }
    extent->tasks = static_cast<std::uint64_t>(query->number(0));
    extent->bytes = static_cast<std::uint64_t>(query->number(1)) + extent->tasks * PendingTask::kOverhead;
    if (extent->tasks > 0) {
        extent->oldest = to_time(query->number(2));
    }
    return extent;
}

Result<void> SpoolFile::insert(const PendingTask& task) {
    return insert_->bind(0, task.number())
        .bind(1, task.channel())
        .bind(2, task.text())
        .bind(3, to_number(task.arrived()))
        .run();
}

Result<void> SpoolFile::run_once(std::string_view sql, std::int64_t number) {
    Result<Statement> statement = database_->prepare(sql);
    return statement ? statement->bind(0, number).run() : Result<void>(statement.error());
}

Result<void> SpoolFile::confirm_through(std::uint64_t number) {
    return set_meta("confirmed", number);
}

Result<void> SpoolFile::erase_all() {
    return database_->execute("DELETE FROM tasks");
}

Result<void> SpoolFile::erase_through(std::uint64_t number, std::int64_t count) {
    Result<Statement> statement =
        database_->prepare("DELETE FROM tasks WHERE number <= min(?, coalesce("
                           "(SELECT number FROM tasks ORDER BY number LIMIT 1 OFFSET ?), ?))");
    return statement ? statement->bind(0, number).bind(1, count).bind(2, number).run()
                     : Result<void>(statement.error());
}

Result<void> SpoolFile::note(std::string_view reason) {
    return set_meta("reason", reason);
}

Result<std::vector<PendingTask>> SpoolFile::load(std::uint64_t after, std::uint64_t until, std::size_t cost) {
    std::vector<PendingTask> tasks;
    std::size_t taken = 0;
    load_->reset(); // a call that ran out of memory has left it where it was
    load_->bind(0, after).bind(1, until);
    while (taken < cost) {
        const Result<bool> row = load_->step();
        if (!row) {
            return row.error();
        }
        if (!*row) {
            return tasks;
        }
        tasks.emplace_back(static_cast<std::uint64_t>(load_->number(0)), load_->bytes(1), std::string(load_->bytes(2)),
                           to_time(load_->number(3)));
        taken += tasks.back().cost();
    }
    load_->reset();
    return tasks;
}

Result<std::string> SpoolFile::reason() {
    Result<Statement> query = database_->prepare("SELECT value FROM meta WHERE key = 'reason'");
    if (!query) {
        return query.error();
    }
    if (const Result<bool> row = query->step(); !row) {
        return row.error();
    }
    return std::string(query->bytes(0));
}

Result<std::uint64_t> SpoolFile::confirmed() {
    const auto number = database_->ask("SELECT value FROM meta WHERE key = 'confirmed'");
    return number ? Result<std::uint64_t>(static_cast<std::uint64_t>(number->value_or(0))) : number.error();
}

Result<void> SpoolFile::drop(std::uint64_t number) {
    return run_once("DELETE FROM tasks WHERE number = ?", static_cast<std::int64_t>(number));
}

Result<std::int64_t> SpoolFile::version() {
    const Result<std::optional<std::int64_t>> version = database_->ask("PRAGMA data_version");
    if (!version) {
        return version.error();
    }
    return version->value_or(0);
}

Result<void> SpoolFile::copy_to(const std::string& path) {
    Result<Statement> copy = database_->prepare("VACUUM INTO CAST(? AS TEXT)");
    return copy ? copy->bind(0, std::string_view(path)).run() : Result<void>(copy.error());
}

Result<bool> SpoolFile::shrink() {
    if (Result<void> vacuumed = database_->execute("PRAGMA incremental_vacuum"); !vacuumed) {
        return vacuumed.error();
    }
    return database_->checkpoint(true);
}

} // namespace eventsgw
