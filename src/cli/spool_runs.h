// SPDX-License-Identifier: GPL-3.0-or-later
// Copyright (C) 2026 eventsgw contributors

#pragma once

#include "base/result.h"
#include "journal/journal_file.h"

#include <ostream>
#include <string_view>
#include <vector>

namespace eventsgw {

/// What `eventsgw spool` does about runs that are held.
using HeldRun = RunTable::Held;

/// Those with this id; all of them if it is empty.
Result<std::vector<HeldRun>> load_held_runs(JournalFile& file, std::string_view id);

/// Prints a heading and a line for each run; prints nothing if the list is empty.
void list_held_runs(const std::vector<HeldRun>& runs, std::ostream& out);
/// One object of JSON.
void print_held_run(const HeldRun& run, std::ostream& out);
/// A line of text.
void show_held_run(const HeldRun& run, std::ostream& out);

/// Within a transaction.
Result<void> release_held_runs(JournalFile& file, const std::vector<HeldRun>& runs);
Result<void> drop_held_runs(JournalFile& file, const std::vector<HeldRun>& runs);

} // namespace eventsgw
