// SPDX-License-Identifier: GPL-3.0-or-later
// Copyright (C) 2026 eventsgw contributors

#include "delivery/backlog.h"

#include <algorithm>
#include <utility>

namespace eventsgw {

void Backlog::on_news(JournalNews& news) {
    if (const auto* stored = std::get_if<JournalNews::Stored>(&news.what)) {
        returns_ -= stored->returns;
        on_stored(stored->through);
    } else if (auto* loaded = std::get_if<JournalNews::Loaded>(&news.what)) {
        on_loaded(*loaded);
    } else if (const auto* measured = std::get_if<JournalNews::Measured>(&news.what)) {
        on_measured(measured->confirmed);
    } else if (const auto* buried = std::get_if<JournalNews::Buried>(&news.what)) {
        burials_ -= buried->count;
        callbacks_.on_pushable();
    } else if (const auto* counted = std::get_if<JournalNews::Counted>(&news.what)) {
        on_counted(counted->dead);
    } else if (const auto* retry = std::get_if<JournalNews::Retry>(&news.what)) {
        on_retry(retry->dead);
    } else if (std::holds_alternative<JournalNews::Lost>(news.what)) {
        on_lost();
    } else if (const auto* problem = std::get_if<JournalNews::Problem>(&news.what)) {
        on_problem(*problem);
    }
}

/// Somebody may have dropped some. A count that lacks what is on its way to the disk is followed by another one.
void Backlog::on_counted(const JournalFile::Extent& dead) {
    if (burials_ == 0 && stored_ >= needed_) {
        dead_ = dead.dead;
        dead_cost_ = dead.dead_bytes;
    }
}

/// A dead task gets the next number. It leaves the dead and joins those that wait in one commit, and is not pushed
/// before that: so it is never in both states.
void Backlog::on_retry(const std::vector<JournalFile::Dead>& dead) {
    for (const JournalFile::Dead& one : dead) {
        if (!revived_.insert(one.task.number).second) {
            continue;
        }
        submit(true);
        revived_from_ = needed_ > stored_ ? revived_from_ : last_ + 1;
        needed_ = submitted_ = last_ = journal_.take_number();
        Task task = one.task;
        task.number = needed_;
        task.event = std::make_shared<KeptEvent>(*task.event);
        task.event->number = needed_;
        in_flight_cost_ += task.cost();
        disk_cost_ += task.cost();
        ++disk_tasks_;
        append(task);
        dead_ -= dead_ > 0 ? 1 : 0;
        dead_cost_ -= std::min(dead_cost_, task.cost());
        journal_.order(JournalOrder::Revive{one.task.number, needed_});
        log_.notice("task", "to be pushed again, as asked",
                    {{"event", one.task.channel()}, {"id", to_string(one.task.id)}});
    }
}

void Backlog::on_problem(const JournalNews::Problem& problem) {
    is_failing_ = !problem.reason.empty();
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
    if (gap_ + dead_ > 0) {
        log_.error("task", "lost with the journal", {{"waiting", gap_}, {"dead", dead_}});
    }
    if (burials_ > 0) {
        log_.error("task", "dead and not kept, the journal is lost", {{"tasks", burials_}});
    }
    ++losses_;
    close_gap();
    submitted_ = stored_ = needed_ = front_.empty() ? last_ : front_.front().number - 1;
    unstored_ = front_.size();
    unstored_cost_ = front_cost_;
    in_flight_cost_ = disk_tasks_ = disk_cost_ = stale_tasks_ = stale_cost_ = burials_ = returns_ = 0;
    dead_ = dead_cost_ = 0;
    is_failing_ = is_loading_ = owes_confirm_ = false;
    retry_->stop();
    revived_.clear();
    journal_.begin_anew(submitted_);
    callbacks_.on_new_instance(journal_.claim().instance);
    callbacks_.on_problem("");
    schedule();
    callbacks_.on_pushable();
}

} // namespace eventsgw
