// SPDX-License-Identifier: GPL-3.0-or-later
// Copyright (C) 2026 eventsgw contributors

#include "daemon/task_sender.h"

#include "daemon/leader_session.h"
#include "event/task.h"

#include <utility>

namespace eventsgw {
namespace {

Backlog::Options make_limits(const Settings& settings) {
    return {settings.task_limit, settings.task_memory, settings.journal_limit,
            settings.durability == Durability::always};
}

} // namespace

TaskSender::TaskSender(Loop& loop, const Log& log, const Connections& connections, const Settings& settings,
                       Journal& journal, History& history, Callbacks callbacks)
    : log_(log), history_(history), callbacks_(std::move(callbacks)), resolver_(loop),
      forwarder_(
          {make_leader_options(connections, settings.polling_interval), connections.agent_id, make_limits(settings)},
          make_network(loop, resolver_), log, journal, history,
          Forwarder::Callbacks{callbacks_.on_empty, [this](const std::string& problem) {
                                   journal_problem_ = problem;
                                   callbacks_.on_change();
                               }}) {}

Outcome TaskSender::send(const Rule& rule, const std::shared_ptr<KeptEvent>& event) {
    const Uuid id = uuids_.make_bytes();
    if (event->form() == PayloadForm::bytes) {
        log_.warning("task", "payload is not UTF-8, its bytes go along as base64",
                     {{"event", event->channel()}, {"bytes", event->payload().size()}, {"id", to_string(id)}});
    }
    if (log_.is_enabled(LogLevel::debug)) {
        log_.debug("task", "made",
                   {{"event", event->channel()}, {"rule", rule.line}, {"action", rule.value}, {"id", to_string(id)}});
    }
    const Outcome::Reason refusal = forwarder_.accept(event, rule.value, id);
    if (refusal == Outcome::Reason::none) {
        return Outcome::waiting(id);
    }
    if (history_.is_on()) {
        RunRecord record;
        record.id = to_string(id);
        record.kind = WorkKind::task;
        record.event = event;
        record.value = rule.value;
        history_.refuse(std::move(record), to_string(refusal));
    }
    return Outcome::refused(refusal);
}

Report::Tasks TaskSender::report() const {
    const Forwarder::Counters counters = forwarder_.counters();
    Report::Tasks tasks;
    tasks.pushed = counters.pushed;
    tasks.waiting = counters.waiting;
    tasks.on_disk = counters.on_disk;
    tasks.dead = counters.dead;
    tasks.refused = counters.refused;
    tasks.confirmed = counters.confirmed;
    return tasks;
}

void TaskSender::hurry() {
    if (waiting() > 0) {
        forwarder_.session().hurry();
    }
}

void TaskSender::keep() {
    const std::size_t waiting = forwarder_.waiting();
    const std::size_t lost = forwarder_.finish();
    if (waiting > lost) {
        log_.notice("task", "kept for the next start", {{"waiting", waiting - lost}});
    }
    if (lost > 0) {
        log_.error("task", "lost at the end, the leader did not take them", {{"waiting", lost}});
    }
}

} // namespace eventsgw
