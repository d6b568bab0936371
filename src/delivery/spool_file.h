// SPDX-License-Identifier: GPL-3.0-or-later
// Copyright (C) 2026 eventsgw contributors

#pragma once

#include "base/result.h"
#include "delivery/pending_task.h"
#include "store/database.h"

#include <cstdint>
#include <limits>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace eventsgw {

/// The tables of a spool. Every call waits for the disk. What belongs together is put between begin() and commit().
class SpoolFile {
public:
    /// The format that this program writes; the file's user_version.
    static constexpr std::int64_t kFormat = 1;
    /// Numbers that a run may use: more than it can come to.
    static constexpr std::uint64_t kRunNumbers = std::uint64_t{1} << 40U;

    static constexpr std::int64_t kAllRows = std::numeric_limits<std::int64_t>::max();

    struct Extent {
        std::uint64_t tasks = 0; ///< that wait
        std::uint64_t bytes = 0; ///< their cost()
        std::uint64_t dead = 0;
        std::uint64_t dead_bytes = 0;
        std::optional<WallTime> oldest; ///< arrival of the first that waits
    };
    struct Claim {
        std::string instance; ///< under which the tasks are numbered
        std::uint64_t floor;  ///< no task has had a number above it yet
    };
    struct Dead {
        std::int64_t id;
        PendingTask task; ///< its number means nothing any more
        std::string reason;
        WallTime died;
        bool is_to_retry;
    };

    static Result<SpoolFile> open(const std::string& path, Database::Mode mode, const char* vfs = nullptr);

    /// Nothing but the destructor afterwards.
    void close();

    /// Numbers for one more run. While tasks wait the instance stays theirs, and so the leader's cursor goes on to
    /// count for them; numbers that a former run may have used are left out.
    /// Otherwise it is `new_instance`, a UUID that nobody has used.
    Result<Claim> claim(const std::string& new_instance);
    Result<Extent> measure();
    /// The dead ones; nothing else of it.
    Result<Extent> measure_dead();
    /// Tasks after a number up to another, and their cost; nothing else of it.
    Result<Extent> measure_between(std::uint64_t after, std::uint64_t until);

    Result<void> begin() { return transaction_->begin(); }
    Result<void> commit() { return transaction_->commit(); }
    /// Takes back what was done since begin().
    void roll_back() { transaction_ = std::make_unique<Transaction>(*database_); }

    Result<void> insert(const PendingTask& task);
    /// Tasks up to this number do not wait any more. Their rows stay until they are erased.
    Result<void> confirm_through(std::uint64_t number);
    /// Erases the rows of all tasks, which costs next to nothing.
    Result<void> erase_all();
    /// Erases rows of tasks up to this number, which costs about as much as writing them; `count` of them at most.
    Result<void> erase_through(std::uint64_t number, std::int64_t count);
    /// Moves a task to the dead ones, whether it waits here or not.
    Result<void> bury(const PendingTask& task, std::string_view reason, WallTime now);
    /// Moves a dead task to those that wait, as `number`.
    Result<void> revive(std::int64_t id, std::uint64_t number);
    /// Keeps why tasks wait, for whoever looks at the spool.
    Result<void> note(std::string_view reason);

    /// Tasks after a number up to another, oldest first, until they cost about `cost`.
    Result<std::vector<PendingTask>> load(std::uint64_t after, std::uint64_t until, std::size_t cost);
    Result<std::vector<Dead>> load_dead();
    /// Those that somebody wants to be pushed again, oldest first, until they cost about `cost`.
    Result<std::vector<Dead>> load_dead_to_retry(std::size_t cost);
    Result<std::string> reason();
    /// The tasks above this number wait.
    Result<std::uint64_t> confirmed();

    Result<void> drop(std::uint64_t number);
    Result<void> drop_dead(std::int64_t id);
    Result<void> ask_retry(std::int64_t id);

    /// Changes when another connection has changed the file.
    Result<std::int64_t> version();
    Result<bool> checkpoint() { return database_->checkpoint(false); }
    /// Writes all of it to a file that is empty. Its room is not yet on disk when this returns.
    Result<void> copy_to(const std::string& path);
    /// Gives free room back to the disk. False when another process keeps it from that.
    Result<bool> shrink();

private:
    explicit SpoolFile(Database database);
    Result<void> prepare(Database::Mode mode);
    Result<std::vector<Dead>> load_dead(bool only_to_retry, std::size_t cost);
    template <typename Value> Result<void> set_meta(std::string_view key, const Value& value);
    /// Binds and runs one statement that is used once.
    Result<void> run_once(std::string_view sql, std::int64_t number);

    std::unique_ptr<Database> database_; ///< the transaction points to it
    std::unique_ptr<Transaction> transaction_;
    std::optional<Statement> insert_;
    std::optional<Statement> load_;
};

} // namespace eventsgw
