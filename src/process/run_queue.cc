// SPDX-License-Identifier: GPL-3.0-or-later
// Copyright (C) 2026 eventsgw contributors

#include "process/run_queue.h"

#include <cerrno>
#include <utility>

namespace eventsgw {
namespace {

/// Errors of a start that pass by themselves when others give back what they hold.
bool is_passing(const Error& error) {
    switch (error.os_error) {
    case EAGAIN:
    case ENOMEM:
    case EMFILE:
    case ENFILE:
    case ENOBUFS:
    case ETXTBSY: return true;
    default: return false;
    }
}

} // namespace

RunQueue::RunQueue(Timers& timers, Launcher& launcher, const Log& log, Limits limits)
    : timers_(timers), launcher_(launcher), log_(log), limits_(limits),
      retry_(timers.make_timer([this] { start_waiting(); })) {}

bool RunQueue::submit(Job job, DoneCallback on_done) {
    const bool starts_at_once = waiting_.empty() && running_.size() < limits_.running && !is_short_;
    if (closed_ || (!starts_at_once && is_full())) {
        return false;
    }
    waiting_bytes_ += job.input.size();
    waiting_.push_back(Waiting{std::move(job), std::move(on_done)});
    if (starts_at_once) {
        start_waiting();
    }
    return true;
}

void RunQueue::set_limits(Limits limits) {
    limits_ = limits;
    if (!is_short_) {
        start_waiting();
    }
}

bool RunQueue::is_full() const {
    return waiting_.size() >= limits_.waiting || waiting_bytes_ >= limits_.waiting_bytes;
}

void RunQueue::start_waiting() {
    while (!waiting_.empty() && running_.size() < limits_.running) {
        Waiting next = std::move(waiting_.front());
        waiting_.pop_front();
        waiting_bytes_ -= next.job.input.size();
        if (!launch(next)) {
            waiting_bytes_ += next.job.input.size();
            waiting_.push_front(std::move(next));
            return;
        }
    }
    is_short_ = is_short_ && !waiting_.empty();
}

bool RunQueue::launch(Waiting& next) {
    const Place place = running_.emplace(running_.end());
    Result<std::unique_ptr<Process>> process =
        launcher_.launch(next.job, [this, place](const Exit& exit) { on_exit(place, exit); });
    if (process) {
        place->process = std::move(*process);
        place->on_done = std::move(next.on_done);
        backoff_.reset();
        return true;
    }
    running_.erase(place);
    if (is_passing(process.error())) {
        wait_for_resources(process.error());
        return false;
    }
    next.on_done(process.error());
    return true;
}

void RunQueue::wait_for_resources(const Error& error) {
    if (!std::exchange(is_short_, true)) {
        log_.warning("process", "cannot start, trying again",
                     {{"reason", error.message}, {"waiting", waiting_.size() + 1}});
    }
    retry_->start(backoff_.next());
}

void RunQueue::on_exit(Place place, const Exit& exit) {
    const DoneCallback on_done = std::move(place->on_done);
    timers_.retire(std::move(place->process));
    running_.erase(place);
    on_done(exit);
    start_waiting();
}

void RunQueue::signal_all(int signal) {
    for (const Running& running : running_) {
        running.process->signal_group(signal);
    }
}

void RunQueue::close() {
    closed_ = true;
    waiting_.clear();
    waiting_bytes_ = 0;
    retry_->stop();
    for (const Running& running : running_) {
        running.process->kill_remains();
    }
}

} // namespace eventsgw
