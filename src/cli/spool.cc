// SPDX-License-Identifier: GPL-3.0-or-later
// Copyright (C) 2026 eventsgw contributors

#include "cli/spool.h"

#include "base/file.h"
#include "base/json.h"
#include "base/text.h"
#include "base/time.h"
#include "cli/spool_push.h"
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

/// In the place of an id: all tasks that are held.
constexpr std::string_view kAllHeld = "held";
constexpr std::size_t kChunkCost = 4U << 20U;
constexpr std::uint64_t kLastNumber = std::numeric_limits<std::int64_t>::max();

/// One run of the command: its file, and where it says what.
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

    /// A task that was looked for: one that waits, or a dead one.
    struct Found {
        std::vector<Task> waiting;
        std::vector<Dead> dead;
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
    if (found->waiting.empty() && found->dead.empty()) {
        return complain(id == kAllHeld ? "it holds no task" : "there is no task " + quote(id) + " in it", kExitNoMatch);
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
    if (!reason || !dead) {
        return !reason ? reason.error() : dead.error();
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
    out_ << "]}\n";
    return listed;
}

Result<void> SpoolCommand::list_text(JournalFile& file) {
    const Result<JournalFile::Extent> extent = file.measure();
    const Result<std::string> reason = file.reason();
    const Result<std::vector<Dead>> dead = file.load_dead();
    if (!extent || !reason || !dead) {
        return !extent ? extent.error() : !reason ? reason.error() : dead.error();
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
        out_ << "held: " << extent->held << ", to be decided by `eventsgw spool push` or `spool drop held`\n";
        list_dead(*dead, true);
    }
    return listed;
}

void SpoolCommand::list_dead(const std::vector<Dead>& dead, bool is_held) {
    for (const Dead& one : dead) {
        if (one.is_held == is_held) {
            out_ << "  " << escape(to_string(one.task.id)) << "  " << format_rfc3339(one.died) << "  "
                 << escape(one.task.channel()) << "  " << escape(one.reason)
                 << (one.is_to_retry ? " (to be pushed again)" : "") << "\n";
        }
    }
}

int SpoolCommand::list() {
    Result<JournalFile> file = JournalFile::open(options_.journal, Database::Mode::read);
    if (!file && file.error().fault == Fault::absent) {
        out_ << (options_.json ? R"({"reason":"","waiting":[],"dead":[],"held":[]})"
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
        if (found.dead.empty()) {
            return complain("the task is not dead, it waits for the leader", kExitNoMatch);
        }
        for (const Dead& one : found.dead) {
            if (const Result<void> asked = file.ask_retry(one.task.number); !asked) {
                return complain(asked.error().message, kExitIo);
            }
        }
        out_ << "the gateway will push it again, within seconds if it runs\n";
        return static_cast<int>(kExitSuccess);
    });
}

/// A task that waits may be on its way in a running gateway; a dead one is not.
int SpoolCommand::drop(const std::string& id) {
    return with(id, Database::Mode::write, [&](JournalFile& file, Found& found) {
        const bool waits = found.dead.empty();
        const Result<JournalLock> lock = waits ? lock_beside(options_.journal) : Error{""};
        if (waits && !lock) {
            const bool is_in_use = lock.error().fault == Fault::busy;
            return complain(is_in_use ? "the task waits, and a gateway may be pushing it: stop the gateway first"
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
        dropped = dropped ? file.commit() : dropped;
        static_cast<void>(dropped ? file.shrink() : false); // what is dropped is gone; else a gateway sees to it
        return dropped ? static_cast<int>(kExitSuccess) : complain(dropped.error().message, kExitIo);
    });
}

/// The gateway's own journal need not be there. That another is not is a slip, and nothing is to be made of that name.
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
        err << "eventsgw: spool: not list, show, retry, drop or push: " << quote(verb) << "\n";
        return kExitUsage;
    }
    if (words.size() != (needs_id ? 2U : words.empty() ? 0U : 1U)) {
        err << "eventsgw: spool " << verb << (needs_id ? " needs the ID of a task" : " takes no argument") << "\n";
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
