// SPDX-License-Identifier: GPL-3.0-or-later
// Copyright (C) 2026 eventsgw contributors

#include "process/leftovers.h"

#include "process/process_stat.h"

#include <algorithm>
#include <csignal>
#include <fstream>
#include <iterator>
#include <map>
#include <set>
#include <string_view>
#include <utility>

#include <sys/stat.h>
#include <unistd.h>

namespace eventsgw {
namespace {

/// With which a process was started.
struct Origin {
    std::string run;   ///< AGENT_EVENT_ID; empty if it has none
    std::string agent; ///< AGENT_ID
};

/// By its effective user, as the directory in /proc is. One that is not dumpable counts as root's.
bool is_our_users(pid_t pid) {
    struct stat status {};
    return ::stat(("/proc/" + std::to_string(pid)).c_str(), &status) == 0 && status.st_uid == ::geteuid();
}

Origin read_origin(pid_t pid) {
    constexpr std::string_view kRun = "AGENT_EVENT_ID=";
    constexpr std::string_view kAgent = "AGENT_ID=";
    Origin origin;
    std::ifstream file("/proc/" + std::to_string(pid) + "/environ");
    for (std::string entry; std::getline(file, entry, '\0');) {
        if (entry.starts_with(kRun)) {
            origin.run = entry.substr(kRun.size());
        } else if (entry.starts_with(kAgent)) {
            origin.agent = entry.substr(kAgent.size());
        }
    }
    return origin;
}

bool is_in_our_directory(pid_t pid) {
    struct stat theirs {};
    struct stat ours {};
    return ::stat(("/proc/" + std::to_string(pid) + "/cwd").c_str(), &theirs) == 0 && ::stat(".", &ours) == 0 &&
           theirs.st_dev == ours.st_dev && theirs.st_ino == ours.st_ino;
}

/// What tells the leader of a former run's group.
class FormerRuns {
public:
    FormerRuns(const std::vector<FormerRun>& runs, std::string_view agent) : agent_(agent) {
        for (const FormerRun& run : runs) {
            if (run.pid > 0) {
                starts_.emplace(run.pid, run.pid_start);
            }
            if (!run.id.empty()) {
                ids_.insert(run.id);
            }
        }
    }

    /// The environment comes last: it is read of few processes then, for those of services lead their sessions.
    bool have(const ProcessStat& process) const {
        if (!process.leads_group() || process.leads_session() || process.group == ::getpgrp() ||
            !is_our_users(process.pid)) {
            return false;
        }
        const auto known = starts_.find(process.pid);
        if (known != starts_.end() && known->second == process.start) {
            return true;
        }
        const Origin origin = read_origin(process.pid);
        return ids_.contains(origin.run) ||
               (!agent_.empty() && origin.agent == agent_ && !origin.run.empty() && is_in_our_directory(process.pid));
    }

private:
    std::map<pid_t, std::uint64_t> starts_; ///< by pid
    std::set<std::string> ids_;
    std::string_view agent_; ///< empty: only runs that are known count
};

bool may_signal(pid_t pid) {
    return ::kill(pid, 0) == 0;
}

} // namespace

std::optional<std::uint64_t> find_start_time(pid_t pid) {
    const std::optional<ProcessStat> process = read_process_stat(pid);
    return process ? std::optional(process->start) : std::nullopt;
}

Leftovers::Leftovers(Timers& timers, const Log& log, std::function<void()> on_gone)
    : timers_(timers), log_(log), on_gone_(std::move(on_gone)), poll_(timers.make_timer([this] { poll(); })) {}

std::size_t Leftovers::end(const std::vector<FormerRun>& runs, std::chrono::nanoseconds grace, std::string_view agent) {
    if (runs.empty() && agent.empty()) {
        return 0;
    }
    const FormerRuns former(runs, agent);
    each_process([&](const ProcessStat& process) {
        if (former.have(process)) {
            groups_.push_back({process.group, process.session, process.pid});
        }
    });
    std::erase_if(groups_, [](Group& group) { return !is_there(group); }); // a zombie may be all that is left
    found_ = groups_.size();
    if (found_ > 0) {
        signal_all(SIGTERM);
        deadline_ = timers_.now() + grace;
        schedule();
    }
    return found_;
}

void Leftovers::kill() {
    if (groups_.empty()) {
        return;
    }
    if (!std::exchange(is_killing_, true)) {
        killed_ = groups_.size();
        deadline_ = timers_.now() + kSuspicious;
    }
    signal_all(SIGKILL);
    schedule();
}

/// Looks at the last witness first, so that /proc is searched only when that one has ended and others may be left.
bool Leftovers::is_there(Group& group) {
    const auto is_member = [&](const ProcessStat& process) {
        return process.group == group.id && process.session == group.session && process.is_alive &&
               may_signal(process.pid);
    };
    if (const std::optional<ProcessStat> witness = read_process_stat(group.witness); witness && is_member(*witness)) {
        return true;
    }
    if (::kill(-group.id, 0) != 0) {
        return false; // it has no process, or none that we may signal
    }
    group.witness = 0;
    each_process([&](const ProcessStat& process) {
        if (is_member(process)) {
            group.witness = process.pid;
        }
    });
    return group.witness != 0;
}

void Leftovers::signal_all(int signal) {
    for (Group& group : groups_) {
        if (is_there(group)) { // else another may have got its number since the last look
            ::kill(-group.id, signal);
        }
    }
}

void Leftovers::poll() {
    std::erase_if(groups_, [](Group& group) { return !is_there(group); });
    if (groups_.empty()) {
        log_.notice("process", "ended what an earlier gateway had left running",
                    {{"groups", found_}, {"killed", killed_}});
        on_gone_();
        return;
    }
    const bool is_over = timers_.now() >= deadline_;
    if (is_over && !is_killing_) {
        kill();
        return;
    }
    if (is_over && !std::exchange(is_warned_, true)) {
        log_.warning("process", "left running by an earlier gateway, and SIGKILL does not end it",
                     {{"groups", groups_.size()}, {"pid", groups_.front().witness}});
    }
    schedule();
}

void Leftovers::schedule() {
    const std::chrono::nanoseconds interval = kPollInterval;
    const std::chrono::nanoseconds rest = std::max(deadline_ - timers_.now(), std::chrono::nanoseconds::zero());
    poll_->start(is_killing_ ? interval : std::min(interval, rest));
}

} // namespace eventsgw
