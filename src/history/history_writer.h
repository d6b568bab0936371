// SPDX-License-Identifier: GPL-3.0-or-later
// Copyright (C) 2026 eventsgw contributors

#pragma once

#include "base/chrono.h"
#include "base/mailbox.h"
#include "history/history_file.h"
#include "history/run_record.h"

#include <atomic>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <optional>
#include <string>
#include <vector>

namespace eventsgw {

/// What is to be kept.
struct HistorySettings {
    HistoryFile::Bounds bounds; ///< no runs: it is off
    bool keeps_payloads = false;
};

/// A run that has ended, or none, and what the history is to keep from then on.
struct HistoryOrder {
    std::optional<RunRecord> run;
    HistorySettings settings;
    bool is_awaited = false; ///< when it has been written, that is news
};

/// What the history's thread tells the loop.
struct HistoryNews {
    enum class What : std::uint8_t {
        kept,       ///< an order that was awaited
        kept_again, ///< the problem is over
        lost,       ///< runs are not kept
        set_aside,  ///< the file was damaged, and has another name now
        replaced,   ///< somebody has removed or overwritten it; what is there now is used
        erased,     ///< it is off, and nothing is left
        not_erased  ///< it is off, but what there was is still there
    };
    What what = What::kept;
    std::string reason;
    std::string name; ///< of what was set aside
};

/// The thread that writes the history, so that the loop does not wait for the disk. Opens the file when there is
/// something to write, or an old one to be brought in line with the settings. All runs of kGather are one commit. What
/// cannot be written is forgotten; a damaged file is set aside, and another begun.
class HistoryWriter {
public:
    static constexpr std::chrono::milliseconds kGather{500};
    /// What is too old is forgotten so often, without a new run too.
    static constexpr std::chrono::hours kTidyEvery{1};
    static constexpr std::chrono::minutes kTidyAgain{1}; ///< where it has failed
    /// The log of writes is brought into the file, which ends what was forgotten, at the latest after this time, or
    /// when it has so many bytes.
    static constexpr std::chrono::seconds kLogAge{5};
    static constexpr std::int64_t kLogBytes = std::int64_t{4} << 20U;

    HistoryWriter(std::string path, Mailbox<HistoryOrder>& inbox, Mailbox<HistoryNews>& outbox,
                  std::atomic<std::size_t>& unwritten)
        : path_(std::move(path)), inbox_(inbox), outbox_(outbox), unwritten_(unwritten) {}

    /// Until `end`, an eventfd, is readable. What lies in the inbox then is still written.
    void run(int end);

private:
    using Clock = std::chrono::steady_clock;

    int time_to_chores() const;
    void work(std::vector<HistoryOrder> orders);
    /// What is to be written of them.
    std::vector<RunRecord> sort(std::vector<HistoryOrder> orders);
    void keep(const std::vector<RunRecord>& runs);
    void keep_up();
    void checkpoint_when_due();
    void erase();

    /// Carries it out on the open file, and once more on a new one where the file turns out to be damaged.
    Result<void> with_file(const std::function<Result<void>()>& action);
    Result<void> open();
    /// True when there was something to leave.
    bool leave_what_is_lost();
    void leave_lost_file();
    void leave_lost_log();
    bool set_aside(const Error& damage);
    void report(const Result<void>& written);

    std::string path_;
    Mailbox<HistoryOrder>& inbox_;
    Mailbox<HistoryNews>& outbox_;
    std::atomic<std::size_t>& unwritten_; ///< cost() of what lies in the inbox
    HistorySettings settings_;
    std::optional<HistoryFile> file_;
    bool is_awaited_ = false;
    Clock::time_point tidied_{};               ///< zero: it is due
    std::optional<Clock::time_point> written_; ///< the oldest that only the log of writes has
    std::string problem_;                      ///< as last told
};

} // namespace eventsgw
