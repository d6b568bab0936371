// SPDX-License-Identifier: GPL-3.0-or-later
// Copyright (C) 2026 eventsgw contributors

#include "journal/journal_file.h"

#include "base/file.h"
#include "store/format.h"

#include <algorithm>
#include <cerrno>
#include <utility>

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

namespace eventsgw {
namespace {

/// Of the files that SQLite keeps: the database and what lies beside it.
constexpr std::array<const char*, 4> kSuffixes{"", "-wal", "-shm", "-journal"};

/// `work` has what waits and nothing more, for in a flood each column counts.
constexpr const char* kSchema =
    "CREATE TABLE meta (key TEXT PRIMARY KEY, value) WITHOUT ROWID;"
    "CREATE TABLE event (number INTEGER PRIMARY KEY, received INTEGER NOT NULL, replay BLOB NOT NULL,"
    " channel BLOB NOT NULL, payload BLOB NOT NULL);"
    "CREATE TABLE work (number INTEGER PRIMARY KEY, event INTEGER NOT NULL, id BLOB NOT NULL, action BLOB NOT NULL);"
    "CREATE TABLE dead (number INTEGER PRIMARY KEY, event INTEGER NOT NULL, id BLOB NOT NULL, action BLOB NOT NULL,"
    " died INTEGER NOT NULL, retry INTEGER NOT NULL, reason BLOB NOT NULL, held INTEGER NOT NULL);"
    "CREATE INDEX dead_by_event ON dead (event);"
    "INSERT INTO meta VALUES ('instance', ''), ('next', 0), ('confirmed', 0), ('reason', ''),"
    " ('agent', ''), ('inode', 0), ('boot', ''), ('paused', '');"
    "PRAGMA user_version=1";

/// What read_task() expects in a row.
constexpr std::string_view kTaskColumns =
    "task.number, event.received, event.number, event.replay, event.channel, event.payload, task.action, task.id";

/// A file may hold anything.
Uuid read_uuid(std::string_view bytes) {
    Uuid id{};
    std::copy_n(bytes.data(), std::min(bytes.size(), id.size()), id.data());
    return id;
}

/// Rows of one event follow each other, and share it.
Task read_task(const Statement& row, const std::shared_ptr<KeptEvent>& before) {
    const auto number = static_cast<std::uint64_t>(row.number(2));
    std::shared_ptr<KeptEvent> event = before;
    if (!event || event->number != number) {
        event = std::make_shared<KeptEvent>(row.bytes(4), row.bytes(5), row.bytes(3));
        event->number = number;
    }
    return {static_cast<std::uint64_t>(row.number(0)), to_time(row.number(1)), std::move(event),
            std::string(row.bytes(6)), read_uuid(row.bytes(7))};
}

std::string describe_claim(const std::string& instance, std::int64_t next) {
    return instance + " " + std::to_string(next) + "\n";
}

std::string describe_claim(const JournalFile::Claim& claim) {
    return describe_claim(claim.instance, static_cast<std::int64_t>(claim.floor + JournalFile::kRunNumbers));
}

/// Process numbers and start times mean something within one boot only. Empty: it is not known.
std::string read_boot_id() {
    constexpr std::size_t kMost = 64;
    const Result<std::string> id = read_file("/proc/sys/kernel/random/boot_id", kMost);
    return id ? id->substr(0, id->find('\n')) : "";
}

bool can_write_beside(const std::string& path) {
    const std::string directory = path.substr(0, path.find_last_of('/') + 1); // npos + 1 is 0
    return ::access(directory.empty() ? "." : directory.c_str(), W_OK) == 0;
}

bool has_content(const std::string& path) {
    struct stat info {};
    return ::stat(path.c_str(), &info) == 0 && info.st_size > 0;
}

/// SQLite takes a file of less than its header for an empty one.
Result<void> check_content(const std::string& path) {
    constexpr off_t kSmallest = 512;
    struct stat info {};
    if (::stat(path.c_str(), &info) != 0) {
        return errno == ENOENT ? Error{"there is none here", Fault::absent} : make_os_error("cannot be looked at");
    }
    if (!S_ISREG(info.st_mode) || info.st_size >= kSmallest) {
        return {};
    }
    return info.st_size == 0 ? Error{"nothing has been put into it yet", Fault::absent}
                             : Error{"is cut off after " + std::to_string(info.st_size) + " bytes", Fault::damaged};
}

/// SQLite gives the files beside the database its mode, but only those that it makes.
Result<void> make_private(const std::string& path) {
    if (Result<void> regular = check_regular(path); !regular) {
        return regular;
    }
    if (::access(path.c_str(), W_OK) != 0) {
        return make_os_error("cannot be written"); // SQLite's words would be about the files beside it
    }
    for (const char* suffix : kSuffixes) {
        static_cast<void>(close_to_others(path + suffix)); // another's file; to do without it would lose what waits
    }
    return {};
}

} // namespace

/// If SQLite cannot create its files next to the database, a database without a log of writes is read without them.
Result<Database> JournalFile::open_database(const std::string& path, Database::Mode mode, const char* vfs) {
    if (mode == Database::Mode::read && !can_write_beside(path)) {
        const bool has_log = has_content(path + "-wal");
        if (!has_log) {
            return Database::open(path, Database::Mode::snapshot, vfs);
        }
        if (FileIdentity::of(path + "-shm") == FileIdentity()) {
            return Error{"a part of it is in " + path +
                             "-wal, and this directory cannot be written: look at a copy of both",
                         Fault::read_only};
        }
    }
    return Database::open(path, mode, vfs);
}

JournalFile::JournalFile(Database database, std::string path)
    : database_(std::make_unique<Database>(std::move(database))),
      transaction_(std::make_unique<Transaction>(*database_)), path_(std::move(path)), places_(look()) {}

Result<JournalFile> JournalFile::open(const std::string& path, Database::Mode mode, const char* vfs) {
    if (Result<void> content = check_content(path); !content) {
        return content.error();
    }
    Result<void> checked = mode == Database::Mode::write ? make_private(path) : check_regular(path);
    checked = checked && mode == Database::Mode::write ? check_format(path, kFormat, vfs) : checked;
    if (!checked) {
        return checked.error();
    }
    Result<Database> database = open_database(path, mode, vfs);
    const Result<std::int64_t> format = database ? read_format(*database, kFormat) : database.error();
    if (!format) {
        return format.error();
    }
    if (*format == 0) {
        return Error{"nothing has been put into it yet", Fault::absent};
    }
    JournalFile file(std::move(*database), path);
    if (Result<void> prepared = file.prepare(); !prepared) {
        return prepared.error();
    }
    file.places_ = file.look(); // now that there is a log of writes
    return file;
}

Result<JournalFile> JournalFile::make(const std::string& path, const Claim& claim, const std::string& agent,
                                      const JournalLock* lock) {
    {
        const UniqueFd made(::open(path.c_str(), O_RDWR | O_CREAT | O_EXCL | O_CLOEXEC, S_IRUSR | S_IWUSR));
        if (!made) {
            return make_os_error("cannot be made");
        } // and closed before SQLite has locks that would end with it
    }
    Result<JournalFile> file = fill(path, claim, agent);
    if (!file) {
        for (const char* suffix : kSuffixes) {
            ::unlink((path + suffix).c_str());
        }
    } else if (lock != nullptr) {
        lock->note_claims(describe_claim(claim)); // before anything waits in it
    }
    return file;
}

Result<JournalFile> JournalFile::fill(const std::string& path, const Claim& claim, const std::string& agent) {
    Result<Database> database = Database::open(path, Database::Mode::write);
    if (!database) {
        return database.error();
    }
    JournalFile file(std::move(*database), path);
    Result<void> done = file.begin();
    done = done ? file.database_->execute(HistoryTable::kSchema) : done;
    done = done ? file.database_->execute(RunTable::kSchema) : done;
    done = done ? file.database_->execute(kSchema) : done;
    done = done ? file.set_meta("confirmed", claim.floor) : done;
    done = done ? file.sign(claim, agent) : done;
    done = done ? file.commit() : done;
    done = done ? file.prepare() : done;
    if (!done) {
        return done.error();
    }
    file.places_ = file.look();
    return file;
}

Result<void> JournalFile::prepare() {
    const std::array<std::pair<std::optional<Statement>*, std::string>, 3> statements{{
        {&insert_event_, "INSERT OR IGNORE INTO event VALUES (?, ?, ?, ?, ?)"},
        {&insert_work_, "INSERT OR REPLACE INTO work VALUES (?, ?, ?, ?)"},
        {&load_, "SELECT " + std::string(kTaskColumns) +
                     " FROM work AS task JOIN event ON event.number = task.event"
                     " WHERE task.number > ? AND task.number <= ? ORDER BY task.number"},
    }};
    for (const auto& [statement, sql] : statements) {
        Result<Statement> prepared = database_->prepare(sql);
        if (!prepared) {
            return prepared.error();
        }
        statement->emplace(std::move(*prepared));
    }
    return {};
}

Result<void> JournalFile::begin(Durability durability) {
    if (durability != durability_) {
        if (Result<void> set = database_->sync_commits(durability == Durability::synced); !set) {
            return set;
        }
        durability_ = durability;
    }
    return transaction_->begin();
}

JournalFile::Places JournalFile::look() const {
    return {FileIdentity::of(path_), FileIdentity::of(path_ + "-wal"), FileIdentity::of(path_ + "-shm")};
}

bool JournalFile::is_in_place() const {
    return look() == places_;
}

void JournalFile::abandon() {
    database_->abandon();
    close();
}

void JournalFile::close() {
    insert_event_.reset();
    insert_work_.reset();
    load_.reset();
    transaction_.reset();
    database_.reset();
}

template <typename Value> Result<void> JournalFile::set_meta(std::string_view key, const Value& value) {
    return run_once("UPDATE meta SET value = ? WHERE key = CAST(? AS TEXT)", value, key);
}

template <typename... Values> Result<void> JournalFile::run_once(std::string_view sql, const Values&... values) {
    Result<Statement> statement = database_->prepare(sql);
    if (!statement) {
        return statement.error();
    }
    int parameter = 0;
    (statement->bind(parameter++, values), ...);
    return statement->run();
}

Result<JournalFile::Meta> JournalFile::load_meta() {
    Result<Statement> query = database_->prepare("SELECT key, value FROM meta");
    if (!query) {
        return query.error();
    }
    Meta meta;
    for (;;) {
        const Result<bool> row = query->step();
        if (!row) {
            return row.error();
        }
        if (!*row) {
            return meta;
        }
        const std::string key(query->bytes(0));
        if (key == "instance") {
            meta.instance = query->bytes(1);
        } else if (key == "next") {
            meta.next = query->number(1);
        } else if (key == "confirmed") {
            meta.confirmed = static_cast<std::uint64_t>(query->number(1));
        } else if (key == "agent") {
            meta.agent = query->bytes(1);
        } else if (key == "inode") {
            meta.inode = static_cast<std::uint64_t>(query->number(1));
        } else if (key == "reason") {
            meta.reason = query->bytes(1);
        } else if (key == "boot") {
            meta.boot = query->bytes(1);
        } else if (key == "paused") {
            meta.paused = query->bytes(1);
        }
    }
}

/// The inode's number alone, for that of a device may change with each start of the machine. Since the number of one
/// that was removed is used again, and a copy may be written over the file, the lock knows the last claim too.
std::string JournalFile::find_stranger(const Meta& meta, const std::string& agent, const JournalLock* lock) const {
    if (meta.agent != agent) {
        return "the journal was written by " + meta.agent;
    }
    const std::string known = lock != nullptr ? lock->claims() : "";
    const bool has_unknown_claim =
        !known.empty() && known.find(describe_claim(meta.instance, meta.next)) == std::string::npos;
    return meta.inode != FileIdentity::of(path_).inode || has_unknown_claim
               ? "the journal is a copy, or was restored or moved"
               : "";
}

Result<void> JournalFile::sign(const Claim& claim, const std::string& agent) {
    Result<void> done = set_meta("instance", claim.instance);
    done = done ? set_meta("next", claim.floor + kRunNumbers) : done;
    done = done ? set_meta("agent", agent) : done;
    done = done ? set_meta("boot", read_boot_id()) : done;
    return done ? set_meta("inode", std::uint64_t{FileIdentity::of(path_).inode}) : done;
}

/// Dead tasks with a pending retry are held as well: the retry was meant for the original file.
Result<void> JournalFile::hold_work(std::uint64_t confirmed, const std::string& reason) {
    const std::int64_t now = to_number(std::chrono::floor<WallTime::duration>(std::chrono::system_clock::now()));
    Result<void> done = run_once("INSERT INTO dead SELECT number, event, id, action, ?, 0, ?, 1 FROM work"
                                 " WHERE number > ? ORDER BY number",
                                 now, reason, confirmed);
    done = done ? run_once("UPDATE dead SET retry = 0, held = 1, died = ?, reason = ? WHERE retry = 1", now, reason)
                : done;
    return done ? runs().hold_all(reason) : done;
}

Result<JournalFile::Claim> JournalFile::claim(const std::string& new_instance, const std::string& agent,
                                              const JournalLock* lock) {
    if (Result<void> begun = begin(); !begun) {
        return begun.error();
    }
    const Result<Meta> meta = load_meta();
    const auto waiting = meta ? database_->ask("SELECT EXISTS (SELECT 1 FROM work WHERE number > " +
                                               std::to_string(meta->confirmed) + ")")
                              : meta.error();
    if (!waiting) {
        return waiting.error();
    }
    const bool is_sound = !meta->instance.empty() && meta->instance.find(' ') == std::string::npos;
    if (!is_sound || meta->next < static_cast<std::int64_t>(kRunNumbers)) {
        return Error{"has a claim that nobody has made", Fault::damaged};
    }
    Claim claim{meta->instance, static_cast<std::uint64_t>(meta->next), meta->boot == read_boot_id()};
    const std::string stranger = find_stranger(*meta, agent, lock);
    Result<void> done = stranger.empty() ? Result<void>() : hold_work(meta->confirmed, stranger);
    if (waiting->value_or(0) != 0 && stranger.empty()) {
        done = erase_through(meta->confirmed, kAllRows);
    } else {
        claim.instance = new_instance; // nothing waits that a cursor of former runs could count for
        done = done ? erase_all() : done;
        done = done ? confirm_through(claim.floor) : done;
    }
    done = done ? sign(claim, agent) : done;
    const std::string claimed = describe_claim(claim);
    if (done && lock != nullptr) {
        lock->note_claims(describe_claim(meta->instance, meta->next) + claimed); // whichever the file has in the end
    }
    done = done ? commit() : done;
    if (!done) {
        return done.error();
    }
    if (lock != nullptr) {
        lock->note_claims(claimed);
    }
    return claim;
}

Result<bool> JournalFile::has_claim(const Claim& claim) {
    const Result<Meta> meta = load_meta();
    return meta ? Result<bool>(describe_claim(meta->instance, meta->next) == describe_claim(claim)) : meta.error();
}

Result<void> JournalFile::insert_event(const Task& task) {
    const KeptEvent& event = *task.event;
    return insert_event_->bind(0, event.number)
        .bind(1, to_number(task.arrived))
        .bind(2, event.replay_of())
        .bind(3, event.channel())
        .bind(4, event.payload())
        .run();
}

Result<void> JournalFile::insert(const Task& task) {
    Result<void> inserted = insert_event(task);
    return inserted ? insert_work_->bind(0, task.number)
                          .bind(1, task.event->number)
                          .bind(2, view_bytes(task.id))
                          .bind(3, std::string_view(task.action))
                          .run()
                    : inserted;
}

Result<void> JournalFile::bury(const Task& task, std::string_view reason, WallTime now) {
    Result<void> done = run_once("DELETE FROM work WHERE number = ?", task.number);
    done = done ? insert_event(task) : done;
    return done ? run_once("INSERT INTO dead VALUES (?, ?, ?, ?, ?, 0, ?, 0)", task.number, task.event->number,
                           view_bytes(task.id), task.action, to_number(now), reason)
                : done;
}

Result<void> JournalFile::revive(std::uint64_t number, const Task& task) {
    const Result<void> dropped = drop(number);
    return dropped ? insert(task) : dropped;
}

/// The event goes with its last work. If a task that waits has it, then the first from its number on does.
Result<void> JournalFile::drop(std::uint64_t number) {
    Result<void> done = run_once(
        "DELETE FROM event WHERE number = coalesce((SELECT event FROM work WHERE number = ?1),"
        " (SELECT event FROM dead WHERE number = ?1))"
        " AND number IS NOT (SELECT work.event FROM work WHERE work.number >= event.number AND work.number <> ?1"
        " ORDER BY work.number LIMIT 1)"
        " AND NOT EXISTS (SELECT 1 FROM dead WHERE dead.event = event.number AND dead.number <> ?1)"
        " AND NOT EXISTS (SELECT 1 FROM run WHERE run.event = event.number)",
        number);
    done = done ? run_once("DELETE FROM work WHERE number = ?", number) : done;
    return done ? run_once("DELETE FROM dead WHERE number = ?", number) : done;
}

Result<void> JournalFile::confirm_through(std::uint64_t number) {
    return set_meta("confirmed", number);
}

Result<void> JournalFile::erase_all() {
    const auto others = database_->ask("SELECT EXISTS (SELECT 1 FROM dead) OR EXISTS (SELECT 1 FROM run)");
    Result<void> erased = others ? database_->execute("DELETE FROM work") : others.error();
    if (!erased) {
        return erased;
    }
    return others->value_or(1) == 0 ? database_->execute("DELETE FROM event") : erase_events_through(kAllRows);
}

Result<void> JournalFile::erase_through(std::uint64_t number, std::int64_t count) {
    Result<void> erased = run_once("DELETE FROM work WHERE number <= min(?, coalesce("
                                   "(SELECT number FROM work ORDER BY number LIMIT 1 OFFSET ?), ?))",
                                   number, count - 1, number);
    return erased ? erase_events_through(number) : erased;
}

/// Of those up to this number that no work has any more. The events of tasks that wait are in the order of the tasks.
Result<void> JournalFile::erase_events_through(std::uint64_t number) {
    return run_once("DELETE FROM event WHERE number <= min(?, coalesce((SELECT event FROM work ORDER BY number LIMIT 1)"
                    " - 1, ?)) AND number NOT IN (SELECT event FROM dead) AND number NOT IN (SELECT event FROM run)",
                    number, number);
}

Result<void> JournalFile::note(std::string_view reason) {
    return set_meta("reason", reason);
}

Result<JournalFile::Extent> JournalFile::add_up(const std::string& table, std::uint64_t after, std::uint64_t until) {
    Result<Statement> query = database_->prepare(
        "SELECT count(*), total(length(channel) + length(payload) + length(action)), min(received) FROM " + table +
        " AS task JOIN event ON event.number = task.event WHERE task.number > ? AND task.number <= ?");
    if (!query) {
        return query.error();
    }
    if (const Result<bool> row = query->bind(0, after).bind(1, until).step(); !row) {
        return row.error();
    }
    Extent extent;
    extent.tasks = static_cast<std::uint64_t>(query->number(0));
    extent.bytes = static_cast<std::uint64_t>(query->number(1)) + extent.tasks * Task::kOverhead;
    if (extent.tasks > 0) {
        extent.oldest = to_time(query->number(2));
    }
    return extent;
}

Result<std::vector<JournalFile::Stored>> JournalFile::find_tasks(std::string_view id) {
    constexpr std::size_t kMost = 2;
    const Result<std::uint64_t> after = confirmed();
    Result<Statement> query =
        after ? database_->prepare("SELECT id, 0 FROM work WHERE number > ? UNION ALL SELECT id, 1 + held FROM dead")
              : after.error();
    if (!query) {
        return query.error();
    }
    query->bind(0, *after);
    std::vector<Stored> found;
    while (found.size() < kMost) {
        const Result<bool> row = query->step();
        if (!row) {
            return row.error();
        }
        if (!*row) {
            break;
        }
        Stored task{read_uuid(query->bytes(0)),
                    static_cast<Stored::State>(std::clamp<std::int64_t>(query->number(1), 0, 2))};
        if (has_prefix(task.id, id)) {
            found.push_back(task);
        }
    }
    return found;
}

Result<JournalFile::Extent> JournalFile::measure_between(std::uint64_t after, std::uint64_t until) {
    return add_up("work", after, until);
}

Result<JournalFile::Extent> JournalFile::measure() {
    const Result<std::uint64_t> after = confirmed();
    Result<Extent> extent = after ? add_up("work", *after, kAllRows) : after.error();
    Result<Extent> all = extent ? measure_dead() : extent;
    if (all) {
        all->tasks = extent->tasks;
        all->bytes = extent->bytes;
        all->oldest = extent->oldest;
    }
    return all;
}

Result<JournalFile::Extent> JournalFile::measure_dead() {
    const Result<Extent> dead = add_up("dead", 0, kAllRows);
    if (!dead) {
        return dead.error();
    }
    Result<Statement> held = database_->prepare(
        "SELECT count(*), max(reason) FROM dead JOIN event ON event.number = dead.event WHERE held = 1");
    const Result<bool> row = held ? held->step() : held.error();
    if (!row) {
        return row.error();
    }
    Extent extent;
    extent.held = static_cast<std::uint64_t>(held->number(0));
    extent.held_because = held->bytes(1);
    extent.dead = dead->tasks - extent.held;
    extent.dead_bytes = dead->bytes;
    return extent;
}

Result<std::vector<Task>> JournalFile::load(std::uint64_t after, std::uint64_t until, std::size_t cost) {
    std::vector<Task> tasks;
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
        tasks.push_back(read_task(*load_, tasks.empty() ? nullptr : tasks.back().event));
        taken += tasks.back().cost();
    }
    load_->reset();
    return tasks;
}

