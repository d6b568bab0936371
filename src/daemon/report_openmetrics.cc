// SPDX-License-Identifier: GPL-3.0-or-later
// Copyright (C) 2026 eventsgw contributors

#include "daemon/report.h"

#include "base/text.h"
#include "base/time.h"

#include <array>
#include <cstdio>
#include <string_view>

namespace eventsgw {
namespace {

/// Writes one family of metrics after the other.
class Exposition {
public:
    enum class Type : std::uint8_t { gauge, counter, histogram };

    /// Begins a family; the name of a counter ends in _total.
    void family(std::string_view name, Type type, std::string_view help) {
        constexpr std::array<std::string_view, 3> kTypes{"gauge", "counter", "histogram"};
        name_ = "eventsgw_" + std::string(name);
        text_.append("# HELP ").append(name_).append(" ").append(help).append("\n");
        text_.append("# TYPE ").append(name_).append(" ").append(kTypes[static_cast<std::size_t>(type)]).append("\n");
    }

    /// One sample of the family; `labels` as they stand between the braces, may be empty.
    void sample(std::string_view labels, double value, std::string_view suffix = "") {
        std::array<char, 32> number{};
        std::snprintf(number.data(), number.size(), "%.15g", value);
        text_.append(name_).append(suffix);
        if (!labels.empty()) {
            text_.append("{").append(labels).append("}");
        }
        text_.append(" ").append(number.data()).append("\n");
    }
    void sample(std::string_view labels, std::uint64_t value, std::string_view suffix = "") {
        sample(labels, static_cast<double>(value), suffix);
    }

