// SPDX-License-Identifier: GPL-3.0-or-later
// Copyright (C) 2026 eventsgw contributors

#pragma once

#include "base/chrono.h"
#include "base/fd.h"
#include "base/log.h"
#include "base/mailbox.h"
#include "history/history_file.h"
#include "history/history_writer.h"
#include "history/run_record.h"
#include "loop/watch.h"

#include <atomic>
#include <cstddef>
#include <memory>
#include <string>
#include <thread>

namespace eventsgw {

class Loop;

/// The last runs of commands and handlers, for `eventsgw history`. Does not wait for the disk, but in finish(), and
/// nothing depends on it: what cannot be kept is forgotten and logged, once for each reason. Where there is no file it
/// has no thread and no memory until the first run, and none ever when it is off.
class History {
public:
    using Settings = HistorySettings;

    /// More of runs that the disk has not taken yet is not kept.
    static constexpr std::size_t kMaxUnwritten = std::size_t{16} << 20U;
    /// A larger payload is not kept.
    static constexpr std::size_t kMaxPayload = std::size_t{1} << 20U;
    static constexpr int kMaxRefused = 10;

    History(Loop& loop, const Log& log, Settings settings, std::string path = kHistoryName)
        : loop_(loop), log_(log), settings_(settings), path_(std::move(path)) {}
    History(const History&) = delete;
    History& operator=(const History&) = delete;
    ~History() { finish(); }

    /// Brings the file of a former process in line with the settings.
    void start();

    /// For the runs from now on, and for those that are there: what is not to be kept any more is erased soon.
    void set_settings(Settings settings);

    bool is_on() const { return settings_.bounds.runs > 0; }
    /// Whether whoever runs something should hand in its payload, of so many bytes, afterwards.
    bool keeps_payload(std::size_t bytes) const { return is_on() && settings_.keeps_payloads && bytes <= kMaxPayload; }

    void add(RunRecord run);

    /// Whether a run that was refused should be added too: of those there may be very many, and kMaxRefused a second
    /// are enough.
    bool wants_refused();

    /// Why the last run was not kept; empty when all is well.
    const std::string& problem() const { return problem_; }

    /// What has been added is on disk when this returns, or cannot be.
    void finish();

private:
    /// The thread and what it needs.
    struct Writing {
        Writing(const std::string& path, std::atomic<std::size_t>& unwritten)
            : writer(path, inbox, outbox, unwritten) {}

        Mailbox<HistoryOrder> inbox;
        Mailbox<HistoryNews> outbox;
        UniqueFd end;
        HistoryWriter writer;
        std::unique_ptr<Watch> watch;
        std::thread thread;
    };

    bool start_thread();
    Result<void> try_to_start_thread();
    void tidy();
    void receive();
    void take(const HistoryNews& news);
    void say_lost(const std::string& reason);

    Loop& loop_;
    const Log& log_;
    Settings settings_;
    std::string path_;
    std::atomic<std::size_t> unwritten_ = 0;
    std::unique_ptr<Writing> writing_; ///< from the first run on
    int refused_ = 0;                  ///< in the second that began then
    std::chrono::steady_clock::time_point second_{};
    std::string problem_;
    std::string logged_; ///< the last problem that was
};

} // namespace eventsgw
