// SPDX-License-Identifier: GPL-3.0-or-later
// Copyright (C) 2026 eventsgw contributors

#include "daemon/command_runner.h"

#include <cerrno>
#include <utility>

namespace eventsgw {
void CommandRunner::run(const Rule& rule, const Event& event) {
    const Label label{rule.line, std::string(event.channel), event.read};
    if (rule.value.find('\0') != std::string::npos) {
        on_done(label, Error{"a NUL byte in it cannot be given to a shell", EINVAL});
        return;
    }
    log_.debug("command", "due", {{"event", event.channel}, {"rule", rule.line}});
    Job job{{"/bin/sh", "-c", rule.value}, std::string(event.payload)};
    if (!queue_.submit(std::move(job), [this, label](const Result<Exit>& exit) { on_done(label, exit); })) {
        refusals_.add(event.channel, queue_.waiting(), queue_.waiting_bytes());
    }
}

void CommandRunner::on_done(const Label& label, const Result<Exit>& exit) {
    const bool succeeded = exit && exit->status == 0;
    ++(succeeded ? counters_.succeeded : counters_.failed);
    if (exit) {
        counters_.begun.add(timers_.now() - exit->wall - label.read);
        log_exit(label, *exit);
    } else {
        log_.error("command", "not started",
                   {{"event", label.channel}, {"rule", label.line}, {"reason", exit.error().message}});
    }
    on_idle_();
}

void CommandRunner::log_exit(const Label& label, const Exit& exit) const {
    if (exit.signal != 0) {
        log_.error("command", "exited",
                   {{"event", label.channel},
                    {"rule", label.line},
                    {"status", exit.status},
                    {"signal", name_signal(exit.signal)},
                    {"wall", exit.wall},
                    {"cpu", exit.cpu}});
        return;
    }
    log_.write(exit.status == 0 ? LogLevel::info : LogLevel::error, "command", "exited",
               {{"event", label.channel},
                {"rule", label.line},
                {"status", exit.status},
                {"wall", exit.wall},
                {"cpu", exit.cpu}});
}

Report::Runs CommandRunner::report() const {
    Report::Runs runs;
    runs.succeeded = counters_.succeeded;
    runs.failed = counters_.failed;
    runs.refused = refused();
    runs.begun = counters_.begun;
    return runs;
}

} // namespace eventsgw
