// SPDX-License-Identifier: GPL-3.0-or-later
// Copyright (C) 2026 eventsgw contributors

#pragma once

#include "base/log.h"
#include "base/result.h"
#include "delivery/spool_file.h"

#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace eventsgw {

/// Exit statuses, of sysexits.h where it has one; the manual page explains them.
enum ExitStatus : int {
    kExitSuccess = 0,
    kExitNoMatch = 1,
    kExitUsage = 64,  ///< EX_USAGE
    kExitSystem = 71, ///< EX_OSERR
    kExitIo = 74,     ///< EX_IOERR
    kExitInUse = 75,  ///< EX_TEMPFAIL: another process has the spool
    kExitConfig = 78, ///< EX_CONFIG: the unit does not restart after it
};

/// In the working directory, which is the module's state directory.
constexpr const char* kDefaultConfig = "eventsgw.conf";

/// Everything that can be asked for on the command line; each subcommand looks at its own part.
struct Options {
    std::string config = kDefaultConfig;
    std::optional<std::string> agent_id;
    std::optional<LogLevel> log_level;
    std::string spool = kSpoolName;
    bool json = false;
    bool help = false;
    bool version = false;
    std::vector<std::string> arguments; ///< what is no option
};

/// One option of the command line: a table row that feeds parsing, --help and the test of the manual page.
struct OptionRow {
    std::string_view name;
    char letter;               ///< its short form, or NUL when it has none
    std::string_view argument; ///< what stands for its argument in --help; empty when it takes none
    std::string_view help;
    Result<void> (*set)(Options& options, const std::string& value);
};

const std::vector<OptionRow>& options_table();

/// Reads `words`, the command line behind the subcommand. `allowed` names the subcommand's options, without dashes;
/// help and version are always allowed.
Result<Options> parse_options(const std::vector<std::string>& words, const std::vector<std::string_view>& allowed);

} // namespace eventsgw
