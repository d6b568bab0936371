// SPDX-License-Identifier: GPL-3.0-or-later
// Copyright (C) 2026 eventsgw contributors

#pragma once

#include "base/file_identity.h"
#include "base/result.h"
#include "journal/history_table.h"
#include "journal/journal_lock.h"
#include "journal/run_table.h"
#include "journal/task.h"
#include "store/database.h"

#include <array>
#include <cstdint>
#include <limits>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace eventsgw {

/// The tables of a journal. Every call waits for the disk. What belongs together is put between begin() and commit().
///
/// An event has one row, with its channel and payload, and each work that it leads to a small one. Both are numbered in
/// the order in which they came; an event has the number of its first work. Work waits, or it is dead, or held, which
/// an administrator decides about as about the dead. The runs that have ended are in tables of their own.
class JournalFile {
public:
    /// In the working directory, which is the module's state directory.
    static constexpr const char* kName = "eventsgw.journal";
    /// The format that this program writes; the file's user_version.
    static constexpr std::int64_t kFormat = 1;
    /// Numbers that a run may use: more than it can come to.
    static constexpr std::uint64_t kRunNumbers = std::uint64_t{1} << 40U;

    static constexpr std::int64_t kAllRows = std::numeric_limits<std::int64_t>::max();

    struct Extent {
        std::uint64_t tasks = 0; ///< that wait
        std::uint64_t bytes = 0; ///< their cost()
        std::uint64_t dead = 0;
        std::uint64_t held = 0;
        std::string held_because{};     ///< of one of them
        std::uint64_t dead_bytes = 0;   ///< of those held as well
        std::optional<WallTime> oldest; ///< arrival of the first that waits
    };
    struct Claim {
        std::string instance;      ///< under which the tasks are numbered
        std::uint64_t floor;       ///< the numbers of this file are above it
        bool is_same_boot = false; ///< the machine has not been started since the former claim
    };
    struct Dead {
        Task task;
        std::string reason;
        WallTime died; ///< or held, since then
        bool is_to_retry;
        bool is_held;
    };

    /// Where a task is whose id was looked for.
    struct Stored {
        enum class State : std::uint8_t { waiting, dead, held };
        Uuid id;
        State state;
    };

    /// Reads and writes a journal that is there. Fault::absent where there is none, or nothing has been put into it
    /// yet.
    static Result<JournalFile> open(const std::string& path, Database::Mode mode, const char* vfs = nullptr);
    /// Makes a new file that only its owner can open. Fault::taken if the path exists.
    static Result<JournalFile> make(const std::string& path, const Claim& claim, const std::string& agent,
                                    const JournalLock* lock = nullptr);

    /// False if the file, or one of SQLite's files next to it, has been removed or replaced: what is written then is
    /// visible to no other process. Only abandon() may follow.
    bool is_in_place() const;
    void abandon();
    /// Nothing but the destructor afterwards.
    void close();

    /// Numbers for one more run, from the file's counter, so that none is used twice. While tasks wait the instance
    /// stays theirs, and so the leader's cursor goes on to count for them. Otherwise it is `new_instance`, a UUID that
    /// nobody has used.
    ///
    /// What waits in a file that another agent has written, or that is a copy, is held: it may have been pushed already
    /// by whoever has the original, and only an administrator knows. `lock`, if it lies beside the file, is told of the
    /// claim.
    Result<Claim> claim(const std::string& new_instance, const std::string& agent, const JournalLock* lock = nullptr);
    /// Whether it is the file for which that was claimed last.
    Result<bool> has_claim(const Claim& claim);
    Result<Extent> measure();
    /// The dead ones; nothing else of it.
    Result<Extent> measure_dead();
    /// Tasks after a number up to another, and their cost; nothing else of it.
    Result<Extent> measure_between(std::uint64_t after, std::uint64_t until);

    enum class Durability : bool { relaxed, synced };
    /// What a relaxed transaction has written a power cut may take; the file stays sound.
    Result<void> begin(Durability durability = Durability::synced);
    Result<void> commit() { return transaction_->commit(); }
    /// Takes back what was done since begin().
    void roll_back() { transaction_ = std::make_unique<Transaction>(*database_); }

