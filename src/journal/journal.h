// SPDX-License-Identifier: GPL-3.0-or-later
// Copyright (C) 2026 eventsgw contributors

#pragma once

#include "base/chrono.h"
#include "base/log.h"
#include "base/mailbox.h"
#include "base/result.h"
#include "journal/journal_file.h"
#include "journal/journal_lock.h"
#include "journal/journal_writer.h"

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <thread>
#include <vector>

namespace eventsgw {

/// The loop's side of the journal: sends orders to the thread that writes, and passes on what it answers. Never waits
/// for the disk, but in open() and finish(). Orders are carried out as they were given, several of them in one commit.
/// Without a file that has something in it there is no thread before the first order: most gateways never need SQLite,
/// and it takes a megabyte of memory.
///
/// What the thread tells waits in a mailbox until receive() is called, which is due whenever descriptor() is readable.
/// After a loss a new file is started: by the receiver of the tasks' news, or by this class if it has no receiver.
class Journal {
public:
    /// An unusable file is set aside and reported by problem(). With Fault::busy (another process keeps writing to the
    /// file) and Fault::shortage the file is left alone, because the tasks in it have to be pushed first. The lock is
    /// that of the file's directory.
    /// Its tasks are for the `agent`.
    static Result<std::unique_ptr<Journal>> open(std::optional<JournalLock> lock, const Log& log,
                                                 const std::string& agent,
                                                 const std::string& path = JournalFile::kName);

    /// What is known of a file when it is opened.
    struct Opened {
        std::optional<JournalFile> file;
        JournalFile::Extent extent;
        JournalFile::Claim claim;
        std::vector<RunRow> runs;
        std::string paused;
    };

    Journal(std::optional<JournalLock> lock, const Log& log, const std::string& agent, const std::string& path,
            Opened opened, std::string problem);
    Journal(const Journal&) = delete;
    Journal& operator=(const Journal&) = delete;
    ~Journal() { finish(); }

    /// Sets the receiver of what concerns tasks. Dead ones that an administrator retries are reported only from then
    /// on.
    void listen_to_tasks(std::function<void(JournalNews&)> on_news) {
        on_task_news_ = std::move(on_news);
        writer_.look_at_dead_from_now_on();
    }
    /// The same of what concerns the history.
    void listen_to_history(std::function<void(const JournalNews&)> on_news) { on_history_news_ = std::move(on_news); }

    /// The same of what concerns runs that have not ended.
    void listen_to_runs(std::function<void(JournalNews&)> on_news) { on_run_news_ = std::move(on_news); }
    /// Those that a former process has left in the file, without payloads. Once.
    std::vector<RunRow> take_runs() { return std::move(runs_); }
    /// Which of them are not to start, as ordered by JournalOrder::Pause.
    const std::string& paused() const { return paused_; }

    /// As they were when the file was opened, or started again after a loss.
    const JournalFile::Claim& claim() const { return claim_; }
    const JournalFile::Extent& extent() const { return extent_; } ///< what is dead or held: as the thread has told last
    /// Why the existing file is not used, and its new name; empty if there is no problem.
    const std::string& problem() const { return problem_; }

    /// Keeps the log of writes below this size, as long as no other program reads it for long and no flood comes.
    void limit_log(std::size_t bytes) { writer_.limit_log(bytes); }
    /// The log of writes, as the thread has told last.
    const JournalNews::Log& log() const { return log_state_; }

    /// Numbers tasks and events in the order of the calls.
    std::uint64_t take_number() { return ++last_number_; }

    /// Whether there is a thread, and so most likely a file.
    bool is_in_use() const { return thread_.joinable(); }

    /// What runs and tasks take on disk, in bytes: each side counts its own, and both have the same limit.
    void count_runs_by(std::function<std::size_t()> count) { count_runs_ = std::move(count); }
    void count_tasks_by(std::function<std::size_t()> count) { count_tasks_ = std::move(count); }
    std::size_t cost_of_runs() const { return count_runs_(); }
    std::size_t cost_of_tasks() const { return count_tasks_(); }
    /// With so much of both on disk: that, and the log of writes beyond what it alone has of them.
    std::size_t size_with(std::size_t cost) const {
        return cost + log_state_.bytes - std::min({log_state_.bytes, log_state_.cost, cost});
    }

    int descriptor() const { return outbox_.descriptor(); }
    void receive();

    template <typename What> void order(What what) {
        inbox_.post(JournalOrder{std::move(what)});
        start_thread();
    }

    /// After JournalNews::Lost: later orders are for a new file. It treats all tasks numbered so far as confirmed until
    /// a Confirm order says otherwise.
    void begin_anew();

    /// Whoever looks at the file's time of change sees that the gateway lives: to be called now and then, and done
    /// every kSignOfLife where there is a file.
    void show_life(std::chrono::steady_clock::time_point now);
    static constexpr std::chrono::minutes kSignOfLife{10};

    /// Retries to start the thread if that failed before.
    void try_again();

    /// Lets the thread do what has been ordered, and waits for its end. Returns how many tasks could not be written.
    std::size_t finish();
    /// After finish(): the same of runs that have not ended.
    std::size_t unwritten_runs() const { return writer_.unwritten_runs(); }

private:
    Result<void> start();
    /// Logs it, and keeps what others ask for.
    void note(const JournalNews& news);
    void log_held(const JournalNews::Log& log);
    /// False if no thread could be started.
    bool start_thread();

    std::optional<JournalLock> lock_; ///< none if it could not be taken
    const Log& log_;
    JournalFile::Claim claim_;
    JournalFile::Extent extent_;
    std::vector<RunRow> runs_;
    std::string paused_;
    std::string problem_;
    std::function<std::size_t()> count_runs_ = [] { return 0; };
    std::function<std::size_t()> count_tasks_ = [] { return 0; };
    JournalNews::Log log_state_;
    std::chrono::steady_clock::time_point shown_life_{};
    std::uint64_t last_number_;
    bool has_file_;
    bool lacks_thread_ = false; ///< as last reported
    Mailbox<JournalOrder> inbox_;
    Mailbox<JournalNews> outbox_;
    JournalWriter writer_; ///< the thread's, from start_thread() to finish()
    std::function<void(JournalNews&)> on_task_news_;
    std::function<void(JournalNews&)> on_run_news_ = [](JournalNews&) {};
    std::function<void(const JournalNews&)> on_history_news_ = [](const JournalNews&) {};
    std::thread thread_;
};

} // namespace eventsgw
