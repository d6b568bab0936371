// SPDX-License-Identifier: GPL-3.0-or-later
// Copyright (C) 2026 eventsgw contributors

#include "journal/journal.h"

#include "base/signals_blocked.h"
#include "base/uuid.h"
#include "store/set_aside.h"

#include <system_error>
#include <utility>

#include <sys/stat.h>

namespace eventsgw {
namespace {

/// An empty file is left by a start that was killed, and counts as none.
bool is_anything_there(const std::string& path) {
    struct stat status {};
    return ::lstat(path.c_str(), &status) == 0 && !(S_ISREG(status.st_mode) && status.st_size == 0);
}

bool has_log(const std::string& path) {
    struct stat status {};
    return ::lstat((path + "-wal").c_str(), &status) == 0 && status.st_size > 0;
}

/// Leaves no file open when it fails, so that it can be set aside.
Result<Journal::Opened> open_file(const std::string& path, const std::string& new_instance, const std::string& agent,
                                  const JournalLock* lock) {
    Result<JournalFile> file = JournalFile::open(path, Database::Mode::write);
    Result<JournalFile::Claim> claim = file ? file->claim(new_instance, agent, lock) : file.error();
    const Result<JournalFile::Extent> extent = claim ? file->measure() : claim.error();
    Result<std::vector<RunRow>> runs = extent ? file->runs().load() : extent.error();
    Result<std::string> paused = runs ? file->paused() : runs.error();
    if (!paused) {
        return paused.error();
    }
    return Journal::Opened{std::move(*file), *extent, std::move(*claim), std::move(*runs), std::move(*paused)};
}

/// The lock, if it belongs to this file. A file that was set aside has none: the lock next to it is the gateway's.
const JournalLock* find_lock(const std::optional<JournalLock>& lock, const std::string& path) {
    const bool is_its = lock && path.substr(path.find_last_of('/') + 1) == JournalFile::kName; // npos + 1 is 0
    return is_its ? &*lock : nullptr;
}

/// Gives the file another name, and says with the error which.
std::string set_aside(const std::string& path, const Error& error) {
    const Result<std::string> name = set_database_aside(path);
    return error.message +
           (name ? "; it was set aside as " + *name : "; it stays in place because it " + name.error().message);
}

} // namespace

Result<std::unique_ptr<Journal>> Journal::open(std::optional<JournalLock> lock, const Log& log,
                                               const std::string& agent, const std::string& path) {
    Opened opened{{}, {}, {UuidSource().make(), 0}, {}, {}};
    std::string problem;
    if (is_anything_there(path)) {
        Result<Opened> found = open_file(path, opened.claim.instance, agent, find_lock(lock, path));
        if (found) {
            opened = std::move(*found);
        } else if (found.error().fault == Fault::busy || found.error().fault == Fault::shortage) {
            return found.error();
        } else if (found.error().fault != Fault::absent) {
            problem = set_aside(path, found.error());
        }
    } else if (has_log(path)) { // a new file would erase it
        problem = set_aside(path, Error{"is missing or empty, but its log of writes is still there"});
    }
    auto journal = std::make_unique<Journal>(std::move(lock), log, agent, path, std::move(opened), std::move(problem));
    if (Result<void> started = journal->start(); !started) {
        return started.error();
    }
    return journal;
}

Journal::Journal(std::optional<JournalLock> lock, const Log& log, const std::string& agent, const std::string& path,
                 Opened opened, std::string problem)
    : lock_(std::move(lock)), log_(log), claim_(std::move(opened.claim)), extent_(opened.extent),
      runs_(std::move(opened.runs)), paused_(std::move(opened.paused)), problem_(std::move(problem)),
      last_number_(claim_.floor), has_file_(opened.file.has_value()),
      writer_(path, agent, find_lock(lock_, path), claim_, std::move(opened.file), extent_, inbox_, outbox_) {}

Result<void> Journal::start() {
    for (Result<void> opened : {inbox_.open(), outbox_.open()}) {
        if (!opened) {
            return opened;
        }
    }
    if (has_file_) {
        return start_thread() ? Result<void>() : Error{"its thread cannot be started", Fault::shortage};
    }
    return {};
}

/// Without a thread the orders stay in the inbox until one can be started.
bool Journal::start_thread() {
    if (thread_.joinable()) {
        return true;
    }
    try {
        const SignalsBlocked blocked;
        writer_.begin();
        thread_ = std::thread([this] { writer_.run(); });
    } catch (const std::system_error& error) {
        if (!std::exchange(lacks_thread_, true)) {
            outbox_.post({JournalNews::Problem{std::string("its thread cannot be started: ") + error.what()}});
        }
        return false;
    }
    if (std::exchange(lacks_thread_, false)) {
        outbox_.post({JournalNews::Problem{""}});
    }
    return true;
}

void Journal::show_life(std::chrono::steady_clock::time_point now) {
    if (is_in_use() && now - shown_life_ >= kSignOfLife) {
        shown_life_ = now;
        order(JournalOrder::Touch{});
    }
}

void Journal::try_again() {
    if (lacks_thread_) {
        start_thread();
    }
}

void Journal::begin_anew() {
    // Neither the old file, if it reappears, nor a cursor of today counts for tasks of the new one.
    claim_ = {UuidSource().make(), last_number_};
    extent_ = {};
    order(JournalOrder::Renew{claim_});
}

void Journal::receive() {
    for (JournalNews& news : outbox_.take_all()) {
        note(news);
        on_history_news_(news);
        if (on_task_news_) {
            on_task_news_(news);
        } else if (std::holds_alternative<JournalNews::Lost>(news.what)) {
            begin_anew();
        }
        on_run_news_(news);
    }
}

/// One warning for each such reader.
void Journal::log_held(const JournalNews::Log& log) {
    if (log.is_held && !log_state_.is_held) {
        log_.warning("journal", "another program keeps reading it, so its log of writes cannot shrink",
                     {{"bytes", log.bytes}});
    }
    log_state_ = log;
}

void Journal::note(const JournalNews& news) {
    if (const auto* counted = std::get_if<JournalNews::Counted>(&news.what)) {
        extent_.dead = counted->dead.dead;
        extent_.held = counted->dead.held;
        extent_.held_because = counted->dead.held_because;
    } else if (const auto* lost = std::get_if<JournalNews::Lost>(&news.what)) {
        log_.error("journal", "lost, starting a new one from memory",
                   {{"reason", lost->reason}, {"set_aside", lost->set_aside}});
    } else if (const auto* displaced = std::get_if<JournalNews::Displaced>(&news.what)) {
        log_.warning("journal", "another file was in its place", {{"set_aside", displaced->set_aside}});
    } else if (const auto* log = std::get_if<JournalNews::Log>(&news.what)) {
        log_held(*log);
    } else if (const auto* expired = std::get_if<JournalNews::Expired>(&news.what)) {
        if (expired->tasks > 0) {
            log_.warning("task", "held tasks have expired", {{"tasks", expired->tasks}});
        }
        if (expired->runs > 0) {
            log_.warning("run", "held runs have expired", {{"runs", expired->runs}});
        }
    } else if (const auto* problem = std::get_if<JournalNews::Problem>(&news.what)) {
        if (problem->reason.empty()) {
            log_.notice("journal", "can be written again");
        } else {
            log_.error("journal", "cannot be written, tasks and runs wait in memory", {{"reason", problem->reason}});
        }
    }
}

std::size_t Journal::finish() {
    if (thread_.joinable()) {
        writer_.end();
        thread_.join();
    } else if (lacks_thread_) {
        writer_.end();
        writer_.run();
    }
    return writer_.unwritten();
}

} // namespace eventsgw
