// SPDX-License-Identifier: GPL-3.0-or-later
// Copyright (C) 2026 eventsgw contributors

#include "cli/migrate.h"

#include "base/file.h"
#include "base/text.h"
#include "cli/migrate_plan.h"
#include "cli/options.h"
#include "cli/review.h"
#include "event/shell.h"
#include "event/step_script.h"

#include <algorithm>
#include <cstddef>
#include <optional>
#include <set>
#include <utility>
#include <vector>

#include <unistd.h>

namespace eventsgw {
namespace {

/// Whether there is something in the events directory that is not to be replaced.
bool is_obstructed(const MigrationPlan& plan, const MigrateOptions& options, std::ostream& err) {
    for (const std::string& obstacle : plan.obstacles) {
        err << "eventsgw: " << obstacle << "\n";
    }
    const bool is_changed = !plan.changes.empty() && !options.force;
    for (const std::string& change : is_changed ? plan.changes : std::vector<std::string>()) {
        err << "eventsgw: " << change << "\n";
    }
    if (!plan.obstacles.empty()) {
        err << "Nothing was written. Move these files away, or take the lines out of " << escape(options.config)
            << " whose place they take.\n";
    } else if (is_changed) {
        err << "Nothing was written. These steps are as eventsgw has made them, and --force puts the new ones in their "
               "place.\nOne that is to stay beside the new one needs another head: take its second line out.\n";
    }
    return is_changed || !plan.obstacles.empty();
}

/// ", in the place of 10former" where the step has got another name.
std::string name_former(const PlannedStep& step, const std::string& words) {
    return step.former.empty() || step.former == step.name ? "" : words + escape(step.former);
}

bool is_pruned(const Orphan& orphan, const MigrateOptions& options) {
    return options.prune && !orphan.is_edited;
}

void show(const MigrationPlan& plan, const MigrateOptions& options, std::ostream& out) {
    for (const PlannedStep& step : plan.steps) {
        out << "==> " << escape(step.path()) << name_former(step, ", in the place of ") << " <==\n"
            << step.script->text << "\n";
    }
    for (const Orphan& orphan : plan.orphans) {
        if (is_pruned(orphan, options)) {
            out << "==> " << escape(orphan.path) << " would be deleted <==\n";
        }
    }
}

/// The lines of the rules, each once: a rule of [DEFAULT] has two steps.
std::string list_lines(const std::vector<PlannedStep>& steps) {
    std::set<std::size_t> lines;
    for (const PlannedStep& step : steps) {
        lines.insert(step.script->line);
    }
    std::string list = lines.size() == 1 ? "line " : "lines ";
    for (const std::size_t line : lines) {
        list += (line == *lines.begin() ? "" : ", ") + std::to_string(line);
    }
    return list;
}

void advise(const std::vector<PlannedStep>& steps, const MigrateOptions& options, std::ostream& out) {
    const PlannedStep& first = steps.front();
    out << "\nNext:\n"
        << "1. Read the steps. To try one, in the module's state directory and environment:\n"
        << "     AGENT_EVENT_SOURCE=SOURCE AGENT_EVENT_NAME=" << first.script->event << " "
        << show_for_shell(first.path()) << " <payload\n"
        << "2. Take " << list_lines(steps) << " out of " << escape(options.config)
        << ", or each event has its effect twice.\n"
        << "   Keep the file, even without a rule: the service starts only where it is.\n"
        << "3. The module's agent runs the steps, if it knows events directories. If not, this gateway does, with\n"
        << "     [gateway]\n"
        << "     eventsdir = " << escape(options.to) << "\n"
        << "   in that file. With neither rules nor eventsdir in it there is nothing for the service to do.\n"
        << "4. Restart the service. \"eventsgw check\" and \"eventsgw monitor\" tell what takes an event now.\n";
}

/// Steps that have got another name or content are gone under the former one, once all are there under the new one.
Result<void> remove_former(const std::vector<PlannedStep>& steps) {
    std::set<std::string> paths;
    for (const PlannedStep& step : steps) {
        paths.insert(step.path());
    }
    for (const PlannedStep& step : steps) {
        const std::string former = step.directory + "/" + step.former;
        if (!step.former.empty() && !paths.contains(former) && ::unlink(former.c_str()) != 0) {
            return within(escape(former), make_os_error("cannot be removed"));
        }
    }
    return {};
}

/// The files of the steps, none for one that is done. They wait until all are on the disk: so a full disk leaves
/// everything as it was.
using NewPrograms = std::vector<std::optional<NewProgram>>;

Result<NewPrograms> prepare(const std::vector<PlannedStep>& steps) {
    NewPrograms programs(steps.size());
    for (std::size_t i = 0; i < steps.size(); ++i) {
        if (steps[i].is_done()) {
            continue;
        }
        if (const Result<void> made = make_directories(steps[i].directory); !made) {
            return within(escape(steps[i].directory), made.error());
        }
        Result<NewProgram> program = NewProgram::write(steps[i].directory, steps[i].script->text);
        if (!program) {
            return within(escape(steps[i].path()), std::move(program).error());
        }
        programs[i] = std::move(program).value();
    }
    return programs;
}

Result<void> put_in_place(NewPrograms& programs, const std::vector<PlannedStep>& steps, std::ostream& out) {
    std::set<std::string> ours;
    for (const PlannedStep& step : steps) {
        ours.insert(step.directory + "/" + step.former);
    }
    for (std::size_t i = 0; i < steps.size(); ++i) {
        const PlannedStep& step = steps[i];
        const IfPresent if_present = ours.contains(step.path()) ? IfPresent::replace : IfPresent::fail;
        if (const Result<void> put = programs[i] ? programs[i]->put_at(step.path(), if_present) : Result<void>();
            !put) {
            return within(escape(step.path()), put.error());
        }
        out << (step.is_done() ? "unchanged " : "wrote ") << escape(step.path())
            << name_former(step, " in the place of ") << " (line " << step.script->line << ")\n";
    }
    return remove_former(steps);
}

Result<void> prune(const MigrationPlan& plan, const MigrateOptions& options, std::ostream& out) {
    for (const Orphan& orphan : plan.orphans) {
        if (!is_pruned(orphan, options)) {
            continue;
        }
        if (::unlink(orphan.path.c_str()) != 0) {
            return within(escape(orphan.path), make_os_error("cannot be removed"));
        }
        out << "deleted " << escape(orphan.path) << "\n";
    }
    return {};
}

int write(const MigrationPlan& plan, const MigrateOptions& options, std::ostream& out, std::ostream& err) {
    Result<NewPrograms> programs = prepare(plan.steps);
    if (!programs) {
        err << "eventsgw: " << programs.error().message << "\nNothing was written.\n";
        return kExitCannotCreate;
    }
    Result<void> done = put_in_place(*programs, plan.steps, out);
    if (done) {
        done = prune(plan, options, out);
    }
    if (!done) {
        err << "eventsgw: " << done.error().message << "\n";
        return kExitCannotCreate;
    }
    if (!plan.steps.empty()) {
        advise(plan.steps, options, out);
    }
    return kExitSuccess;
}

/// After a migration the rules are taken out, so these steps are most likely right.
void tell_orphans(const MigrationPlan& plan, const MigrateOptions& options, std::ostream& err) {
    for (const Orphan& orphan : plan.orphans) {
        if (!is_pruned(orphan, options)) {
            err << "eventsgw: " << escape(orphan.path) << " stays: its rule is not in " << escape(options.config)
                << (options.prune ? ", but somebody has edited it" : "") << "\n";
        }
    }
    if (!plan.orphans.empty() && !options.prune) {
        err << "Those that have taken the place of rules do their work. Delete what is left of one that is not wanted; "
               "--prune\ndeletes them all, but what somebody has edited.\n";
    }
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
    const MigrationPlan plan = plan_migration(scripts.steps, options.to);
    tell_orphans(plan, options, err);
    const bool prunes = std::any_of(plan.orphans.begin(), plan.orphans.end(),
                                    [&](const Orphan& orphan) { return is_pruned(orphan, options); });
    if (plan.steps.empty() && !prunes) {
        err << "eventsgw: nothing to do: no rule of " << escape(options.config) << " can become a step\n";
        return kExitSuccess;
    }
    if (is_obstructed(plan, options, err)) {
        return kExitCannotCreate;
    }
    if (options.dry_run) {
        show(plan, options, out);
        return kExitSuccess;
    }
    return write(plan, options, out, err);
}

} // namespace eventsgw