Result<std::vector<JournalFile::Dead>> JournalFile::load_dead() {
    return load_dead(false, std::numeric_limits<std::size_t>::max());
}

Result<std::vector<JournalFile::Dead>> JournalFile::load_dead_to_retry(std::size_t cost) {
    return load_dead(true, cost);
}

Result<std::vector<JournalFile::Dead>> JournalFile::load_dead(bool only_to_retry, std::size_t cost) {
    Result<Statement> query = database_->prepare(
        "SELECT " + std::string(kTaskColumns) +
        ", task.reason, task.died, task.retry, task.held FROM dead AS task JOIN event ON event.number = task.event"
        " WHERE task.retry >= ? ORDER BY task.number");
    if (!query) {
        return query.error();
    }
    query->bind(0, std::int64_t{only_to_retry});
    std::vector<Dead> dead;
    for (std::size_t taken = 0; taken < cost; taken += dead.back().task.cost()) {
        const Result<bool> row = query->step();
        if (!row) {
            return row.error();
        }
        if (!*row) {
            return dead;
        }
        dead.push_back({read_task(*query, nullptr), std::string(query->bytes(8)), to_time(query->number(9)),
                        query->number(10) != 0, query->number(11) != 0});
    }
    return dead;
}

Result<std::string> JournalFile::reason() {
    const Result<Meta> meta = load_meta();
    return meta ? Result<std::string>(meta->reason) : meta.error();
}

