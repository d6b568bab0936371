// SPDX-License-Identifier: GPL-3.0-or-later
// Copyright (C) 2026 eventsgw contributors

#include "cli/migrate.h"

#include "base/file.h"
#include "base/text.h"
#include "cli/options.h"
#include "cli/review.h"
#include "event/step_script.h"

#include <algorithm>
#include <cstddef>
#include <set>
#include <vector>

#include <sys/stat.h>

namespace eventsgw {
namespace {

enum class Presence : std::uint8_t { absent, same, different };

/// A step and what lies in its place.
struct Target {
    const StepScript* step;
    std::string directory;
    std::string path;
    Presence presence;
};

Presence look_at(const std::string& path, const std::string& text) {
    struct stat info {};
    if (::lstat(path.c_str(), &info) != 0) {
        return Presence::absent;
    }
    const Result<std::string> content = read_file(path, text.size());
    return content && *content == text && S_ISREG(info.st_mode) ? Presence::same : Presence::different;
}

std::vector<Target> find_targets(const std::vector<StepScript>& steps, const std::string& to) {
    std::vector<Target> targets;
    for (const StepScript& step : steps) {
        const std::string directory = to + (to.back() == '/' ? "" : "/") + step.event;
        const std::string path = directory + "/" + step.name;
        targets.push_back({&step, directory, path, look_at(path, step.text)});
    }
    return targets;
}

/// Whether a file that is not to be replaced is in the way.
bool is_obstructed(const std::vector<Target>& targets, std::ostream& err) {
    bool obstructed = false;
    for (const Target& target : targets) {
        if (target.presence == Presence::different) {
            err << "eventsgw: " << escape(target.path) << " is there already, with something else in it\n";
            obstructed = true;
        }
    }
    if (obstructed) {
        err << "Nothing was written. Move these files away, or let --force replace them.\n";
    }
    return obstructed;
}

Result<void> write_target(const Target& target, bool force) {
    if (target.presence == Presence::same) {
        return {};
    }
    if (const Result<void> made = make_directories(target.directory); !made) {
        return within(escape(target.directory), made.error());
    }
    const Result<void> written =
        write_program(target.path, target.step->text, force ? IfPresent::replace : IfPresent::fail);
    return written ? Result<void>() : within(escape(target.path), written.error());
}

void show(const std::vector<Target>& targets, std::ostream& out) {
    for (const Target& target : targets) {
        out << "==> " << escape(target.path) << " <==\n" << target.step->text << "\n";
    }
}

/// The lines of the rules, each once: a rule of [DEFAULT] has two steps.
std::string list_lines(const std::vector<Target>& targets) {
    std::set<std::size_t> lines;
    for (const Target& target : targets) {
        lines.insert(target.step->line);
    }
    std::string list = lines.size() == 1 ? "line " : "lines ";
    for (const std::size_t line : lines) {
        list += (line == *lines.begin() ? "" : ", ") + std::to_string(line);
    }
    return list;
}

void advise(const std::vector<Target>& targets, const MigrateOptions& options, std::ostream& out) {
    const Target& first = targets.front();
    out << "\nNext:\n"
        << "1. Read the steps. To try one, in the module's state directory and environment:\n"
        << "     AGENT_EVENT_SOURCE=SOURCE AGENT_EVENT_NAME=" << first.step->event << " " << escape(first.path)
        << " <payload\n"
        << "2. Take " << list_lines(targets) << " out of " << escape(options.config)
        << ", or each event has its effect twice.\n"
        << "   Keep the file, even without a rule: the service starts only where it is.\n"
        << "3. Restart the service. \"eventsgw check\" and \"eventsgw monitor\" tell what takes an event now.\n";
}

int write(const std::vector<Target>& targets, const MigrateOptions& options, std::ostream& out, std::ostream& err) {
    for (const Target& target : targets) {
        if (const Result<void> written = write_target(target, options.force); !written) {
            err << "eventsgw: " << written.error().message << "\n";
            return kExitCannotCreate;
        }
        out << (target.presence == Presence::same ? "unchanged " : "wrote ") << escape(target.path) << " (line "
            << target.step->line << ")\n";
    }
    advise(targets, options, out);
    return kExitSuccess;
}

/// Rules that no step can replace; whether they keep the others from being written.
bool is_hindered(const std::vector<Problem>& problems, const MigrateOptions& options, std::ostream& err) {
    for (const Problem& problem : problems) {
        err << format_problem(options.config, problem) << "\n";
    }
    if (problems.empty() || options.partial) {
        return false;
    }
    err << "Nothing was written. --partial writes the other rules; these stay in " << escape(options.config) << ".\n";
    return true;
}

} // namespace

int migrate(const MigrateOptions& options, std::ostream& out, std::ostream& err) {
    ConfigReport report = load_config(options.config);
    report.warnings.clear();
    print_problems(options.config, report, err);
    if (!report.errors.empty()) {
        return kExitConfig;
    }
    const StepScripts scripts = make_step_scripts(report.rules.all(), options.config);
    if (is_hindered(scripts.problems, options, err)) {
        return kExitIncomplete;
    }
    const std::vector<Target> targets = find_targets(scripts.steps, options.to);
    if (targets.empty()) {
        err << "eventsgw: nothing to do: no rule of " << escape(options.config) << " can become a step\n";
        return kExitSuccess;
    }
    if (!options.force && is_obstructed(targets, err)) {
        return kExitCannotCreate;
    }
    if (options.dry_run) {
        show(targets, out);
        return kExitSuccess;
    }
    return write(targets, options, out, err);
}

} // namespace eventsgw
