// SPDX-License-Identifier: GPL-3.0-or-later
// Copyright (C) 2026 eventsgw contributors

#pragma once

#include "base/chrono.h"
#include "base/log.h"
#include "journal/journal.h"
#include "journal/run_record.h"
#include "loop/timers.h"

#include <cstddef>
#include <string>

namespace eventsgw {

/// The last runs of commands and handlers, which the journal keeps for `eventsgw history`. Nothing depends on it: what
/// the disk does not take waits in memory, and what is too much for that is forgotten; each is logged once.
class History {
public:
    /// More of runs that the disk has not taken yet is not kept.
    static constexpr std::size_t kMaxUnwritten = std::size_t{16} << 20U;
    /// A larger payload is not kept.
    static constexpr std::size_t kMaxPayload = std::size_t{1} << 20U;
    static constexpr int kMaxRefused = 10;

    /// Brings what former processes have kept in line with the settings.
    History(Timers& timers, const Log& log, HistorySettings settings, Journal& journal);
    History(const History&) = delete;
    History& operator=(const History&) = delete;

    /// For the runs from now on, and for those that are there: what is not to be kept any more is erased soon.
    void set_settings(HistorySettings settings);

    bool is_on() const { return settings_.is_on(); }

    void add(RunRecord run);

    /// An administrator has replayed the event of the work with this id.
    void mark_replayed(const std::string& id);

    /// Whether a run that was refused should be added too: of those there may be very many, and kMaxRefused a second
    /// are enough.
    bool wants_refused();

    /// Says what has been lost, once the journal has come to its end.
    void end() const;

    /// Why the last run was not kept; empty when all is well.
    const std::string& problem() const { return problem_; }

private:
    void tell_settings();
    void take(const JournalNews& news);
    void say(const std::string& message, const std::string& reason);

    Timers& timers_;
    const Log& log_;
    HistorySettings settings_;
    Journal& journal_;
    bool is_told_ = false;      ///< the journal knows the settings
    std::size_t unwritten_ = 0; ///< what runs cost that are not on disk yet
    int refused_ = 0;           ///< in the second that began then
    Clock::time_point second_{};
    std::string problem_;
    std::string logged_; ///< the last problem that was, and its reason
};

} // namespace eventsgw