    Result<void> insert(const Task& task);
    /// Tasks up to this number do not wait any more. Their rows stay until they are erased.
    Result<void> confirm_through(std::uint64_t number);
    /// Erases the rows of all tasks but the dead ones, which costs next to nothing where there are none.
    Result<void> erase_all();
    /// Erases rows of tasks up to this number, which costs about as much as writing them; `count` of them at most.
    Result<void> erase_through(std::uint64_t number, std::int64_t count);
    /// Moves a task to the dead ones, whether it waits here or not.
    Result<void> bury(const Task& task, std::string_view reason, WallTime now);
    /// Moves a dead task, which has this number, to those that wait, as `task`, which has another. Its event is one of
    /// its own: so the events of tasks that wait are in the order of the tasks.
    Result<void> revive(std::uint64_t number, const Task& task);
    /// Keeps why tasks wait, for whoever looks at the journal.
    Result<void> note(std::string_view reason);

    /// Tasks after a number up to another, oldest first, until they cost about `cost`.
    Result<std::vector<Task>> load(std::uint64_t after, std::uint64_t until, std::size_t cost);
    Result<std::vector<Dead>> load_dead();
    /// Dead tasks that an administrator has asked to retry, oldest first, until they cost about `cost`.
    Result<std::vector<Dead>> load_dead_to_retry(std::size_t cost);
    /// The tasks whose ids begin with this; two of them where there are more.
    Result<std::vector<Stored>> find_tasks(std::string_view id);
    Result<std::string> reason();
    /// The tasks above this number wait.
    Result<std::uint64_t> confirmed();

    /// A task that waits, or a dead one.
    Result<void> drop(std::uint64_t number);
    /// Of a dead one, or one that is held: the gateway is to push it again.
    Result<void> ask_retry(std::uint64_t number);
    /// The same of all that are held. How many these are.
    Result<std::uint64_t> ask_retry_of_held();
    /// Erases those held since before then. How many these were.
    Result<std::uint64_t> drop_held(WallTime before);

    /// Both valid as long as this is.
    HistoryTable history() { return HistoryTable(*database_); }
    RunTable runs() { return RunTable(*database_); }

    /// Which runs do not start for now, as set_paused() was told.
    Result<std::string> paused();
    Result<void> set_paused(std::string_view keys);

    /// Changes when another connection has changed the file.
    Result<std::int64_t> version();
    Result<bool> checkpoint() { return database_->checkpoint(false); }
    /// What the log of writes holds that is not in the file yet, in bytes.
    std::size_t log_size() const { return database_->log_size(); }
    /// Returns free pages to the disk, without waiting: false, or Fault::busy, if another process prevents it.
    /// `may_lack_room`: the disk may have no room for what stands in the log.
    Result<bool> shrink(bool may_lack_room = false);

private:
    JournalFile(Database database, std::string path);
    static Result<JournalFile> fill(const std::string& path, const Claim& claim, const std::string& agent);
    struct Meta {
        std::string instance;
        std::int64_t next = 0;
        std::uint64_t confirmed = 0;
        std::string agent;
        std::uint64_t inode = 0;
        std::string reason;
        std::string boot;
        std::string paused;
    };
    Result<Meta> load_meta();
    /// Why its work is to be held; empty: it is not.
    std::string find_stranger(const Meta& meta, const std::string& agent, const JournalLock* lock) const;
    /// Makes the claim known, and its agent and place.
    Result<void> sign(const Claim& claim, const std::string& agent);
    Result<void> hold_work(std::uint64_t confirmed, const std::string& reason);
    Result<void> prepare();
    Result<void> vacuum();
    static Result<Database> open_database(const std::string& path, Database::Mode mode, const char* vfs);
    Result<std::vector<Dead>> load_dead(bool only_to_retry, std::size_t cost);
    Result<void> insert_event(const Task& task);
    Result<void> erase_events_through(std::uint64_t number);
    template <typename Value> Result<void> set_meta(std::string_view key, const Value& value);
    /// Binds and runs one statement that is used once.
    template <typename... Values> Result<void> run_once(std::string_view sql, const Values&... values);
    Result<Extent> add_up(const std::string& table, std::uint64_t after, std::uint64_t until);

    /// The file, SQLite's log of writes and the log's index: their names are all that binds them together.
    using Places = std::array<FileIdentity, 3>;
    Places look() const;

    std::unique_ptr<Database> database_; ///< the transaction points to it
    std::unique_ptr<Transaction> transaction_;
    std::string path_;
    Places places_; ///< when it was opened
    Durability durability_ = Durability::synced;
    std::optional<Statement> insert_event_;
    std::optional<Statement> insert_work_;
    std::optional<Statement> load_;
};

} // namespace eventsgw
