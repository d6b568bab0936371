// SPDX-License-Identifier: GPL-3.0-or-later
// Copyright (C) 2026 eventsgw contributors

#include "cli/control.h"

#include "base/chrono.h"
#include "base/log.h"
#include "base/percent.h"
#include "base/text.h"
#include "cli/gateway_client.h"
#include "cli/work_lookup.h"
#include "event/shell.h"

#include <string>
#include <string_view>
#include <vector>

namespace eventsgw {
namespace {

/// A run that has just ended may not be in the history yet.
constexpr std::chrono::milliseconds kCancelGrace{1000};

Error within_control(Error error) {
    return error.fault == Fault::unanswered ? Error{error.message + "; it may be carried out all the same: see "
                                                                    "`eventsgw status`",
                                                    error.fault}
                                            : error;
}

int status_of(const Error& error) {
    return error.fault == Fault::refused ? kExitNoMatch : kExitUnavailable;
}

/// What the gateway has carried out; nothing where it answers what it cannot have said.
std::string explain_cancelled(const std::string& answer, const std::string& asked) {
    for (const auto& [word, meaning] : {std::pair{"cancelled ", " cancelled"}, {"ending ", " is being ended"}}) {
        if (!answer.starts_with(word) || !answer.ends_with('\n')) {
            continue;
        }
        const std::string_view head = word;
        const std::string id = answer.substr(head.size(), answer.size() - head.size() - 1);
        if (is_whole_id(id) && id.starts_with(asked)) {
            return id + meaning;
        }
    }
    return "";
}

std::string explain_stored_task(const JournalFile::Stored& task) {
    const std::string id = to_string(task.id);
    switch (task.state) {
    case JournalFile::Stored::State::waiting:
        return "the task " + id + " waits for the leader: stop the gateway, and drop it with eventsgw spool drop " + id;
    case JournalFile::Stored::State::dead: return "the task " + id + " is dead: drop it with eventsgw spool drop " + id;
    case JournalFile::Stored::State::held: break;
    }
    return "the task " + id + " is held: drop it with eventsgw spool drop " + id;
}

/// Why there is nothing to cancel, where the gateway knows of no such work.
std::string explain_nothing_to_cancel(const std::string& id) {
    for (std::chrono::nanoseconds left = kCancelGrace;; left -= std::chrono::milliseconds(200)) {
        const Result<RunRecord> ended = find_ended(id);
        if (ended) {
            return escape(ended->id) + " has already ended (" + std::string(to_string(ended->state)) + ")";
        }
        const Result<JournalFile::Stored> task = find_stored_task(id);
        if (task) {
            return explain_stored_task(*task);
        }
        if (ended.error().fault != Fault::no_match || task.error().fault != Fault::no_match ||
            left <= std::chrono::nanoseconds::zero()) {
            return (ended.error().fault != Fault::no_match ? ended : Result<RunRecord>(task.error())).error().message;
        }
        pause_between_polls(left);
    }
}

/// "paused" or "resumed", and perhaps a line more; empty where no gateway says that.
bool is_control_answer(std::string_view answer, std::string_view word) {
    return answer.starts_with(word) && answer.substr(word.size()).starts_with('\n') && answer.ends_with('\n');
}

int list_paused(std::ostream& out, std::ostream& err) {
    const Result<std::string> answer = ask_gateway("GET", "/status");
    const Result<JsonTree> report = answer ? parse_report(*answer) : answer.error();
    if (!report) {
        return report_error(report.error().message, kExitUnavailable, err);
    }
    const cJSON* paused = cJSON_GetObjectItemCaseSensitive(report->get(), "paused");
    const cJSON* one = nullptr;
    cJSON_ArrayForEach(one, paused) {
        const char* key = cJSON_GetStringValue(cJSON_GetObjectItemCaseSensitive(one, "key"));
        const char* until = cJSON_GetStringValue(cJSON_GetObjectItemCaseSensitive(one, "until"));
        const bool is_all = key == nullptr || *key == '\0';
        out << (until == nullptr ? "until resumed" : "until " + escape(until)) << "  "
            << (is_all ? "all rules of [commands] and all handlers" : escape(key)) << "\n";
    }
    if (cJSON_GetArraySize(paused) == 0) {
        out << "nothing is paused\n";
    }
    return kExitSuccess;
}

/// What is wrong with KEY and --all; empty when nothing is.
std::string find_key_fault(const Options& options) {
    const std::vector<std::string>& words = options.arguments;
    return options.all && !words.empty()             ? "KEY and --all exclude each other"
           : !words.empty() && words.front().empty() ? "the KEY is empty"
                                                     : "";
}

/// The object of the request's path.
std::string encode_key(const Options& options) {
    return options.all ? "" : percent_encode(options.arguments.front());
}

std::string show_key(const Options& options) {
    return options.all ? "all rules of [commands] and all handlers" : escape(options.arguments.front());
}

} // namespace

int cancel(const Options& options, std::ostream& out, std::ostream& err) {
    for (const std::string& id : options.arguments) {
        if (!is_id_prefix(id)) {
            return report_error("no id of a run: " + quote(id), kExitUsage, err);
        }
    }
    int status = kExitSuccess;
    for (const std::string& id : options.arguments) {
        const Result<std::string> answer = ask_gateway("POST", "/cancel/" + id);
        if (answer) {
            const std::string done = explain_cancelled(*answer, id);
            if (done.empty()) {
                return report_error(no_gateway_there().message, kExitUnavailable, err);
            }
            out << done << "\n";
        } else if (answer.error().fault == Fault::no_match) {
            status = report_error(explain_nothing_to_cancel(id), kExitUnknown, err);
        } else if (answer.error().fault == Fault::refused) {
            status = report_error(answer.error().message, kExitUnknown, err);
        } else {
            return report_error(within_control(answer.error()).message, kExitUnavailable, err);
        }
    }
    return status;
}

int pause(const Options& options, std::ostream& out, std::ostream& err) {
    if (const std::string fault = find_key_fault(options); !fault.empty()) {
        return report_error("pause: " + fault, kExitUsage, err);
    }
    if (!options.all && options.arguments.empty()) {
        return options.time ? report_error("pause: --for needs KEY or --all", kExitUsage, err) : list_paused(out, err);
    }
    const std::string query = options.time ? "?for=" + std::to_string(options.time->count()) + "ns" : "";
    const Result<std::string> answer = ask_gateway("POST", "/pause/" + encode_key(options) + query);
    if (!answer) {
        return report_error(within_control(answer.error()).message, status_of(answer.error()), err);
    }
    constexpr std::string_view kWord = "paused";
    if (!is_control_answer(*answer, kWord)) {
        return report_error(no_gateway_there().message, kExitUnavailable, err);
    }
    const std::string key = options.all ? "--all" : show_for_shell(options.arguments.front());
    out << "paused: " << show_key(options)
        << (options.time ? ", for " + format_duration(*options.time) : ", until eventsgw resume " + key) << "\n";
    if (const std::string_view more = trim(std::string_view(*answer).substr(kWord.size())); !more.empty()) {
        out << escape_controls(more) << "\n";
    }
    return kExitSuccess;
}

int resume(const Options& options, std::ostream& out, std::ostream& err) {
    std::string fault = find_key_fault(options);
    if (fault.empty() && !options.all && options.arguments.empty()) {
        fault = "KEY or --all is needed; eventsgw pause lists what is paused";
    }
    if (!fault.empty()) {
        return report_error("resume: " + fault, kExitUsage, err);
    }
    const Result<std::string> answer = ask_gateway("POST", "/resume/" + encode_key(options));
    if (!answer) {
        return report_error(within_control(answer.error()).message, status_of(answer.error()), err);
    }
    if (!is_control_answer(*answer, "resumed")) {
        return report_error(no_gateway_there().message, kExitUnavailable, err);
    }
    out << "resumed: " << show_key(options) << "\n";
    return kExitSuccess;
}

} // namespace eventsgw
