// SPDX-License-Identifier: GPL-3.0-or-later
// Copyright (C) 2026 eventsgw contributors

#pragma once

#include "base/chrono.h"
#include "base/log.h"
#include "loop/timers.h"

#include <cstddef>
#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include <sys/types.h>

namespace eventsgw {

/// A run that was marked as running when its gateway came to an unclean end, in this boot of the machine: after another
/// it has left no process, and its pid means nothing.
struct FormerRun {
    std::string id;              ///< its AGENT_EVENT_ID
    pid_t pid = 0;               ///< of its last known process, the leader of its group; 0: none was recorded
    std::uint64_t pid_start = 0; ///< when that process started: its find_start_time()
};

/// When a process started, in clock ticks since boot: field 22 of /proc/PID/stat, see proc(5). Together with the boot
/// id and the pid it names one process for ever. Nothing if the process is gone and reaped.
std::optional<std::uint64_t> find_start_time(pid_t pid);

/// Ends what the runs of a gateway that was killed have left running, so that no second attempt runs next to the first:
/// SIGTERM to each process group, SIGKILL to what is left of it after a grace.
///
/// A group belongs to a former run if its leader does: a process of our user that leads its group but not its session,
/// and has either the recorded pid and start time or, as a gateway can be killed before it has recorded a pid, the
/// run's AGENT_EVENT_ID in its initial environment. (A command that starts a daemon gives it a session of its own, so
/// the daemon is spared.) Our own group is never touched. A group is there until its last process has ended, zombies
/// not counted; processes that we may not signal, such as what sudo(8) runs, are not waited for.
///
/// `on_gone` is called at most once, from a timer and never from within end() or kill(); as everywhere, this must not
/// be destroyed within it. Destroying it earlier stops the waiting, and signals nobody.
class Leftovers {
public:
    /// Between two looks at whether the groups are gone.
    static constexpr std::chrono::milliseconds kPollInterval{50};
    /// What is still there so long after SIGKILL, as in an uninterruptible sleep, gets a warning.
    static constexpr std::chrono::seconds kSuspicious{10};

    Leftovers(Timers& timers, const Log& log, std::function<void()> on_gone);

    /// Looks through /proc once and sends SIGTERM. Returns how many groups are still there; 0: there is nothing to wait
    /// for, and on_gone is not called. Where /proc cannot be read, nothing is found. To be called once.
    /// `agent`, unless it is empty, is that of runs which are not known: theirs is each group whose leader has this
    /// AGENT_ID, an AGENT_EVENT_ID and our working directory.
    std::size_t end(const std::vector<FormerRun>& runs, std::chrono::nanoseconds grace, std::string_view agent = {});

    /// Ends the grace: SIGKILL to all that is left.
    void kill();

    /// How many groups were there at the last look.
    std::size_t left() const { return groups_.size(); }

private:
    /// A process group whose leader was found to belong to a former run. While it has a process the kernel gives its
    /// number to no other, so it stays known by any member; the session tells it from a group that got the number
    /// later.
    struct Group {
        pid_t id = 0; ///< and its leader's pid
        pid_t session = 0;
        pid_t witness = 0; ///< a member that was alive at the last look
    };

    static bool is_there(Group& group);
    void signal_all(int signal);
    void poll();
    void schedule();

    Timers& timers_;
    const Log& log_;
    std::function<void()> on_gone_;
    std::unique_ptr<Timer> poll_;
    std::vector<Group> groups_;
    std::size_t found_ = 0;
    std::size_t killed_ = 0;     ///< groups that SIGTERM has not ended
    Clock::time_point deadline_; ///< of the grace; once that is over, of the warning
    bool is_killing_ = false;
    bool is_warned_ = false;
};

} // namespace eventsgw
