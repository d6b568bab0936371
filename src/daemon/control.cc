// SPDX-License-Identifier: GPL-3.0-or-later
// Copyright (C) 2026 eventsgw contributors

#include "daemon/control.h"

#include "base/text.h"
#include "base/time.h"
#include "daemon/json_tree.h"
#include "daemon/status_server.h"
#include "event/event.h"
#include "handlers/steps.h"

#include <algorithm>
#include <utility>

namespace eventsgw {
namespace {

HttpResponse answer(const std::string& line) {
    return {.body = line + "\n"};
}

HttpResponse answer_without_match(const Error& error) {
    constexpr int kNotFound = 404;
    return error.fault == Fault::no_match
               ? HttpResponse{kNotFound, HttpResponse().content_type, std::string(kNoSuchWork)}
               : refuse(error.message);
}

/// Nothing where the query asks for no end.
Result<std::optional<std::chrono::nanoseconds>> parse_end(std::string_view query) {
    constexpr std::string_view kFor = "for=";
    if (query.empty()) {
        return std::optional<std::chrono::nanoseconds>();
    }
    const Result<std::chrono::nanoseconds> time =
        query.starts_with(kFor) ? parse_duration(query.substr(kFor.size())) : Error{"not for=DURATION"};
    if (!time) {
        return time.error();
    }
    if (*time <= std::chrono::nanoseconds::zero() || *time > Control::kLongestPause) {
        return Error{"the pause must be longer than 0s and no longer than 8760h"};
    }
    return std::optional(*time);
}

std::string hint_at(std::string_view key, const std::vector<std::string_view>& candidates) {
    const std::string_view nearest = find_nearest(key, candidates);
    return nearest.empty() ? "" : "; did you mean " + quote(nearest) + "?";
}

std::string name_of(std::string_view key) {
    return key.empty() ? "all" : std::string(key);
}

} // namespace

HttpResponse refuse(const std::string& reason) {
    constexpr int kConflict = 409; // of RFC 9110
    return {kConflict, HttpResponse().content_type, reason + "\n"};
}

Result<Control::Match> Control::find(const std::string& id) const {
    if (id.empty()) {
        return Error{"the id is empty", Fault::ambiguous};
    }
    Match match{parts_.runs.find(id)};
    std::vector<Forwarder::Match> tasks;
    if (parts_.sender) {
        tasks = parts_.sender->find(id);
    }
    if (parts_.runs.is_ambiguous(id) || tasks.size() + (match.run != nullptr ? 1 : 0) > 1) {
        return Error{"several ids begin with " + quote(id) + ": give more of it", Fault::ambiguous};
    }
    if (!tasks.empty()) {
        match.task = tasks.front();
    } else if (match.run == nullptr) {
        return Error{"", Fault::no_match};
    }
    return match;
}

std::string Control::describe(const Run& run) const {
    const JsonTree tree = make_json_object();
    add_string(tree.get(), "id", to_string(run.id));
    add_string(tree.get(), "kind", to_string(run.group->kind));
    add_string(tree.get(), "key", run.group->key);
    const bool is_waiting = run.state == Run::State::waiting;
    const bool is_held = run.state == Run::State::held;
    add_string(tree.get(), "state", is_held ? "held" : is_waiting ? "waiting" : "running");
    if (is_waiting && run.is_later) {
        const auto delay =
            std::chrono::duration_cast<std::chrono::system_clock::duration>(run.due - parts_.timers.now());
        add_string(tree.get(), "due", format_rfc3339(std::chrono::system_clock::now() + delay));
    } else {
        add_null(tree.get(), "due");
    }
    add_string(tree.get(), "reason", is_held ? *run.held_because : is_waiting && run.group->is_paused ? "paused" : "");
    add_count(tree.get(), "attempts", run.starts);
    return print_json(tree.get());
}

HttpResponse Control::show(const std::string& id) const {
    const Result<Match> match = find(id);
    if (!match) {
        return answer_without_match(match.error());
    }
    if (match->run != nullptr) {
        return {.content_type = "application/json", .body = describe(*match->run) + "\n"};
    }
    const JsonTree tree = make_json_object();
    add_string(tree.get(), "id", to_string(match->task->id));
    add_string(tree.get(), "kind", to_string(WorkKind::task));
    add_string(tree.get(), "key", match->task->channel);
    add_string(tree.get(), "state", match->task->is_pushed ? "pushed" : "waiting");
    add_null(tree.get(), "due");
    add_string(tree.get(), "reason", parts_.sender->session().problem());
    add_count(tree.get(), "attempts", 0);
    return {.content_type = "application/json", .body = print_json(tree.get()) + "\n"};
}

/// A task that waits is not cancelled: the leader may have it although it has not confirmed it yet, and what it has it
/// keeps.
HttpResponse Control::cancel(const std::string& id) {
    const Result<Match> match = find(id);
    if (!match) {
        return answer_without_match(match.error());
    }
    if (match->task) {
        const std::string task = "the task " + to_string(match->task->id);
        return refuse(match->task->is_pushed
                          ? task + " may have reached the agent already, which alone can cancel it"
                          : task + " waits for the leader: stop the gateway, and drop it with eventsgw spool drop " +
                                to_string(match->task->id));
    }
    const std::string full = to_string(match->run->id);
    parts_.log.notice(to_string(match->run->group->kind), "cancelled by the administrator",
                      {{"event", match->run->group->key}, {"id", full}});
    const Result<RunQueue::Cancelled> cancelled = parts_.runs.cancel(full);
    return cancelled ? answer((*cancelled == RunQueue::Cancelled::ended ? "cancelled " : "ending ") + full)
                     : answer_without_match(cancelled.error());
}

bool Control::has_rule(RuleKind kind, std::string_view key) const {
    const std::vector<Rule>& rules = parts_.rules.all();
    return std::any_of(rules.begin(), rules.end(),
                       [&](const Rule& rule) { return rule.kind == kind && rule.channel == key; });
}

/// Whether there is something to pause, or a pause to change.
bool Control::is_known(std::string_view key) const {
    if (key.empty() || has_rule(RuleKind::command, key) || parts_.runs.pauses().all().contains(key)) {
        return true;
    }
    if (!is_valid_name(key)) {
        return false;
    }
    const StepList list = list_steps(parts_.bases, key);
    return !list.steps.empty() || list.is_short;
}

std::string Control::explain_unknown(std::string_view key) const {
    if (has_rule(RuleKind::action, key)) {
        return quote(key) + " is a rule of [actions]: tasks keep their order, so none of its rules can be paused";
    }
    const std::vector<std::string> events = list_events(parts_.bases).names;
    std::vector<std::string_view> keys(events.begin(), events.end());
    for (const Rule& rule : parts_.rules.all()) {
        if (rule.kind == RuleKind::command) {
            keys.push_back(rule.channel);
        }
    }
    return "no rule of [commands] and no event with steps is named " + quote(key) + hint_at(key, keys);
}

HttpResponse Control::pause(const std::string& key, const std::string& query) {
    const Result<std::optional<std::chrono::nanoseconds>> time = parse_end(query);
    if (!time) {
        return refuse(time.error().message);
    }
    if (!is_known(key)) {
        return refuse(explain_unknown(key));
    }
    parts_.runs.pause(key, *time);
    parts_.log.notice("run", "paused", {{"key", name_of(key)}, {"for", *time ? format_duration(**time) : "ever"}});
    return answer(!key.empty() && has_rule(RuleKind::action, key)
                      ? "paused\nThe rule of [actions] with this key is not: tasks keep their order."
                      : "paused");
}

HttpResponse Control::resume(const std::string& key) {
    const auto& paused = parts_.runs.pauses().all();
    std::vector<std::string> keys;
    for (const auto& [name, until] : paused) {
        keys.push_back(name);
    }
    if (key.empty() && keys.empty()) {
        return refuse("nothing is paused");
    }
    if (!key.empty() && !paused.contains(key)) {
        const std::vector<std::string_view> candidates(keys.begin(), keys.end());
        return refuse(paused.contains(Pauses::kAll) && is_known(key)
                          ? quote(key) + " is paused like all others: resume them with eventsgw resume --all"
                          : quote(key) + " is not paused" + hint_at(key, candidates));
    }
    for (const std::string& name : key.empty() ? keys : std::vector{key}) {
        parts_.runs.resume(name);
    }
    parts_.log.notice("run", "resumed", {{"key", name_of(key)}});
    return answer("resumed");
}

} // namespace eventsgw
