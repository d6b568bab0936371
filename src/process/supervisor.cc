// SPDX-License-Identifier: GPL-3.0-or-later
// Copyright (C) 2026 eventsgw contributors

#include "process/supervisor.h"

#include <iterator>
#include <utility>

namespace eventsgw {
Supervisor::Supervisor(Timers& timers, Launcher& launcher, const Log& log)
    : timers_(timers), launcher_(launcher), log_(log), retry_(timers.make_timer([this] { start_waiting(); })) {}

Result<Supervisor::Id> Supervisor::start(Job job, DoneCallback on_done) {
    const Id id = ++last_;
    Entry& entry = entries_.emplace(id, Entry{std::move(job), std::move(on_done), nullptr}).first->second;
    if (is_short_) {
        starting_.insert(id);
        return id;
    }
    Error error;
    const Attempt attempt = launch(id, entry, error);
    if (attempt == Attempt::started) {
        is_said_ = false;
    } else if (attempt == Attempt::failed) {
        entries_.erase(id);
        return error;
    } else {
        starting_.insert(id);
        wait(error);
    }
    return id;
}

Supervisor::Attempt Supervisor::launch(Id id, Entry& entry, Error& error) {
    Result<std::unique_ptr<Process>> process =
        launcher_.launch(entry.job, [this, id](const Exit& exit) { on_exit(id, exit); });
    if (process) {
        entry.process = std::move(*process);
        entry.job = {};
        backoff_.reset();
        is_short_ = false;
        return Attempt::started;
    }
    error = process.error();
    is_short_ = error.fault == Fault::shortage;
    if (error.fault == Fault::busy) {
        return Attempt::busy;
    }
    return is_short_ ? Attempt::out_of_resources : Attempt::failed;
}

void Supervisor::start_waiting() {
    Error last;
    for (auto next = starting_.begin(); next != starting_.end();) {
        const Id id = *next;
        Error error;
        const Attempt attempt = launch(id, entries_.at(id), error);
        if (attempt == Attempt::started) {
            next = starting_.erase(next);
        } else if (attempt == Attempt::failed) {
            const DoneCallback on_done = std::move(entries_.at(id).on_done);
            starting_.erase(next);
            entries_.erase(id);
            on_done(error);
            next = starting_.upper_bound(id);
        } else {
            last = error;
            next = attempt == Attempt::busy ? std::next(next) : starting_.end();
        }
    }
    if (!starting_.empty()) {
        wait(last);
    } else {
        is_short_ = false;
    }
}

void Supervisor::wait(const Error& error) {
    if (!std::exchange(is_said_, true)) {
        log_.warning("process", "cannot start, trying again",
                     {{"reason", error.message}, {"waiting", starting_.size()}});
    }
    if (!retry_->is_pending()) {
        retry_->start(backoff_.next());
    }
}

void Supervisor::on_exit(Id id, const Exit& exit) {
    const auto entry = entries_.find(id);
    const DoneCallback on_done = std::move(entry->second.on_done);
    timers_.retire(std::move(entry->second.process));
    entries_.erase(entry);
    on_done(exit);
    if (!starting_.empty()) {
        start_waiting();
    }
}

bool Supervisor::cancel(Id id) {
    if (starting_.erase(id) == 0) {
        return false;
    }
    entries_.erase(id);
    return true;
}

void Supervisor::signal(Id id, int signal) {
    if (const auto entry = entries_.find(id); entry != entries_.end() && entry->second.process) {
        entry->second.process->signal_group(signal);
    }
}

void Supervisor::kill_remains(Id id) {
    if (const auto entry = entries_.find(id); entry != entries_.end() && entry->second.process) {
        entry->second.process->kill_remains();
    }
}

void Supervisor::signal_all(int signal) {
    for (const auto& [id, entry] : entries_) {
        if (entry.process) {
            entry.process->signal_group(signal);
        }
    }
}

pid_t Supervisor::pid(Id id) const {
    const auto entry = entries_.find(id);
    return entry != entries_.end() && entry->second.process ? entry->second.process->pid() : 0;
}

} // namespace eventsgw
