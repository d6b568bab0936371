// SPDX-License-Identifier: GPL-3.0-or-later
// Copyright (C) 2026 eventsgw contributors

#pragma once

#include "journal/run_record.h"

#include <ostream>
#include <string>

namespace eventsgw {

// Runs of the history, for people and as JSON.

void print_run_heads(std::ostream& out);
/// In one line.
void print_run(const RunRecord& run, std::ostream& out);

/// All that is known of one run; its payload too if `payload` says so. Asks the journal for the output.
void show_run(const RunRecord& run, bool payload, std::ostream& out);

/// One JSON object; eventsgw(8) documents its members.
std::string to_json(const RunRecord& run);
/// The same with payload, if it is to be shown, and output.
std::string to_full_json(const RunRecord& run, bool payload);

} // namespace eventsgw
