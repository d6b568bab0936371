// SPDX-License-Identifier: GPL-3.0-or-later
// Copyright (C) 2026 eventsgw contributors

#include "cli/spool.h"

#include "base/file.h"
#include "base/json.h"
#include "base/text.h"
#include "base/time.h"
#include "cli/spool_push.h"
#include "cli/spool_runs.h"
#include "journal/journal.h"

#include <cerrno>
#include <functional>
#include <limits>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include <unistd.h>

namespace eventsgw {
namespace {

/// Given instead of an id: all held tasks and runs.
constexpr std::string_view kAllHeld = "held";
constexpr std::size_t kChunkCost = 4U << 20U;
constexpr std::uint64_t kLastNumber = std::numeric_limits<std::int64_t>::max();

/// One run of the command: its file, and where its output and errors go.
class SpoolCommand {
public:
    SpoolCommand(const Options& options, std::ostream& out, std::ostream& err)
        : options_(options), out_(out), err_(err) {}

    int list();
    int show(const std::string& id);
    int retry(const std::string& id);
    int drop(const std::string& id);

private:
    using Dead = JournalFile::Dead;

    /// What was looked for: a task that waits, a dead one, or a run that is held.
    struct Found {
        std::vector<Task> waiting;
        std::vector<Dead> dead;
        std::vector<HeldRun> runs;
    };

    int complain(const std::string& message, int status) const {
        err_ << "eventsgw: " << escape(options_.journal) << ": " << message << "\n";
        return status;
    }
    Result<void> each_waiting(JournalFile& file, const std::function<void(const Task&)>& look);
    Result<Found> find(JournalFile& file, const std::string& id);
    /// Looks for a task and does something with it.
    int with(const std::string& id, Database::Mode mode, const std::function<int(JournalFile&, Found&)>& act);
    Result<void> list_text(JournalFile& file);
    void list_dead(const std::vector<Dead>& dead, bool is_held);
    Result<void> list_json(JournalFile& file);
    void show_json(const Task& task, const Dead* dead);

