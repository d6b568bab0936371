// SPDX-License-Identifier: GPL-3.0-or-later
// Copyright (C) 2026 eventsgw contributors

#include "cli/history.h"

#include "base/text.h"
#include "cli/gateway_client.h"
#include "cli/history_printer.h"
#include "history/history_file.h"

#include <optional>
#include <string>
#include <utility>
#include <vector>

namespace eventsgw {
namespace {

int complain(const std::string& message, int status, std::ostream& err) {
    err << "eventsgw: " << message << "\n";
    return status;
}

int complain_of_file(const Error& error, std::ostream& err) {
    return complain(std::string(kHistoryName) + ": " + error.message, kExitIo, err);
}

int complain_of_none(int status, std::ostream& err) {
    return complain("there is no " + std::string(kHistoryName) +
                        " here: go to the module's state directory; the gateway makes it when its first command or "
                        "handler ends, unless history = 0",
                    status, err);
}

int list(HistoryFile& file, const Options& options, std::ostream& out, std::ostream& err) {
    bool is_first = true;
    const Result<void> listed = file.each({options.event, options.failed, options.since}, [&](const RunRecord& run) {
        if (options.json) {
            out << to_json(run) << "\n";
            return;
        }
        if (std::exchange(is_first, false)) {
            print_run_heads(out);
        }
        print_run(run, out);
    });
    return listed ? static_cast<int>(kExitSuccess) : complain_of_file(listed.error(), err);
}

int show(HistoryFile& file, const std::string& prefix, const Options& options, std::ostream& out, std::ostream& err) {
    const Result<std::string> id = file.resolve(prefix);
    if (!id) {
        return id.error().os_error == 0 ? complain(id.error().message, kExitNoMatch, err)
                                        : complain_of_file(id.error(), err);
    }
    const Result<std::optional<RunRecord>> run = file.load(*id);
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

} // namespace

int history(const Options& options, std::ostream& out, std::ostream& err) {
    const std::vector<std::string>& words = options.arguments;
    const bool is_list = words.empty();
    if (!is_list && words.front() != "show") {
        return complain("history: not show: " + quote(words.front()), kExitUsage, err);
    }
    if (!is_list && words.size() != 2) {
        return complain("history show needs the ID of a run, or its beginning", kExitUsage, err);
    }
    Result<std::optional<HistoryFile>> file = HistoryFile::open_to_read(kHistoryName);
    if (!file) {
        return complain_of_file(file.error(), err);
    }
    if (!*file) {
        return complain_of_none(is_list ? kExitSuccess : kExitNoMatch, err);
    }
    return is_list ? list(**file, options, out, err) : show(**file, words[1], options, out, err);
}

int replay(const Options& options, std::ostream& out, std::ostream& err) {
    const std::string& id = options.arguments.front();
    if (id.empty() || id.find_first_not_of("0123456789abcdef-") != std::string::npos) {
        return complain("no id of a run: " + quote(id), kExitUsage, err);
    }
    const Result<std::string> started = ask_gateway("POST", "/replay/" + id);
    if (!started) {
        return complain(started.error().message, started.error().os_error != 0 ? kExitUnavailable : kExitNoMatch, err);
    }
    out << *started;
    return kExitSuccess;
}

} // namespace eventsgw
