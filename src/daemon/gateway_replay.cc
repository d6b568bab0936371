// SPDX-License-Identifier: GPL-3.0-or-later
// Copyright (C) 2026 eventsgw contributors

#include "base/glob.h"
#include "base/text.h"
#include "daemon/gateway.h"
#include "history/history_file.h"

#include <string>
#include <utility>

namespace eventsgw {
namespace {

constexpr int kConflict = 409; // of RFC 9110, where a wish cannot be granted as things are

HttpResponse refuse(const std::string& reason) {
    return {kConflict, HttpResponse().content_type, reason + "\n"};
}

/// A run whose event can be replayed. Waits for the disk, as long as it takes to read one row.
Result<RunRecord> load_replayable(const std::string& prefix, bool keeps_payloads) {
    Result<std::optional<HistoryFile>> opened = HistoryFile::open_to_read(kHistoryName);
    if (!opened || !*opened) {
        return opened ? Error{"there is no run in the history yet"}
                      : within("the history cannot be read", opened.error());
    }
    HistoryFile& file = **opened;
    const Result<std::string> id = file.resolve(prefix);
    if (!id) {
        return id.error();
    }
    Result<std::optional<RunRecord>> run = file.load(*id);
    if (!run || !*run) {
        return run ? Error{"there is no run " + quote(*id) + " in the history any more"} : run.error();
    }
    if (!(*run)->payload) {
        return Error{"the event's payload was not kept, so it cannot be replayed: " +
                     std::string(keeps_payloads ? "it came before history_payload = yes, or was larger than 1 MiB"
                                                : "set history_payload = yes in [gateway], reload by systemctl "
                                                  "reload or SIGHUP, and later events can be")};
    }
    return std::move(**run);
}

/// One line for what has been started.
std::string describe(const std::string& kind, const std::string& id, const std::string& what) {
    return kind + std::string(9 - kind.size(), ' ') + id + "  " + what + "\n";
}

} // namespace

HttpResponse Gateway::replay(const std::string& id) {
    if (end_signal_ != 0) {
        return refuse("the gateway is about to end");
    }
    if (!history_.is_on()) {
        return refuse("the history is off: set history and history_payload = yes in [gateway], reload by systemctl "
                      "reload or SIGHUP, and later events can be replayed");
    }
    const Result<RunRecord> run = load_replayable(id, config_.settings.history_payload);
    if (!run) {
        return refuse(run.error().message);
    }
    log_.notice("gateway", "replays an event", {{"event", run->channel}, {"id", run->id}});
    const Replayed replayed = replay(Event{run->channel, *run->payload, loop_.now(), true});
    if (!replayed.started.empty()) {
        return {200, HttpResponse().content_type, replayed.started + replayed.refused};
    }
    return refuse(replayed.refused.empty()
                      ? "nothing was started: no rule and no handler takes " + escape(run->channel) + " now"
                      : "nothing was started, as much waits as may; try again later:\n" + replayed.refused);
}

/// No subscription tells which rules take it, so they are matched here.
Gateway::Replayed Gateway::replay(const Event& event) {
    Replayed replayed;
    const auto note = [&](const std::string& kind, const std::string& id, const std::string& what, bool is_refused) {
        if (is_refused) {
            replayed.refused += "refused  " + kind + " " + what + "\n";
        } else if (!id.empty()) {
            replayed.started += describe(kind, id, what);
        }
    };
    for (const Rule& rule : config_.rules.all()) {
        if (!match_glob(rule.channel, event.channel).matches) {
            continue;
        }
        const std::uint64_t refused = count_refused();
        const std::string id = apply(rule, event);
        note(rule.kind == RuleKind::action ? "task" : "command", id,
             "line " + std::to_string(rule.line) + ": " + escape(rule.value), id.empty() || count_refused() > refused);
    }
    if (handlers_.is_used()) {
        const std::uint64_t refused = handlers_.refused();
        const std::string id = handle(event);
        note("handler", id, escape(event.channel), handlers_.refused() > refused);
    }
    status_line_.touch();
    return replayed;
}

std::uint64_t Gateway::count_refused() const {
    return commands_.refused() + (sender_ ? sender_->counters().refused : 0);
}

} // namespace eventsgw