Result<std::uint64_t> JournalFile::confirmed() {
    const Result<Meta> meta = load_meta();
    return meta ? Result<std::uint64_t>(meta->confirmed) : meta.error();
}

Result<std::string> JournalFile::paused() {
    const Result<Meta> meta = load_meta();
    return meta ? Result<std::string>(meta->paused) : meta.error();
}

Result<void> JournalFile::set_paused(std::string_view keys) {
    return set_meta("paused", keys);
}

Result<void> JournalFile::ask_retry(std::uint64_t number) {
    return run_once("UPDATE dead SET retry = 1 WHERE number = ?", number);
}

Result<std::uint64_t> JournalFile::ask_retry_of_held() {
    const auto held = database_->ask("SELECT count(*) FROM dead WHERE held = 1");
    const Result<void> asked = held ? database_->execute("UPDATE dead SET retry = 1 WHERE held = 1") : held.error();
    return asked ? Result<std::uint64_t>(static_cast<std::uint64_t>(held->value_or(0))) : asked.error();
}

Result<std::uint64_t> JournalFile::drop_held(WallTime before) {
    Result<Statement> query =
        database_->prepare("SELECT number FROM dead WHERE held = 1 AND retry = 0 AND died < ? LIMIT 1");
    if (!query) {
        return query.error();
    }
    for (std::uint64_t dropped = 0;; ++dropped) {
        const Result<bool> row = query->bind(0, to_number(before)).step();
        if (!row || !*row) {
            return row ? Result<std::uint64_t>(dropped) : row.error();
        }
        const auto number = static_cast<std::uint64_t>(query->number(0));
        query->reset();
        if (const Result<void> done = drop(number); !done) {
            return done.error();
        }
    }
}

