// SPDX-License-Identifier: GPL-3.0-or-later
// Copyright (C) 2026 eventsgw contributors

#include "journal/history.h"

#include <algorithm>
#include <iterator>
#include <utility>

namespace eventsgw {

History::History(Timers& timers, const Log& log, HistorySettings settings, Journal& journal)
    : timers_(timers), log_(log), settings_(settings), journal_(journal),
      gathering_(timers.make_timer([this] { on_gathered(); })) {
    journal_.listen_to_history([this](const JournalNews& news) { take(news); });
    set_settings(settings);
}

/// A journal that is not there yet learns them with the first run.
void History::set_settings(HistorySettings settings) {
    if (!is_on() && settings.is_on() && task_source_) {
        task_source_(0); // what has ended while it was off is not for it
    }
    settings_ = settings;
    is_told_ = false;
    if (journal_.is_in_use()) {
        tell_settings();
    }
}

void History::tell_settings() {
    if (!std::exchange(is_told_, true)) {
        journal_.order(JournalOrder::Retain{settings_});
    }
}

void History::add(RunRecord run) {
    if (!is_on()) {
        return;
    }
    if (unwritten_ > kMaxUnwritten) {
        say("runs are not kept", problem_.empty() ? "the disk is too slow" : problem_);
        return;
    }
    Records runs;
    runs.push_back(std::move(run));
    give(std::move(runs));
}

void History::refuse(RunRecord run, std::string_view why) {
    run.refuse(why);
    run.arrived = run.arrived == RunRecord::Time() ? run.ended : run.arrived;
    run.id = run.id.empty() ? uuids_.make() : std::move(run.id);
    gather(std::move(run));
}

void History::gather(RunRecord run) {
    run.settle_state();
    Gathered& gathered = run.state == WorkState::refused ? refused_ : dead_;
    const std::uint64_t quota = settings_.quota_of(run.state);
    if (quota == 0) {
        return;
    }
    gathered.cost += run.cost();
    gathered.runs.push_back(std::move(run));
    while (gathered.runs.size() > quota || (gathered.cost > kMaxGathered && gathered.runs.size() > 1)) {
        gathered.cost -= gathered.runs.front().cost();
        gathered.runs.pop_front();
    }
    schedule();
}

void History::note_tasks(std::size_t count, std::size_t cost) {
    if (!is_on()) {
        return;
    }
    if (cost >= kMaxGathered && count <= settings_.runs && unwritten_ <= kMaxUnwritten / 2) {
        flush(); // the gathered records are at their limit, and the quota keeps all of them
    } else {
        schedule();
    }
}

void History::schedule() {
    if (!gathering_->is_pending()) {
        gathering_->start(std::max<std::chrono::nanoseconds>(kGather, paused_until_ - timers_.now()));
    }
}

/// Half of what may be unwritten is left to what ends by itself. While the disk takes nothing the newest stay here, and
/// keep their payloads only where these are wanted.
void History::on_gathered() {
    if (unwritten_ <= kMaxUnwritten / 2) {
        flush();
        return;
    }
    for (Gathered* gathered : {&refused_, &dead_}) {
        gathered->cost = 0;
        for (RunRecord& run : gathered->runs) {
            prepare(run);
            gathered->cost += run.cost();
        }
    }
    schedule();
}

void History::flush() {
    Records runs = task_source_ && is_on() ? task_source_(settings_.runs) : Records();
    for (Gathered* gathered : {&refused_, &dead_}) {
        runs.insert(runs.end(), std::make_move_iterator(gathered->runs.begin()),
                    std::make_move_iterator(gathered->runs.end()));
        *gathered = {};
    }
    gathering_->stop();
    const auto pause = std::min<std::chrono::nanoseconds>(kGatherEach * runs.size(), kGatherLongest);
    paused_until_ = timers_.now() + pause;
    if (!runs.empty() && is_on()) {
        give(std::move(runs));
    }
}

void History::prepare(RunRecord& run) {
    run.settle_state();
    if (run.event->number == 0) {
        run.event->number = journal_.take_number();
    }
    const std::size_t size = run.event->payload().size();
    run.keeps_payload = run.has_payload && settings_.keeps_payload_of(run.state) && size <= kMaxPayload;
    run.has_payload = run.keeps_payload;
    if (!run.keeps_payload && size > 0) {
        auto bare = std::make_shared<KeptEvent>(run.channel(), "", run.replay_of());
        bare->number = run.event->number;
        run.event = std::move(bare);
    }
}

void History::give(Records runs) {
    for (RunRecord& run : runs) {
        prepare(run);
        unwritten_ += run.cost();
    }
    tell_settings();
    journal_.order(JournalOrder::Keep{std::move(runs)});
}

void History::mark_replayed(const std::string& id) {
    journal_.order(JournalOrder::MarkReplayed{id});
}

void History::end() const {
    if (unwritten_ > 0) {
        log_.warning("history", "runs are lost at the end", {{"bytes", unwritten_}, {"reason", problem_}});
    }
}

void History::take(const JournalNews& news) {
    if (const auto* kept = std::get_if<JournalNews::Kept>(&news.what)) {
        unwritten_ -= kept->cost;
        problem_.clear();
        if (unwritten_ == 0 && !std::exchange(logged_, "").empty()) { // else it is soon said again
            log_.notice("history", "can be written again");
        }
    } else if (const auto* problem = std::get_if<JournalNews::NotKept>(&news.what)) {
        say("cannot be written, runs wait in memory", problem->reason);
    } else if (const auto* journal = std::get_if<JournalNews::Problem>(&news.what)) {
        problem_ = journal->reason; // which is logged already
    } else if (std::holds_alternative<JournalNews::Erased>(news.what)) {
        log_.notice("history", "is off, and the runs that were kept are erased");
    }
}

void History::say(const std::string& message, const std::string& reason) {
    problem_ = reason;
    if (std::string line = message + ": " + reason; logged_ != line) {
        logged_ = std::move(line);
        log_.warning("history", message, {{"reason", reason}});
    }
}

} // namespace eventsgw
