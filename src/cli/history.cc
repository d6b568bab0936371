// SPDX-License-Identifier: GPL-3.0-or-later
// Copyright (C) 2026 eventsgw contributors

#include "cli/history.h"

#include "base/text.h"
#include "cli/gateway_client.h"
#include "cli/history_printer.h"
#include "journal/journal_file.h"

#include <cerrno>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace eventsgw {
namespace {

int complain(const std::string& message, int status, std::ostream& err) {
    err << "eventsgw: " << message << "\n";
    return status;
}

int complain_of_file(const Error& error, std::ostream& err) {
    return complain(std::string(JournalFile::kName) + ": " + error.message, kExitIo, err);
}

/// Why there is none, as the gateway knows it.
std::string explain_none() {
    const std::string none = "nothing that has ended is kept here";
    const Result<std::string> answer = ask_gateway("GET", "/status");
    const Result<JsonTree> report = answer ? parse_report(*answer) : answer.error();
    if (!report) {
        return none + ": go to the module's state directory; the gateway keeps them in " + JournalFile::kName +
               ", unless history = 0";
    }
    const cJSON* history = cJSON_GetObjectItemCaseSensitive(report->get(), "history");
    if (cJSON_IsFalse(cJSON_GetObjectItemCaseSensitive(history, "on")) != 0) {
        return "the history is off: history = 0 in " + std::string(kDefaultConfig);
    }
    const char* problem = cJSON_GetStringValue(cJSON_GetObjectItemCaseSensitive(history, "problem"));
    return none + (problem != nullptr && *problem != '\0' ? ", the gateway cannot write them: " + escape(problem)
                                                          : " yet: the gateway writes what has ended twice a second");
}

int complain_of_none(int status, std::ostream& err) {
    return complain(explain_none(), status, err);
}

int list(HistoryTable runs, const Options& options, std::ostream& out, std::ostream& err) {
    bool is_any = false;
    const Result<void> listed = runs.each({options.event, options.failed, options.since}, [&](const RunRecord& run) {
        if (!std::exchange(is_any, true) && !options.json) {
            print_run_heads(out);
        }
        if (options.json) {
            out << to_json(run) << "\n";
        } else {
            print_run(run, out);
        }
    });
    if (!listed) {
        return complain_of_file(listed.error(), err);
    }
    const bool is_all = !options.event && !options.failed && !options.since;
    return is_any || !is_all ? static_cast<int>(kExitSuccess) : complain_of_none(kExitSuccess, err);
}

int show(HistoryTable runs, const std::string& prefix, const Options& options, std::ostream& out, std::ostream& err) {
    const Result<std::string> id = runs.resolve(prefix);
    if (!id) {
        const bool is_known = id.error().fault == Fault::no_match || id.error().fault == Fault::ambiguous;
        return is_known ? complain(id.error().message, kExitNoMatch, err) : complain_of_file(id.error(), err);
    }
    const Result<std::optional<RunRecord>> run = runs.load(*id);
    if (!run) {
        return complain_of_file(run.error(), err);
    }
    if (!*run) {
        return complain("the run " + *id + " has just been forgotten", kExitNoMatch, err);
    }
    if (options.json) {
        out << to_full_json(**run, options.payload) << "\n";
    } else {
        show_run(**run, options.payload, out);
    }
    return kExitSuccess;
}

/// What is wrong with the command line; empty when nothing is.
std::string find_fault(const Options& options) {
    const std::vector<std::string>& words = options.arguments;
    const std::string verb = words.empty() ? "list" : words.front();
    if (verb != "list" && verb != "show") {
        return "history: not list or show: " + quote(verb);
    }
    if (verb == "list") {
        return words.size() > 1  ? "history list takes no argument: " + quote(words[1])
               : options.payload ? "--payload is for history show ID"
                                 : "";
    }
    if (words.size() != 2 || words[1].empty()) {
        return "history show needs the ID of a run, or its beginning";
    }
    return options.event || options.failed || options.since ? "--event, --failed and --since are for the list" : "";
}

/// Whether each line is one of a replay's.
bool is_replay_answer(std::string_view body) {
    while (!body.empty()) {
        const std::size_t end = body.find('\n');
        const std::string_view kind = body.substr(0, body.find(' '));
        if (end == std::string_view::npos || escape_controls(body.substr(0, end)) != body.substr(0, end) ||
            (kind != "task" && kind != "command" && kind != "handler" && kind != "refused")) {
            return false;
        }
        body.remove_prefix(end + 1);
    }
    return true;
}

int complain_of_replay(const Error& error, std::ostream& err) {
    const bool may_follow = error.fault == Fault::unanswered;
    return complain(error.message + (may_follow
                                         ? "; the event may be replayed all the same: see `eventsgw history` before "
                                           "you ask again"
                                         : ""),
                    error.fault == Fault::refused ? kExitNoMatch : kExitUnavailable, err);
}

} // namespace

int history(const Options& options, std::ostream& out, std::ostream& err) {
    const std::vector<std::string>& words = options.arguments;
    if (const std::string fault = find_fault(options); !fault.empty()) {
        return complain(fault, kExitUsage, err);
    }
    const bool is_list = words.empty() || words.front() == "list";
    Result<JournalFile> file = JournalFile::open(JournalFile::kName, Database::Mode::read);
    if (!file && file.error().fault == Fault::absent) {
        return complain_of_none(is_list ? kExitSuccess : kExitNoMatch, err);
    }
    if (!file) {
        return complain_of_file(file.error(), err);
    }
    return is_list ? list(file->history(), options, out, err) : show(file->history(), words[1], options, out, err);
}

int replay(const Options& options, std::ostream& out, std::ostream& err) {
    const std::string& id = options.arguments.front();
    if (id.empty() || id.find_first_not_of("0123456789abcdef-") != std::string::npos) {
        return complain("no id of a run: " + quote(id), kExitUsage, err);
    }
    const Result<std::string> started = ask_gateway("POST", "/replay/" + id);
    if (!started || started->empty() || !is_replay_answer(*started)) {
        return complain_of_replay(started ? no_gateway_there() : started.error(), err);
    }
    out << *started;
    return kExitSuccess;
}

} // namespace eventsgw
