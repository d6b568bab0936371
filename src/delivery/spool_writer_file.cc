// SPDX-License-Identifier: GPL-3.0-or-later
// Copyright (C) 2026 eventsgw contributors

#include "delivery/spool_writer.h"
#include "store/set_aside.h"

#include <utility>

#include <unistd.h>

namespace eventsgw {

bool SpoolWriter::keep_place() {
    if (lock_.is_in_place()) {
        return true;
    }
    std::string name;
    Result<SpoolLock> lock = SpoolLock::take(lock_.path());
    if (lock && !lock->is_empty()) {
        const Result<std::string> set_aside = set_database_aside(lock_.path());
        lock = set_aside ? SpoolLock::take(lock_.path()) : Result<SpoolLock>(set_aside.error());
        name = set_aside ? *set_aside : "";
    }
    const Result<void> written = lock ? write_anew(*lock) : Result<void>(lock.error());
    if (!written) {
        const bool is_broken = lock && written.error().os_error == kStoreBroken;
        report_problem(Error{"was removed or replaced while in use: " + written.error().message,
                             is_broken ? kStoreBroken : kStoreFailed});
        return false;
    }
    lock_ = std::move(*lock);
    outbox_.post({SpoolNews::Renewed{std::move(name)}});
    return true;
}

/// The old file is closed before the new one is opened, for SQLite removes by name what belongs to a file it closes.
Result<void> SpoolWriter::write_anew(SpoolLock& lock) {
    if (!file_) {
        return {};
    }
    Result<void> written = file_->copy_to(lock.path());
    written = written ? lock.sync() : written;
    if (!written) {
        ::unlink(lock.path().c_str());
        return written;
    }
    file_.reset();
    version_ = -1;
    Result<SpoolFile> file = SpoolFile::open(lock.path(), Database::Mode::write);
    if (!file) {
        return file.error();
    }
    file_.emplace(std::move(*file));
    return {};
}

bool SpoolWriter::open_new_file() {
    Result<SpoolFile> file = SpoolFile::open(lock_.path(), Database::Mode::create);
    if (!file) {
        report_problem(file.error());
        return false;
    }
    if (const Result<SpoolFile::Claim> claim = file->claim(instance_); !claim) {
        report_problem(claim.error());
        return false;
    }
    file_.emplace(std::move(*file));
    return true;
}

/// Not in the midst of a flood.
void SpoolWriter::checkpoint(std::size_t written) {
    log_cost_ += written;
    if (log_cost_ >= kLogCost && written < kQuietCost) {
        log_cost_ = 0;
        static_cast<void>(file_->checkpoint()); // a fault of the disk shows at the next commit
    }
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
        Result<std::vector<SpoolFile::Dead>> dead = file_->load_dead(true);
        if (!dead) {
            report_problem(dead.error());
            return false;
        }
        version_ = *version;
        if (!dead->empty()) {
            outbox_.post({SpoolNews::Retry{std::move(*dead)}});
        }
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
    if (error.os_error == kStoreBroken) {
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
