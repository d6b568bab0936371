// SPDX-License-Identifier: GPL-3.0-or-later
// Copyright (C) 2026 eventsgw contributors

#include "delivery/forwarder.h"

#include <algorithm>
#include <utility>
#include <vector>

namespace eventsgw {
namespace {

/// A batch is one command that the leader carries out in one piece. It may take all that is in hand: what comes during
/// its round trip grows with its size, and a batch that is too small falls behind for good.
constexpr std::size_t kBatchTasks = 10000;
constexpr std::size_t kBatchBytes = std::size_t{8} << 20U;
/// A larger task travels alone, so that the leader's refusal of it is about it. No leader refuses smaller ones for
/// their size (proto-max-bulk-len is 1 MiB at least).
constexpr std::size_t kLargeTask = std::size_t{1} << 20U;
/// Room for the next batch; more than this is given back.
constexpr std::size_t kKeptText = std::size_t{256} << 10U;
/// A large task is given up after so many connections in a row have been closed over it without an error, over at least
/// this time: a server that is busy reading may close before its refusal can be read, and so does what lies between.
constexpr int kEndsOverTask = 5;
constexpr std::chrono::seconds kEndsFor{60};

RunRecord make_record(const Task& task, WallTime ended, RunResult result) {
    RunRecord record;
    record.id = to_string(task.id);
    record.event = task.event;
    record.kind = WorkKind::task;
    record.value = task.action;
    record.arrived = record.began = task.arrived;
    record.ended = std::max(ended, task.arrived);
    record.wall = record.ended - record.began;
    record.result = result;
    return record;
}

} // namespace

Forwarder::Forwarder(Options options, Network network, const Log& log, Journal& journal, History& history,
                     Callbacks callbacks)
    : timers_(network.timers), log_(log), history_(history), callbacks_(std::move(callbacks)),
      refusals_(network.timers, log, "task", "refused, queue full"),
      disk_refusals_(network.timers, log, "task", "refused, disk nearly full and no room in memory"),
      deaths_(network.timers, log, "task", "dead, the leader cannot take it", "dead"), recent_(network.timers),
      flush_(network.timers.make_timer([this] { push_batch(); })),
      backlog_(network.timers, log, options.limits, journal,
               {[this] { push_batch(); },
                [this](const std::string& problem) { callbacks_.on_journal_problem(problem); },
                [this](const std::string& instance) { queue_.rename_instance(instance); }}),
      queue_(std::move(options.leader), std::move(network), log, options.agent_id + "/tasks",
             options.agent_id + "/eventsgw/cursor", journal.claim().instance, journal.claim().floor,
             TaskQueue::Callbacks{.on_ready = [this] { on_ready(); },
                                  .on_confirmed = [this](std::uint64_t through) { on_confirmed(through); },
                                  .on_gone_back = [this](std::uint64_t through) { on_gone_back(through); },
                                  .on_refused = [this](TaskQueue::Refusal refusal,
                                                       const std::string& reason) { on_refused(refusal, reason); },
                                  .on_lost = [this](bool over_push) { on_lost(over_push); },
                                  .on_problem = [this] { on_away(); }}) {
    history_.set_task_source([this](std::size_t count) { return make_records(count); });
}

Outcome::Reason Forwarder::accept(const std::shared_ptr<KeptEvent>& event, std::string action, const Uuid& id) {
    const Outcome::Reason refusal = backlog_.add(event, std::move(action), id);
    if (refusal != Outcome::Reason::none) {
        Refusals& refusals = refusal == Outcome::Reason::disk ? disk_refusals_ : refusals_;
        refusals.add(event->channel(), backlog_.waiting(), backlog_.waiting_cost());
        return refusal;
    }
    if (!session().is_ready()) {
        note_behind();
    } else if (queue_.can_push() && !flush_->is_pending()) {
        flush_->start(std::chrono::nanoseconds::zero());
    }
    return refusal;
}

std::vector<Forwarder::Match> Forwarder::find(std::string_view id) const {
    constexpr std::size_t kMost = 2;
    std::vector<Match> matches;
    for (const Task& task : backlog_.tasks()) {
        if (has_prefix(task.id, id)) {
            matches.push_back({task.id, std::string(task.channel()), backlog_.is_pushing(task)});
            if (matches.size() == kMost) {
                break;
            }
        }
    }
    return matches;
}

Forwarder::Counters Forwarder::counters() const {
    Counters counters;
    counters.pushed = pushed_;
    counters.repeated = repeated_;
    counters.refused = refusals_.total() + disk_refusals_.total();
    counters.dead = backlog_.dead();
    counters.waiting = backlog_.waiting();
    counters.on_disk = backlog_.on_disk();
    counters.confirmed = confirmed_;
    return counters;
}

/// What one batch takes, in the order of the tasks.
std::vector<TaskQueue::Entry> Forwarder::write_batch(std::size_t pushable) {
    std::vector<std::size_t> ends;
    texts_.clear();
    is_large_ = false;
    while (ends.size() < std::min(pushable, kBatchTasks) && !is_large_) {
        const Task& task = backlog_.tasks()[ends.size()];
        const std::size_t begin = texts_.size();
        append_task(texts_, task.event->view(), task.event->form(), task.action, to_string(task.id));
        is_large_ = texts_.size() - begin > kLargeTask;
        if (!ends.empty() && (is_large_ || texts_.size() > kBatchBytes)) {
            texts_.resize(begin);
            is_large_ = false;
            break;
        }
        ends.push_back(texts_.size());
    }
    std::vector<TaskQueue::Entry> batch;
    batch.reserve(ends.size());
    std::size_t begin = 0;
    for (const std::size_t end : ends) {
        batch.push_back({backlog_.tasks()[batch.size()].number, std::string_view(texts_).substr(begin, end - begin)});
        begin = end;
    }
    return batch;
}

void Forwarder::push_batch() {
    const std::vector<TaskQueue::Entry> batch =
        queue_.can_push() ? write_batch(backlog_.pushable()) : std::vector<TaskQueue::Entry>();
    const std::size_t count = batch.size();
    if (count == 0) {
        return;
    }
    batch_ = count;
    if (!queue_.wrong_type().empty() && !has_looked_) {
        queue_.look_again(); // the queue may have been mended since
        return;
    }
    if (!queue_.wrong_type().empty()) {
        bury_batch(count, "WRONGTYPE the queue is a " + queue_.wrong_type() + ", not a list");
        return;
    }
    const bool is_fatal = ends_ >= kEndsOverTask && timers_.now() - ends_since_ >= kEndsFor;
    if (is_fatal && backlog_.tasks().front().number == ended_over_) {
        bury_batch(count, std::to_string(ends_) + " connections in a row were closed over it without an error");
        push_batch();
        return;
    }
    backlog_.note_pushing(batch.back().number);
    queue_.push(batch);
    if (texts_.capacity() > kKeptText) {
        std::string().swap(texts_);
    }
}

void Forwarder::on_ready() {
    problem_.clear();
    has_looked_ = true;
    backlog_.set_away(false, "");
    push_batch();
    has_looked_ = false;
}

void Forwarder::on_confirmed(std::uint64_t through) {
    const WallTime now = backlog_.now();
    backlog_.confirm_through(through, [this, now](Task task) {
        ++pushed_;
        confirmed_.add(std::max(now - task.arrived, WallTime::duration::zero()));
        recent_.add(std::move(task));
    });
    history_.note_tasks(recent_.unseen(), recent_.unseen_cost());
    if (backlog_.waiting() > 0) {
        return; // on_ready follows
    }
    if (std::exchange(is_behind_, false)) {
        log_.notice("task", "backlog empty", {{"pushed", pushed_}});
    }
    callbacks_.on_empty();
}

History::Records Forwarder::make_records(std::size_t count) {
    const Clock::time_point now = timers_.now();
    const WallTime wall_now = backlog_.now();
    History::Records records;
    records.reserve(std::min(count, recent_.unseen()));
    recent_.see(count, [&](const Task& task, Clock::time_point since) {
        const WallTime ended = wall_now - std::chrono::duration_cast<WallTime::duration>(now - since);
        records.push_back(make_record(task, ended, RunResult::succeeded));
    });
    return records;
}

/// Another node leads now, or the same one with older data.
void Forwarder::on_gone_back(std::uint64_t through) {
    std::vector<Task> tasks = recent_.take_after(through);
    repeated_ += tasks.size();
    log_.warning("task", "the leader has forgotten tasks, they are pushed again and may run twice",
                 {{"tasks", tasks.size()}});
    if (recent_.forgotten() > through) {
        log_.error("task", "the leader has forgotten tasks that are no longer kept", {{"kept", tasks.size()}});
    }
    backlog_.take_back(std::move(tasks));
}

void Forwarder::bury_batch(std::size_t count, const std::string& reason) {
    for (std::size_t i = 0; i < count; ++i) {
        const Task& task = backlog_.tasks()[i];
        deaths_.add(task.channel(), backlog_.waiting(), task.event->payload().size());
    }
    const std::size_t kept = std::min<std::uint64_t>(count, history_.quota_of(WorkState::dead));
    for (std::size_t i = count - kept; i < count; ++i) {
        RunRecord record = make_record(backlog_.tasks()[i], backlog_.now(), RunResult::failed);
        record.state = WorkState::dead;
        record.reason = reason;
        history_.gather(std::move(record));
    }
    log_.debug("task", "dead", {{"tasks", count}, {"reason", reason}});
    backlog_.bury(count, reason);
}

void Forwarder::on_lost(bool over_push) {
    if (over_push && is_large_) {
        const std::uint64_t number = backlog_.tasks().front().number;
        if (number != std::exchange(ended_over_, number)) {
            ends_ = 0;
            ends_since_ = timers_.now();
        }
        ++ends_;
    }
    on_away();
}

void Forwarder::on_refused(TaskQueue::Refusal refusal, const std::string& reason) {
    if (refusal == TaskQueue::Refusal::no_list || batch_ == 1) {
        bury_batch(batch_, reason);
    }
}

void Forwarder::on_away() {
    backlog_.set_away(true, session().problem());
    note_behind();
}

/// Logs once for each reason of waiting.
void Forwarder::note_behind() {
    if (backlog_.waiting() == 0 || (std::exchange(is_behind_, true) && problem_ == session().problem())) {
        return;
    }
    problem_ = session().problem();
    log_.warning("task", "waiting for the leader", {{"waiting", backlog_.waiting()}});
}

} // namespace eventsgw
