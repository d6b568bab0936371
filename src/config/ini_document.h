// SPDX-License-Identifier: GPL-3.0-or-later
// Copyright (C) 2026 eventsgw contributors

#pragma once

#include "config/problem.h"

#include <cstddef>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

namespace eventsgw {

/// One `key = value` of a file.
struct IniEntry {
    std::string key;                     ///< in the case it was written
    std::string value;                   ///< its lines joined by \n; %-references not yet replaced
    std::size_t line;                    ///< of the key, from 1
    std::vector<std::size_t> more_lines; ///< of each further line of the value, and of blank ones dropped at its end
};

/// One section with its entries in file order. Two keys that differ in case only are two entries.
struct IniSection {
    std::string name;
    std::size_t line = 0; ///< of its header, from 1; 0 for [DEFAULT], which may have several
    std::vector<IniEntry> entries;

    // Indexes into `entries`.
    std::unordered_map<std::string, std::size_t> by_key;
    std::unordered_map<std::string, std::vector<std::size_t>> by_folded_key; ///< by the key in lower case

    /// The entry with exactly this key, else the first one whose key differs in the case of ASCII letters only, else
    /// nullptr.
    const IniEntry* find(const std::string& key) const;
};

/// A file as Python's configparser.ConfigParser(delimiters=('=')) reads it.
struct IniDocument {
    IniSection defaults; ///< [DEFAULT], all its parts in one
    std::vector<IniSection> sections;
    std::vector<Problem> errors; ///< in the order of the lines; where there is one, Python refuses the file
    std::vector<Problem> warnings;
};

/// The entries of `section`, which is one of `document`, as ConfigParser.items() orders them: first those of [DEFAULT],
/// each replaced by the section's own of the same name (whatever its case), then the rest of the section.
std::vector<const IniEntry*> merge_defaults(const IniDocument& document, const IniSection& section);

} // namespace eventsgw
