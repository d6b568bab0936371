// SPDX-License-Identifier: GPL-3.0-or-later
// Copyright (C) 2026 eventsgw contributors

#pragma once

#include "cli/options.h"

#include <cstddef>
#include <ostream>
#include <string_view>
#include <vector>

namespace eventsgw {

constexpr std::size_t kAnyNumber = static_cast<std::size_t>(-1);

/// One subcommand: a table row that feeds the command line, --help and the test of the manual page.
struct Subcommand {
    std::string_view name;
    std::string_view arguments; ///< what it takes besides options
    std::size_t argument_count; ///< how many it needs, and kAnyNumber where it takes as many as there are
    std::vector<std::string_view> options;
    std::string_view help;
    std::string_view example;
    int (*function)(const Options& options);
    std::size_t optional_arguments = 0; ///< how many more it may take
    std::vector<std::string_view> formats = {"text", "json"};
    std::string_view verbs{}; ///< what a VERB among the arguments may be
};

/// What `eventsgw SUBCOMMAND --help` says.
void show_help(const Subcommand& subcommand, std::ostream& out);

/// What `eventsgw --help` says; the first of the subcommands is the one that a bare command line means.
void show_general_help(const std::vector<Subcommand>& subcommands, std::ostream& out);

} // namespace eventsgw
