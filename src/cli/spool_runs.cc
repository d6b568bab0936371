// SPDX-License-Identifier: GPL-3.0-or-later
// Copyright (C) 2026 eventsgw contributors

#include "cli/spool_runs.h"

#include "base/json.h"
#include "base/text.h"
#include "base/time.h"

#include <string>

namespace eventsgw {

Result<std::vector<HeldRun>> load_held_runs(JournalFile& file, std::string_view id) {
    Result<std::vector<HeldRun>> runs = file.runs().load_held();
    if (runs && !id.empty()) {
        std::erase_if(*runs, [&](const HeldRun& run) { return to_string(run.row.id) != id; });
    }
    return runs;
}

void list_held_runs(const std::vector<HeldRun>& runs, std::ostream& out) {
    if (runs.empty()) {
        return;
    }
    out << "held commands and handlers: " << runs.size()
        << ", to be decided by `eventsgw spool retry held` or `spool drop held`\n";
    for (const HeldRun& run : runs) {
        out << "  ";
        show_held_run(run, out);
    }
}

void show_held_run(const HeldRun& run, std::ostream& out) {
    out << to_string(run.row.id) << "  " << format_rfc3339(run.row.arrived) << "  " << to_string(run.row.kind) << "  "
        << escape(run.row.event->channel()) << "  " << escape(run.row.reason)
        << (run.is_released ? " (to be started)" : "") << "\n";
}

void print_held_run(const HeldRun& run, std::ostream& out) {
    out << R"({"id":)" << to_json_string(to_string(run.row.id)) << R"(,"kind":")" << to_string(run.row.kind)
        << R"(","key":)" << to_json_string(run.row.key) << R"(,"channel":)" << to_json_string(run.row.event->channel())
        << R"(,"bytes":)" << run.row.payload_size << R"(,"since":")" << format_rfc3339(run.row.arrived)
        << R"(","reason":)" << to_json_string(run.row.reason) << R"(,"retry":)" << (run.is_released ? "true" : "false")
        << '}';
}

Result<void> release_held_runs(JournalFile& file, const std::vector<HeldRun>& runs) {
    RunTable table = file.runs();
    Result<void> done;
    for (const HeldRun& run : runs) {
        done = done ? table.ask_release(run.row.number) : done;
    }
    return done;
}

Result<void> drop_held_runs(JournalFile& file, const std::vector<HeldRun>& runs) {
    RunTable table = file.runs();
    Result<void> done;
    for (const HeldRun& run : runs) {
        done = done ? table.drop_held(run.row.number) : done;
    }
    return done;
}

} // namespace eventsgw
