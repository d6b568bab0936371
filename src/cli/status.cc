// SPDX-License-Identifier: GPL-3.0-or-later
// Copyright (C) 2026 eventsgw contributors

#include "cli/status.h"

#include "base/chrono.h"
#include "base/log.h"
#include "base/result.h"
#include "base/text.h"
#include "cli/gateway_client.h"
#include "cli/options.h"
#include "event/shell.h"

#include <cmath>
#include <cstdint>
#include <iomanip>
#include <string>
#include <string_view>

namespace eventsgw {
namespace {

const cJSON* member(const cJSON* object, const char* name) {
    return cJSON_GetObjectItemCaseSensitive(object, name);
}

std::string text_of(const cJSON* object, const char* name) {
    const char* text = cJSON_GetStringValue(member(object, name));
    return text == nullptr ? "" : escape(text);
}

double number_of(const cJSON* object, const char* name) {
    const cJSON* item = member(object, name);
    return cJSON_IsNumber(item) != 0 ? item->valuedouble : 0;
}

std::string count_of(const cJSON* object, const char* name) {
    return std::to_string(static_cast<unsigned long long>(number_of(object, name)));
}

/// "1 channel", "2 channels".
std::string count_of(const cJSON* object, const char* name, std::string_view noun) {
    return format_count(static_cast<std::uint64_t>(number_of(object, name)), noun);
}

std::string duration_of(const cJSON* object, const char* name) {
    return format_duration(std::chrono::nanoseconds(std::llround(number_of(object, name) * 1e9)));
}

/// "3 pushed, 0 waiting", of those counts.
std::string list_counts(const cJSON* object, std::initializer_list<std::pair<const char*, const char*>> counts) {
    std::string list;
    for (const auto& [name, word] : counts) {
        list += (list.empty() ? "" : ", ") + count_of(object, name) + " " + word;
    }
    return list;
}

std::string describe_server(const cJSON* server) {
    if (cJSON_IsObject(server) == 0) {
        return "not used, for no rule has an action";
    }
    const std::string problem = text_of(server, "problem");
    return text_of(server, "address") + (problem.empty() ? ", connected" : ", not connected: " + problem);
}

std::string describe_gaps(const cJSON* gaps) {
    const cJSON* last = member(gaps, "last");
    if (cJSON_IsObject(last) == 0) {
        return "none";
    }
    return count_of(gaps, "count") + ", " + duration_of(gaps, "seconds") + " together; the last of " +
           duration_of(last, "seconds") + " until " + text_of(last, "until");
}

std::string describe_history(const cJSON* history) {
    const std::string problem = text_of(history, "problem");
    const bool is_on = cJSON_IsTrue(member(history, "on")) != 0;
    if (problem.empty()) {
        return is_on ? "kept" : "off";
    }
    return is_on ? "not kept: " + problem : problem;
}

/// The step of the histogram within which 99 of 100 are.
std::string describe_latency(const cJSON* latency) {
    const double wanted = std::ceil(number_of(latency, "count") * 0.99);
    if (wanted == 0) {
        return "none yet";
    }
    const cJSON* step = nullptr;
    cJSON_ArrayForEach(step, member(latency, "steps")) {
        if (number_of(step, "count") >= wanted) {
            return "99% within " + duration_of(step, "up_to");
        }
    }
    return "99% within more than 5 minutes";
}

class StatusPrinter {
public:
    StatusPrinter(const cJSON* report, std::ostream& out) : report_(report), out_(out) {}

    void print() {
        out_ << "eventsgw " << text_of(report_, "version") << " for " << text_of(report_, "agent") << ", process "
             << count_of(report_, "pid") << ", up " << duration_of(report_, "uptime") << "\n\n";
        print_connections();
        print_work();
        print_paused();
        print_rules();
    }

private:
    void line(std::string_view head, const std::string& text) {
        out_ << std::left << std::setw(10) << head << text << "\n";
    }

    void print_connections() {
        const cJSON* replica = member(report_, "replica");
        line("replica", describe_server(replica));
        line("listening", count_of(replica, "channels", "channel") + ", " + count_of(replica, "patterns", "pattern") +
                              ", " + count_of(replica, "messages", "message") + " read, " +
                              count_of(replica, "refused") + " refused for their size");
        line("gaps", describe_gaps(member(replica, "gaps")));
        line("leader", describe_server(member(report_, "leader")));
    }

