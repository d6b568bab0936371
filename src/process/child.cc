// SPDX-License-Identifier: GPL-3.0-or-later
// Copyright (C) 2026 eventsgw contributors

#include "process/child.h"

#include "base/fd.h"
#include "loop/loop.h"
#include "loop/watch.h"
#include "process/environment.h"
#include "process/input_feed.h"
#include "process/spawn.h"

#include <cerrno>
#include <csignal>
#include <utility>

#include <sys/resource.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

namespace eventsgw {
namespace {

/// Between two looks at a child that the kernel gave no pidfd for.
constexpr std::chrono::milliseconds kPollInterval{50};

std::chrono::nanoseconds to_duration(const timeval& time) {
    return std::chrono::seconds(time.tv_sec) + std::chrono::microseconds(time.tv_usec);
}

/// glibc has a wrapper only since 2.36. The descriptor is close-on-exec by itself.
UniqueFd open_pidfd(pid_t pid) {
    return UniqueFd(static_cast<int>(::syscall(SYS_pidfd_open, pid, 0)));
}

class Child : public Process {
public:
    Child(Loop& loop, pid_t pid, Clock::time_point started, UniqueFd input_pipe, std::string_view input,
          std::function<void(const Exit&)> on_exit)
        : pid_(pid), started_(started), on_exit_(std::move(on_exit)), pidfd_(open_pidfd(pid)),
          poll_(loop.make_timer([this] { on_maybe_exited(); })),
          feed_(std::make_unique<InputFeed>(loop, std::move(input_pipe), input)) {
        if (pidfd_) {
            exited_ = std::make_unique<Watch>(loop, pidfd_.get(), Watch::For::reading, [this] { on_maybe_exited(); });
        }
        if (!exited_ || !exited_->on()) {
            poll_->start(kPollInterval); // out of descriptors, or a kernel without pidfds
        }
    }

    pid_t pid() const override { return pid_; }

    void signal_group(int signal) override {
        if (!reaped_) { // until then the kernel gives the number to nobody else
            ::kill(-pid_, signal);
        }
    }

    void kill_remains() override { kill_remains_ = true; }

private:
    void on_maybe_exited() {
        if (reaped_) {
            return;
        }
        siginfo_t info{};
        if (::waitid(P_PID, static_cast<id_t>(pid_), &info, WEXITED | WNOHANG | WNOWAIT) == 0 && info.si_pid == 0) {
            poll_->start(kPollInterval); // still running: only the poll gets here
            return;
        }
        if (kill_remains_) {
            signal_group(SIGKILL);
        }
        reap();
    }

    void reap() {
        int status = 0;
        rusage usage{};
        const pid_t reaped = ::wait4(pid_, &status, 0, &usage);
        reaped_ = true;
        feed_.reset();
        if (exited_) {
            exited_->off();
        }
        Exit exit;
        exit.wall = Clock::now() - started_;
        exit.pid = pid_;
        exit.cpu = to_duration(usage.ru_utime) + to_duration(usage.ru_stime);
        if (reaped == pid_ && WIFEXITED(status)) {
            exit.status = WEXITSTATUS(status);
        } else if (reaped == pid_ && WIFSIGNALED(status)) {
            exit.signal = WTERMSIG(status);
        }
        if (::kill(-pid_, 0) == 0 || errno == EPERM) {
            exit.remains = pid_;
        }
        on_exit_(exit);
    }

    pid_t pid_;
    Clock::time_point started_;
    std::function<void(const Exit&)> on_exit_;
    UniqueFd pidfd_;
    std::unique_ptr<Watch> exited_;
    std::unique_ptr<Timer> poll_;
    std::unique_ptr<InputFeed> feed_; ///< until it has exited
    bool kill_remains_ = false;
    bool reaped_ = false;
};

} // namespace

Result<std::unique_ptr<Process>> ChildLauncher::launch(const Job& job, std::function<void(const Exit&)> on_exit) {
    Result<Pipe> pipe = make_pipe();
    if (!pipe) {
        return pipe.error();
    }
    if (const Result<void> set = set_nonblocking(pipe->write_end.get()); !set) {
        return set.error();
    }
    const Clock::time_point started = loop_.now();
    const Streams streams{pipe->read_end.get(), job.output};
    const Result<pid_t> pid = job.environment.empty()
                                  ? spawn(job.command, environment_, streams)
                                  : spawn(job.command, merge_environments(environment_, job.environment), streams);
    if (!pid) {
        return pid.error();
    }
    pipe->read_end.reset();
    return std::unique_ptr<Process>(
        std::make_unique<Child>(loop_, *pid, started, std::move(pipe->write_end), job.input, std::move(on_exit)));
}

} // namespace eventsgw
