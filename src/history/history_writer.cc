// SPDX-License-Identifier: GPL-3.0-or-later
// Copyright (C) 2026 eventsgw contributors

#include "history/history_writer.h"

#include "store/set_aside.h"

#include <array>
#include <new>
#include <utility>

#include <poll.h>

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
        is_ending = wait_for_end(end, inbox_.descriptor(), -1) ||
                    wait_for_end(end, kNoDescriptor, static_cast<int>(kGather.count()));
        try {
            write(inbox_.take_all());
        } catch (const std::bad_alloc&) {
            report(Error{"out of memory", kStoreFailed});
        }
    }
}

void HistoryWriter::write(std::vector<HistoryOrder> orders) {
    if (orders.empty()) {
        return;
    }
    std::vector<RunRecord> runs;
    runs.reserve(orders.size());
    std::size_t cost = 0;
    for (HistoryOrder& order : orders) {
        cost += order.run.cost();
        runs.push_back(std::move(order.run));
    }
    unwritten_ -= cost;
    report(add(runs, orders.back().bounds));
}

Result<void> HistoryWriter::add(const std::vector<RunRecord>& runs, const HistoryFile::Bounds& bounds) {
    if (!file_) {
        Result<HistoryFile> file = HistoryFile::open_to_write(path_);
        if (!file) {
            return file.error();
        }
        file_.emplace(std::move(*file));
    }
    return file_->add(runs, bounds, std::chrono::system_clock::now());
}

void HistoryWriter::report(const Result<void>& written) {
    if (written) {
        if (!std::exchange(problem_, "").empty()) {
            outbox_.post({});
        }
        return;
    }
    HistoryNews news{written.error().message, ""};
    if (written.error().os_error == kStoreBroken) {
        file_.reset();
        const Result<std::string> name = set_database_aside(path_);
        news.set_aside = name ? *name : "";
    }
    if (problem_ != news.problem || !news.set_aside.empty()) {
        problem_ = news.problem;
        outbox_.post(std::move(news));
    }
}

} // namespace eventsgw
