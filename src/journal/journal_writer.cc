// SPDX-License-Identifier: GPL-3.0-or-later
// Copyright (C) 2026 eventsgw contributors

#include "journal/journal_writer.h"

#include "store/set_aside.h"

#include <algorithm>
#include <limits>
#include <new>
#include <numeric>
#include <utility>

#include <poll.h>
#include <sys/stat.h>
#include <unistd.h>

namespace eventsgw {
namespace {

WallTime wall_now() {
    return std::chrono::time_point_cast<WallTime::duration>(std::chrono::system_clock::now());
}

std::size_t add_cost(std::size_t sum, const Task& task) {
    return sum + task.cost();
}

} // namespace

JournalWriter::JournalWriter(std::string path, JournalFile::Claim claim, std::optional<JournalFile> file,
                             Mailbox<JournalOrder>& inbox, Mailbox<JournalNews>& outbox)
    : path_(std::move(path)), claim_(std::move(claim)), file_(std::move(file)), inbox_(inbox), outbox_(outbox) {}

void JournalWriter::run() {
    int patience = 0; // the first look is for what another process has asked for meanwhile
    for (bool is_last = false; !is_last; patience = static_cast<int>(kTick.count())) {
        pollfd inbox{inbox_.descriptor(), POLLIN, 0};
        ::poll(&inbox, 1, patience);
        is_last = is_ending_; // and all orders lie in the inbox
        try {
            sort_orders();
            work();
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
    } else if (is_lost_) {
        return; // given before the loop knew
    } else if (const auto* load = std::get_if<JournalOrder::Load>(&order.what)) {
        loads_.push_back(*load);
    } else {
        orders_.push_back(std::move(order));
    }
}

/// Loading does not depend on writing: what is loaded has been written before, and a full disk can still be read.
void JournalWriter::work() {
    if (file_ && !file_->is_in_place()) {
        file_->abandon();
        lose("was removed or replaced while in use");
    }
    const bool is_idle = orders_.empty() && loads_.empty();
    if (!file_ && (is_idle || !make_file())) {
        return;
    }
    write();
    load();
    if (file_ && orders_.empty() && loads_.empty() && look_around()) {
        report_well();
        if (is_idle) {
            tidy_up();
        }
    }
}

bool JournalWriter::make_file() {
    struct stat info {};
    const bool is_there = ::lstat(path_.c_str(), &info) == 0;
    if (is_there && S_ISREG(info.st_mode) && info.st_size == 0) {
        ::unlink(path_.c_str()); // left by a start that was killed
    } else if (is_there) {
        Result<std::string> name = set_database_aside(path_);
        if (!name) {
            report_problem(within("what lies in its place", name.error()));
            return false;
        }
        outbox_.post({JournalNews::Displaced{std::move(*name)}});
    }
    Result<JournalFile> file = JournalFile::make(path_, claim_);
    if (!file) {
        report_problem(file.error());
        return false;
    }
    file_.emplace(std::move(*file));
    confirmed_ = claim_.floor;
    version_ = -1;
    return true;
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
    Result<void> written = apply();
    if (!written && written.error().fault == Fault::disk_full) {
        file_->roll_back();
        // The log is brought into the file, which has room for most of it, and the log's room can be used again.
        static_cast<void>(file_->checkpoint()); // the next attempt tells whether it was enough
        written = apply();
    }
    if (!written) {
        file_->roll_back();
        report_problem(written.error());
        return;
    }
    report_done();
}

Result<void> JournalWriter::apply() {
    measured_.clear();
    if (Result<void> begun = file_->begin(); !begun) {
        return begun;
    }
    for (const JournalOrder& order : orders_) {
        if (Result<void> applied = apply_one(order); !applied) {
            return applied;
        }
    }
    return file_->commit();
}

Result<void> JournalWriter::apply_one(const JournalOrder& order) {
    if (const auto* write = std::get_if<JournalOrder::Write>(&order.what)) {
        return apply_write(*write);
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
    const auto& revive = std::get<JournalOrder::Revive>(order.what);
    return file_->revive(revive.number, revive.new_number);
}

Result<void> JournalWriter::apply_write(const JournalOrder::Write& write) {
    if (write.is_return) {
        const std::uint64_t before = write.tasks.front().number - 1;
        Result<void> done = file_->erase_through(confirmed_, JournalFile::kAllRows);
        done = done ? file_->confirm_through(before) : done;
        if (!done) {
            return done;
        }
        confirmed_ = before;
    }
    for (const Task& task : write.tasks) {
        if (Result<void> inserted = file_->insert(task); !inserted) {
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
    case JournalOrder::Confirm::Rows::erase_all: may_shrink_ = true; return file_->erase_all();
    }
    return {};
}

void JournalWriter::report_done() {
    std::uint64_t stored = 0;
    std::size_t returns = 0;
    std::size_t written = 0;
    bool has_buried = false;
    for (const JournalOrder& order : std::exchange(orders_, {})) {
        if (const auto* write = std::get_if<JournalOrder::Write>(&order.what)) {
            stored = std::max(stored, write->tasks.back().number);
            written = std::accumulate(write->tasks.begin(), write->tasks.end(), written, add_cost);
            returns += write->is_return ? 1 : 0;
        } else if (const auto* revive = std::get_if<JournalOrder::Revive>(&order.what)) {
            stored = std::max(stored, revive->new_number);
            version_ = -1;
        } else if (const auto* bury = std::get_if<JournalOrder::Bury>(&order.what)) {
            outbox_.post({JournalNews::Buried{bury->tasks.size()}});
            dead_.dead += bury->tasks.size();
            dead_.dead_bytes = std::accumulate(bury->tasks.begin(), bury->tasks.end(), dead_.dead_bytes, add_cost);
            has_buried = true;
        }
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
    checkpoint(written);
}

/// Not in the midst of a flood.
void JournalWriter::checkpoint(std::size_t written) {
    log_cost_ += std::max<std::size_t>(written, 1); // what writes no task is in the log too
    if (log_cost_ >= kLogCost && written < kQuietCost) {
        log_cost_ = 0;
        static_cast<void>(file_->checkpoint()); // a fault of the disk shows at the next commit
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

/// Once a tick, between two commits: has another process asked for something? False when the file could not be read.
bool JournalWriter::look_around() {
    const auto now = std::chrono::steady_clock::now();
    if (!looks_at_dead_ || now < looked_ + kTick) {
        return true;
    }
    looked_ = now;
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
    return true;
}

/// When nothing else is to be done.
void JournalWriter::tidy_up() {
    if (log_cost_ > 0) {
        log_cost_ = 0;
        static_cast<void>(file_->checkpoint());
    }
    if (may_shrink_) {
        const Result<bool> shrunk = file_->shrink();
        may_shrink_ = !shrunk || !*shrunk; // it is room and no task that is at stake: another time
    }
}

/// The loop learns of it, and orders what is in its memory anew.
void JournalWriter::lose(const std::string& reason) {
    file_.reset();
    is_lost_ = true;
    orders_.clear();
    loads_.clear();
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
}

void JournalWriter::report_problem(const Error& error) {
    if (file_ && error.fault == Fault::damaged) {
        lose(error.message);
    } else if (problem_ != error.message) {
        problem_ = error.message;
        outbox_.post({JournalNews::Problem{problem_}});
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

} // namespace eventsgw
