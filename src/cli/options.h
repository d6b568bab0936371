// SPDX-License-Identifier: GPL-3.0-or-later
// Copyright (C) 2026 eventsgw contributors

#pragma once

#include "base/chrono.h"
#include "base/log.h"
#include "base/result.h"
#include "journal/journal_file.h"

#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace eventsgw {

/// Exit statuses, of sysexits.h where it has one; the manual page explains them.
enum ExitStatus : int {
    kExitSuccess = 0,
    kExitNoMatch = 1,
    kExitIncomplete = 1,
    kExitTimedOut = 2,
    kExitUnknown = 3,
    kExitUsage = 64,        ///< EX_USAGE
    kExitData = 65,         ///< EX_DATAERR
    kExitNoInput = 66,      ///< EX_NOINPUT
    kExitUnavailable = 69,  ///< EX_UNAVAILABLE: Redis does not answer
    kExitSystem = 71,       ///< EX_OSERR
    kExitCannotCreate = 73, ///< EX_CANTCREAT
    kExitIo = 74,           ///< EX_IOERR
    kExitInUse = 75,        ///< EX_TEMPFAIL: another process has the journal
    kExitNoPermission = 77, ///< EX_NOPERM: Redis refuses
    kExitConfig = 78,       ///< EX_CONFIG: the unit does not restart after it
};

/// In the working directory, which is the module's state directory.
constexpr const char* kDefaultConfig = "eventsgw.conf";

/// Which configuration is meant.
struct ConfigChoice {
    std::string path = kDefaultConfig;
    bool is_named = false;                       ///< by --config: then it must be there
    std::vector<std::string> events_directories; ///< of --eventsdir; none: those of the file
};

/// Everything that can be asked for on the command line; each subcommand looks at its own part.
struct Options {
    ConfigChoice config;
    std::optional<std::string> agent_id;
    std::optional<LogLevel> log_level;
    std::string journal = JournalFile::kName;
    std::string format = "text";
    bool json = false; ///< the format is json
    std::optional<std::string> data;
    bool force = false;
    bool prune = false;
    std::string to;
    bool dry_run = false;
    bool partial = false;
    bool wait = false;
    bool payload = false;
    std::chrono::nanoseconds retry{0};
    std::optional<std::string> event;
    bool failed = false;
    bool all = false;
    bool idle = false;
    std::optional<std::chrono::nanoseconds> time; ///< of a pause, or to wait at most
    std::optional<std::chrono::system_clock::time_point> since;
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
    std::string_view subcommand = {}; ///< the one whose --help shows this row, where several rows share a name
};

/// Rows of one name have the same letter and function.
const std::vector<OptionRow>& options_table();

/// Reads `words`, the command line behind the subcommand. `allowed` names the subcommand's options, without dashes;
/// help and version are always allowed.
Result<Options> parse_options(const std::vector<std::string>& words, const std::vector<std::string_view>& allowed);

} // namespace eventsgw
