// SPDX-License-Identifier: GPL-3.0-or-later
// Copyright (C) 2026 eventsgw contributors

#pragma once

#include "process/launcher.h"

#include <string>
#include <vector>

namespace eventsgw {

class Loop;

/// The real launcher: posix_spawn, one pidfd per child on the loop, never a wait for any child but ours.
class ChildLauncher : public Launcher {
public:
    /// `environment` is what every child gets: "NAME=value" strings.
    ChildLauncher(Loop& loop, std::vector<std::string> environment)
        : loop_(loop), environment_(std::move(environment)) {}

    Result<std::unique_ptr<Process>> launch(const Job& job, std::function<void(const Exit&)> on_exit) override;

private:
    Loop& loop_;
    std::vector<std::string> environment_;
};

} // namespace eventsgw
