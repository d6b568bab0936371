// SPDX-License-Identifier: GPL-3.0-or-later
// Copyright (C) 2026 eventsgw contributors

#pragma once

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
/// nothing depends on it: what cannot be kept is forgotten and logged, once for each reason. Until the first run it has
/// no file, no thread and no memory, and with Settings::runs == 0 never.
class History {
public:
    struct Settings {
        HistoryFile::Bounds bounds; ///< no runs: it is off
        bool keeps_payloads = false;
    };

    /// More of runs that the disk has not taken yet is not kept.
    static constexpr std::size_t kMaxUnwritten = std::size_t{16} << 20U;
    /// A larger payload is not kept.
    static constexpr std::size_t kMaxPayload = std::size_t{1} << 20U;

    History(Loop& loop, const Log& log, Settings settings, std::string path = kHistoryName)
        : loop_(loop), log_(log), settings_(settings), path_(std::move(path)) {}
    History(const History&) = delete;
    History& operator=(const History&) = delete;
    ~History() { finish(); }

    /// For the runs from now on. To switch it off waits for the disk as finish() does.
    void set_settings(Settings settings);

    bool is_on() const { return settings_.bounds.runs > 0; }
    /// Whether whoever runs something should hand in its payload, of so many bytes, afterwards.
    bool keeps_payload(std::size_t bytes) const { return is_on() && settings_.keeps_payloads && bytes <= kMaxPayload; }

    void add(RunRecord run);

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

    Result<void> start();
    void receive();
    void say_lost(const std::string& reason);

    Loop& loop_;
    const Log& log_;
    Settings settings_;
    std::string path_;
    std::atomic<std::size_t> unwritten_ = 0;
    std::unique_ptr<Writing> writing_; ///< from the first run on
    std::string lost_reason_;          ///< as last logged
};

} // namespace eventsgw