    void print_work() {
        const cJSON* tasks = member(report_, "tasks");
        const std::string on_disk =
            number_of(tasks, "spooled") == 0 ? "" : " (" + count_of(tasks, "spooled") + " on disk)";
        line("tasks", list_counts(tasks, {{"pushed", "pushed"}, {"waiting", "waiting"}}) + on_disk + ", " +
                          list_counts(tasks, {{"dead", "dead"}, {"refused", "refused"}}));
        if (number_of(tasks, "held") > 0) {
            line("", count_of(tasks, "held") + " held, for " + text_of(tasks, "held_because"));
            line("", "decide with eventsgw spool push or eventsgw spool drop held");
        }
        line("", "read to confirmed: " + describe_latency(member(tasks, "confirmed")));
        print_runs("commands");
        print_runs("handlers");
        print_age();
        line("history", describe_history(member(report_, "history")));
        const cJSON* journal = member(report_, "journal");
        if (cJSON_IsTrue(member(journal, "log_held")) != 0) {
            line("journal", "another program keeps reading it, so its log of writes cannot shrink: " +
                                count_of(journal, "log_bytes", "byte"));
        }
    }

    void print_runs(const char* kind) {
        const cJSON* runs = member(report_, kind);
        line(kind, list_counts(runs, {{"running", "running"},
                                      {"waiting", "queued"},
                                      {"succeeded", "succeeded"},
                                      {"failed", "failed"},
                                      {"skipped", "skipped"},
                                      {"timed_out", "timed out"},
                                      {"refused", "refused"}}));
        if (number_of(runs, "dead") + number_of(runs, "retried") + number_of(runs, "interrupted") > 0) {
            line("", list_counts(runs, {{"dead", "dead"}, {"retried", "retried"}, {"interrupted", "interrupted"}}));
        }
        if (number_of(runs, "held") > 0) {
            line("", count_of(runs, "held") + " held: " + text_of(report_, "runs_held_because"));
            line("", "see eventsgw spool; decide with eventsgw spool retry held or eventsgw spool drop held");
        }
        line("", "read to begun: " + describe_latency(member(runs, "begun")));
    }

    void print_age() {
        if (cJSON_IsNumber(member(report_, "oldest_run_age")) != 0) {
            line("", "the oldest that is queued has waited for " + duration_of(report_, "oldest_run_age"));
        }
    }

    void print_paused() {
        const cJSON* pause = nullptr;
        cJSON_ArrayForEach(pause, member(report_, "paused")) {
            const char* key = cJSON_GetStringValue(member(pause, "key"));
            const bool is_all = key == nullptr || *key == '\0';
            const std::string until = text_of(pause, "until");
            line("problem", "paused: " + (is_all ? "all commands and handlers" : escape(key)) + " until " +
                                (until.empty() ? "resumed" : until) + "; eventsgw resume " +
                                (is_all ? "--all" : show_for_shell(key)));
        }
    }

    void print_rules() {
        const cJSON* rules = member(report_, "rules");
        if (cJSON_GetArraySize(rules) == 0) {
            return;
        }
        out_ << "\n  line    events  last                      rule\n";
        const cJSON* rule = nullptr;
        cJSON_ArrayForEach(rule, rules) {
            const std::string last = text_of(rule, "last");
            out_ << std::right << std::setw(6) << count_of(rule, "line") << std::setw(10) << count_of(rule, "events")
                 << "  " << std::left << std::setw(24) << (last.empty() ? "never" : last) << "  ["
                 << text_of(rule, "section") << "] " << text_of(rule, "channel") << " = " << text_of(rule, "value")
                 << "\n";
        }
    }

    const cJSON* report_;
    std::ostream& out_;
};

} // namespace

int status(StatusFormat format, std::ostream& out, std::ostream& err) {
    const bool is_metrics = format == StatusFormat::openmetrics;
    const Result<std::string> answer = is_metrics ? ask_gateway("GET", "/metrics") : ask_gateway("GET", "/status");
    const Result<JsonTree> report = is_metrics || !answer ? Result<JsonTree>(JsonTree()) : parse_report(*answer);
    const bool is_foreign = is_metrics && answer && !answer->ends_with("\n# EOF\n");
    if (!answer || !report || is_foreign) {
        const Error error = !answer ? answer.error() : !report ? report.error() : no_gateway_there();
        err << "eventsgw: " << error.message << "\n";
        return kExitUnavailable;
    }
    if (format == StatusFormat::text) {
        StatusPrinter(report->get(), out).print();
    } else {
        out << *answer;
    }
    return kExitSuccess;
}

} // namespace eventsgw
