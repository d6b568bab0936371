// SPDX-License-Identifier: GPL-3.0-or-later
// Copyright (C) 2026 eventsgw contributors

#include "cli/history_printer.h"

#include "base/chrono.h"
#include "base/log.h"
#include "base/text.h"
#include "base/time.h"
#include "cli/payload_view.h"
#include "cli/run_output.h"
#include "daemon/json_tree.h"
#include "event/work.h"
#include "process/launcher.h"

#include <iomanip>
#include <string_view>

namespace eventsgw {
namespace {

constexpr int kIdWidth = 10;
constexpr int kArrivedWidth = 26;
constexpr int kResultWidth = 20;
constexpr int kDurationWidth = 8;
constexpr int kByWidth = 18;
constexpr int kStepWidth = 24;
constexpr int kLabelWidth = 9;
constexpr std::size_t kShortId = 8;

/// "succeeded", "failed (3)", "failed (SIGKILL)".
std::string describe_end(std::string_view result, int status, int signal) {
    std::string text(result);
    if (signal != 0) {
        return text + " (" + name_signal(signal) + ")";
    }
    return status > 0 ? text + " (" + std::to_string(status) + ")" : text;
}

/// What the list says. A task that is done has been pushed; only the agent knows how its action ends.
std::string describe_end(const RunRecord& run) {
    if (run.kind == WorkKind::task && run.state == WorkState::done) {
        return "pushed";
    }
    const bool is_dead_beyond_result = run.state == WorkState::dead && state_of(run.result) != WorkState::dead;
    return describe_end(is_dead_beyond_result ? to_string(run.state) : to_string(run.result), run.status, run.signal);
}

std::string describe_taker(const RunRecord& run) {
    const std::string kind(to_string(run.kind));
    // A run whose rule has gone has no line.
    return run.kind == WorkKind::command && run.line > 0 ? kind + " (line " + std::to_string(run.line) + ")" : kind;
}

std::string describe_event(const RunRecord& run) {
    std::string text = escape(run.channel());
    if (run.coalesced > 1) {
        text += " (" + std::to_string(run.coalesced) + " events)";
    }
    return text + (run.event->is_replay() ? " (replay)" : "");
}

std::string describe_payload(const RunRecord& run, bool payload) {
    if (!run.keeps_payload) {
        return "not kept";
    }
    const std::string_view bytes = run.event->payload();
    return payload ? show_payload(bytes) : std::to_string(bytes.size()) + " bytes, which --payload shows";
}

std::string describe_replay(const RunRecord& run) {
    const std::string source = run.event->is_replay() ? "of " + escape(run.replay_of()) : "";
    return source + (run.is_replayed ? (source.empty() ? "" : ", and ") + std::string("replayed since") : "");
}

void print_line(std::string_view label, const std::string& text, std::ostream& out) {
    out << std::left << std::setw(kLabelWidth) << label << text << "\n";
}

/// Indented, so that nothing in it passes for a line of ours.
void print_output(const Result<std::string>& output, std::ostream& out) {
    if (!output) {
        out << "  (" << escape(output.error().message) << ")\n";
        return;
    }
    std::string_view rest = *output;
    while (!rest.empty()) {
        const std::string_view line = rest.substr(0, rest.find('\n'));
        rest.remove_prefix(std::min(line.size() + 1, rest.size()));
        out << "  " << escape(line) << "\n";
    }
}

void print_steps(const RunRecord& run, std::ostream& out) {
    out << "\n"
        << std::left << std::setw(kStepWidth) << "STEP" << std::setw(kResultWidth) << "RESULT"
        << std::setw(kDurationWidth) << "WALL"
        << "CPU\n";
    for (const StepRecord& step : run.steps) {
        out << std::setw(kStepWidth) << escape(step.name) << std::setw(kResultWidth)
            << describe_end(to_string(step.result), step.status, step.signal);
        if (step.pid != 0) {
            out << std::setw(kDurationWidth) << format_duration(step.wall) << format_duration(step.cpu) << "\n";
        } else {
            out << step.reason << "\n";
        }
    }
    for (const StepRecord& step : run.steps) {
        if (step.pid != 0) {
            out << "\noutput of " << escape(step.name) << ":\n";
            print_output(fetch_output(run, step), out);
        }
    }
}

void add_text_or_null(cJSON* object, const char* name, bool is_there, std::string_view text) {
    if (is_there) {
        add_string(object, name, text);
    } else {
        add_null(object, name);
    }
}

/// What a run and a step have in common.
template <typename Record> void add_end(cJSON* object, const Record& record) {
    add_string(object, "result", to_string(record.result));
    if (record.status >= 0) {
        add_number(object, "status", record.status);
    } else {
        add_null(object, "status");
    }
    add_text_or_null(object, "signal", record.signal != 0, record.signal != 0 ? name_signal(record.signal) : "");
    add_number(object, "wall", to_seconds(record.wall));
    add_number(object, "cpu", to_seconds(record.cpu));
    add_number(object, "pid", record.pid);
    add_text_or_null(object, "reason", !record.reason.empty(), record.reason);
}

void add_output(cJSON* object, pid_t pid, const Result<std::string>& output) {
    const bool is_there = pid != 0 && output;
    add_text_or_null(object, "output", is_there, is_there ? std::string_view(*output) : std::string_view());
}

JsonTree make_tree(const RunRecord& run, bool with_output) {
    JsonTree tree = make_json_object();
    add_string(tree.get(), "id", run.id);
    add_string(tree.get(), "channel", run.channel());
    add_string(tree.get(), "kind", to_string(run.kind));
    if (run.kind == WorkKind::command) {
        add_count(tree.get(), "line", run.line);
    }
    if (run.kind != WorkKind::handler) {
        add_string(tree.get(), "value", run.value);
    }
    add_string(tree.get(), "state", to_string(run.state));
    add_count(tree.get(), "attempts", run.attempts);
    add_string(tree.get(), "arrived", format_rfc3339(run.arrived));
    add_string(tree.get(), "began", format_rfc3339(run.began));
    add_string(tree.get(), "ended", format_rfc3339(run.ended));
    add_end(tree.get(), run);
    add_count(tree.get(), "coalesced", run.coalesced);
    add_bool(tree.get(), "replay", run.event->is_replay());
    add_text_or_null(tree.get(), "replay_of", run.event->is_replay(), run.replay_of());
    add_bool(tree.get(), "replayed", run.is_replayed);
    cJSON* steps = add_array(tree.get(), "steps");
    for (const StepRecord& step : run.steps) {
        cJSON* object = append_object(steps);
        add_string(object, "name", step.name);
        add_end(object, step);
        if (with_output) {
            add_output(object, step.pid, step.pid != 0 ? fetch_output(run, step) : Error{});
        }
    }
    if (with_output && run.kind == WorkKind::command) {
        add_output(tree.get(), run.pid, run.pid != 0 ? fetch_output(run) : Error{});
    }
    return tree;
}

} // namespace

void print_run_heads(std::ostream& out) {
    out << std::left << std::setw(kIdWidth) << "ID" << std::setw(kArrivedWidth) << "ARRIVED" << std::setw(kResultWidth)
        << "RESULT" << std::setw(kDurationWidth) << "WALL" << std::setw(kByWidth) << "BY"
        << "EVENT\n";
}

void print_run(const RunRecord& run, std::ostream& out) {
    out << std::left << std::setw(kIdWidth) << escape(run.id.substr(0, kShortId)) << std::setw(kArrivedWidth)
        << format_rfc3339(run.arrived) << std::setw(kResultWidth) << describe_end(run) << std::setw(kDurationWidth)
        << format_duration(run.wall) << std::setw(kByWidth) << describe_taker(run) << describe_event(run) << "\n";
}

void show_run(const RunRecord& run, bool payload, std::ostream& out) {
    print_line("id", escape(run.id), out);
    print_line("event", describe_event(run), out);
    print_line("by", describe_taker(run) + (run.value.empty() ? "" : ": " + escape(run.value)), out);
    print_line("arrived", format_rfc3339(run.arrived), out);
    print_line("began", format_rfc3339(run.began), out);
    print_line("ended", format_rfc3339(run.ended), out);
    const bool says_more = !run.reason.empty() && run.reason != to_string(run.result);
    print_line("result", describe_end(run) + (says_more ? ": " + escape(run.reason) : ""), out);
    print_line("state", std::string(to_string(run.state)), out);
    print_line("attempts", std::to_string(run.attempts), out);
    if (run.event->is_replay() || run.is_replayed) {
        print_line("replay", describe_replay(run), out);
    }
    print_line("wall", format_duration(run.wall), out);
    print_line("cpu", format_duration(run.cpu), out);
    print_line("payload", describe_payload(run, payload), out);
    if (run.kind == WorkKind::handler) {
        print_steps(run, out);
    } else if (run.pid != 0) {
        out << "\noutput:\n";
        print_output(fetch_output(run), out);
    }
}

std::string to_json(const RunRecord& run) {
    return print_json(make_tree(run, false).get());
}

std::string to_full_json(const RunRecord& run, bool payload) {
    std::string text = print_json(make_tree(run, true).get());
    if (payload && run.keeps_payload) {
        text.pop_back();
        text += R"(,"payload":)" + embed_payload(run.event->payload()) + "}";
    }
    return text;
}

} // namespace eventsgw
