// SPDX-License-Identifier: GPL-3.0-or-later
// Copyright (C) 2026 eventsgw contributors

#include "cli/spool_push.h"

#include "base/chrono.h"
#include "base/file_identity.h"
#include "base/text.h"
#include "cli/gateway_client.h"
#include "cli/module_environment.h"
#include "config/connections.h"
#include "config/settings.h"
#include "daemon/leader_session.h"
#include "delivery/forwarder.h"
#include "journal/history.h"
#include "journal/journal.h"
#include "loop/loop.h"
#include "loop/watch.h"

#include <csignal>
#include <memory>
#include <utility>

namespace eventsgw {
namespace {

/// The longest that is waited for the leader to take anything.
constexpr std::chrono::seconds kPatience{10};
/// Between two looks at how far it has come; the first comes after the journal has told what it holds.
constexpr std::chrono::milliseconds kLook{250};

/// Runs a Forwarder without anything that feeds it.
class Pusher {
public:
    Pusher(const Log& log, const Connections& connections, const Settings& settings, std::unique_ptr<Journal> journal)
        : resolver_(loop_), journal_(std::move(journal)),
          history_(loop_, log, make_history_settings(settings), *journal_),
          forwarder_({make_leader_options(connections, settings.polling_interval),
                      connections.agent_id,
                      {settings.task_limit, settings.task_memory, settings.journal_limit, false}},
                     make_network(loop_, resolver_), log, *journal_, history_, {[] {}, [](const std::string&) {}}),
          watch_(loop_, journal_->descriptor(), Watch::For::reading, [this] { journal_->receive(); }),
          look_(loop_.make_timer([this] { look(); })) {}

    void run() {
        if (!watch_.on()) {
            return;
        }
        progress_at_ = loop_.now();
        look_->start(kLook);
        forwarder_.start();
        loop_.run();
        left_ = forwarder_.waiting();
        history_.flush();
        forwarder_.finish();
    }

    std::size_t left() const { return left_; }
    std::uint64_t pushed() const { return forwarder_.counters().pushed; }
    const Session& session() const { return forwarder_.session(); }

private:
    void look() {
        const Forwarder::Counters counters = forwarder_.counters();
        const std::uint64_t done = counters.pushed + counters.dead;
        if (std::exchange(done_, done) != done) {
            progress_at_ = loop_.now();
        }
        const bool is_done = counters.waiting == 0 && journal_->extent().held == 0;
        if (is_done || loop_.now() - progress_at_ >= kPatience) {
            loop_.stop();
            return;
        }
        look_->start(kLook);
    }

