// SPDX-License-Identifier: GPL-3.0-or-later
// Copyright (C) 2026 eventsgw contributors

#pragma once

#include "config/ini_document.h"

#include <cstddef>
#include <string>
#include <string_view>
#include <unordered_map>

namespace eventsgw {

/// Puts a document together in the order of the file, and refuses what is given twice.
class IniBuilder {
public:
    /// `document` must be empty, and outlive the builder.
    explicit IniBuilder(IniDocument& document);

    /// All that follows is part of this section. `trailer` is what stood behind the bracket of its header.
    void open_section(std::string_view name, std::string_view trailer, std::size_t line);

    /// Needs an open section.
    void add_entry(std::string_view key, std::string value, std::size_t line);

    /// Adds a line to the value of the entry added last.
    void add_line(std::string_view text, std::size_t line);

    /// Lengthens the last line of the value of the entry added last.
    void append(std::string_view text);

    /// Drops the blank lines at the end of each value.
    void finish();

private:
    void add_error(std::size_t line, std::string message);

    IniDocument& document_;
    IniSection* current_ = nullptr;
    std::unordered_map<std::string, std::size_t> section_lines_;
};

} // namespace eventsgw
