// SPDX-License-Identifier: GPL-3.0-or-later
// Copyright (C) 2026 eventsgw contributors

#include "daemon/status_line.h"

#include "base/log.h"
#include "base/text.h"

#include <array>
#include <ctime>
#include <string_view>
#include <utility>

namespace eventsgw {
namespace {

std::string format_moment(std::chrono::system_clock::time_point time) {
    const std::time_t seconds = std::chrono::system_clock::to_time_t(time);
    std::tm local{};
    ::localtime_r(&seconds, &local);
    std::array<char, 32> text{};
    std::strftime(text.data(), text.size(), "%Y-%m-%d %H:%M:%S", &local);
    return text.data();
}

} // namespace

std::string format_condition(const Condition& condition) {
    std::string line = condition.problem;
    if (line.empty()) {
        line = "listening to " + format_count(condition.channels, "channel") + " and " +
               format_count(condition.patterns, "pattern") + " for " + condition.agent_id;
    }
    if (!condition.leader_problem.empty()) {
        line += "; " + condition.leader_problem;
    }
    line += "; " + format_count(condition.tasks_waiting, "task") + " waiting; " +
            std::to_string(condition.runs_active) + " running, " + std::to_string(condition.runs_waiting) + " queued";
    if (!condition.journal_problem.empty()) {
        line += "; the journal cannot be used, tasks wait in memory: " + condition.journal_problem;
    }
    if (condition.last_gap) {
        line += "; last gap " + format_duration(condition.last_gap->length) + " until " +
                format_moment(condition.last_gap->end);
    }
    return line;
}

StatusLine::StatusLine(Timers& timers, std::function<Condition()> observe,
                       std::function<void(const std::string&)> on_text)
    : observe_(std::move(observe)), on_text_(std::move(on_text)),
      pause_(timers.make_timer([this] { on_pause_over(); })) {}

void StatusLine::touch() {
    is_stale_ = true;
    if (!pause_->is_pending()) {
        show();
    }
}

void StatusLine::on_pause_over() {
    if (is_stale_) {
        show();
    }
}

void StatusLine::show() {
    const Condition condition = observe_();
    is_stale_ = condition.is_busy();
    pause_->start(kPause);
    std::string text = format_condition(condition);
    if (text != shown_) {
        shown_ = std::move(text);
        on_text_(shown_);
    }
}

} // namespace eventsgw
