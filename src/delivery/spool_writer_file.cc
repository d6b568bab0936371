// SPDX-License-Identifier: GPL-3.0-or-later
// Copyright (C) 2026 eventsgw contributors

#include "delivery/spool_writer.h"
#include "store/set_aside.h"

#include <algorithm>
#include <utility>

#include <unistd.h>

namespace eventsgw {

SpoolWriter::Beside SpoolWriter::look_beside() const {
    return {FileIdentity::of(lock_.path() + "-wal"), FileIdentity::of(lock_.path() + "-shm")};
}

/// Who comes next makes what is missing anew: with another log it does not see what is in ours, and with another index
/// it writes to the log where we do.
bool SpoolWriter::is_in_place() const {
    return lock_.is_in_place() && (!beside_ || *beside_ == look_beside());
}

bool SpoolWriter::keep_place() {
    if (is_in_place()) {
        return true;
    }
    if (std::chrono::steady_clock::now() < next_copy_ && !is_ending_) {
        return false;
    }
    Result<std::string> set_aside = write_anew();
    if (!set_aside) {
        next_copy_ = std::chrono::steady_clock::now() + copy_delay_;
        copy_delay_ = std::min<std::chrono::milliseconds>(2 * copy_delay_, kLongestCopyDelay);
        report_problem(within("was removed or replaced while in use", set_aside.error()));
        return false;
    }
    copy_delay_ = kTick;
    outbox_.post({SpoolNews::Renewed{std::move(*set_aside)}});
    return true;
}

/// The copy takes the place in one step; until then the old file is all that there is. What SQLite would take for the
/// copy's log goes before. Returns the name of what was found in the place, if it was not ours.
Result<std::string> SpoolWriter::write_anew() {
    const std::string path = lock_.path();
    const std::string new_path = path + kCopySuffix;
    ::unlink(new_path.c_str());
    Result<SpoolLock> lock = SpoolLock::take(new_path);
    if (!lock) {
        return lock.error();
    }
    Result<void> copied = file_ ? file_->copy_to(new_path) : lock_.copy_to(*lock);
    copied = copied ? lock->sync() : copied;
    const bool is_ours = lock_.is_in_place() || FileIdentity::of(path) == FileIdentity();
    const Result<std::string> set_aside = copied && !is_ours ? set_database_aside(path) : Result<std::string>("");
    if (!copied || !set_aside) {
        ::unlink(new_path.c_str());
        return copied ? set_aside.error() : copied.error();
    }
    for (const char* suffix : {"-wal", "-shm", "-journal"}) {
        ::unlink((path + suffix).c_str());
    }
    if (Result<void> moved = lock->move_to(path); !moved) {
        return moved.error();
    }
    is_to_open_ = file_ || !lock_.is_empty();
    file_.reset(); // now, and not later: SQLite removes the log of a file that it closes by its name
    lock_ = std::move(*lock);
    beside_.reset();
    version_ = -1;
    return *set_aside;
}

/// One that is new, or was written anew.
bool SpoolWriter::open_file() {
    Result<SpoolFile> file = SpoolFile::open(lock_.path(), Database::Mode::create);
    const Result<SpoolFile::Claim> claim = file ? file->claim(instance_) : Result<SpoolFile::Claim>(file.error());
    if (!claim) {
        report_problem(claim.error());
        return false;
    }
    file_.emplace(std::move(*file));
    beside_ = look_beside();
    is_to_open_ = false;
    return true;
}

/// On a full disk: what lies in the log is brought into the file, which has room for most of it, and the log's room can
/// be used again.
void SpoolWriter::make_room() {
    static_cast<void>(file_->checkpoint()); // the next attempt tells whether it was enough
}

/// Not in the midst of a flood.
void SpoolWriter::checkpoint(std::size_t written) {
    log_cost_ += std::max<std::size_t>(written, 1); // what writes no task is in the log too
    if (log_cost_ >= kLogCost && written < kQuietCost) {
        log_cost_ = 0;
        static_cast<void>(file_->checkpoint()); // a fault of the disk shows at the next commit
    }
}

/// Another process drops dead tasks, or asks for them to be pushed again. False when there may be more of these.
Result<bool> SpoolWriter::look_at_dead() {
    const Result<SpoolFile::Extent> extent = file_->measure_dead();
    Result<std::vector<SpoolFile::Dead>> dead = extent ? file_->load_dead_to_retry(kRetryCost) : extent.error();
    if (!dead) {
        return dead.error();
    }
    dead_ = *extent;
    outbox_.post({SpoolNews::Counted{dead_}});
    if (dead->empty()) {
        return true;
    }
    outbox_.post({SpoolNews::Retry{std::move(*dead)}});
    return false;
}

/// When nothing else is to be done: has another process asked for something, and is there room to give back? False
/// when the file could not be read.
bool SpoolWriter::look_around() {
    if (!file_) {
        return true; // nothing in it yet that another process could have asked for
    }
    const Result<std::int64_t> version = file_->version();
    if (!version) {
        report_problem(version.error());
        return false;
    }
    if (version_ != *version) {
        const Result<bool> is_all = look_at_dead();
        if (!is_all) {
            report_problem(is_all.error());
            return false;
        }
        version_ = *is_all ? *version : -1;
        log_cost_ = std::max<std::size_t>(log_cost_, 1); // what another process has written is in the log too
    }
    if (log_cost_ > 0) {
        log_cost_ = 0;
        static_cast<void>(file_->checkpoint());
    }
    if (may_shrink_) {
        const Result<bool> shrunk = file_->shrink();
        may_shrink_ = !shrunk || !*shrunk; // it is room and no task that is at stake: another time
    }
    return true;
}

void SpoolWriter::report_problem(const Error& error) {
    if (error.fault == Fault::damaged) {
        give_up(error);
        return;
    }
    if (problem_ != error.message) {
        problem_ = error.message;
        outbox_.post({SpoolNews::Problem{error, false, ""}});
    }
}

void SpoolWriter::report_well() {
    if (!std::exchange(problem_, "").empty()) {
        outbox_.post({SpoolNews::Problem{Error{}, false, ""}});
    }
}

void SpoolWriter::give_up(const Error& error) {
    file_.reset();
    is_given_up_ = true;
    const Result<std::string> name = set_database_aside(lock_.path());
    outbox_.post({SpoolNews::Problem{error, true, name ? *name : ""}});
}

} // namespace eventsgw
