// SPDX-License-Identifier: GPL-3.0-or-later
// Copyright (C) 2026 eventsgw contributors

#include "history/history_writer.h"

#include "store/set_aside.h"

#include <algorithm>
#include <array>
#include <new>
#include <utility>

#include <poll.h>
#include <unistd.h>

namespace eventsgw {
namespace {

/// Whether `end` is readable, at the latest when `other` is, or the time is over.
bool wait_for_end(int end, int other, int timeout) {
    std::array<pollfd, 2> descriptors{pollfd{end, POLLIN, 0}, pollfd{other, POLLIN, 0}};
    ::poll(descriptors.data(), descriptors.size(), timeout);
    return (descriptors[0].revents & POLLIN) != 0;
}

constexpr int kNoDescriptor = -1; // poll(2) leaves it out

} // namespace

void HistoryWriter::run(int end) {
    for (bool is_ending = false; !is_ending;) {
        is_ending = wait_for_end(end, inbox_.descriptor(), time_to_chores()) ||
                    wait_for_end(end, kNoDescriptor, static_cast<int>(kGather.count()));
        try {
            work(inbox_.take_all());
            if (is_ending) {
                leave_what_is_lost(); // or to close it would bring the log of writes into what is there now
            }
        } catch (const std::bad_alloc&) {
            report(Error{"out of memory", Fault::shortage});
        }
    }
}

int HistoryWriter::time_to_chores() const {
    const Clock::time_point due = written_ ? *written_ + kLogAge : tidied_ + kTidyEvery;
    const auto left = std::chrono::ceil<std::chrono::milliseconds>(due - Clock::now());
    return static_cast<int>(std::max(left, kGather).count());
}

void HistoryWriter::work(std::vector<HistoryOrder> orders) {
    const std::vector<RunRecord> runs = sort(std::move(orders));
    if (settings_.bounds.runs == 0) {
        erase();
        return;
    }
    if (!runs.empty()) {
        keep(runs);
    }
    keep_up();
    checkpoint_when_due();
}

std::vector<RunRecord> HistoryWriter::sort(std::vector<HistoryOrder> orders) {
    std::vector<RunRecord> runs;
    runs.reserve(orders.size());
    std::size_t cost = 0;
    for (HistoryOrder& order : orders) {
        if (order.run) {
            cost += order.run->cost();
            runs.push_back(std::move(*order.run));
        } else {
            tidied_ = {}; // the settings are others
        }
        settings_ = order.settings;
        is_awaited_ = is_awaited_ || order.is_awaited;
    }
    unwritten_ -= cost;
    return runs;
}

void HistoryWriter::keep(const std::vector<RunRecord>& runs) {
    const Result<void> added =
        with_file([&] { return file_->add(runs, settings_.bounds, std::chrono::system_clock::now()); });
    if (added && !written_) {
        written_ = Clock::now();
    }
    report(added);
}

/// A file that nothing has been written to since is not kept open.
void HistoryWriter::keep_up() {
    if (Clock::now() < tidied_ + kTidyEvery && tidied_ != Clock::time_point()) {
        return;
    }
    tidied_ = Clock::now() - kTidyEvery + kTidyAgain;
    const bool was_open = file_.has_value();
    if (!was_open && ::access(path_.c_str(), F_OK) != 0) {
        tidied_ = Clock::now();
        return;
    }
    const Result<void> tidied = with_file(
        [this] { return file_->tidy(settings_.bounds, settings_.keeps_payloads, std::chrono::system_clock::now()); });
    if (!tidied) {
        report(tidied);
        return;
    }
    tidied_ = Clock::now();
    written_ = Clock::time_point(); // which is due at once
    checkpoint_when_due();
    if (!was_open && !written_) {
        file_.reset();
    }
}

/// A fault of the disk shows at the next commit, and is told then.
void HistoryWriter::checkpoint_when_due() {
    const bool is_due = file_ && written_ && (Clock::now() >= *written_ + kLogAge || file_->log_size() >= kLogBytes);
    if (!is_due) {
        return;
    }
    if (leave_what_is_lost()) {
        return;
    }
    const Result<bool> done = file_->checkpoint();
    written_ = done && *done ? std::nullopt : std::optional(Clock::now());
}

/// What cannot be read is not removed, for it may be anything.
void HistoryWriter::erase() {
    file_.reset();
    written_.reset();
    const bool is_due = tidied_ == Clock::time_point();
    tidied_ = Clock::now();
    if (!is_due || ::access(path_.c_str(), F_OK) != 0) {
        return;
    }
    Result<void> erased = open();
    file_.reset();
    if (!erased && erased.error().fault == Fault::damaged && set_aside(erased.error())) {
        return;
    }
    erased = erased ? HistoryPlace(path_).remove_all() : erased;
    outbox_.post(erased ? HistoryNews{HistoryNews::What::erased, "", ""}
                        : HistoryNews{HistoryNews::What::not_erased, erased.error().message, ""});
}

Result<void> HistoryWriter::with_file(const std::function<Result<void>()>& action) {
    leave_what_is_lost();
    Result<void> done = open();
    done = done ? action() : done;
    if (!done && done.error().fault == Fault::damaged && set_aside(done.error())) {
        done = open();
        done = done ? action() : done;
    }
    return done;
}

Result<void> HistoryWriter::open() {
    if (!file_) {
        Result<HistoryFile> file = HistoryFile::open_to_write(path_);
        if (!file) {
            return file.error();
        }
        file_.emplace(std::move(*file));
    }
    return {};
}

bool HistoryWriter::leave_what_is_lost() {
    if (file_ && !file_->is_in_place()) {
        leave_lost_file();
        return true;
    }
    if (file_ && !file_->has_log()) {
        leave_lost_log();
        return true;
    }
    return false;
}

void HistoryWriter::leave_lost_file() {
    file_->abandon();
    file_.reset();
    written_.reset();
    outbox_.post({HistoryNews::What::replaced, "", ""});
}

/// What the log still holds is brought into the file by the next tidying, which is due.
void HistoryWriter::leave_lost_log() {
    const bool is_all_there = file_->leave_log();
    file_.reset();
    written_.reset();
    tidied_ = {};
    if (!is_all_there) {
        outbox_.post({HistoryNews::What::replaced, "", ""});
    }
}

bool HistoryWriter::set_aside(const Error& damage) {
    file_.reset();
    written_.reset();
    const Result<std::string> name = set_database_aside(path_);
    if (name) {
        outbox_.post({HistoryNews::What::set_aside, damage.message, *name});
    }
    return name.ok();
}

void HistoryWriter::report(const Result<void>& written) {
    if (written) {
        if (!std::exchange(problem_, "").empty()) {
            outbox_.post({HistoryNews::What::kept_again, "", ""});
        } else if (std::exchange(is_awaited_, false)) {
            outbox_.post({HistoryNews::What::kept, "", ""});
        }
    } else if (problem_ != written.error().message) {
        problem_ = written.error().message;
        outbox_.post({HistoryNews::What::lost, problem_, ""});
    }
}

} // namespace eventsgw
