// SPDX-License-Identifier: GPL-3.0-or-later
// Copyright (C) 2026 eventsgw contributors

#include "delivery/spool_writer.h"

#include <algorithm>
#include <limits>
#include <new>
#include <numeric>
#include <utility>

#include <poll.h>

namespace eventsgw {
namespace {

WallTime wall_now() {
    return std::chrono::time_point_cast<WallTime::duration>(std::chrono::system_clock::now());
}

std::size_t add_cost(std::size_t sum, const PendingTask& task) {
    return sum + task.cost();
}

} // namespace

SpoolWriter::SpoolWriter(SpoolLock lock, std::string instance, std::optional<SpoolFile> file,
                         Mailbox<SpoolOrder>& inbox, Mailbox<SpoolNews>& outbox)
    : lock_(std::move(lock)), instance_(std::move(instance)), file_(std::move(file)), inbox_(inbox), outbox_(outbox) {
    if (file_) {
        beside_ = look_beside();
    }
}

void SpoolWriter::run() {
    look_around();
    for (bool is_last = false; !is_last;) {
        pollfd inbox{inbox_.descriptor(), POLLIN, 0};
        ::poll(&inbox, 1, static_cast<int>(kTick.count()));
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

void SpoolWriter::end() {
    is_ending_ = true;
    inbox_.wake();
}

void SpoolWriter::sort_orders() {
    if (taken_.empty()) {
        taken_ = inbox_.take_all();
    }
    for (; sorted_ < taken_.size(); ++sorted_) { // when memory runs out, the rest is still there the next time
        SpoolOrder& order = taken_[sorted_];
        if (const auto* load = std::get_if<SpoolOrder::Load>(&order.what)) {
            loads_.push_back(*load);
        } else {
            orders_.push_back(std::move(order));
        }
    }
    taken_.clear();
    sorted_ = 0;
}

/// Loading does not depend on writing: what is loaded has been written before, and a full disk can still be read.
void SpoolWriter::work() {
    if (is_given_up_) {
        orders_.clear();
        loads_.clear();
        return;
    }
    const bool is_in_place = keep_place();
    const bool is_idle = orders_.empty() && loads_.empty();
    if (!file_ && ((is_idle && !is_to_open_) || !is_in_place || !open_file())) {
        return;
    }
    if (is_in_place) {
        write();
    }
    load();
    if (file_ && is_in_place && orders_.empty() && loads_.empty() && (!is_idle || look_around())) {
        report_well();
    }
}

void SpoolWriter::load() {
    while (file_ && !loads_.empty()) {
        const SpoolOrder::Load wanted = loads_.front();
        Result<std::vector<PendingTask>> tasks = file_->load(wanted.after, wanted.until, kLoadCost);
        if (!tasks) {
            report_problem(tasks.error());
            return;
        }
        const bool is_all = std::accumulate(tasks->begin(), tasks->end(), std::size_t{0}, add_cost) < kLoadCost;
        loads_.pop_front();
        outbox_.post({SpoolNews::Loaded{std::move(*tasks), wanted.until, is_all}});
    }
}

void SpoolWriter::write() {
    if (!file_ || orders_.empty()) {
        return;
    }
    Result<void> written = apply();
    if (!written && written.error().fault == Fault::disk_full) {
        file_->roll_back();
        make_room();
        written = apply();
    }
    if (!written) {
        file_->roll_back();
        report_problem(written.error());
        return;
    }
    report_done();
}

Result<void> SpoolWriter::apply() {
    measured_.clear();
    if (Result<void> begun = file_->begin(); !begun) {
        return begun;
    }
    for (const SpoolOrder& order : orders_) {
        if (Result<void> applied = apply_one(order); !applied) {
            return applied;
        }
    }
    return file_->commit();
}

Result<void> SpoolWriter::apply_one(const SpoolOrder& order) {
    if (const auto* write = std::get_if<SpoolOrder::Write>(&order.what)) {
        return apply_write(*write);
    }
    if (const auto* confirm = std::get_if<SpoolOrder::Confirm>(&order.what)) {
        return apply_confirm(*confirm);
    }
    if (const auto* bury = std::get_if<SpoolOrder::Bury>(&order.what)) {
        for (const PendingTask& task : bury->tasks) {
            if (Result<void> buried = file_->bury(task, bury->reason, wall_now()); !buried) {
                return buried;
            }
        }
        return {};
    }
    const auto& revive = std::get<SpoolOrder::Revive>(order.what);
    return file_->revive(revive.id, revive.number);
}

Result<void> SpoolWriter::apply_write(const SpoolOrder::Write& write) {
    if (write.is_return) {
        const std::uint64_t before = write.tasks.front().number() - 1;
        Result<void> done = file_->erase_through(confirmed_, SpoolFile::kAllRows);
        done = done ? file_->confirm_through(before) : done;
        if (!done) {
            return done;
        }
        confirmed_ = before;
    }
    for (const PendingTask& task : write.tasks) {
        if (Result<void> inserted = file_->insert(task); !inserted) {
            return inserted;
        }
    }
    return file_->note(write.reason);
}

Result<void> SpoolWriter::apply_confirm(const SpoolOrder::Confirm& confirm) {
    if (confirm.gap_after) {
        const Result<SpoolFile::Extent> extent = file_->measure_between(*confirm.gap_after, confirm.through);
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
    case SpoolOrder::Confirm::Rows::keep: return {};
    case SpoolOrder::Confirm::Rows::erase_some: return file_->erase_through(confirm.through, kEraseRows);
    case SpoolOrder::Confirm::Rows::erase_all: may_shrink_ = true; return file_->erase_all();
    }
    return {};
}

void SpoolWriter::report_done() {
    std::uint64_t stored = 0;
    std::size_t returns = 0;
    std::size_t written = 0;
    bool has_buried = false;
    for (const SpoolOrder& order : std::exchange(orders_, {})) {
        if (const auto* write = std::get_if<SpoolOrder::Write>(&order.what)) {
            stored = std::max(stored, write->tasks.back().number());
            written = std::accumulate(write->tasks.begin(), write->tasks.end(), written, add_cost);
            returns += write->is_return ? 1 : 0;
        } else if (const auto* revive = std::get_if<SpoolOrder::Revive>(&order.what)) {
            stored = std::max(stored, revive->number);
            version_ = -1;
        } else if (const auto* bury = std::get_if<SpoolOrder::Bury>(&order.what)) {
            outbox_.post({SpoolNews::Buried{bury->tasks.size()}});
            dead_.dead += bury->tasks.size();
            dead_.dead_bytes = std::accumulate(bury->tasks.begin(), bury->tasks.end(), dead_.dead_bytes, add_cost);
            has_buried = true;
        }
    }
    if (has_buried && version_ != -1) { // else they are counted soon
        outbox_.post({SpoolNews::Counted{dead_}});
    }
    for (const SpoolFile::Extent& extent : std::exchange(measured_, {})) {
        outbox_.post({SpoolNews::Measured{extent}});
    }
    if (stored > 0) {
        outbox_.post({SpoolNews::Stored{stored, returns}});
    }
    checkpoint(written);
}

std::size_t SpoolWriter::unwritten() const {
    if (file_ && !is_in_place()) {
        return std::numeric_limits<std::size_t>::max(); // nobody will find what is in it
    }
    std::size_t count = 0;
    for (const SpoolOrder& order : orders_) {
        if (const auto* write = std::get_if<SpoolOrder::Write>(&order.what)) {
            count += write->tasks.size();
        } else if (const auto* bury = std::get_if<SpoolOrder::Bury>(&order.what)) {
            count += bury->tasks.size();
        }
    }
    return count;
}

} // namespace eventsgw
