// SPDX-License-Identifier: GPL-3.0-or-later
// Copyright (C) 2026 eventsgw contributors

#include "base/glob.h"
#include "base/text.h"
#include "daemon/gateway.h"
#include "journal/journal_file.h"

#include <string>
#include <utility>

namespace eventsgw {
namespace {

/// Why the payload of work that has ended in this state was not kept.
std::string explain(WorkState state, HistoryPayload kept) {
    const std::string remedy = "reload by systemctl reload or SIGHUP, and later events can be";
    if (kept == HistoryPayload::no) {
        return "set history_payload = yes in [gateway], " + remedy;
    }
    return kept == HistoryPayload::failed && state == WorkState::done
               ? "history_payload = failed keeps none of what has ended well; set it to yes in [gateway], " + remedy
               : "it came before history_payload was set, or was larger than 1 MiB";
}

/// A run whose event can be replayed. Waits for the disk, as long as it takes to read one row.
Result<RunRecord> load_replayable(const std::string& prefix, HistoryPayload kept) {
    Result<JournalFile> file = JournalFile::open(JournalFile::kName, Database::Mode::read);
    if (!file) {
        const bool is_none = file.error().fault == Fault::absent;
        return is_none ? Error{"there is no run in the history yet"}
                       : within("the history cannot be read", file.error());
    }
    HistoryTable history = file->history();
    const Result<std::string> id = history.resolve(prefix);
    if (!id) {
        return id.error();
    }
    Result<std::optional<RunRecord>> run = history.load(*id);
    if (!run || !*run) {
        return run ? Error{"there is no run " + quote(*id) + " in the history any more"} : run.error();
    }
    if (!(*run)->keeps_payload) {
        return Error{"the event's payload was not kept, so it cannot be replayed: " + explain((*run)->state, kept)};
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
    log_.notice("gateway", "replays an event", {{"event", run->channel()}, {"id", run->id}});
    const Replayed replayed = replay(Event{run->channel(), run->event->payload(), loop_.now(), run->id});
    if (!replayed.started.empty()) {
        history_.mark_replayed(run->id);
        return {200, HttpResponse().content_type, replayed.started + replayed.refused};
    }
    if (replayed.refused.empty()) {
        return refuse("nothing was started: no rule and no handler takes " + escape(run->channel()) + " now");
    }
    const std::string why = replayed.is_full ? ", " + std::string(kQueueFull) + "; try again later" : "";
    return refuse("nothing was started" + why + ":\n" + replayed.refused);
}

/// No subscription tells which rules take it, so they are matched here.
Gateway::Replayed Gateway::replay(const Event& event) {
    Replayed replayed;
    const auto note = [&](const std::string& kind, const std::string& what, const Outcome& outcome) {
        if (outcome.kind == Outcome::Kind::refused) {
            const bool is_full = outcome.reason == Outcome::Reason::queue_full;
            replayed.is_full = replayed.is_full || is_full;
            replayed.refused += "refused  " + kind + " " + what +
                                (is_full ? "" : " (" + std::string(to_string(outcome.reason)) + ")") + "\n";
        } else if (outcome.kind != Outcome::Kind::nothing) {
            replayed.started += describe(kind, to_string(outcome.id), what);
        }
    };
    Keeper keeper(event);
    for (const Rule& rule : config_.rules.all()) {
        if (match_glob(rule.channel, event.channel).matches) {
            note(rule.kind == RuleKind::action ? "task" : "command",
                 "line " + std::to_string(rule.line) + ": " + escape(rule.value), apply(rule, event, keeper));
        }
    }
    if (runs_.has_handlers()) {
        note("handler", escape(event.channel), handle(event, keeper));
    }
    status_line_.touch();
    return replayed;
}

} // namespace eventsgw
