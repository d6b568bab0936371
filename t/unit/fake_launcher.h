// SPDX-License-Identifier: GPL-3.0-or-later
// Copyright (C) 2026 eventsgw contributors

#pragma once

#include "process/launcher.h"

#include <functional>
#include <map>
#include <memory>
#include <string>
#include <utility>
#include <vector>

namespace eventsgw::testing {

/// Processes that end when the test says so, and a kernel that is out of something when the test says so.
class FakeLauncher : public Launcher {
public:
    struct Started {
        std::string name;
        pid_t pid = 0;
        std::vector<std::string> command;
        std::vector<std::string> environment;
        std::string_view input;
        std::string payload; ///< what the input was when it started
        std::function<void(const Exit&)> on_exit;
        std::vector<int> signals;
        bool kills_remains = false;
        bool is_gone = false; ///< the Process has been destroyed
    };

    Result<std::unique_ptr<Process>> launch(const Job& job, std::function<void(const Exit&)> on_exit) override {
        const auto own = errors.find(job.command.front());
        if (const int code = own == errors.end() ? error : own->second; code != 0) {
            return make_os_error("cannot start", code);
        }
        started.push_back(std::make_unique<Started>());
        started.back()->name = job.command.front();
        started.back()->pid = kFirstPid + static_cast<pid_t>(started.size()) - 1;
        started.back()->command = job.command;
        started.back()->environment = job.environment;
        started.back()->input = job.input;
        started.back()->payload = job.input;
        started.back()->on_exit = std::move(on_exit);
        return std::unique_ptr<Process>(std::make_unique<FakeProcess>(*started.back()));
    }

    /// Of the first process; the next ones count on. No process has it: Linux gives out none above 2^22.
    static constexpr pid_t kFirstPid = 1 << 23;

    int error = 0;
    std::map<std::string, int> errors; ///< by name, in the place of `error`
    std::vector<std::unique_ptr<Started>> started;

private:
    class FakeProcess : public Process {
    public:
        explicit FakeProcess(Started& state) : state_(state) {}
        FakeProcess(const FakeProcess&) = delete;
        FakeProcess& operator=(const FakeProcess&) = delete;
        ~FakeProcess() override { state_.is_gone = true; }
        pid_t pid() const override { return state_.pid; }
        void signal_group(int signal) override { state_.signals.push_back(signal); }
        void kill_remains() override { state_.kills_remains = true; }

    private:
        Started& state_;
    };
};

} // namespace eventsgw::testing
