// SPDX-License-Identifier: GPL-3.0-or-later
// Copyright (C) 2026 eventsgw contributors

#include "daemon/report.h"

#include "base/time.h"
#include "daemon/json_tree.h"

namespace eventsgw {
namespace {

void add_server(cJSON* object, const Report::Server& server) {
    add_string(object, "address", server.address);
    add_bool(object, "connected", server.problem.empty());
    add_string(object, "problem", server.problem);
}

void add_replica(cJSON* report_object, const Report& report) {
    cJSON* object = add_object(report_object, "replica");
    add_server(object, report.replica);
    add_count(object, "channels", report.channels);
    add_count(object, "patterns", report.patterns);
    add_count(object, "messages", report.messages);
    add_count(object, "refused", report.messages_refused);
    cJSON* gaps = add_object(object, "gaps");
    add_count(gaps, "count", report.gaps.count);
    add_number(gaps, "seconds", to_seconds(report.gaps.total));
    if (const auto& last = report.gaps.last) {
        cJSON* gap = add_object(gaps, "last");
        add_string(gap, "until", format_rfc3339(last->end));
        add_number(gap, "seconds", to_seconds(last->length));
    } else {
        add_null(gaps, "last");
    }
}

void add_leader(cJSON* report_object, const Report& report) {
    if (report.leader) {
        add_server(add_object(report_object, "leader"), *report.leader);
    } else {
        add_null(report_object, "leader");
    }
}

void add_histogram(cJSON* object, const char* name, const Histogram& histogram) {
    cJSON* latency = add_object(object, name);
    add_count(latency, "count", histogram.count());
    add_number(latency, "seconds", to_seconds(histogram.sum()));
    cJSON* steps = add_array(latency, "steps");
    for (std::size_t step = 0; step < Histogram::kBounds.size(); ++step) {
        cJSON* entry = append_object(steps);
        add_number(entry, "up_to", to_seconds(Histogram::kBounds[step]));
        add_count(entry, "count", histogram.count_up_to(step));
    }
}

void add_tasks(cJSON* report_object, const Report::Tasks& tasks) {
    cJSON* object = add_object(report_object, "tasks");
    add_count(object, "pushed", tasks.pushed);
    add_count(object, "waiting", tasks.waiting);
    add_count(object, "spooled", tasks.on_disk);
    add_count(object, "dead", tasks.dead);
    add_count(object, "held", tasks.held);
    add_string(object, "held_because", tasks.held_because);
    add_count(object, "refused", tasks.refused);
    add_histogram(object, "confirmed", tasks.confirmed);
}

void add_runs(cJSON* report_object, const char* name, const RunQueue::Counters& runs) {
    cJSON* object = add_object(report_object, name);
    add_count(object, "running", runs.running);
    add_count(object, "waiting", runs.waiting);
    add_count(object, "succeeded", runs.succeeded);
    add_count(object, "failed", runs.failed);
    add_count(object, "skipped", runs.skipped);
    add_count(object, "timed_out", runs.timed_out);
    add_count(object, "refused", runs.refused);
    add_count(object, "held", runs.held);
    add_count(object, "dead", runs.dead);
    add_count(object, "retried", runs.retried);
    add_count(object, "interrupted", runs.interrupted);
    add_histogram(object, "begun", runs.begun);
}

void add_paused(cJSON* report_object, const std::vector<Report::Pause>& paused) {
    cJSON* array = add_array(report_object, "paused");
    for (const Report::Pause& pause : paused) {
        cJSON* object = append_object(array);
        add_string(object, "key", pause.key);
        if (pause.until) {
            add_string(object, "until", format_rfc3339(*pause.until));
        } else {
            add_null(object, "until");
        }
    }
}

void add_journal(cJSON* report_object, const Report::Journal& journal) {
    cJSON* object = add_object(report_object, "journal");
    add_count(object, "bytes", journal.bytes);
    add_count(object, "log_bytes", journal.log_bytes);
    add_bool(object, "log_held", journal.is_log_held);
}

void add_history(cJSON* report_object, const Report::History& history) {
    cJSON* object = add_object(report_object, "history");
    add_bool(object, "on", history.is_on);
    add_string(object, "problem", history.problem);
}

void add_rules(cJSON* report_object, const std::vector<Report::RuleReport>& rules) {
    cJSON* array = add_array(report_object, "rules");
    for (const Report::RuleReport& entry : rules) {
        cJSON* object = append_object(array);
        add_count(object, "line", entry.rule.line);
        add_string(object, "section", section_of(entry.rule.kind));
        add_string(object, "channel", entry.rule.channel);
        add_bool(object, "pattern", entry.rule.is_pattern);
        add_string(object, "value", entry.rule.value);
        add_count(object, "events", entry.events);
        if (entry.last) {
            add_string(object, "last", format_rfc3339(*entry.last));
        } else {
            add_null(object, "last");
        }
    }
}

} // namespace

std::string to_json(const Report& report) {
    const JsonTree tree = make_json_object();
    add_string(tree.get(), "version", report.version);
    add_string(tree.get(), "agent", report.agent_id);
    add_number(tree.get(), "pid", static_cast<double>(report.pid));
    add_string(tree.get(), "started", format_rfc3339(report.started));
    add_number(tree.get(), "uptime", to_seconds(report.uptime));
    add_replica(tree.get(), report);
    add_leader(tree.get(), report);
    add_tasks(tree.get(), report.tasks);
    add_runs(tree.get(), "commands", report.commands);
    add_runs(tree.get(), "handlers", report.handlers);
    add_string(tree.get(), "runs_held_because", report.runs_held_because);
    if (report.oldest_run) {
        add_number(tree.get(), "oldest_run_age", to_seconds(*report.oldest_run));
    } else {
        add_null(tree.get(), "oldest_run_age");
    }
    add_paused(tree.get(), report.paused);
    add_history(tree.get(), report.history);
    add_journal(tree.get(), report.journal);
    add_rules(tree.get(), report.rules);
    return print_json(tree.get());
}

} // namespace eventsgw
