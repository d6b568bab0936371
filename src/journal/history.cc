// SPDX-License-Identifier: GPL-3.0-or-later
// Copyright (C) 2026 eventsgw contributors

#include "journal/history.h"

#include <utility>
#include <vector>

namespace eventsgw {

History::History(Timers& timers, const Log& log, HistorySettings settings, Journal& journal)
    : timers_(timers), log_(log), settings_(settings), journal_(journal) {
    journal_.listen_to_history([this](const JournalNews& news) { take(news); });
    set_settings(settings);
}

/// A journal that is not there yet learns them with the first run.
void History::set_settings(HistorySettings settings) {
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
    run.settle_state();
    unwritten_ += run.cost();
    run.keeps_payload = settings_.keeps_payload_of(run.state) && run.event->payload().size() <= kMaxPayload;
    if (run.event->number == 0) {
        run.event->number = journal_.take_number();
    }
    tell_settings();
    std::vector<RunRecord> runs;
    runs.push_back(std::move(run));
    journal_.order(JournalOrder::Keep{std::move(runs)});
}

void History::mark_replayed(const std::string& id) {
    journal_.order(JournalOrder::MarkReplayed{id});
}

bool History::wants_refused() {
    const auto now = timers_.now();
    if (now - second_ >= std::chrono::seconds(1)) {
        second_ = now;
        refused_ = 0;
    }
    return is_on() && refused_ < kMaxRefused && ++refused_ > 0;
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
