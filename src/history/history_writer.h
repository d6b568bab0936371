// SPDX-License-Identifier: GPL-3.0-or-later
// Copyright (C) 2026 eventsgw contributors

#pragma once

#include "base/mailbox.h"
#include "history/history_file.h"
#include "history/run_record.h"

#include <atomic>
#include <chrono>
#include <cstddef>
#include <optional>
#include <string>
#include <vector>

namespace eventsgw {

/// A run that has ended, and what the history is to keep from then on.
struct HistoryOrder {
    RunRecord run;
    HistoryFile::Bounds bounds;
};

/// What the history's thread tells the loop.
struct HistoryNews {
    std::string problem;   ///< why runs are not kept; empty: they are again
    std::string set_aside; ///< the name that a damaged file has now, where it could be given one
};

/// The thread that writes the history, so that the loop does not wait for the disk. Opens the file when there is
/// something to write. All runs of kGather are one commit. What cannot be written is forgotten; a damaged file is set
/// aside, and the next commit begins another.
class HistoryWriter {
public:
    static constexpr std::chrono::milliseconds kGather{500};

    HistoryWriter(std::string path, Mailbox<HistoryOrder>& inbox, Mailbox<HistoryNews>& outbox,
                  std::atomic<std::size_t>& unwritten)
        : path_(std::move(path)), inbox_(inbox), outbox_(outbox), unwritten_(unwritten) {}

    /// Until `end`, an eventfd, is readable. What lies in the inbox then is still written.
    void run(int end);

private:
    void write(std::vector<HistoryOrder> orders);
    Result<void> add(const std::vector<RunRecord>& runs, const HistoryFile::Bounds& bounds);
    void report(const Result<void>& written);

    std::string path_;
    Mailbox<HistoryOrder>& inbox_;
    Mailbox<HistoryNews>& outbox_;
    std::atomic<std::size_t>& unwritten_; ///< cost() of what lies in the inbox
    std::optional<HistoryFile> file_;
    std::string problem_; ///< as last told
};

} // namespace eventsgw
