// SPDX-License-Identifier: GPL-3.0-or-later
// Copyright (C) 2026 eventsgw contributors

#pragma once

#include "base/chrono.h"
#include "base/result.h"
#include "loop/timers.h"

#include <functional>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include <sys/types.h>

namespace eventsgw {

/// A program to run.
struct Job {
    std::vector<std::string> command;       ///< command[0] is the path of an executable; PATH is not searched
    std::string_view input{};               ///< becomes its standard input; whoever gives it keeps it until the exit
    std::vector<std::string> environment{}; ///< "NAME=value", on top of the launcher's; the last of a name wins
    int output = -1;                        ///< its standard output and error, open until it starts; -1: the daemon's
};

/// How a process ended.
struct Exit {
    int status = -1; ///< the exit status; -1 when a signal ended it
    int signal = 0;  ///< that signal; 0 when it exited by itself
    std::chrono::nanoseconds wall{};
    std::chrono::nanoseconds cpu{}; ///< user and system time, with that of the children it waited for
    pid_t pid = 0;                  ///< that it had
    pid_t remains = 0;              ///< its process group, where it has left somebody behind in it; else 0
};

/// "SIGTERM", or "signal 34" for one without a name.
std::string name_signal(int number);

/// A running process, leader of a process group of its own.
class Process : public Retirable {
public:
    /// Which is its group's too.
    virtual pid_t pid() const = 0;

    /// Signals every process of the group.
    virtual void signal_group(int signal) = 0;

    /// What the process leaves behind in its group when it exits is to be killed.
    virtual void kill_remains() = 0;
};

/// Starts processes: the real one is ChildLauncher, the fake one is played by tests.
class Launcher {
public:
    virtual ~Launcher() = default;

    /// `on_exit` is called once, from the loop, when the process itself has exited, whatever its group or its pipes do;
    /// not after the Process has been destroyed. The input is not looked at from then on. Error: what the kernel
    /// said, as in posix_spawn(3) and execve(2).
    virtual Result<std::unique_ptr<Process>> launch(const Job& job, std::function<void(const Exit&)> on_exit) = 0;
};

} // namespace eventsgw