Result<std::int64_t> JournalFile::version() {
    const Result<std::optional<std::int64_t>> version = database_->ask("PRAGMA data_version");
    if (!version) {
        return version.error();
    }
    return version->value_or(0);
}

/// In pieces that fit into the cache, for what does not is written to the log, free pages too.
Result<void> JournalFile::vacuum() {
    constexpr std::int64_t kPages = 32;
    Result<void> done = database_->sync_commits(false);
    durability_ = Durability::relaxed;
    for (std::int64_t left = std::numeric_limits<std::int64_t>::max(); done;) {
        const auto free = database_->ask("PRAGMA freelist_count");
        if (!free || free->value_or(0) == 0 || free->value_or(0) >= left) {
            return free ? done : free.error();
        }
        left = free->value_or(0);
        done = database_->execute("PRAGMA incremental_vacuum(" + std::to_string(kPages) + ")");
    }
    return done;
}

/// Beside a reader nothing is given back, and what the vacuum moves would make the log longer. But on a full disk the
/// file would grow by what is free in it, and leave the vacuum no room for its part of the log.
Result<bool> JournalFile::shrink(bool may_lack_room) {
    database_->set_patience(std::chrono::milliseconds::zero());
    Result<bool> done = may_lack_room ? Result<bool>(true) : database_->checkpoint(true);
    if (done && *done) {
        const Result<void> vacuumed = vacuum();
        done = database_->checkpoint(true);
        done = done && !vacuumed ? vacuumed.error() : done;
    }
    database_->set_patience(Database::kBusyTimeout);
    return done;
}

} // namespace eventsgw
