// SPDX-License-Identifier: GPL-3.0-or-later
// Copyright (C) 2026 eventsgw contributors

#include "store/database.h"

#include "base/text.h"

#include <algorithm>
#include <cstring>
#include <utility>

#include <sqlite3.h>

namespace eventsgw {
namespace {

constexpr std::size_t kPageSize = 16384;

/// https://www.sqlite.org/rescode.html; of what the system refuses SQLite tells the errno.
Fault fault_of(int code, int os_error) {
    switch (code & 0xff) {
    case SQLITE_CORRUPT:
    case SQLITE_NOTADB:
    case SQLITE_ERROR:
    case SQLITE_SCHEMA:
    case SQLITE_CONSTRAINT:
    case SQLITE_MISMATCH: return Fault::damaged;
    case SQLITE_FULL: return Fault::disk_full;
    case SQLITE_READONLY: return Fault::read_only;
    case SQLITE_BUSY:
    case SQLITE_LOCKED: return Fault::busy;
    case SQLITE_NOMEM: return Fault::shortage;
    case SQLITE_IOERR:
    case SQLITE_CANTOPEN: return fault_of_errno(os_error);
    default: return Fault::other;
    }
}

/// The errno of the system call that failed, or 0. When a file ends too early, no call has failed, but
/// sqlite3_system_errno() still returns what an earlier one left in errno: often ENOENT, so the file would seem absent.
int os_error_of(sqlite3* handle, int code) {
    const int kind = code & 0xff;
    const bool has_failed = (kind == SQLITE_IOERR && code != SQLITE_IOERR_SHORT_READ) || kind == SQLITE_CANTOPEN;
    return has_failed ? sqlite3_system_errno(handle) : 0;
}

Error make_error(sqlite3* handle) {
    const int code = sqlite3_extended_errcode(handle);
    const int os_error = os_error_of(handle, code);
    std::string message = sqlite3_errmsg(handle);
    if (os_error != 0) {
        message.append(": ").append(std::strerror(os_error));
    }
    return Error{std::move(message), fault_of(code, os_error)};
}

/// A URI (https://www.sqlite.org/uri.html).
std::string make_snapshot_uri(const std::string& path) {
    std::string uri = "file:";
    for (const char c : path) {
        if (c == '%' || c == '?' || c == '#') {
            uri += '%';
            append_hex(uri, static_cast<unsigned char>(c));
        } else {
            uri += c;
        }
    }
    return uri + "?immutable=1";
}

} // namespace

Statement::Idle::~Idle() {
    for (const auto& [sql, statement] : statements_) {
        sqlite3_finalize(statement);
    }
}

void Statement::Idle::add(sqlite3_stmt* statement) {
    if (statements_.size() >= kMost) {
        sqlite3_finalize(statement);
        return;
    }
    sqlite3_reset(statement);
    sqlite3_clear_bindings(statement);
    statements_.emplace(sqlite3_sql(statement), statement);
}

sqlite3_stmt* Statement::Idle::take(std::string_view sql) {
    const auto found = statements_.find(sql);
    return found == statements_.end() ? nullptr : statements_.extract(found).mapped();
}

Statement& Statement::bind(int parameter, std::int64_t number) {
    sqlite3_bind_int64(statement_.get(), parameter + 1, number);
    return *this;
}

Statement& Statement::bind(int parameter, std::string_view bytes) {
    const char* start = bytes.data() != nullptr ? bytes.data() : ""; // a null pointer would bind NULL
    sqlite3_bind_blob64(statement_.get(), parameter + 1, start, bytes.size(), SQLITE_STATIC);
    return *this;
}

Statement& Statement::bind_optional(int parameter, const std::optional<std::string>& bytes) {
    if (bytes) {
        return bind(parameter, std::string_view(*bytes));
    }
    sqlite3_bind_null(statement_.get(), parameter + 1);
    return *this;
}

Result<bool> Statement::step() {
    const int code = sqlite3_step(statement_.get());
    if (code == SQLITE_ROW) {
        return true;
    }
    if (code == SQLITE_DONE) {
        sqlite3_reset(statement_.get());
        return false;
    }
    Error error = make_error(sqlite3_db_handle(statement_.get()));
    sqlite3_reset(statement_.get());
    return error;
}

Result<void> Statement::run() {
    for (;;) {
        const Result<bool> more = step();
        if (!more) {
            return more.error();
        }
        if (!*more) {
            return {};
        }
    }
}

void Statement::reset() {
    sqlite3_reset(statement_.get());
}

std::int64_t Statement::number(int column) const {
    return sqlite3_column_int64(statement_.get(), column);
}

std::string_view Statement::bytes(int column) const {
    const auto* start = static_cast<const char*>(sqlite3_column_blob(statement_.get(), column));
    return {start, static_cast<std::size_t>(sqlite3_column_bytes(statement_.get(), column))};
}

bool Statement::is_null(int column) const {
    return sqlite3_column_type(statement_.get(), column) == SQLITE_NULL;
}

void Database::Deleter::operator()(sqlite3* handle) const {
    sqlite3_close_v2(handle);
}

Result<Database> Database::open(const std::string& path, Mode mode, const char* vfs) {
    const bool is_reader = mode == Mode::read || mode == Mode::snapshot;
    const bool is_snapshot = mode == Mode::snapshot;
    const int flags = (is_reader ? SQLITE_OPEN_READONLY : SQLITE_OPEN_READWRITE) |
                      (mode == Mode::create ? SQLITE_OPEN_CREATE : 0) | (is_snapshot ? SQLITE_OPEN_URI : 0) |
                      SQLITE_OPEN_NOMUTEX;
    sqlite3* handle = nullptr;
    const int code = sqlite3_open_v2((is_snapshot ? make_snapshot_uri(path) : path).c_str(), &handle, flags, vfs);
    if (handle == nullptr) {
        return Error{sqlite3_errstr(code), fault_of(code, 0)};
    }
    Database database(handle);
    if (code != SQLITE_OK) {
        return make_error(handle);
    }
    if (Result<void> configured = database.configure(mode); !configured) {
        return configured.error();
    }
    return database;
}

/// A small cache and no memory map: what is read here is read once. Large pages, because each costs two system calls.
/// Checkpoints are the owner's affair: one in the midst of a flood would halve what the disk takes.
Result<void> Database::configure(Mode mode) {
    set_patience(kBusyTimeout);
    if (mode == Mode::read || mode == Mode::snapshot) {
        return {};
    }
    sqlite3_wal_hook(handle_.get(), note_commit, log_.get()); // in the place of checkpoints by SQLite
    return execute("PRAGMA page_size=" + std::to_string(kPageSize) +
                   "; PRAGMA auto_vacuum=INCREMENTAL; PRAGMA journal_mode=WAL;"
                   "PRAGMA synchronous=FULL; PRAGMA cache_size=-1024; PRAGMA journal_size_limit=4194304;"
                   "PRAGMA secure_delete=FAST");
}

/// Fewer pages than before: the log has begun anew, all of it was settled.
int Database::note_commit(void* log, sqlite3* /*handle*/, const char* /*name*/, int pages) {
    auto& known = *static_cast<Log*>(log);
    known.settled = pages < known.pages ? 0 : known.settled;
    known.pages = pages;
    return SQLITE_OK;
}

/// A log that could not begin anew goes on behind what is settled, and takes that room too.
std::size_t Database::log_size() const {
    return log_->settled == log_->pages ? 0 : static_cast<std::size_t>(log_->pages) * kPageSize;
}

Result<void> Database::sync_commits(bool sync) {
    return execute(sync ? "PRAGMA synchronous=FULL" : "PRAGMA synchronous=NORMAL");
}

void Database::set_patience(std::chrono::milliseconds patience) {
    sqlite3_busy_timeout(handle_.get(), static_cast<int>(patience.count()));
}

void Database::abandon() {
    sqlite3_db_config(handle_.get(), SQLITE_DBCONFIG_NO_CKPT_ON_CLOSE, 1, nullptr);
}

Result<void> Database::execute(const std::string& sql) {
    if (sqlite3_exec(handle_.get(), sql.c_str(), nullptr, nullptr, nullptr) != SQLITE_OK) {
        return make_error(handle_.get());
    }
    return {};
}

Result<Statement> Database::prepare(std::string_view sql) {
    if (sqlite3_stmt* const idle = idle_->take(sql)) {
        return Statement(idle, *idle_);
    }
    sqlite3_stmt* statement = nullptr;
    if (sqlite3_prepare_v3(handle_.get(), sql.data(), static_cast<int>(sql.size()), SQLITE_PREPARE_PERSISTENT,
                           &statement, nullptr) != SQLITE_OK) {
        return make_error(handle_.get());
    }
    return Statement(statement, *idle_);
}

Result<std::optional<std::int64_t>> Database::ask(std::string_view sql) {
    Result<Statement> statement = prepare(sql);
    if (!statement) {
        return statement.error();
    }
    const Result<bool> row = statement->step();
    if (!row) {
        return row.error();
    }
    return *row ? std::optional<std::int64_t>(statement->number(0)) : std::nullopt;
}

Result<bool> Database::checkpoint(bool truncate) {
    int pages = 0;
    int settled = 0;
    const int mode = truncate ? SQLITE_CHECKPOINT_TRUNCATE : SQLITE_CHECKPOINT_PASSIVE;
    const int code = sqlite3_wal_checkpoint_v2(handle_.get(), nullptr, mode, &pages, &settled);
    if (code != SQLITE_OK && code != SQLITE_BUSY) {
        return make_error(handle_.get());
    }
    *log_ = {std::max(pages, 0), std::max(settled, 0)};
    return code == SQLITE_OK && pages == settled;
}

Transaction::~Transaction() {
    if (is_open_) {
        // An error has taken it back already, or the next BEGIN tells.
        static_cast<void>(database_.execute("ROLLBACK"));
    }
}

Result<void> Transaction::begin() {
    Result<void> begun = database_.execute("BEGIN IMMEDIATE");
    is_open_ = begun.ok();
    return begun;
}

Result<void> Transaction::commit() {
    Result<void> committed = database_.execute("COMMIT");
    is_open_ = !committed.ok();
    return committed;
}

} // namespace eventsgw
