// SPDX-License-Identifier: GPL-3.0-or-later
// Copyright (C) 2026 eventsgw contributors

#pragma once

#include "base/result.h"

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

namespace eventsgw {

/// One program of an event's handler.
struct Step {
    std::string name;
    std::string path; ///< BASE/EVENT/NAME, by which it is run: a step looks at its $0
};

/// The steps of one event.
struct StepList {
    std::vector<Step> steps;           ///< in the byte order of their names
    std::vector<std::string> problems; ///< directories that cannot be read, as "PATH: why"
    bool is_short = false;             ///< the kernel had no descriptor for one of them: ask again
};

/// The files of BASE/EVENT/ of all base directories, put together by name: of two with the same name the one of the
/// later base counts. Directories are left out. A base without a directory for the event is none of its problems.
/// `event` is_valid_name().
StepList list_steps(const std::vector<std::string>& bases, std::string_view event);

/// The events that have a directory.
struct EventList {
    std::vector<std::string> names;    ///< in byte order
    std::vector<std::string> problems; ///< bases that cannot be read, and directories that no event has the name of
};

EventList list_events(const std::vector<std::string>& bases);

enum class StepFate : std::uint8_t {
    runs,
    skipped, ///< it is not there or cannot be executed; the next one is due
    refused, ///< others than root and this process's user could have written it; nothing may follow
};

/// What becomes of a step if it is due now, and why if it does not run.
struct StepVerdict {
    StepFate fate = StepFate::runs;
    std::string reason;
};

/// Looks at the step's file and, if `strict`, at everything that leads to it: see find_intruder().
StepVerdict judge_step(const std::string& path, bool strict);

/// The same for people who ask beforehand: also whether there is something that could run the file, which otherwise the
/// kernel says when the step is due, and then it is skipped.
StepVerdict foresee_step(const std::string& path, bool strict);

} // namespace eventsgw