    Loop loop_;
    Resolver resolver_;
    std::unique_ptr<Journal> journal_;
    History history_;
    Forwarder forwarder_;
    Watch watch_;
    std::unique_ptr<Timer> look_;
    Clock::time_point progress_at_;
    std::uint64_t done_ = 0;
    std::size_t left_ = 0;
};

int push(const Connections& connections, const Settings& settings, const Log& log, std::unique_ptr<Journal> journal,
         std::ostream& out, std::ostream& err) {
    Pusher pusher(log, connections, settings, std::move(journal));
    pusher.run();
    out << "pushed " << pusher.pushed() << ", " << pusher.left() << " waiting\n";
    if (pusher.left() == 0) {
        return kExitSuccess;
    }
    err << "eventsgw: the leader at " << escape(to_string(connections.leader)) << " takes no tasks"
        << (pusher.session().problem().empty() ? "" : ": " + escape(pusher.session().problem())) << "\n";
    return kExitNoMatch;
}

/// Why no other journal than the gateway's own may be pushed now, or nothing. The cursor on the leader is one, and
/// tells what of the tasks that wait in the gateway's journal is pushed already.
std::string find_obstacle() {
    Result<JournalFile> file = JournalFile::open(JournalFile::kName, Database::Mode::read);
    const Result<JournalFile::Extent> extent = file ? file->measure() : Result<JournalFile::Extent>(file.error());
    return extent && extent->tasks > 0 ? "tasks are waiting in it and go first: run `eventsgw spool push`" : "";
}

/// To push what is held. How many tasks these are.
Result<std::uint64_t> ask_for_held(const std::string& path) {
    Result<JournalFile> file = JournalFile::open(path, Database::Mode::write);
    if (!file) {
        return file.error().fault == Fault::absent ? Result<std::uint64_t>(0) : file.error();
    }
    return file->ask_retry_of_held();
}

/// By the gateway that runs, which needs no help with what waits.
int push_held(std::ostream& out, std::ostream& err) {
    const Result<std::string> answer = ask_gateway("GET", "/status");
    const Result<JsonTree> report = answer ? parse_report(*answer) : answer.error();
    if (report && cJSON_IsNull(cJSON_GetObjectItemCaseSensitive(report->get(), "leader")) != 0) {
        err << "eventsgw: the gateway running here pushes no tasks because no rule has an action: stop it first\n";
        return kExitInUse;
    }
    const Result<std::uint64_t> asked = ask_for_held(JournalFile::kName);
    if (!asked) {
        err << "eventsgw: " << JournalFile::kName << ": " << asked.error().message << "\n";
        return kExitIo;
    }
    if (*asked == 0) {
        err << "eventsgw: nothing is held, and the gateway running here pushes what waits\n";
        return kExitInUse;
    }
    out << "the gateway will push " << *asked << " held tasks within seconds\n";
    return kExitSuccess;
}

std::string directory_of(const std::string& path) {
    return path.substr(0, path.find_last_of('/') + 1); // npos + 1 is 0
}

bool lies_here(const std::string& path) {
    const std::string directory = directory_of(path);
    return directory.empty() || FileIdentity::of(directory) == FileIdentity::of(".");
}

} // namespace

Result<JournalLock> lock_beside(const std::string& journal) {
    return JournalLock::take(directory_of(journal) + JournalLock::kName);
}

int push_spool(const Options& options, std::ostream& out, std::ostream& err) {
    Settings settings;
    const Result<void> applied = apply_environment(settings, read_environment);
    const Result<Connections> connections = read_connections(read_environment, options.agent_id);
    if (!applied || !connections || !connections->password) {
        err << "eventsgw: "
            << (!applied       ? applied.error().message
                : !connections ? connections.error().message
                               : "REDIS_PASSWORD is not set")
            << "\n"
            << "Run it in the environment of the module:\n  " << show_module_call("spool push") << "\n";
        return kExitConfig;
    }
    ::signal(SIGPIPE, SIG_IGN);
    // The cursor is the gateway's, whichever file is pushed.
    const bool is_the_gateways = options.journal == JournalFile::kName;
    Result<JournalLock> lock = JournalLock::take();
    if (!lock && lock.error().fault == Fault::busy && is_the_gateways) {
        return push_held(out, err);
    }
    if (!lock && lock.error().fault == Fault::busy) {
        err << "eventsgw: a gateway is running here: stop it first\n";
        return kExitInUse;
    }
    Result<JournalLock> other = lies_here(options.journal) ? Error{""} : lock_beside(options.journal);
    if (!lies_here(options.journal) && !other) {
        err << "eventsgw: " << escape(options.journal) << ": "
            << (other.error().fault == Fault::busy ? "a gateway is running there" : other.error().message) << "\n";
        return other.error().fault == Fault::busy ? kExitInUse : kExitIo;
    }
    if (const std::string obstacle = is_the_gateways ? "" : find_obstacle(); !obstacle.empty()) {
        err << "eventsgw: " << JournalFile::kName << ": " << obstacle << "\n";
        return kExitInUse;
    }
    if (!lock) {
        err << "eventsgw: " << JournalLock::kName << ": " << lock.error().message << "\n";
        return kExitIo;
    }
    const Log log = Log::to_stderr(LogLevel::warning);
    Result<std::unique_ptr<Journal>> journal = Journal::open(std::move(*(lies_here(options.journal) ? lock : other)),
                                                             log, connections->agent_id, options.journal);
    if (!journal) {
        const bool is_in_use = journal.error().fault == Fault::busy;
        err << "eventsgw: " << escape(options.journal) << ": "
            << (is_in_use ? "in use by another process" : journal.error().message) << "\n";
        return is_in_use ? kExitInUse : kExitIo;
    }
    if (!(*journal)->problem().empty()) {
        err << "eventsgw: " << escape(options.journal) << ": " << (*journal)->problem() << "\n";
        return kExitIo;
    }
    if (const Result<std::uint64_t> asked = ask_for_held(options.journal); !asked) {
        err << "eventsgw: " << escape(options.journal) << ": " << asked.error().message << "\n";
        return kExitIo;
    }
    return push(*connections, settings, log, std::move(*journal), out, err);
}

} // namespace eventsgw
