// SPDX-License-Identifier: GPL-3.0-or-later
// Copyright (C) 2026 eventsgw contributors

#include "delivery/backlog.h"

#include <utility>

namespace eventsgw {

void Backlog::on_news(SpoolNews& news) {
    if (is_lost_) {
        return;
    }
    if (const auto* stored = std::get_if<SpoolNews::Stored>(&news.what)) {
        returns_ -= stored->returns;
        on_stored(stored->through);
    } else if (auto* loaded = std::get_if<SpoolNews::Loaded>(&news.what)) {
        on_loaded(*loaded);
    } else if (const auto* measured = std::get_if<SpoolNews::Measured>(&news.what)) {
        on_measured(measured->confirmed);
    } else if (const auto* buried = std::get_if<SpoolNews::Buried>(&news.what)) {
        burials_ -= buried->count;
        callbacks_.on_pushable();
    } else if (const auto* counted = std::get_if<SpoolNews::Counted>(&news.what)) {
        on_counted(counted->dead);
    } else if (const auto* retry = std::get_if<SpoolNews::Retry>(&news.what)) {
        on_retry(retry->dead);
    } else if (const auto* renewed = std::get_if<SpoolNews::Renewed>(&news.what)) {
        log_.warning("spool", "was removed or replaced while in use, it is written anew",
                     {{"set_aside", renewed->set_aside}});
    } else {
        on_problem(std::get<SpoolNews::Problem>(news.what));
    }
}

/// Somebody may have dropped some. A count that lacks what is on its way to the disk is followed by another one.
void Backlog::on_counted(const SpoolFile::Extent& dead) {
    if (burials_ == 0 && stored_ >= needed_) {
        dead_ = dead.dead;
        dead_cost_ = dead.dead_bytes;
    }
}

/// A dead task gets the next number. It leaves the dead and joins those that wait in one commit, and is not pushed
/// before that: so it is never in both states.
void Backlog::on_retry(const std::vector<SpoolFile::Dead>& dead) {
    for (const SpoolFile::Dead& one : dead) {
        if (!revived_.insert(one.id).second) {
            continue;
        }
        submit(true);
        revived_from_ = needed_ > stored_ ? revived_from_ : last_ + 1;
        needed_ = submitted_ = ++last_;
        const PendingTask task(needed_, one.task.channel(), std::string(one.task.text()), one.task.arrived());
        in_flight_cost_ += task.cost();
        spool_cost_ += task.cost();
        ++spool_tasks_;
        append(task);
        dead_ -= dead_ > 0 ? 1 : 0;
        dead_cost_ -= std::min(dead_cost_, task.cost());
        spool_->order(SpoolOrder::Revive{one.id, needed_});
        log_.notice("task", "to be pushed again, as asked", {{"event", one.task.channel()}, {"dead", one.id}});
    }
}

void Backlog::on_problem(const SpoolNews::Problem& problem) {
    if (problem.is_lost) {
        log_.error("spool", "cannot be used any more, tasks wait in memory",
                   {{"reason", problem.error.message}, {"set_aside", problem.set_aside}, {"tasks", spool_tasks_}});
        lose_spool();
        callbacks_.on_lost_spool();
        callbacks_.on_problem(problem.error.message);
        callbacks_.on_pushable();
        return;
    }
    is_failing_ = !problem.error.message.empty();
    if (is_failing_) {
        log_.error("spool", "cannot be written, tasks wait in memory", {{"reason", problem.error.message}});
    } else {
        log_.notice("spool", "can be written again");
        submit(false);
        confirm_on_disk();
    }
    callbacks_.on_problem(problem.error.message);
    callbacks_.on_pushable();
}

/// What is in memory goes on; the gap is in the file that was set aside.
void Backlog::lose_spool() {
    if (burials_ > 0) {
        log_.error("task", "dead and not kept, the spool is lost", {{"tasks", burials_}});
    }
    is_lost_ = true;
    close_gap();
    submitted_ = stored_ = needed_ = 0;
    unstored_ = front_.size();
    unstored_cost_ = front_cost_;
    in_flight_cost_ = spool_tasks_ = spool_cost_ = dead_cost_ = burials_ = returns_ = 0;
}

} // namespace eventsgw
