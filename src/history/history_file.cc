// SPDX-License-Identifier: GPL-3.0-or-later
// Copyright (C) 2026 eventsgw contributors

#include "history/history_file.h"

#include "base/file.h"
#include "history/history_rows.h"
#include "store/format.h"

#include <algorithm>
#include <cerrno>
#include <utility>

#include <sys/stat.h>
#include <unistd.h>

namespace eventsgw {
namespace {

bool can_write_beside(const std::string& path) {
    const std::string directory = path.substr(0, path.find_last_of('/') + 1); // npos + 1 is 0
    return ::access(directory.empty() ? "." : directory.c_str(), W_OK) == 0;
}

/// Where SQLite cannot make its files beside the database, one that has no log of writes is read as it lies there.
Result<Database> open_where_it_lies(const std::string& path) {
    struct stat info {};
    const bool has_log = ::stat((path + "-wal").c_str(), &info) == 0 && info.st_size > 0;
    const bool has_index = ::stat((path + "-shm").c_str(), &info) == 0;
    if (can_write_beside(path) || (has_log && has_index)) {
        return Database::open(path, Database::Mode::read);
    }
    if (has_log) {
        return Error{"a part of it is in " + path +
                         "-wal, and this directory cannot be written: look at a copy of both",
                     Fault::read_only};
    }
    return Database::open(path, Database::Mode::snapshot);
}

/// Whether there is something to read. SQLite takes a file of less than its header for an empty one.
Result<bool> find_content(const std::string& path) {
    constexpr off_t kSmallest = 512;
    struct stat info {};
    if (::stat(path.c_str(), &info) != 0) {
        return errno == ENOENT ? Result<bool>(false) : make_os_error("cannot be looked at");
    }
    if (Result<void> regular = check_regular(path); !regular) {
        return regular.error();
    }
    if (info.st_size > 0 && info.st_size < kSmallest) {
        return Error{"is cut off after " + std::to_string(info.st_size) + " bytes", Fault::damaged};
    }
    return info.st_size > 0;
}

/// By a connection of its own, which has read nothing yet. Another program that uses SQLite rightly does no harm.
/// Tables and indices are compared, for a few pages in the log suit the tables of another copy by chance.
Result<void> check_soundness(const std::string& path) {
    Result<Database> database = Database::open(path, Database::Mode::read);
    const Result<std::int64_t> format = database ? read_format(*database, HistoryFile::kFormat) : database.error();
    if (!format) {
        return format.error();
    }
    Result<Statement> check = database->prepare("PRAGMA integrity_check(1)");
    const Result<bool> row = check ? check->step() : check.error();
    if (!row) {
        return row.error();
    }
    const bool is_sound = *format == HistoryFile::kFormat && *row && check->bytes(0) == "ok";
    return is_sound ? Result<void>() : Error{"is not what it was", Fault::damaged};
}

} // namespace

Result<HistoryFile> HistoryFile::open_to_write(const std::string& path) {
    HistoryPlace place(path);
    if (Result<void> prepared = place.prepare(); !prepared) {
        return prepared.error();
    }
    if (Result<bool> content = find_content(path); !content) {
        return content.error();
    }
    if (Result<void> known = check_format(path, kFormat); !known) {
        return known.error();
    }
    Result<Database> database = Database::open(path, Database::Mode::write);
    const Result<std::int64_t> format = database ? read_format(*database, kFormat) : database.error();
    if (!format) {
        return format.error();
    }
    HistoryFile file(std::move(*database), std::move(place));
    if (Result<void> prepared = file.prepare(); !prepared) {
        return prepared.error();
    }
    file.place_.note_file();
    file.place_.note_log();
    if (file.place_.look() != HistoryPlace::State::same) {
        return Error{"was replaced while it was opened"};
    }
    return file;
}

Result<std::optional<HistoryFile>> HistoryFile::open_to_read(const std::string& path) {
    if (const Result<bool> content = find_content(path); !content || !*content) {
        return content ? Result<std::optional<HistoryFile>>(std::nullopt) : content.error();
    }
    Result<Database> database = open_where_it_lies(path);
    const Result<std::int64_t> format = database ? read_format(*database, kFormat) : database.error();
    if (!format || *format == 0) {
        return format ? Result<std::optional<HistoryFile>>(std::nullopt) : format.error();
    }
    return std::optional<HistoryFile>(HistoryFile(std::move(*database), HistoryPlace(path)));
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

Result<void> HistoryFile::tidy(const Bounds& bounds, bool keeps_payloads, RunRecord::Time now) {
    Transaction transaction(*database_);
    Result<void> done = transaction.begin();
    done = done ? forget(bounds, now) : done;
    done = done ? transaction.commit() : done;
    done = done && !keeps_payloads ? erase_payloads() : done;
    return done ? database_->execute("PRAGMA incremental_vacuum") : done;
}

/// The file is written anew, for pages of SQLite keep remains of what once was in them.
Result<void> HistoryFile::erase_payloads() {
    const Result<std::optional<std::int64_t>> kept =
        database_->ask("SELECT EXISTS (SELECT 1 FROM runs WHERE payload IS NOT NULL)");
    if (!kept || kept->value_or(0) == 0) {
        return kept ? Result<void>() : kept.error();
    }
    return database_->execute("PRAGMA temp_store=MEMORY; UPDATE runs SET payload = NULL; VACUUM");
}

Result<bool> HistoryFile::checkpoint() {
    constexpr std::chrono::milliseconds kPatience{100};
    database_->set_patience(kPatience);
    Result<bool> done = database_->checkpoint(true);
    database_->set_patience(Database::kBusyTimeout);
    if (database_->has_header()) { // somebody may have overwritten it just now
        place_.note_file();
    }
    return done;
}

/// By an index that has lost its name nothing is brought into the file: another process may have begun the log anew.
bool HistoryFile::leave_log() {
    if (place_.has_log()) {
        database_->abandon();
        database_.reset();
        return false;
    }
    const Result<bool> done = checkpoint();
    database_.reset();
    return done && *done;
}

bool HistoryFile::is_in_place() {
    switch (place_.look()) {
    case HistoryPlace::State::same: return true;
    case HistoryPlace::State::gone: return false;
    case HistoryPlace::State::touched: break;
    }
    const Result<void> sound = check_soundness(place_.path());
    if (sound) {
        place_.note_file();
    }
    return sound || sound.error().fault != Fault::damaged; // what could not be looked at now is looked at again
}

void HistoryFile::abandon() {
    database_->abandon();
    database_.reset();
    place_.remove_log();
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
        Result<void> inserted = bind_run(*insert, number, *run).run();
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

} // namespace eventsgw