    const Options& options_;
    std::ostream& out_;
    std::ostream& err_;
};

Result<void> SpoolCommand::each_waiting(JournalFile& file, const std::function<void(const Task&)>& look) {
    const Result<std::uint64_t> confirmed = file.confirmed();
    if (!confirmed) {
        return confirmed.error();
    }
    for (std::uint64_t after = *confirmed;;) {
        const Result<std::vector<Task>> tasks = file.load(after, kLastNumber, kChunkCost);
        if (!tasks) {
            return tasks.error();
        }
        if (tasks->empty()) {
            return {};
        }
        for (const Task& task : *tasks) {
            look(task);
        }
        after = tasks->back().number;
    }
}

Result<SpoolCommand::Found> SpoolCommand::find(JournalFile& file, const std::string& id) {
    Found found;
    const Result<void> looked = each_waiting(file, [&](const Task& task) {
        if (to_string(task.id) == id) {
            found.waiting.push_back(task);
        }
    });
    if (!looked) {
        return looked.error();
    }
    Result<std::vector<Dead>> dead = file.load_dead();
    if (!dead) {
        return dead.error();
    }
    for (Dead& one : *dead) {
        if (id == kAllHeld ? one.is_held : to_string(one.task.id) == id) {
            found.dead.push_back(std::move(one));
        }
    }
    Result<std::vector<HeldRun>> runs = load_held_runs(file, id == kAllHeld ? "" : id);
    if (!runs) {
        return runs.error();
    }
    found.runs = std::move(*runs);
    return found;
}

int SpoolCommand::with(const std::string& id, Database::Mode mode,
                       const std::function<int(JournalFile&, Found&)>& act) {
    Result<JournalFile> file = JournalFile::open(options_.journal, mode);
    if (!file) {
        return complain(file.error().message, file.error().fault == Fault::absent ? kExitNoMatch : kExitIo);
    }
    Result<Found> found = find(*file, id);
    if (!found) {
        return complain(found.error().message, kExitIo);
    }
    if (found->waiting.empty() && found->dead.empty() && found->runs.empty()) {
        return complain(id == kAllHeld ? "no held tasks and no held runs" : "no task and no held run " + quote(id),
                        kExitNoMatch);
    }
    return act(*file, *found);
}

void SpoolCommand::show_json(const Task& task, const Dead* dead) {
    out_ << R"({"id":)" << to_json_string(to_string(task.id)) << R"(,"channel":)" << to_json_string(task.channel())
         << R"(,"bytes":)" << task.text().size() << R"(,"since":")" << format_rfc3339(task.arrived) << '"';
    if (dead != nullptr) {
        out_ << R"(,"died":")" << format_rfc3339(dead->died) << R"(","reason":)" << to_json_string(dead->reason)
             << R"(,"retry":)" << (dead->is_to_retry ? "true" : "false");
    }
    out_ << '}';
}

Result<void> SpoolCommand::list_json(JournalFile& file) {
    const Result<std::string> reason = file.reason();
    const Result<std::vector<Dead>> dead = file.load_dead();
    const Result<std::vector<HeldRun>> runs = load_held_runs(file, "");
    if (!reason || !dead || !runs) {
        return !reason ? reason.error() : !dead ? dead.error() : runs.error();
    }
    const char* comma = "";
    out_ << R"({"reason":)" << to_json_string(*reason) << R"(,"waiting":[)";
    Result<void> listed = each_waiting(file, [&](const Task& task) {
        out_ << std::exchange(comma, ",");
        show_json(task, nullptr);
    });
    for (const bool is_held : {false, true}) {
        comma = "";
        out_ << (is_held ? R"(],"held":[)" : R"(],"dead":[)");
        for (const Dead& one : *dead) {
            if (one.is_held == is_held) {
                out_ << std::exchange(comma, ",");
                show_json(one.task, &one);
            }
        }
    }
    comma = "";
    out_ << R"(],"held_runs":[)";
    for (const HeldRun& run : *runs) {
        out_ << std::exchange(comma, ",");
        print_held_run(run, out_);
    }
    out_ << "]}\n";
    return listed;
}

Result<void> SpoolCommand::list_text(JournalFile& file) {
    const Result<JournalFile::Extent> extent = file.measure();
    const Result<std::string> reason = file.reason();
    const Result<std::vector<Dead>> dead = file.load_dead();
    const Result<std::vector<HeldRun>> runs = load_held_runs(file, "");
    if (!extent || !reason || !dead || !runs) {
        return !extent ? extent.error() : !reason ? reason.error() : !dead ? dead.error() : runs.error();
    }
    out_ << "waiting for the leader: " << extent->tasks;
    if (extent->oldest) {
        out_ << ", since " << format_rfc3339(*extent->oldest) << (reason->empty() ? "" : ": " + escape(*reason));
    }
    out_ << "\n";
    Result<void> listed = each_waiting(file, [&](const Task& task) {
        out_ << "  " << escape(to_string(task.id)) << "  " << format_rfc3339(task.arrived) << "  "
             << escape(task.channel()) << "\n";
    });
    out_ << "dead: " << extent->dead << "\n";
    list_dead(*dead, false);
    if (extent->held > 0) {
        out_ << "held: " << extent->held
             << "; `eventsgw spool push` pushes them, `eventsgw spool drop held` forgets them\n";
        list_dead(*dead, true);
    }
    list_held_runs(*runs, out_);
    return listed;
}

void SpoolCommand::list_dead(const std::vector<Dead>& dead, bool is_held) {
    for (const Dead& one : dead) {
        if (one.is_held == is_held) {
            out_ << "  " << escape(to_string(one.task.id)) << "  " << format_rfc3339(one.died) << "  "
                 << escape(one.task.channel()) << "  " << escape(one.reason)
                 << (one.is_to_retry ? " (will be pushed again)" : "") << "\n";
        }
    }
}

int SpoolCommand::list() {
    Result<JournalFile> file = JournalFile::open(options_.journal, Database::Mode::read);
    if (!file && file.error().fault == Fault::absent) {
        out_ << (options_.json ? R"({"reason":"","waiting":[],"dead":[],"held":[],"held_runs":[]})"
                               : "waiting for the leader: 0\ndead: 0")
             << "\n";
        return kExitSuccess;
    }
    if (!file) {
        return complain(file.error().message, kExitIo);
    }
    const Result<void> listed = options_.json ? list_json(*file) : list_text(*file);
    return listed ? kExitSuccess : complain(listed.error().message, kExitIo);
}

int SpoolCommand::show(const std::string& id) {
    return with(id, Database::Mode::read, [&](JournalFile&, Found& found) {
        if (!found.runs.empty()) {
            options_.json ? print_held_run(found.runs.front(), out_) : show_held_run(found.runs.front(), out_);
            out_ << (options_.json ? "\n" : "");
            return kExitSuccess;
        }
        const Dead* dead = found.waiting.empty() ? &found.dead.front() : nullptr;
        const Task& task = dead != nullptr ? dead->task : found.waiting.front();
        if (options_.json) {
            show_json(task, dead);
        } else {
            out_ << task.text();
        }
        out_ << "\n";
        return kExitSuccess;
    });
}

int SpoolCommand::retry(const std::string& id) {
    return with(id, Database::Mode::write, [&](JournalFile& file, Found& found) {
        if (found.dead.empty() && found.runs.empty()) {
            return complain("the task is not dead but waiting for the leader", kExitNoMatch);
        }
        Result<void> asked = file.begin();
        for (const Dead& one : found.dead) {
            asked = asked ? file.ask_retry(one.task.number) : asked;
        }
        asked = asked ? release_held_runs(file, found.runs) : asked;
        asked = asked ? file.commit() : asked;
        if (!asked) {
            return complain(asked.error().message, kExitIo);
        }
        out_ << "the gateway will "
             << (found.dead.empty()   ? "start"
                 : found.runs.empty() ? "push"
                                      : "push and start")
             << " it again, within seconds if it runs\n";
        return static_cast<int>(kExitSuccess);
    });
}

/// A task that waits may be on its way in a running gateway; a dead one is not.
int SpoolCommand::drop(const std::string& id) {
    return with(id, Database::Mode::write, [&](JournalFile& file, Found& found) {
        const bool waits = !found.waiting.empty();
        const Result<JournalLock> lock = waits ? lock_beside(options_.journal) : Error{""};
        if (waits && !lock) {
            const bool is_in_use = lock.error().fault == Fault::busy;
            return complain(is_in_use ? "a running gateway may be pushing the task: stop the gateway first"
                                      : lock.error().message,
                            is_in_use ? kExitInUse : kExitIo);
        }
        Result<void> dropped = file.begin();
        for (const Task& task : found.waiting) {
            dropped = dropped ? file.drop(task.number) : dropped;
        }
        for (const Dead& one : found.dead) {
            dropped = dropped ? file.drop(one.task.number) : dropped;
        }
        dropped = dropped ? drop_held_runs(file, found.runs) : dropped;
        dropped = dropped ? file.commit() : dropped;
        static_cast<void>(dropped ? file.shrink() : false); // what is dropped is gone; else a gateway sees to it
        return dropped ? static_cast<int>(kExitSuccess) : complain(dropped.error().message, kExitIo);
    });
}

/// The gateway's own journal may be missing. If another file is, its name was mistyped: nothing must be created there.
Result<void> check_file(const std::string& path) {
    if (path != JournalFile::kName && ::access(path.c_str(), F_OK) != 0) {
        return make_os_error("cannot be opened");
    }
    return check_regular(path);
}

} // namespace

int spool(const Options& options, std::ostream& out, std::ostream& err) {
    const std::vector<std::string>& words = options.arguments;
    const std::string verb = words.empty() ? "list" : words.front();
    const bool needs_id = verb == "show" || verb == "retry" || verb == "drop";
    if (!needs_id && verb != "list" && verb != "push") {
        err << "eventsgw: spool: unknown verb " << quote(verb) << "; use list, show, retry, drop or push\n";
        return kExitUsage;
    }
    if (words.size() != (needs_id ? 2U : words.empty() ? 0U : 1U)) {
        err << "eventsgw: spool " << verb << (needs_id ? " needs the ID of a task or run" : " takes no argument")
            << "\n";
        return kExitUsage;
    }
    if (const Result<void> checked = check_file(options.journal); !checked) {
        err << "eventsgw: " << escape(options.journal) << ": " << checked.error().message << "\n";
        return kExitIo;
    }
    SpoolCommand command(options, out, err);
    if (verb == "push") {
        return push_spool(options, out, err);
    }
    return verb == "list"    ? command.list()
           : verb == "show"  ? command.show(words[1])
           : verb == "retry" ? command.retry(words[1])
                             : command.drop(words[1]);
}

} // namespace eventsgw
