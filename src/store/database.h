// SPDX-License-Identifier: GPL-3.0-or-later
// Copyright (C) 2026 eventsgw contributors

#pragma once

#include "base/chrono.h"
#include "base/result.h"

#include <cstddef>
#include <cstdint>
#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <string_view>

struct sqlite3;
struct sqlite3_stmt;

namespace eventsgw {

/// One SQL statement of a Database, which it must not outlive. Columns and parameters count from 0.
class Statement {
public:
    Statement& bind(int parameter, std::int64_t number);
    /// The same, of a number below 2^63.
    Statement& bind(int parameter, std::uint64_t number) { return bind(parameter, static_cast<std::int64_t>(number)); }
    /// As a BLOB. The bytes must live until the next step() has returned.
    Statement& bind(int parameter, std::string_view bytes);
    /// The same, or NULL.
    Statement& bind_optional(int parameter, const std::optional<std::string>& bytes);

    /// True when there is a row to look at, false at the end, after which the statement may be bound and used again.
    Result<bool> step();
    /// Steps to the end of a statement whose rows are of no interest.
    Result<void> run();
    /// Leaves the rest of the rows.
    void reset();

    std::int64_t number(int column) const;
    /// Valid until the next step().
    std::string_view bytes(int column) const;
    bool is_null(int column) const;

private:
    friend class Database;
    /// Statements of one database that nobody uses for now: to prepare one costs more than to run most of them.
    class Idle {
    public:
        /// Above this nothing more is kept.
        static constexpr std::size_t kMost = 32;

        Idle() = default;
        Idle(const Idle&) = delete;
        Idle& operator=(const Idle&) = delete;
        ~Idle();
        void add(sqlite3_stmt* statement);
        /// nullptr if no idle statement has this text.
        sqlite3_stmt* take(std::string_view sql);

    private:
        std::multimap<std::string, sqlite3_stmt*, std::less<>> statements_;
    };
    struct Deleter {
        Idle* idle;
        void operator()(sqlite3_stmt* statement) const { idle->add(statement); }
    };
    Statement(sqlite3_stmt* statement, Idle& idle) : statement_(statement, Deleter{&idle}) {}

    std::unique_ptr<sqlite3_stmt, Deleter> statement_;
};

/// One connection to an SQLite database in WAL mode, whose commits are on disk when they return (synchronous=FULL),
/// unless sync_commits() says otherwise. Other processes may use the file at the same time; each waits for the others
/// up to kBusyTimeout. Used by one thread at a time.
class Database {
public:
    static constexpr std::chrono::milliseconds kBusyTimeout{5000};

    /// `snapshot` reads a file that nobody writes, in a place where SQLite cannot make what it needs to read others.
    enum class Mode : std::uint8_t { read, snapshot, write, create };

    /// Errors do not repeat the path; the caller knows it. `vfs` names SQLite's way to the disk; nullptr is the usual
    /// one.
    static Result<Database> open(const std::string& path, Mode mode, const char* vfs = nullptr);

    /// Whether commits wait for the disk from now on. A power cut may take those that do not; the file stays sound.
    Result<void> sync_commits(bool sync);

    /// How long the others are waited for from now on.
    void set_patience(std::chrono::milliseconds patience);
    /// For a file that somebody has removed or overwritten: nothing is brought into it when this goes.
    void abandon();

    /// Statements without parameters and rows, with semicolons between.
    Result<void> execute(const std::string& sql);
    Result<Statement> prepare(std::string_view sql);
    /// The number that a query answers with, such as that of a pragma; nothing when it has no row.
    Result<std::optional<std::int64_t>> ask(std::string_view sql);
    /// Moves what has been committed from the log of writes to the database itself; `truncate` also gives back the
    /// log's room. False when another process keeps it from that.
    Result<bool> checkpoint(bool truncate);
    /// What the log of writes holds that is not in the database itself, in bytes, as the last commit or checkpoint
    /// knew.
    std::size_t log_size() const;

private:
    struct Deleter {
        void operator()(sqlite3* handle) const;
    };
    /// The log of writes, in pages.
    struct Log {
        int pages = 0;
        int settled = 0; ///< of those, what is in the database itself
    };
    explicit Database(sqlite3* handle) : handle_(handle) {}
    Result<void> configure(Mode mode);
    static int note_commit(void* log, sqlite3* handle, const char* name, int pages);

    std::unique_ptr<Log> log_ = std::make_unique<Log>(); ///< SQLite points to it
    std::unique_ptr<sqlite3, Deleter> handle_;
    std::unique_ptr<Statement::Idle> idle_ = std::make_unique<Statement::Idle>(); ///< statements point to it
};

/// BEGIN IMMEDIATE to COMMIT; whatever was not committed is taken back when it goes.
class Transaction {
public:
    explicit Transaction(Database& database) : database_(database) {}
    Transaction(const Transaction&) = delete;
    Transaction& operator=(const Transaction&) = delete;
    ~Transaction();

    Result<void> begin();
    Result<void> commit();

private:
    Database& database_;
    bool is_open_ = false;
};

} // namespace eventsgw