    std::string take_text() { return std::move(text_) + "# EOF\n"; }

private:
    std::string name_;
    std::string text_;
};

using Type = Exposition::Type;

/// NAME="VALUE", with the value's bytes made printable and then escaped as the format wants it.
std::string label(std::string_view name, std::string_view value) {
    std::string text = std::string(name) + "=\"";
    for (const char c : escape(value)) {
        if (c == '"' || c == '\\') {
            text += '\\';
        }
        text += c;
    }
    return text + "\"";
}

void write_process(Exposition& out, const Report& report) {
    out.family("build_info", Type::gauge, "The version, as a label.");
    out.sample(label("version", report.version) + "," + label("agent", report.agent_id), 1.0);
    out.family("start_time_seconds", Type::gauge, "When the gateway started, since the epoch.");
    out.sample("", to_seconds(report.started.time_since_epoch()));
}

void write_connections(Exposition& out, const Report& report) {
    out.family("connected", Type::gauge, "Whether a connection works: 1 or 0.");
    out.sample(label("server", "replica"), report.replica.problem.empty() ? 1.0 : 0.0);
    if (report.leader) {
        out.sample(label("server", "leader"), report.leader->problem.empty() ? 1.0 : 0.0);
    }
    out.family("gaps_total", Type::counter, "Times in which events may have passed unheard.");
    out.sample("", report.gaps.count);
    out.family("gap_seconds_total", Type::counter, "How long those times were, together.");
    out.sample("", to_seconds(report.gaps.total));
    out.family("messages_total", Type::counter, "Messages read, one for each subscription that an event matches.");
    out.sample("", report.messages);
    out.family("messages_refused_total", Type::counter, "Messages refused for their size.");
    out.sample("", report.messages_refused);
}

void write_tasks(Exposition& out, const Report::Tasks& tasks) {
    out.family("tasks_pushed_total", Type::counter, "Tasks that the leader has confirmed.");
    out.sample("", tasks.pushed);
    out.family("tasks_refused_total", Type::counter,
               "Tasks refused because too much waited, or the disk was nearly full.");
    out.sample("", tasks.refused);
    out.family("tasks", Type::gauge,
               "Tasks that wait for the leader in memory or on disk, that it will never take, or that are held.");
    out.sample(label("state", "waiting"), std::uint64_t{tasks.waiting});
    out.sample(label("state", "spooled"), std::uint64_t{tasks.on_disk});
    out.sample(label("state", "dead"), std::uint64_t{tasks.dead});
    out.sample(label("state", "held"), std::uint64_t{tasks.held});
}

struct KindOfRun {
    std::string_view label;
    const RunQueue::Counters& runs;
};

void write_runs(Exposition& out, const Report& report) {
    const std::array kinds{KindOfRun{"command", report.commands}, KindOfRun{"handler", report.handlers}};
    out.family("runs", Type::gauge, "Commands and handlers that run, wait for their turn or are held.");
    for (const auto& [kind, runs] : kinds) {
        out.sample(label("kind", kind) + "," + label("state", "running"), std::uint64_t{runs.running});
        out.sample(label("kind", kind) + "," + label("state", "waiting"), std::uint64_t{runs.waiting});
        out.sample(label("kind", kind) + "," + label("state", "held"), std::uint64_t{runs.held});
    }
    out.family("runs_oldest_waiting_seconds", Type::gauge, "Age of the oldest run that waits; 0 where none does.");
    out.sample("", to_seconds(report.oldest_run.value_or(std::chrono::nanoseconds::zero())));
    out.family("runs_ended_total", Type::counter, "Commands and handlers that have ended.");
    for (const auto& [kind, runs] : kinds) {
        const std::string kind_label = label("kind", kind) + ",";
        out.sample(kind_label + label("result", "succeeded"), runs.succeeded);
        out.sample(kind_label + label("result", "failed"), runs.failed - runs.timed_out);
        out.sample(kind_label + label("result", "skipped"), runs.skipped);
        out.sample(kind_label + label("result", "timed_out"), runs.timed_out);
    }
    out.family("runs_dead_total", Type::counter, "Commands and handlers that were given up; they count as ended, too.");
    for (const auto& [kind, runs] : kinds) {
        out.sample(label("kind", kind), runs.dead);
    }
    out.family("runs_retried_total", Type::counter, "Attempts of commands and handlers after a failure.");
    for (const auto& [kind, runs] : kinds) {
        out.sample(label("kind", kind), runs.retried);
    }
    out.family("runs_interrupted_total", Type::counter, "Attempts that the end of a gateway has interrupted.");
    for (const auto& [kind, runs] : kinds) {
        out.sample(label("kind", kind), runs.interrupted);
    }
    out.family("runs_refused_total", Type::counter, "Commands and handlers refused because too many waited.");
    for (const auto& [kind, runs] : kinds) {
        out.sample(label("kind", kind), runs.refused);
    }
}

void write_journal(Exposition& out, const Report::Journal& journal) {
    out.family("journal_bytes", Type::gauge, "Size of the journal's file and of its log of writes.");
    out.sample("", std::uint64_t{journal.bytes});
    out.family("journal_log_bytes", Type::gauge, "What the journal's log of writes holds that is not in its file yet.");
    out.sample("", std::uint64_t{journal.log_bytes});
}

/// Where it is off there is none to be lost.
void write_history(Exposition& out, const Report::History& history) {
    out.family("history_lost", Type::gauge, "Whether runs that end are missing in the history: 1 or 0.");
    out.sample("", history.is_on && !history.problem.empty() ? 1.0 : 0.0);
}

/// A channel can stand in several rules, so the line goes along.
std::string rule_labels(const Rule& rule) {
    return label("section", section_of(rule.kind)) + "," + label("channel", rule.channel) + "," +
           label("line", std::to_string(rule.line));
}

void write_rules(Exposition& out, const std::vector<Report::RuleReport>& rules) {
    out.family("rule_events_total", Type::counter, "Events that a rule has taken.");
    for (const Report::RuleReport& entry : rules) {
        out.sample(rule_labels(entry.rule), entry.events);
    }
    out.family("rule_last_event_seconds", Type::gauge, "When a rule last took an event, since the epoch.");
    for (const Report::RuleReport& entry : rules) {
        if (entry.last) {
            out.sample(rule_labels(entry.rule), to_seconds(entry.last->time_since_epoch()));
        }
    }
}

/// `labels` of the family's other labels, may be empty.
void write_histogram(Exposition& out, const std::string& labels, const Histogram& histogram) {
    const std::string comma = labels.empty() ? "" : ",";
    for (std::size_t step = 0; step < Histogram::kBounds.size(); ++step) {
        std::array<char, 32> bound{};
        std::snprintf(bound.data(), bound.size(), "%g", to_seconds(Histogram::kBounds[step]));
        out.sample(labels + comma + label("le", bound.data()), histogram.count_up_to(step), "_bucket");
    }
    out.sample(labels + comma + label("le", "+Inf"), histogram.count(), "_bucket");
    out.sample(labels, to_seconds(histogram.sum()), "_sum");
    out.sample(labels, histogram.count(), "_count");
}

void write_latencies(Exposition& out, const Report& report) {
    out.family("task_confirmed_seconds", Type::histogram,
               "From reading an event to the leader's confirmation of its task.");
    write_histogram(out, "", report.tasks.confirmed);
    out.family("run_begun_seconds", Type::histogram, "From reading an event to the start of its command or handler.");
    write_histogram(out, label("kind", "command"), report.commands.begun);
    write_histogram(out, label("kind", "handler"), report.handlers.begun);
}

} // namespace

std::string to_openmetrics(const Report& report) {
    Exposition out;
    write_process(out, report);
    write_connections(out, report);
    write_tasks(out, report.tasks);
    write_runs(out, report);
    write_history(out, report.history);
    write_journal(out, report.journal);
    write_rules(out, report.rules);
    write_latencies(out, report);
    return out.take_text();
}

} // namespace eventsgw
