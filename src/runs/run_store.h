// SPDX-License-Identifier: GPL-3.0-or-later
// Copyright (C) 2026 eventsgw contributors

#pragma once

#include "base/chrono.h"
#include "journal/journal.h"
#include "loop/timers.h"
#include "runs/run.h"

#include <cstddef>
#include <cstdint>
#include <deque>
#include <functional>
#include <memory>
#include <utility>
#include <vector>

namespace eventsgw {

/// What of the runs is on disk, and what in memory. A run gets a row in the journal when it has waited or run for
/// kPatience; one that ends sooner needs none. From then on each start is on disk before it is carried out, so that a
/// start which brings the gateway down has been counted. Events of runs that wait leave memory once they are on disk
/// and too much is in memory, and return before their run starts.
class RunStore {
public:
    struct Limits {
        std::size_t memory;  ///< bytes of events that wait in memory
        std::size_t journal; ///< bytes on disk, with what tasks take there
    };
    struct Callbacks {
        std::function<Run*(std::uint64_t number)> find;                  ///< nullptr once it has ended
        std::function<void(const std::function<void(Run&)>& look)> each; ///< all runs, oldest first
        std::function<void(Run& run)> on_ready;                          ///< see prepare()
        std::function<void(Run& run)> on_event;                          ///< see load(); without an event: it is lost
        /// The journal is lost, and with it these runs, which were in it alone; they may be none.
        std::function<void(const std::vector<std::uint64_t>& runs)> on_lost;
        std::function<void(const JournalNews::HeldRuns& runs)> on_held;
    };

    /// Longer than this no run waits or runs without a row.
    static constexpr std::chrono::milliseconds kPatience{200};
    /// Rows of runs that become due this much later are written with those that are.
    static constexpr std::chrono::milliseconds kGroup{40};
    /// While nothing more may be written, so often it is tried again.
    static constexpr std::chrono::seconds kFull{1};
    /// More events than this do not stay in memory once they are on disk, whatever the limit.
    static constexpr std::size_t kWindow = 4U << 20U;
    /// Beyond the limit, what may be on its way to the disk.
    static constexpr std::size_t kOnItsWay = 24U << 20U;
    /// About what it takes to keep an event.
    static constexpr std::size_t kOverhead = 200;

    /// The journal is the caller's, and outlives this. The callbacks come from the loop; on_ready also from within
    /// prepare().
    RunStore(Timers& timers, Journal& journal, Limits limits, Callbacks callbacks);

    void set_limits(Limits limits) { limits_ = limits; }
    /// Whether nothing more may wait.
    bool is_full() const;
    bool is_disk_full() const { return is_disk_full_; }
    std::size_t memory() const { return memory_; } ///< bytes of events that wait in memory

    /// Whether the run's row on disk says what it said last.
    bool is_stored(const Run& run) const { return run.has_row && !run.is_behind && run.ticket <= stored_; }

    /// A run that a former process has left: it has a row, and its event is on disk alone.
    void add_stored(Run& run);
    /// A new run, with its event in memory: it will have a row if it takes long.
    void add(Run& run);
    /// Another event stands for the run now.
    void replace_event(Run& run, const std::shared_ptr<KeptEvent>& event, std::size_t size);
    /// The run is about to start. on_ready() follows when its event is in memory and, if `is_written_first` or it has a
    /// row, its start on disk. While the journal cannot be written runs start without.
    void prepare(Run& run, bool is_written_first);
    /// The run's state has changed, or whether its event is in memory.
    void count(Run& run);
    /// The run has started, so that its row can tell its process.
    void note_started(Run& run);
    /// The run waits again, or is held: its row is to say so.
    void save(Run& run);
    /// Asks for the event of a run that does not start; on_event() follows.
    void load(Run& run);
    /// The run has ended, and is about to be destroyed.
    void erase(Run& run);

    /// The end is near: every run gets a row, now, and each row says what it should. From then on all is ordered from
    /// the journal even while it fails, for it may take it at last, as on a disk that is nearly full.
    void save_unwritten();
    /// Orders what was gathered from the journal, now.
    void give();

private:
    void on_news(JournalNews& news);
    void on_stored(std::uint64_t ticket);
    void on_event_loaded(JournalNews::EventLoaded& loaded);
    void on_lost();
    void on_problem(const JournalNews::Problem& problem);
    void look_at_young(Clock::duration ahead);
    void note_young(const Run& run);
    void write(Run& run);
    void give_soon();
    bool is_journal_full() const;
    void trim(Run& run);
    void proceed(Run& run);
    static std::size_t cost(const Run& run) { return run.size + kOverhead; }

    Timers& timers_;
    Journal& journal_;
    Limits limits_;
    Callbacks callbacks_;
    std::deque<std::pair<Clock::time_point, std::uint64_t>> young_; ///< when to look whether a run needs a row, or its
                                                                    ///< row a process
    std::unique_ptr<Timer> patience_;
    JournalOrder::SaveRuns order_{}; ///< gathered, and not given to the journal yet
    std::unique_ptr<Timer> give_;
    struct Given {
        std::uint64_t ticket;
        std::vector<std::uint64_t> runs;
    };
    std::deque<Given> given_; ///< orders that are not on disk yet
    std::uint64_t ticket_ = 0;
    std::uint64_t stored_ = 0; ///< the last of them on disk
    std::size_t memory_ = 0;   ///< bytes of events that wait there
    std::size_t on_disk_ = 0;  ///< bytes of runs with a row
    bool is_failing_ = false;  ///< the journal cannot be written
    bool is_disk_full_ = false;
    bool is_ending_ = false;
};

} // namespace eventsgw
