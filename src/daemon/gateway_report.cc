// SPDX-License-Identifier: GPL-3.0-or-later
// Copyright (C) 2026 eventsgw contributors

#include "daemon/gateway.h"

#include <sys/stat.h>
#include <unistd.h>

namespace eventsgw {
namespace {

Report::Server report_server(const Session& session) {
    return {to_string(session.address()), session.problem()};
}

/// 0 if the file does not exist.
std::size_t size_of_file(const std::string& path) {
    struct stat file {};
    return ::stat(path.c_str(), &file) == 0 ? static_cast<std::size_t>(file.st_size) : 0;
}

std::string describe_problem(std::string_view server, const Session& session) {
    return "waiting for the " + std::string(server) + " at " + to_string(session.address()) +
           (session.problem().empty() ? "" : ": " + session.problem());
}

} // namespace

Condition Gateway::observe() const {
    Condition condition;
    condition.agent_id = connections_.agent_id;
    if (!subscriber_.is_listening()) {
        condition.problem = describe_problem("replica", subscriber_.session());
    }
    if (sender_ && !sender_->session().problem().empty()) {
        condition.leader_problem = describe_problem("leader", sender_->session());
    }
    condition.channels = subscriber_.wanted().channels.size();
    condition.patterns = subscriber_.wanted().patterns.size();
    condition.tasks_waiting = sender_ ? sender_->waiting() : 0;
    condition.journal_problem = sender_ ? sender_->journal_problem() : "";
    condition.runs_active = runs_.running();
    condition.runs_waiting = runs_.waiting();
    if (const auto& gap = subscriber_.gaps().last) {
        condition.last_gap = Condition::Gap{gap->end, gap->length};
    }
    return condition;
}

Report Gateway::report() const {
    Report report;
    report.version = version_;
    report.agent_id = connections_.agent_id;
    report.pid = ::getpid();
    report.uptime = loop_.now() - started_;
    report.started = std::chrono::system_clock::now() -
                     std::chrono::duration_cast<std::chrono::system_clock::duration>(report.uptime);
    report.replica = report_server(subscriber_.session());
    report.channels = subscriber_.wanted().channels.size();
    report.patterns = subscriber_.wanted().patterns.size();
    report.gaps = subscriber_.gaps();
    report.messages = messages_;
    report.messages_refused = subscriber_.refused();
    if (sender_) {
        report.leader = report_server(sender_->session());
        report.tasks = sender_->report();
    }
    report.tasks.held = journal_->extent().held;
    report.tasks.held_because = journal_->extent().held_because;
    report.commands = runs_.counters(WorkKind::command);
    report.handlers = runs_.counters(WorkKind::handler);
    report.runs_held_because = runs_.held_because();
    report.oldest_run = runs_.oldest_age();
    for (const auto& [key, until] : runs_.pauses().all()) {
        report.paused.push_back({key, until});
    }
    report.history = {history_.is_on(), history_.problem()};
    const std::string path = JournalFile::kName;
    report.journal = {size_of_file(path) + size_of_file(path + "-wal"), journal_->log().bytes, journal_->log().is_held};
    report.rules = rule_counters_.report(config_.rules, loop_.now());
    return report;
}

void Gateway::log_summary() const {
    const Forwarder::Counters tasks = sender_ ? sender_->counters() : Forwarder::Counters{};
    const RunQueue::Counters& commands = runs_.counters(WorkKind::command);
    const RunQueue::Counters& handlers = runs_.counters(WorkKind::handler);
    const auto ended = [](const RunQueue::Counters& runs) { return runs.succeeded + runs.failed + runs.skipped; };
    log_.notice("gateway", "ended",
                {{"messages", messages_},
                 {"pushed", tasks.pushed},
                 {"commands", ended(commands)},
                 {"handlers", ended(handlers)},
                 {"failed", commands.failed + handlers.failed},
                 {"refused",
                  commands.refused + handlers.refused + tasks.refused + subscriber_.refused() + shortages_.total()}});
}

} // namespace eventsgw
