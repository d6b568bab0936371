// SPDX-License-Identifier: GPL-3.0-or-later
// Copyright (C) 2026 eventsgw contributors

#include "delivery/backlog.h"

#include <algorithm>
#include <limits>
#include <utility>

namespace eventsgw {
namespace {

constexpr std::chrono::nanoseconds kNow = std::chrono::nanoseconds::zero();

} // namespace

Backlog::Backlog(Timers& timers, const Log& log, Options options, Journal& journal, Callbacks callbacks)
    : timers_(timers), log_(log), options_(options), journal_(journal), callbacks_(std::move(callbacks)),
      wall_offset_(std::chrono::system_clock::now().time_since_epoch() - timers.now().time_since_epoch()),
      ledger_(journal.claim().floor, journal.extent()), flush_(timers.make_timer([this] {
          if (has_to_store()) {
              submit(false);
          } else {
              schedule();
          }
      })),
      patience_(timers.make_timer([this] { on_patience_over(); })), retry_(timers.make_timer([this] {
          journal_.try_again();
          retry_->start(kRetry);
      })),
      sweep_(timers.make_timer([this] { confirm_on_disk(); })) {
    journal_.count_tasks_by([this] { return ledger_.on_disk().cost + ledger_.dead().cost; });
    journal_.listen_to_tasks([this](JournalNews& news) { on_news(news); });
}

WallTime Backlog::now() const {
    return std::chrono::floor<WallTime::duration>(
        std::chrono::sys_time<std::chrono::nanoseconds>(timers_.now().time_since_epoch() + wall_offset_));
}

bool Backlog::is_full() const {
    const bool is_for_disk = !is_failing_ && (options_.stores_always || is_behind());
    const Ledger::Amount unstored = ledger_.unstored();
    return (is_for_disk && journal_size(ledger_.waiting()) >= options_.journal_bytes) ||
           unstored.tasks >= options_.tasks || unstored.cost >= options_.bytes;
}

/// With these tasks in it.
std::size_t Backlog::journal_size(const Ledger::Amount& waiting) const {
    return journal_.size_with(waiting.cost + ledger_.dead().cost + journal_.cost_of_runs());
}

bool Backlog::is_too_much() const {
    const Ledger::Amount in_memory = ledger_.in_memory();
    return in_memory.tasks > kBurstTasks || in_memory.cost > kBurstCost;
}

Outcome::Reason Backlog::add(const std::shared_ptr<KeptEvent>& event, std::string action, const Uuid& id) {
    if (is_full()) {
        return is_disk_full_ ? Outcome::Reason::disk : Outcome::Reason::queue_full;
    }
    const std::uint64_t number = journal_.take_number();
    if (event->number == 0) { // from its first work on the journal's thread may read it
        event->number = number;
    }
    ledger_.append(Task{number, now(), event, std::move(action), id});
    schedule();
    return Outcome::Reason::none;
}

void Backlog::schedule() {
    if (is_failing_) {
        return;
    }
    if (has_to_store()) {
        const bool is_urgent = options_.stores_always || ledger_.in_memory().tasks > kHandTasks;
        if (!flush_->is_pending()) {
            flush_->start(is_urgent ? kNow : kGroup);
        }
    } else if (!patience_->is_pending()) {
        patience_->start(kPatience);
    }
}

void Backlog::on_patience_over() {
    if (ledger_.front().tasks == 0) {
        return;
    }
    const WallTime::duration age = now() - tasks().front().arrived;
    if (age < kPatience) {
        patience_->start(kPatience - std::max(age, WallTime::duration::zero()));
        return;
    }
    is_late_ = true;
    submit(false);
}

void Backlog::set_away(bool is_away, const std::string& reason) {
    is_away_ = is_away;
    reason_ = reason;
    if (!tasks().empty()) {
        schedule();
    }
    load_more();
}

std::size_t Backlog::pushable() const {
    if (ledger_.burials() > 0 && !is_failing_) {
        return 0;
    }
    return ledger_.ready(options_.stores_always && !is_failing_);
}

void Backlog::confirm_through(std::uint64_t number, const std::function<void(Task)>& take) {
    if (const std::optional<std::uint64_t> gap_after = ledger_.confirm_through(number, take)) {
        journal_.order(JournalOrder::Confirm{number, JournalOrder::Confirm::Rows::keep, gap_after});
    }
    if (ledger_.owes_confirm() && !sweep_->is_pending()) {
        sweep_->start(kSweep);
    }
    note_progress();
    load_more();
}

void Backlog::note_progress() {
    if (ledger_.front().tasks == 0) {
        is_late_ = false;
        return;
    }
    is_late_ = is_late_ && now() - tasks().front().arrived >= kPatience;
    schedule();
}

void Backlog::take_back(std::vector<Task> tasks) {
    if (std::vector<Task> given = ledger_.take_back(std::move(tasks)); !given.empty()) {
        journal_.order(JournalOrder::Write{std::move(given), reason_, true});
    }
    schedule();
}

void Backlog::bury(std::size_t count, const std::string& reason) {
    journal_.order(JournalOrder::Bury{ledger_.bury(count), reason});
    load_more();
}

void Backlog::submit(bool all) {
    if (is_failing_ && !all) {
        return;
    }
    const std::size_t size = journal_size(ledger_.on_disk());
    const std::size_t room = options_.journal_bytes - std::min(options_.journal_bytes, size);
    std::vector<Task> given = ledger_.submit(all ? std::numeric_limits<std::size_t>::max()
                                                 : std::min(kFlightCost, ledger_.submitted().cost + room));
    if (!given.empty()) {
        journal_.order(JournalOrder::Write{std::move(given), reason_, false});
    }
}

/// Lets memory go of what is on disk, if there is too much of it.
void Backlog::trim() {
    const Ledger::Amount in_memory = ledger_.in_memory();
    if (in_memory.tasks <= kHandTasks && in_memory.cost <= kHandCost) {
        return;
    }
    Ledger::Amount kept;
    for (const Task& task : tasks()) {
        if (kept.tasks > 0 && task.number > pushing_ && (kept.tasks >= kWindowTasks || kept.cost >= kWindowCost)) {
            break;
        }
        kept.add(task);
    }
    ledger_.release(kept.tasks);
}

void Backlog::load_more() {
    const bool has_room = ledger_.front().tasks < kWindowTasks && ledger_.front().cost < kWindowCost;
    if (ledger_.has_gap() && !is_loading_ && !is_away_ && has_room) {
        is_loading_ = true;
        journal_.order(JournalOrder::Load{ledger_.gap_after(), ledger_.gap_until()});
    }
}

void Backlog::confirm_on_disk() {
    const bool may_free_room = is_disk_full_;
    if (!ledger_.owes_confirm() || (is_failing_ && !may_free_room)) {
        return;
    }
    using Rows = JournalOrder::Confirm::Rows;
    const Ledger::Amount stale = ledger_.stale();
    const Ledger::Amount on_disk = ledger_.on_disk();
    const bool is_steady = stale.cost >= kStaleCost && on_disk.cost < kStaleCost;
    const bool is_large = stale.cost + on_disk.cost + ledger_.dead().cost >= options_.journal_bytes;
    Rows rows = Rows::keep;
    std::size_t erased = 0;
    if (on_disk.tasks == 0) {
        rows = Rows::erase_all;
        erased = stale.tasks;
    } else if (is_steady || is_large) {
        rows = Rows::erase_some;
        erased = JournalWriter::kEraseRows;
    }
    ledger_.tell_confirmed(erased);
    journal_.order(JournalOrder::Confirm{ledger_.confirmed(), rows, std::nullopt});
}

void Backlog::on_news(JournalNews& news) {
    if (const auto* stored = std::get_if<JournalNews::Stored>(&news.what)) {
        on_stored(*stored);
    } else if (auto* loaded = std::get_if<JournalNews::Loaded>(&news.what)) {
        on_loaded(*loaded);
    } else if (const auto* measured = std::get_if<JournalNews::Measured>(&news.what)) {
        ledger_.note_confirmed({measured->confirmed.tasks, measured->confirmed.bytes});
        load_more();
        callbacks_.on_pushable();
    } else if (const auto* buried = std::get_if<JournalNews::Buried>(&news.what)) {
        ledger_.note_buried(buried->count);
        callbacks_.on_pushable();
    } else if (const auto* counted = std::get_if<JournalNews::Counted>(&news.what)) {
        ledger_.note_dead(counted->dead);
    } else if (const auto* retry = std::get_if<JournalNews::Retry>(&news.what)) {
        on_retry(retry->dead);
    } else if (std::holds_alternative<JournalNews::Lost>(news.what)) {
        on_lost();
    } else if (const auto* problem = std::get_if<JournalNews::Problem>(&news.what)) {
        on_problem(*problem);
    } else if (std::holds_alternative<JournalNews::Log>(news.what) && ledger_.kept().tasks > 0) {
        schedule(); // there may be room again
    }
}

void Backlog::on_stored(const JournalNews::Stored& stored) {
    ledger_.note_stored(stored.through, stored.returns);
    trim();
    if (ledger_.kept().tasks > 0) {
        schedule();
    }
    callbacks_.on_pushable();
}

void Backlog::on_loaded(JournalNews::Loaded& loaded) {
    is_loading_ = false;
    ledger_.load(std::move(loaded.tasks), loaded.is_all ? std::optional(loaded.until) : std::nullopt);
    load_more();
    callbacks_.on_pushable();
}

/// A dead task gets the next number. It leaves the dead and joins those that wait in one commit, and is not pushed
/// before that: so it is never in both states.
void Backlog::on_retry(const std::vector<JournalFile::Dead>& dead) {
    for (const JournalFile::Dead& one : dead) {
        submit(true);
        Task task = one.task;
        task.number = journal_.take_number();
        task.event = std::make_shared<KeptEvent>(*task.event);
        task.event->number = task.number;
        if (!ledger_.revive(one, task)) {
            continue;
        }
        journal_.order(JournalOrder::Revive{one.task.number, task});
        log_.notice("task", "will be pushed again, as requested",
                    {{"event", one.task.channel()}, {"id", to_string(one.task.id)}});
    }
}

void Backlog::on_problem(const JournalNews::Problem& problem) {
    is_failing_ = !problem.reason.empty();
    is_disk_full_ = problem.is_disk_full;
    if (is_failing_) {
        retry_->start(kRetry);
    } else {
        retry_->stop();
        submit(false);
        confirm_on_disk();
    }
    callbacks_.on_problem(problem.reason);
    callbacks_.on_pushable();
}

/// The gap existed only in the file. The tasks in memory go to a new one.
void Backlog::on_lost() {
    if (ledger_.gap().tasks + dead() > 0) {
        log_.error("task", "lost with the journal", {{"waiting", ledger_.gap().tasks}, {"dead", dead()}});
    }
    if (ledger_.burials() > 0) {
        log_.error("task", "dead tasks not kept, the journal is lost", {{"tasks", ledger_.burials()}});
    }
    ++losses_;
    ledger_.lose_file();
    is_failing_ = is_disk_full_ = is_loading_ = false;
    retry_->stop();
    journal_.begin_anew();
    if (!tasks().empty()) { // the new file takes all that have a number for confirmed
        const std::uint64_t before = tasks().front().number - 1;
        journal_.order(JournalOrder::Confirm{before, JournalOrder::Confirm::Rows::keep, std::nullopt});
    }
    callbacks_.on_new_instance(journal_.claim().instance);
    callbacks_.on_problem("");
    schedule();
    callbacks_.on_pushable();
}

/// If the journal is lost during the first attempt, a second one writes a new file from memory.
std::size_t Backlog::finish() {
    for (int attempt = 0; attempt < 2; ++attempt) {
        submit(true);
        is_failing_ = false;
        confirm_on_disk();
        const std::size_t losses = losses_;
        const std::size_t unwritten = journal_.finish();
        journal_.receive();
        if (losses == losses_) {
            return std::min(unwritten, waiting() + ledger_.burials()); // what was confirmed meanwhile is no loss
        }
    }
    return waiting() + ledger_.burials();
}

} // namespace eventsgw
