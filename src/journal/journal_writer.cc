// SPDX-License-Identifier: GPL-3.0-or-later
// Copyright (C) 2026 eventsgw contributors

#include "journal/journal_writer.h"

#include "store/set_aside.h"

#include <algorithm>
#include <iterator>
#include <limits>
#include <new>
#include <numeric>
#include <utility>

#include <fcntl.h>
#include <poll.h>
#include <sys/stat.h>
#include <sys/statvfs.h>
#include <unistd.h>

namespace eventsgw {
namespace {

WallTime wall_now() {
    return std::chrono::time_point_cast<WallTime::duration>(std::chrono::system_clock::now());
}

constexpr std::size_t kNever = std::numeric_limits<std::size_t>::max();

struct Disk {
    std::uint64_t size = 0; ///< 0: it is not known
    std::uint64_t free = 0;
};

/// The one on which the file lies, or is to lie.
Disk look_at_disk(const std::string& path) {
    const std::string directory = path.substr(0, path.find_last_of('/') + 1); // npos + 1 is 0
    struct statvfs info {};
    if (::statvfs(directory.empty() ? "." : directory.c_str(), &info) != 0) {
        return {};
    }
    return {std::uint64_t{info.f_blocks} * info.f_frsize, std::uint64_t{info.f_bavail} * info.f_frsize};
}

/// A confirmation without a question in it; else nullptr.
JournalOrder::Confirm* plain_confirm(JournalOrder& order) {
    auto* confirm = std::get_if<JournalOrder::Confirm>(&order.what);
    return confirm != nullptr && !confirm->gap_after ? confirm : nullptr;
}

bool is_regular(const std::string& path) {
    struct stat info {};
    return ::lstat(path.c_str(), &info) == 0 && S_ISREG(info.st_mode);
}

std::size_t add_cost(std::size_t sum, const Task& task) {
    return sum + task.cost();
}

} // namespace

JournalWriter::JournalWriter(std::string path, std::string agent, const JournalLock* lock, JournalFile::Claim claim,
                             std::optional<JournalFile> file, const JournalFile::Extent& extent,
                             Mailbox<JournalOrder>& inbox, Mailbox<JournalNews>& outbox)
    : path_(std::move(path)), agent_(std::move(agent)), lock_(lock), claim_(std::move(claim)), file_(std::move(file)),
      inbox_(inbox), outbox_(outbox), last_(extent.tasks > 0 ? claim_.floor : 0), last_run_(claim_.floor) {
    dead_ = extent;
    if (file_) {
        tidy_due_ = Clock::now() + kLogAge;
        has_runs_ = true; // until it has looked
    }
}

void JournalWriter::run() {
    for (bool is_last = false; !is_last;) {
        pollfd inbox{inbox_.descriptor(), POLLIN, 0};
        ::poll(&inbox, 1, patience());
        is_last = is_ending_; // and all orders lie in the inbox
        try {
            sort_orders();
            work(is_last);
        } catch (const std::bad_alloc&) {
            if (file_) {
                file_->roll_back();
            }
            report_problem(Error{"out of memory", Fault::shortage});
        }
    }
}

void JournalWriter::end() {
    is_ending_ = true;
    inbox_.wake();
}

void JournalWriter::look_at_dead_from_now_on() {
    looks_at_dead_ = true;
    inbox_.wake();
}

int JournalWriter::patience() const {
    const Clock::time_point now = Clock::now();
    if (!orders_.empty() || !loads_.empty() || !event_loads_.empty() || !problem_.empty()) {
        return static_cast<int>(kTick.count());
    }
    if (is_lost_) {
        return -1;
    }
    Clock::time_point due = is_watched() ? looked_ + kTick : Clock::time_point::max();
    for (const auto& chore : {history_due_, tidy_due_}) {
        due = std::min(due, chore.value_or(due));
    }
    if (due == Clock::time_point::max()) {
        return -1;
    }
    return static_cast<int>(std::chrono::ceil<std::chrono::milliseconds>(std::max(due, now) - now).count());
}

/// Somebody may drop the dead or ask for them to be pushed again, and take the file away from those that wait.
bool JournalWriter::is_watched() const {
    return file_ && (has_runs_ || (looks_at_dead_ && (last_ > confirmed_ || dead_.dead + dead_.held > 0)));
}

void JournalWriter::sort_orders() {
    if (taken_.empty()) {
        taken_ = inbox_.take_all();
    }
    for (; sorted_ < taken_.size(); ++sorted_) { // when memory runs out, the rest is still there the next time
        sort(taken_[sorted_]);
    }
    taken_.clear();
    sorted_ = 0;
}

void JournalWriter::sort(JournalOrder& order) {
    if (auto* renew = std::get_if<JournalOrder::Renew>(&order.what)) {
        claim_ = std::move(renew->claim);
        is_lost_ = false;
    } else if (auto* keep = std::get_if<JournalOrder::Keep>(&order.what)) {
        runs_.insert(runs_.end(), std::make_move_iterator(keep->runs.begin()),
                     std::make_move_iterator(keep->runs.end()));
        history_due_ = std::min(history_due_.value_or(Clock::time_point::max()), Clock::now() + kGather);
    } else if (auto* mark = std::get_if<JournalOrder::MarkReplayed>(&order.what)) {
        replayed_.push_back(std::move(mark->id));
        history_due_ = std::min(history_due_.value_or(Clock::time_point::max()), Clock::now() + kGather);
    } else if (const auto* retain = std::get_if<JournalOrder::Retain>(&order.what)) {
        history_ = retain->settings;
        is_history_changed_ = true;
        history_due_ = Clock::now();
    } else if (std::holds_alternative<JournalOrder::Touch>(order.what)) {
        ::utimensat(AT_FDCWD, path_.c_str(), nullptr, AT_SYMLINK_NOFOLLOW); // no file: nothing to be shown
    } else if (is_lost_) {
        return; // given before the loop knew
    } else if (const auto* load = std::get_if<JournalOrder::Load>(&order.what)) {
        loads_.push_back(*load);
    } else if (const auto* wanted = std::get_if<JournalOrder::LoadEvent>(&order.what)) {
        event_loads_.push_back(wanted->run);
    } else if (JournalOrder::Confirm* confirm = plain_confirm(order);
               confirm != nullptr && !orders_.empty() && plain_confirm(orders_.back()) != nullptr) {
        confirm->rows = std::max(confirm->rows, plain_confirm(orders_.back())->rows);
        orders_.back() = std::move(order); // while the disk fails there would be more and more
    } else {
        orders_.push_back(std::move(order));
    }
}

/// Loading does not depend on writing: what is loaded has been written before, and a full disk can still be read.
void JournalWriter::work(bool is_last) {
    if (file_ && !file_->is_in_place()) {
        file_->abandon();
        lose("was removed or replaced while in use");
    }
    const bool is_idle = orders_.empty() && loads_.empty() && event_loads_.empty();
    if (!is_idle) {
        if (const Result<void> opened = open_file(); !opened) {
            report_problem(opened.error());
            return;
        }
        write();
        load();
        load_events();
        report_log();
    }
    const Result<void> room = file_ || !problem_.empty() ? check_room() : Result<void>();
    if (!room) {
        report_problem(room.error());
    }
    if (!orders_.empty() || !loads_.empty() || !event_loads_.empty()) {
        return;
    }
    const bool is_readable = !file_ || look_around();
    if (is_lost_) {
        return;
    }
    if (is_readable && room) {
        report_well();
    }
    if (history_due_ && (Clock::now() >= *history_due_ || (is_last && !(runs_.empty() && replayed_.empty())))) {
        keep_history();
    }
    if (file_ && is_idle) {
        tidy_up();
    }
    report_log();
}

/// What is on its way to the disk must not take the reserve either, however small the disk is.
Result<void> JournalWriter::check_room() const {
    const Disk disk = look_at_disk(path_);
    const std::uint64_t reserve = std::min(kReserve, disk.size / kReserveParts);
    const std::uint64_t on_its_way = std::min(kOnItsWay, disk.size / kOnItsWayParts);
    return disk.size == 0 || disk.free >= reserve + on_its_way
               ? Result<void>()
               : Error{"the disk is nearly full: less than 512 MiB and 5 % of it are free", Fault::disk_full};
}

/// Another file in the place of the one that was closed is no loss: no task of this run waited in it. They are told
/// apart by their claims, because an inode's number is used again.
Result<void> JournalWriter::open_file() {
    if (file_) {
        return {};
    }
    if (!is_closed_ || !is_regular(path_)) {
        return make_file();
    }
    Result<JournalFile> file = JournalFile::open(path_, Database::Mode::write);
    const Result<bool> is_ours = file ? file->has_claim(claim_) : file.error();
    if (is_ours ? !*is_ours : is_ours.error().fault == Fault::absent) {
        if (file) {
            file->close();
        }
        return make_file();
    }
    if (!is_ours) {
        return is_ours.error();
    }
    file_.emplace(std::move(*file));
    return {};
}

Result<void> JournalWriter::make_file() {
    struct stat info {};
    const bool is_there = ::lstat(path_.c_str(), &info) == 0;
    if (is_there && S_ISREG(info.st_mode) && info.st_size == 0) {
        ::unlink(path_.c_str()); // left by a start that was killed
    } else if (is_there) {
        Result<std::string> name = set_database_aside(path_);
        if (!name) {
            return within("what lies in its place", name.error());
        }
        outbox_.post({JournalNews::Displaced{std::move(*name)}});
    }
    Result<JournalFile> file = JournalFile::make(path_, claim_, agent_, lock_);
    if (!file) {
        return file.error();
    }
    file_.emplace(std::move(*file));
    confirmed_ = claim_.floor;
    last_ = 0;
    dead_ = {};
    version_ = -1;
    has_runs_ = false;
    return {};
}

void JournalWriter::load_events() {
    while (file_ && !event_loads_.empty()) {
        Result<std::shared_ptr<KeptEvent>> event = file_->runs().load_event(event_loads_.front());
        if (!event) {
            report_problem(event.error());
            return;
        }
        outbox_.post({JournalNews::EventLoaded{event_loads_.front(), std::move(*event)}});
        event_loads_.pop_front();
    }
}

void JournalWriter::load() {
    while (file_ && !loads_.empty()) {
        const JournalOrder::Load wanted = loads_.front();
        Result<std::vector<Task>> tasks = file_->load(wanted.after, wanted.until, kLoadCost);
        if (!tasks) {
            report_problem(tasks.error());
            return;
        }
        const bool is_all = std::accumulate(tasks->begin(), tasks->end(), std::size_t{0}, add_cost) < kLoadCost;
        loads_.pop_front();
        outbox_.post({JournalNews::Loaded{std::move(*tasks), wanted.until, is_all}});
    }
}

void JournalWriter::write() {
    if (!file_ || orders_.empty()) {
        return;
    }
    bool keeps_history = ends_runs() && history_.is_on() && check_room_for_history();
    Result<void> written = apply(keeps_history);
    if (!written && keeps_history && written.error().fault != Fault::busy) {
        file_->roll_back();
        keeps_history = false; // nothing depends on it
        written = apply(false);
    }
    if (!written && written.error().fault == Fault::disk_full) {
        file_->roll_back();
        // The log is brought into the file, which has room for most of it, and the log's room can be used again.
        note_checkpoint(file_->checkpoint()); // the next attempt tells whether it was enough
        written = apply(false);
    }
    if (!written) {
        file_->roll_back();
        report_problem(written.error());
        return;
    }
    if (keeps_history) {
        last_run_ += runs_.size();
        drop_runs();
    }
    report_done();
}

bool JournalWriter::ends_runs() const {
    return std::any_of(orders_.begin(), orders_.end(), [](const JournalOrder& order) {
        const auto* save = std::get_if<JournalOrder::SaveRuns>(&order.what);
        return save != nullptr && !save->ended.empty();
    });
}

/// A run whose row is erased is in the history with the same commit, so that a kill leaves one of the two.
Result<void> JournalWriter::apply(bool keeps_history) {
    measured_.clear();
    if (Result<void> begun = file_->begin(); !begun) {
        return begun;
    }
    note_settled();
    for (std::size_t i = 0; i < orders_.size(); ++i) {
        if (Result<void> applied = apply_one(orders_[i], settled_[i]); !applied) {
            return applied;
        }
    }
    if (keeps_history) {
        if (Result<void> added = add_history(); !added) {
            return added;
        }
    }
    return file_->commit();
}

/// Some were gathered before they came here, and are to be in the order of their ends.
Result<void> JournalWriter::add_history() {
    std::stable_sort(runs_.begin(), runs_.end(),
                     [](const RunRecord& a, const RunRecord& b) { return a.ended < b.ended; });
    return file_->history().add(runs_, last_run_);
}

/// What a later order of the same commit confirms needs no row.
void JournalWriter::note_settled() {
    settled_.assign(orders_.size(), 0);
    std::uint64_t through = 0;
    for (std::size_t i = orders_.size(); i-- > 0;) {
        settled_[i] = through;
        if (const auto* confirm = std::get_if<JournalOrder::Confirm>(&orders_[i].what)) {
            through = std::max(through, confirm->through);
        }
    }
}

Result<void> JournalWriter::apply_one(const JournalOrder& order, std::uint64_t settled) {
    if (const auto* write = std::get_if<JournalOrder::Write>(&order.what)) {
        return apply_write(*write, settled);
    }
    if (const auto* confirm = std::get_if<JournalOrder::Confirm>(&order.what)) {
        return apply_confirm(*confirm);
    }
    if (const auto* bury = std::get_if<JournalOrder::Bury>(&order.what)) {
        for (const Task& task : bury->tasks) {
            if (Result<void> buried = file_->bury(task, bury->reason, wall_now()); !buried) {
                return buried;
            }
        }
        return {};
    }
    if (const auto* save = std::get_if<JournalOrder::SaveRuns>(&order.what)) {
        return apply_runs(*save);
    }
    if (const auto* pause = std::get_if<JournalOrder::Pause>(&order.what)) {
        return file_->set_paused(pause->keys);
    }
    const auto& revive = std::get<JournalOrder::Revive>(order.what);
    last_ = std::max(last_, revive.task.number);
    return file_->revive(revive.number, revive.task);
}

Result<void> JournalWriter::apply_runs(const JournalOrder::SaveRuns& save) {
    RunTable runs = file_->runs();
    const Result<void> saved = runs.save(save.rows);
    return saved ? runs.erase(save.ended) : saved;
}

Result<void> JournalWriter::apply_write(const JournalOrder::Write& write, std::uint64_t settled) {
    if (write.is_return) {
        const std::uint64_t before = write.tasks.front().number - 1;
        Result<void> done = file_->erase_through(confirmed_, JournalFile::kAllRows);
        done = done ? file_->confirm_through(before) : done;
        if (!done) {
            return done;
        }
        confirmed_ = before;
    }
    last_ = std::max(last_, write.tasks.back().number);
    for (auto task = find_after(write.tasks, settled); task != write.tasks.end(); ++task) {
        if (Result<void> inserted = file_->insert(*task); !inserted) {
            return inserted;
        }
    }
    return file_->note(write.reason);
}

Result<void> JournalWriter::apply_confirm(const JournalOrder::Confirm& confirm) {
    if (confirm.gap_after) {
        const Result<JournalFile::Extent> extent = file_->measure_between(*confirm.gap_after, confirm.through);
        if (!extent) {
            return extent.error();
        }
        measured_.push_back(*extent);
    }
    confirmed_ = confirm.through;
    if (Result<void> noted = file_->confirm_through(confirm.through); !noted) {
        return noted;
    }
    switch (confirm.rows) {
    case JournalOrder::Confirm::Rows::keep: return {};
    case JournalOrder::Confirm::Rows::erase_some: return file_->erase_through(confirm.through, kEraseRows);
    case JournalOrder::Confirm::Rows::erase_all: return file_->erase_all();
    }
    return {};
}

void JournalWriter::report_done() {
    std::uint64_t stored = 0;
    std::size_t returns = 0;
    std::size_t written = 0;
    std::uint64_t ticket = 0;
    bool has_buried = false;
    for (const JournalOrder& order : std::exchange(orders_, {})) {
        if (const auto* write = std::get_if<JournalOrder::Write>(&order.what)) {
            stored = std::max(stored, write->tasks.back().number);
            written = std::accumulate(write->tasks.begin(), write->tasks.end(), written, add_cost);
            returns += write->is_return ? 1 : 0;
        } else if (const auto* revive = std::get_if<JournalOrder::Revive>(&order.what)) {
            stored = std::max(stored, revive->task.number);
            version_ = -1;
        } else if (const auto* bury = std::get_if<JournalOrder::Bury>(&order.what)) {
            outbox_.post({JournalNews::Buried{bury->tasks.size()}});
            dead_.dead += bury->tasks.size();
            dead_.dead_bytes = std::accumulate(bury->tasks.begin(), bury->tasks.end(), dead_.dead_bytes, add_cost);
            has_buried = true;
        } else if (const auto* save = std::get_if<JournalOrder::SaveRuns>(&order.what)) {
            ticket = save->ticket;
            written = std::accumulate(save->rows.begin(), save->rows.end(), written,
                                      [](std::size_t sum, const RunRow& row) { return sum + row.cost(); });
        }
    }
    if (ticket > 0) {
        const Result<bool> is_empty = file_->runs().is_empty();
        has_runs_ = !is_empty || !*is_empty;
        outbox_.post({JournalNews::RunsStored{ticket}});
    }
    if (has_buried && version_ != -1) { // else they are counted soon
        outbox_.post({JournalNews::Counted{dead_}});
    }
    for (const JournalFile::Extent& extent : std::exchange(measured_, {})) {
        outbox_.post({JournalNews::Measured{extent}});
    }
    if (stored > 0) {
        outbox_.post({JournalNews::Stored{stored, returns}});
    }
    const bool is_flood = written >= kQuietCost;
    note_written(written, is_flood ? kNever : log_limit_.load());
    if (is_flood) {
        tidy_due_ = Clock::now() + kLogAge; // after it
    }
}

void JournalWriter::note_written(std::size_t cost, std::size_t log_limit) {
    tidy_due_ = tidy_due_.value_or(Clock::now() + kLogAge);
    log_cost_ += cost;
    if (file_->log_size() >= log_limit) {
        note_checkpoint(file_->checkpoint());
    }
}

/// A fault of the disk shows at the next commit.
void JournalWriter::note_checkpoint(const Result<bool>& done) {
    const bool is_complete = done && *done;
    const std::size_t limit = std::min(kHeldLog, 2 * log_limit_.load());
    is_log_held_ = !is_complete && (is_log_held_ || file_->log_size() >= limit);
    log_cost_ = is_complete ? 0 : log_cost_;
}

void JournalWriter::report_log() {
    JournalNews::Log log{file_ ? file_->log_size() : 0, file_ ? log_cost_ : 0, is_log_held_};
    if (log != log_) {
        log_ = log;
        outbox_.post({log});
    }
}

/// Another process drops dead tasks, or asks for them to be pushed again. False when there may be more of these.
Result<bool> JournalWriter::look_at_dead() {
    const Result<JournalFile::Extent> extent = file_->measure_dead();
    Result<std::vector<JournalFile::Dead>> dead = extent ? file_->load_dead_to_retry(kRetryCost) : extent.error();
    if (!dead) {
        return dead.error();
    }
    dead_ = *extent;
    outbox_.post({JournalNews::Counted{dead_}});
    if (dead->empty()) {
        return true;
    }
    outbox_.post({JournalNews::Retry{std::move(*dead)}});
    return false;
}

/// Another process may have released or dropped runs that were held.
Result<void> JournalWriter::look_at_held_runs() {
    RunTable runs = file_->runs();
    const bool had_runs = has_runs_;
    const Result<bool> is_empty = runs.is_empty();
    Result<std::vector<std::uint64_t>> held = is_empty ? runs.list_held(false) : is_empty.error();
    Result<std::vector<std::uint64_t>> released = held ? runs.list_held(true) : held.error();
    if (!released) {
        return released.error();
    }
    has_runs_ = !*is_empty;
    if (had_runs) {
        outbox_.post({JournalNews::HeldRuns{std::move(*held), std::move(*released)}});
    }
    return {};
}

/// Once a tick, between two commits: has another process asked for something? False when the file could not be read.
bool JournalWriter::look_around() {
    const Clock::time_point now = Clock::now();
    if (now < looked_ + kTick) {
        return true;
    }
    looked_ = now;
    const Result<std::int64_t> version = file_->version();
    if (!version) {
        report_problem(version.error());
        return false;
    }
    const bool looks_at_dead = looks_at_dead_;
    if (version_ == *version && looked_at_dead_ == looks_at_dead) {
        return true;
    }
    Result<bool> is_all = looks_at_dead ? look_at_dead() : Result<bool>(true);
    if (const Result<void> looked = is_all ? look_at_held_runs() : Result<void>(); !looked) {
        is_all = looked.error();
    }
    if (!is_all) {
        report_problem(is_all.error());
        return false;
    }
    looked_at_dead_ = looks_at_dead;
    version_ = *is_all ? *version : -1;
    tidy_due_ = tidy_due_.value_or(now + kLogAge); // what another process has written is in the log too
    return true;
}

void JournalWriter::keep_history() {
    history_due_ = Clock::now() + kTick; // once more, unless all goes well
    if (history_.runs == 0) {
        drop_runs();
    }
    const bool is_any_there = file_ || (is_closed_ && is_regular(path_));
    if (runs_.empty() && !is_any_there) {
        history_due_.reset();
        return;
    }
    const Result<void> room = runs_.empty() ? Result<void>() : check_room_for_history();
    const Result<void> opened = room || is_any_there ? open_file() : room;
    // Forgetting needs no room, and makes some.
    const Result<bool> erased = opened ? write_history(room.ok()) : opened.error();
    if (!erased || !room) {
        report_not_kept(erased ? room.error() : erased.error());
        return;
    }
    const bool may_expire = history_.runs > 0 || dead_.held > 0 || has_runs_;
    history_due_ = may_expire ? std::optional(Clock::now() + kForgetEvery) : std::nullopt;
    if (history_.runs == 0 && *erased) {
        outbox_.post({JournalNews::Erased{}});
    }
    note_written(drop_runs(), std::min(kHistoryLogSize, log_limit_.load()));
}

/// Those that are on disk, or not to be kept. What they cost.
std::size_t JournalWriter::drop_runs() {
    const std::size_t cost = std::accumulate(runs_.begin(), runs_.end(), std::size_t{0},
                                             [](std::size_t sum, const RunRecord& run) { return sum + run.cost(); });
    if (!runs_.empty() || !history_problem_.empty()) {
        outbox_.post({JournalNews::Kept{cost}});
    }
    runs_.clear();
    history_problem_.clear();
    return cost;
}

Result<void> JournalWriter::check_room_for_history() const {
    if (file_ && file_->log_size() >= history_.log_bytes) {
        return Error{"the log of writes has come to journal_limit", Fault::disk_full};
    }
    return check_room();
}

/// Without room for what has ended it only forgets.
Result<bool> JournalWriter::write_history(bool has_room) {
    const RunRecord::Time now = std::chrono::system_clock::now();
    HistoryTable history = file_->history();
    Result<void> done = file_->begin(JournalFile::Durability::relaxed);
    done = done && has_room ? add_history() : done;
    done = done ? history.mark_replayed(replayed_) : done;
    const Result<bool> erased = done ? history.forget(history_, now, is_history_changed_) : done.error();
    const WallTime oldest = std::chrono::floor<WallTime::duration>(now - history_.age);
    const Result<std::uint64_t> tasks = erased ? file_->drop_held(oldest) : erased.error();
    const Result<std::uint64_t> runs = tasks ? file_->runs().drop_held(oldest) : tasks.error();
    done = runs ? file_->commit() : Result<void>(runs.error());
    if (!done) {
        file_->roll_back();
        return done.error();
    }
    last_run_ += has_room ? runs_.size() : 0;
    replayed_.clear();
    is_history_changed_ = false;
    tidy_due_ = tidy_due_.value_or(Clock::now() + kLogAge);
    if (*tasks + *runs > 0) {
        version_ = -1; // they are counted soon
        outbox_.post({JournalNews::Expired{*tasks, *runs}});
    }
    return erased;
}

/// The log ends up in the file, without what was erased, and both give room back. A file that nothing depends on is
/// closed, because SQLite takes memory for it.
void JournalWriter::tidy_up() {
    if (tidy_due_ && Clock::now() >= *tidy_due_) {
        const bool may_lack_room = look_at_disk(path_).free < file_->log_size();
        const Result<bool> done = file_->shrink(may_lack_room); // it is room that is at stake: else another time
        tidy_due_ = done && *done ? std::nullopt : std::optional(Clock::now() + kLogAge);
        note_checkpoint(done);
    }
    if (!tidy_due_ && !is_watched() && problem_.empty() && history_problem_.empty()) {
        is_closed_ = true;
        file_.reset();
    }
}

/// The loop learns of it, and orders what is in its memory anew.
void JournalWriter::lose(const std::string& reason) {
    file_.reset();
    is_closed_ = false;
    is_log_held_ = false;
    log_cost_ = 0;
    tidy_due_.reset();
    is_lost_ = true;
    orders_.clear();
    loads_.clear();
    event_loads_.clear();
    has_runs_ = false;
    problem_.clear();
    std::string name;
    if (FileIdentity::of(path_) != FileIdentity()) {
        const Result<std::string> set_aside = set_database_aside(path_);
        name = set_aside ? *set_aside : "";
    } else {
        for (const char* suffix : {"-wal", "-shm"}) {
            ::unlink((path_ + suffix).c_str()); // SQLite would take it for the new one's
        }
    }
    outbox_.post({JournalNews::Lost{reason, name}});
    report_log();
}

bool JournalWriter::loses_over(const Error& error) {
    const bool is_there = file_ || is_closed_;
    if (is_there && error.fault == Fault::damaged) {
        lose(error.message);
        return true;
    }
    return false;
}

void JournalWriter::report_not_kept(const Error& error) {
    if (!loses_over(error) && history_problem_ != error.message) {
        history_problem_ = error.message;
        outbox_.post({JournalNews::NotKept{history_problem_}});
    }
}

void JournalWriter::report_problem(const Error& error) {
    const bool is_disk_full = error.fault == Fault::disk_full;
    const bool is_known = problem_ == error.message || (is_disk_full && is_disk_full_ && !problem_.empty());
    if (!loses_over(error) && !is_known) {
        problem_ = error.message;
        is_disk_full_ = is_disk_full;
        outbox_.post({JournalNews::Problem{problem_, is_disk_full}});
    }
}

void JournalWriter::report_well() {
    if (!std::exchange(problem_, "").empty()) {
        outbox_.post({JournalNews::Problem{""}});
    }
}

std::size_t JournalWriter::unwritten() const {
    if (file_ && !file_->is_in_place()) {
        return std::numeric_limits<std::size_t>::max(); // nobody will find what is in it
    }
    std::size_t count = 0;
    for (const JournalOrder& order : orders_) {
        if (const auto* write = std::get_if<JournalOrder::Write>(&order.what)) {
            count += write->tasks.size();
        } else if (const auto* bury = std::get_if<JournalOrder::Bury>(&order.what)) {
            count += bury->tasks.size();
        }
    }
    return count;
}

std::size_t JournalWriter::unwritten_runs() const {
    if (file_ && !file_->is_in_place()) {
        return std::numeric_limits<std::size_t>::max();
    }
    std::size_t count = 0;
    for (const JournalOrder& order : orders_) {
        if (const auto* save = std::get_if<JournalOrder::SaveRuns>(&order.what)) {
            count += static_cast<std::size_t>(std::count_if(save->rows.begin(), save->rows.end(),
                                                            [](const RunRow& row) { return row.event != nullptr; }));
        }
    }
    return count;
}

} // namespace eventsgw
