// SPDX-License-Identifier: GPL-3.0-or-later
// Copyright (C) 2026 eventsgw contributors

#include "daemon/gateway.h"

#include <unistd.h>

namespace eventsgw {
namespace {

Report::Server report_server(const Session& session) {
    return {to_string(session.address()), session.problem()};
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
    condition.runs_active = slots_.running();
    condition.runs_waiting = slots_.waiting();
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
    report.commands = commands_.report();
    report.handlers = handlers_.report();
    report.commands.running = slots_.running() - report.handlers.running;
    report.commands.waiting = slots_.waiting() - report.handlers.waiting;
    report.history = {history_.is_on(), history_.problem()};
    report.journal = {journal_->log().bytes, journal_->log().is_held};
    report.rules = rule_counters_.report(config_.rules, loop_.now());
    return report;
}

void Gateway::log_summary() const {
    const Forwarder::Counters tasks = sender_ ? sender_->counters() : Forwarder::Counters{};
    const EventsDirectory::Counters& handled = handlers_.counters();
    log_.notice("gateway", "ended",
                {{"messages", messages_},
                 {"pushed", tasks.pushed},
                 {"commands", commands_.counters().succeeded + commands_.counters().failed},
                 {"handlers", handled.completed + handled.aborted + handled.skipped},
                 {"failed", commands_.counters().failed + handled.aborted},
                 {"refused", commands_.refused() + handlers_.refused() + tasks.refused + subscriber_.refused() +
                                 shortages_.total()}});
}

} // namespace eventsgw
