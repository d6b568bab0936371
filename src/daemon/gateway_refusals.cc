// SPDX-License-Identifier: GPL-3.0-or-later
// Copyright (C) 2026 eventsgw contributors

#include "daemon/gateway.h"

#include <memory>
#include <new>
#include <utility>

namespace eventsgw {

Outcome Gateway::refuse_work(const Rule* rule, const Event& event, Outcome::Reason reason) {
    const auto kind = [](RuleKind of) { return of == RuleKind::action ? WorkKind::task : WorkKind::command; };
    try {
        RunRecord record;
        record.event = std::make_shared<KeptEvent>(event.channel, "", event.replay_of);
        record.has_payload = false;
        record.kind = rule != nullptr ? kind(rule->kind) : WorkKind::handler;
        record.line = rule != nullptr ? rule->line : 0;
        record.value = rule != nullptr ? rule->value : "";
        history_.refuse(std::move(record), to_string(reason));
    } catch (const std::bad_alloc&) { // the log has it
    }
    return Outcome::refused(reason);
}

void Gateway::on_too_large(const Message& message) {
    const Event event{message.channel, {}};
    for (const std::size_t index : rules_of(message)) {
        static_cast<void>(refuse_work(&config_.rules.all()[index], event, Outcome::Reason::too_large));
    }
    if (is_for_handlers(message) && runs_.has_handler(event)) {
        static_cast<void>(refuse_work(nullptr, event, Outcome::Reason::too_large));
    }
}

} // namespace eventsgw
