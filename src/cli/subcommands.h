// SPDX-License-Identifier: GPL-3.0-or-later
// Copyright (C) 2026 eventsgw contributors

#pragma once

#include "cli/help.h"

#include <string_view>
#include <vector>

namespace eventsgw {

/// What the program can do, and how it is called. The first one is what a bare command line means.
const std::vector<Subcommand>& subcommands();

/// nullptr when there is none of that name.
const Subcommand* find_subcommand(std::string_view name);

} // namespace eventsgw
