// SPDX-License-Identifier: GPL-3.0-or-later
// Copyright (C) 2026 eventsgw contributors

#pragma once

#include "cli/task_follower.h"

#include <ostream>
#include <string>

namespace eventsgw {

/// One line of a terminal that is drawn anew with each change, and wiped away at the end. Draws nothing when it is not
/// for a terminal.
class ProgressBar {
public:
    ProgressBar(std::ostream& out, bool is_terminal) : out_(out), is_terminal_(is_terminal) {}
    ProgressBar(const ProgressBar&) = delete;
    ProgressBar& operator=(const ProgressBar&) = delete;
    ~ProgressBar() { wipe(); }

    void show(const TaskProgress& progress);
    void wipe();

private:
    std::ostream& out_;
    bool is_terminal_;
    std::string shown_;
};

} // namespace eventsgw
