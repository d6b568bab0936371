// SPDX-License-Identifier: GPL-3.0-or-later
// Copyright (C) 2026 eventsgw contributors

#pragma once

#include "base/result.h"
#include "journal/journal_file.h"
#include "journal/run_record.h"

#include <ostream>
#include <string>
#include <string_view>

namespace eventsgw {

/// Work that has not ended, as the running gateway describes it.
struct LiveWork {
    std::string id;
    std::string state;  ///< waiting, running, held or pushed
    std::string due;    ///< of a run that waits for its time, in UTC; or empty
    std::string reason; ///< why it waits or is held; may be empty
};

/// Whether it may be an id, or its beginning.
bool is_id_prefix(std::string_view text);
/// Whether it has the form of a whole id.
bool is_whole_id(std::string_view text);

/// Asks the gateway of the working directory for the work whose id begins with `id`. Fault::no_match if no work
/// matches, Fault::refused if several do; the other faults are those of ask_gateway().
Result<LiveWork> ask_for_work(const std::string& id);

/// Work that has ended, from the history in the working directory. Fault::no_match, Fault::ambiguous.
Result<RunRecord> find_ended(const std::string& id);

/// A task that the journal in the working directory has on disk. Fault::no_match, Fault::ambiguous.
Result<JournalFile::Stored> find_stored_task(const std::string& id);

/// "eventsgw: MESSAGE" in one line on `err`; `status` again.
int report_error(const std::string& message, int status, std::ostream& err);

/// Waits a fifth of a second, or less.
void pause_between_polls(std::chrono::nanoseconds at_most);

} // namespace eventsgw
