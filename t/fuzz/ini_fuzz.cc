// SPDX-License-Identifier: GPL-3.0-or-later
// Copyright (C) 2026 eventsgw contributors

// The input is a file in the legacy dialect.

#include "config/ini.h"
#include "config/ini_interpolation.h"
#include "config/python_text.h"

#include <cstdint>
#include <cstdlib>

using namespace eventsgw;

namespace {

void require(bool condition) {
    if (!condition) {
        std::abort();
    }
}

std::size_t count_lines(std::string_view bytes) {
    PythonLines lines(bytes);
    for (std::string_view line; lines.next(line);) {
    }
    return lines.number();
}

void check_problems(const std::vector<Problem>& problems, std::size_t last_line) {
    std::size_t before = 1;
    for (const Problem& problem : problems) {
        require(problem.line >= before && problem.line <= last_line);
        require(!problem.message.empty());
        before = problem.line;
    }
}

void check_section(const IniDocument& document, const IniSection& section, IniInterpolation& interpolation,
                   std::size_t last_line) {
    for (const IniEntry& entry : section.entries) {
        require(!entry.key.empty() && entry.key.find('=') == std::string::npos);
        require(python_lstrip(python_rstrip(entry.key)) == entry.key);
        require(python_rstrip(entry.value) == entry.value);
        require(entry.line >= 1 && entry.line <= last_line);
        if (document.errors.empty()) {
            require(section.find(entry.key) == &entry);
        }
    }
    for (const IniEntry* entry : merge_defaults(document, section)) {
        const Result<std::string> value = interpolation.expand(section, *entry);
        if (entry->value.find('%') == std::string::npos) {
            require(value.ok() && *value == entry->value);
        }
    }
}

bool equal(const IniSection& a, const IniSection& b) {
    if (a.name != b.name || a.line != b.line || a.entries.size() != b.entries.size()) {
        return false;
    }
    for (std::size_t i = 0; i < a.entries.size(); ++i) {
        const IniEntry& x = a.entries[i];
        const IniEntry& y = b.entries[i];
        if (x.key != y.key || x.value != y.value || x.line != y.line) {
            return false;
        }
    }
    return true;
}

bool equal(const IniDocument& a, const IniDocument& b) {
    if (a.errors != b.errors || a.warnings != b.warnings || a.sections.size() != b.sections.size()) {
        return false;
    }
    for (std::size_t i = 0; i < a.sections.size(); ++i) {
        if (!equal(a.sections[i], b.sections[i])) {
            return false;
        }
    }
    return equal(a.defaults, b.defaults);
}

/// The text with the line ends of another system.
std::string with_line_ends(std::string_view text, std::string_view line_end) {
    std::string converted;
    for (const char c : text) {
        converted += c == '\n' ? line_end : std::string_view(&c, 1);
    }
    return converted;
}

} // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    const std::string bytes(reinterpret_cast<const char*>(data), size);
    const IniDocument document = parse_ini(bytes);
    const std::size_t last_line = count_lines(bytes);
    check_problems(document.errors, last_line);
    check_problems(document.warnings, last_line);
    IniInterpolation interpolation(document);
    check_section(document, document.defaults, interpolation, last_line);
    for (const IniSection& section : document.sections) {
        require(!section.name.empty() && section.line >= 1 && section.line <= last_line);
        check_section(document, section, interpolation, last_line);
    }
    if (bytes.find('\r') == std::string::npos) {
        require(equal(document, parse_ini(with_line_ends(bytes, "\r\n"))));
        require(equal(document, parse_ini(with_line_ends(bytes, "\r"))));
    }
    return 0;
}
