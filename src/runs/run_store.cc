// SPDX-License-Identifier: GPL-3.0-or-later
// Copyright (C) 2026 eventsgw contributors

#include "runs/run_store.h"

#include "process/leftovers.h"

#include <algorithm>
#include <variant>

namespace eventsgw {
namespace {

RunRow::State state_of(const Run& run) {
    switch (run.state) {
    case Run::State::waiting: return RunRow::State::waiting;
    case Run::State::starting:
    case Run::State::running: return RunRow::State::running;
    case Run::State::held: return RunRow::State::held;
    case Run::State::ending: break;
    }
    return RunRow::State::waiting;
}

} // namespace

RunStore::RunStore(Timers& timers, Journal& journal, Limits limits, Callbacks callbacks)
    : timers_(timers), journal_(journal), limits_(limits), callbacks_(std::move(callbacks)),
      patience_(timers.make_timer([this] { look_at_young(kGroup); })), give_(timers.make_timer([this] { give(); })) {
    journal_.listen_to_runs([this](JournalNews& news) { on_news(news); });
    journal_.count_runs_by([this] { return on_disk_; });
}

bool RunStore::is_full() const {
    const bool can_write = !is_failing_ && !is_journal_full();
    return memory_ >= limits_.memory + (can_write ? kOnItsWay : 0);
}

bool RunStore::is_journal_full() const {
    return journal_.size_with(on_disk_ + journal_.cost_of_tasks()) >= limits_.journal;
}

void RunStore::add_stored(Run& run) {
    run.has_row = run.has_event_row = true;
    on_disk_ += cost(run);
}

void RunStore::add(Run& run) {
    count(run);
    note_young(run);
    if (memory_ > std::min(limits_.memory, kWindow) / 2) {
        look_at_young(kPatience);
    }
}

/// While the journal fails there is nothing to look for: all get their rows when it is over.
void RunStore::note_young(const Run& run) {
    if (is_failing_) {
        return;
    }
    young_.emplace_back(timers_.now() + kPatience, run.number);
    if (!patience_->is_pending()) {
        patience_->start(kPatience);
    }
}

void RunStore::replace_event(Run& run, const std::shared_ptr<KeptEvent>& event, std::size_t size) {
    on_disk_ -= run.has_row ? cost(run) : 0;
    run.event = event;
    run.size = size;
    run.has_event_row = false;
    on_disk_ += run.has_row ? cost(run) : 0;
    count(run);
    save(run);
}

void RunStore::count(Run& run) {
    const bool is_at_work = run.state == Run::State::starting || run.state == Run::State::running;
    const std::size_t counted = run.event && !is_at_work ? cost(run) : 0;
    memory_ += counted - std::exchange(run.counted, counted);
}

void RunStore::prepare(Run& run, bool is_written_first) {
    run.awaits_disk = (is_written_first || run.has_row) && !is_failing_;
    if (run.awaits_disk) {
        write(run);
    } else {
        run.is_behind = run.has_row;
    }
    if (!run.event) {
        load(run);
    }
    proceed(run);
}

void RunStore::load(Run& run) {
    if (!std::exchange(run.awaits_event, true)) {
        journal_.order(JournalOrder::LoadEvent{run.number});
    }
}

void RunStore::proceed(Run& run) {
    if (run.state == Run::State::starting && !run.awaits_disk && !run.awaits_event) {
        callbacks_.on_ready(run);
    }
}

void RunStore::note_started(Run& run) {
    if (run.has_row) {
        note_young(run);
    }
}

void RunStore::save(Run& run) {
    if (run.has_row && (!is_failing_ || is_ending_)) {
        write(run);
    } else {
        run.is_behind = run.has_row;
    }
}

/// The times in young_ rise.
void RunStore::look_at_young(Clock::duration ahead) {
    const Clock::time_point until = timers_.now() + ahead;
    if (is_journal_full()) {
        if (!patience_->is_pending() && !young_.empty()) { // not for each new run, of which there may be many
            std::erase_if(young_, [this](const auto& young) { return callbacks_.find(young.second) == nullptr; });
            patience_->start(kFull);
        }
        return;
    }
    while (!young_.empty() && young_.front().first <= until) {
        Run* const run = callbacks_.find(young_.front().second);
        young_.pop_front();
        const bool has_news = run != nullptr && (!run->has_row || run->state == Run::State::running);
        if (has_news) {
            write(*run);
        }
    }
    if (!young_.empty()) {
        patience_->start(std::max(young_.front().first - timers_.now(), Clock::duration(kGroup)));
    }
}

/// What the row says is decided now, and it is on its way soon.
void RunStore::write(Run& run) {
    RunRow row;
    row.number = run.number;
    row.id = run.id;
    row.kind = run.group->kind;
    row.key = run.group->key;
    row.state = state_of(run);
    row.starts = run.starts;
    row.crashes = run.crashes;
    row.stops = run.stops;
    row.failures = run.failures;
    row.coalesced = run.coalesced;
    row.due = run.is_later ? run.arrived + std::chrono::floor<WallTime::duration>(run.due - run.read) : WallTime();
    row.arrived = run.arrived;
    row.reason = run.held_because ? std::string_view(*run.held_because) : run.is_cancelled ? kCancelled : "";
    if (run.attempt) {
        row.pid = run.attempt->pid();
        row.pid_start = row.pid != 0 ? find_start_time(row.pid).value_or(0) : 0;
    }
    if (!std::exchange(run.has_event_row, true)) {
        row.event = run.event;
    }
    if (!std::exchange(run.has_row, true)) {
        on_disk_ += cost(run);
    }
    run.is_behind = false;
    run.ticket = ticket_ + 1;
    order_.rows.push_back(std::move(row));
    give_soon();
}

void RunStore::erase(Run& run) {
    memory_ -= std::exchange(run.counted, 0);
    if (run.has_row) {
        on_disk_ -= cost(run);
        order_.ended.push_back(run.number);
        give_soon();
    }
}

void RunStore::give_soon() {
    if (!give_->is_pending()) {
        give_->start(Clock::duration::zero()); // to wait for more keeps slots idle, and was slower
    }
}

void RunStore::give() {
    give_->stop();
    if (order_.rows.empty() && order_.ended.empty()) {
        return;
    }
    order_.ticket = ++ticket_;
    Given& given = given_.emplace_back(Given{ticket_, {}});
    for (const RunRow& row : order_.rows) {
        given.runs.push_back(row.number);
    }
    journal_.order(std::exchange(order_, {}));
}

void RunStore::save_unwritten() {
    is_ending_ = true;
    callbacks_.each([this](Run& run) {
        if ((!run.has_row || run.is_behind) && run.state != Run::State::ending) {
            write(run);
        }
    });
    give();
}

void RunStore::on_news(JournalNews& news) {
    if (const auto* stored = std::get_if<JournalNews::RunsStored>(&news.what)) {
        on_stored(stored->ticket);
    } else if (auto* loaded = std::get_if<JournalNews::EventLoaded>(&news.what)) {
        on_event_loaded(*loaded);
    } else if (const auto* held = std::get_if<JournalNews::HeldRuns>(&news.what)) {
        callbacks_.on_held(*held);
    } else if (std::holds_alternative<JournalNews::Lost>(news.what)) {
        on_lost();
    } else if (const auto* problem = std::get_if<JournalNews::Problem>(&news.what)) {
        on_problem(*problem);
    }
}

void RunStore::on_stored(std::uint64_t ticket) {
    stored_ = ticket;
    while (!given_.empty() && given_.front().ticket <= ticket) {
        const Given given = std::move(given_.front());
        given_.pop_front();
        for (auto number = given.runs.rbegin(); number != given.runs.rend(); ++number) { // newest first
            if (Run* const run = callbacks_.find(*number); run != nullptr && run->ticket <= given.ticket) {
                run->awaits_disk = false;
                run->is_behind ? void() : trim(*run);
            }
        }
        for (const std::uint64_t number : given.runs) {
            if (Run* const run = callbacks_.find(number)) {
                proceed(*run);
            }
        }
    }
}

/// Lets memory go of an event that is on disk, if there is too much in memory.
void RunStore::trim(Run& run) {
    const bool may_leave = run.state == Run::State::waiting || run.state == Run::State::held;
    if (may_leave && run.event && memory_ > std::min(limits_.memory, kWindow)) {
        run.event.reset();
        count(run);
    }
}

void RunStore::on_event_loaded(JournalNews::EventLoaded& loaded) {
    Run* const run = callbacks_.find(loaded.run);
    if (run == nullptr || !std::exchange(run->awaits_event, false)) {
        return;
    }
    if (!run->event && loaded.event) {
        run->event = std::move(loaded.event);
        count(*run);
    }
    if (run->state == Run::State::starting && run->event) {
        proceed(*run);
    } else {
        callbacks_.on_event(*run);
        // Many may be released at once, and what was read from the file is in it.
        if (Run* const left = callbacks_.find(loaded.run); left != nullptr && left->has_event_row) {
            trim(*left);
        }
    }
}

/// What was in the file alone has gone. All else is written to the new file.
void RunStore::on_lost() {
    given_.clear();
    order_ = {};
    on_disk_ = 0;
    const bool was_failing = std::exchange(is_failing_, false);
    is_disk_full_ = false;
    std::vector<std::uint64_t> lost;
    std::vector<std::uint64_t> starting;
    callbacks_.each([&](Run& run) {
        const bool had_row = run.has_row;
        run.has_row = run.has_event_row = run.is_behind = run.awaits_disk = run.awaits_event = false;
        if (!run.event) {
            lost.push_back(run.number);
        } else if (had_row || was_failing) {
            write(run);
            run.state == Run::State::starting ? starting.push_back(run.number) : void();
        }
    });
    give();
    for (const std::uint64_t number : starting) {
        if (Run* const run = callbacks_.find(number)) {
            proceed(*run);
        }
    }
    callbacks_.on_lost(lost);
}

/// While the journal cannot be written runs start without, and its rows are behind; all is written when it can be.
void RunStore::on_problem(const JournalNews::Problem& problem) {
    const bool was_failing = std::exchange(is_failing_, !problem.reason.empty());
    is_disk_full_ = problem.is_disk_full;
    if (was_failing == is_failing_) {
        return;
    }
    young_.clear();
    std::vector<std::uint64_t> starting;
    callbacks_.each([&](Run& run) {
        if (!is_failing_) {
            run.state == Run::State::ending ? void() : write(run);
        } else if (std::exchange(run.awaits_disk, false)) {
            starting.push_back(run.number);
        }
    });
    for (const std::uint64_t number : starting) {
        if (Run* const run = callbacks_.find(number)) {
            proceed(*run);
        }
    }
}

} // namespace eventsgw
