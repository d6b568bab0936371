// SPDX-License-Identifier: GPL-3.0-or-later
// Copyright (C) 2026 eventsgw contributors

#pragma once

#include "base/log.h"
#include "base/uuid.h"
#include "config/connections.h"
#include "config/rules.h"
#include "config/settings.h"
#include "daemon/report.h"
#include "delivery/forwarder.h"
#include "event/event.h"
#include "event/outcome.h"
#include "journal/history.h"
#include "journal/journal.h"
#include "loop/loop.h"
#include "redis/resolver.h"

#include <cstddef>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace eventsgw {

/// Makes tasks of events and sends them to the leader: the Forwarder with all that it needs of the world. Made where a
/// rule has an action.
class TaskSender {
public:
    /// `on_empty` is called whenever no task waits any more, `on_change` when problem() or journal_problem() may be
    /// another one.
    struct Callbacks {
        std::function<void()> on_empty;
        std::function<void()> on_change;
    };

    TaskSender(Loop& loop, const Log& log, const Connections& connections, const Settings& settings, Journal& journal,
               History& history, Callbacks callbacks);
    TaskSender(const TaskSender&) = delete;
    TaskSender& operator=(const TaskSender&) = delete;

    void start() { forwarder_.start(); }
    void set_polling_interval(std::chrono::nanoseconds interval) {
        forwarder_.session().set_polling_interval(interval);
    }

    /// Makes a task of what the rule says. It waits for the leader, or is refused.
    Outcome send(const Rule& rule, const std::shared_ptr<KeptEvent>& event);

    std::vector<Forwarder::Match> find(std::string_view id) const { return forwarder_.find(id); }

    std::size_t waiting() const { return forwarder_.waiting(); }
    Forwarder::Counters counters() const { return forwarder_.counters(); }
    Report::Tasks report() const;
    const Session& session() const { return forwarder_.session(); }
    const std::string& journal_problem() const { return journal_problem_; } ///< why tasks wait in memory only; or empty

    /// The end is near: a leader that is being waited for is tried at once.
    void hurry();

    /// What the leader has not taken is on disk when this returns, or lost. Nothing else may be called afterwards.
    void keep();

private:
    const Log& log_;
    History& history_;
    UuidSource uuids_;
    std::string journal_problem_;
    Callbacks callbacks_;
    Resolver resolver_;
    Forwarder forwarder_;
};

} // namespace eventsgw
