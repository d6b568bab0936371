// SPDX-License-Identifier: GPL-3.0-or-later
// Copyright (C) 2026 eventsgw contributors

#include "cli/help.h"

#include <algorithm>
#include <iomanip>
#include <string>

namespace eventsgw {
namespace {

/// "first second", or "first" where there is no second.
std::string join(std::string_view first, std::string_view second) {
    return std::string(first) + (second.empty() ? "" : " ") + std::string(second);
}

/// Where rows share a name the subcommand's own is meant, and otherwise the one that is nobody's own.
bool is_row_of(const OptionRow& row, const Subcommand& subcommand) {
    const std::vector<OptionRow>& table = options_table();
    const bool has_own = std::any_of(table.begin(), table.end(), [&](const OptionRow& other) {
        return other.name == row.name && other.subcommand == subcommand.name;
    });
    return row.subcommand == (has_own ? subcommand.name : "");
}

void show_options(const Subcommand& subcommand, std::ostream& out) {
    std::vector<std::string_view> names = subcommand.options;
    names.insert(names.end(), {"help", "version"});
    for (const OptionRow& row : options_table()) {
        const bool is_wanted = std::find(names.begin(), names.end(), row.name) != names.end();
        if (is_wanted && is_row_of(row, subcommand)) {
            const std::string letter = row.letter == '\0' ? "    " : std::string{'-', row.letter, ',', ' '};
            out << "  " << letter << std::left << std::setw(20) << join("--" + std::string(row.name), row.argument)
                << row.help << "\n";
        }
    }
}

void show_example(const Subcommand& subcommand, std::ostream& out) {
    out << "\nExample:\n  " << subcommand.example << "\n";
}

} // namespace

void show_help(const Subcommand& subcommand, std::ostream& out) {
    out << "Usage: eventsgw " << join(subcommand.name, subcommand.arguments) << " [OPTION...]\n\n"
        << "eventsgw " << subcommand.name << ": " << subcommand.help << ".\n\n";
    if (!subcommand.verbs.empty()) {
        out << "VERB is " << subcommand.verbs << ".\n\n";
    }
    show_options(subcommand, out);
    show_example(subcommand, out);
}

void show_general_help(const std::vector<Subcommand>& subcommands, std::ostream& out) {
    const Subcommand& usual = subcommands.front();
    out << "Usage: eventsgw [SUBCOMMAND] [OPTION...]\n\n"
           "The event gateway of a NethServer 8 module: listens to the Redis channels named in\n"
           "eventsgw.conf and turns their events into tasks of the module's agent, or runs commands.\n\n"
           "Subcommands (\""
        << usual.name << "\" when none is given):\n";
    for (const Subcommand& subcommand : subcommands) {
        out << "  " << std::left << std::setw(22) << join(subcommand.name, subcommand.arguments) << subcommand.help
            << "\n";
    }
    out << "\nOptions of \"" << usual.name << "\":\n";
    show_options(usual, out);
    out << "\n\"eventsgw SUBCOMMAND --help\" tells more; the manual pages eventsgw(8), eventsgw.conf(5)\nand "
           "eventsgw-handlers(7) tell all.\n";
    out << "\"eventsgw help events\" lists the events that are known: eventsgw-events(7).\n";
    show_example(usual, out);
}

} // namespace eventsgw
