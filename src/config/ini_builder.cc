// SPDX-License-Identifier: GPL-3.0-or-later
// Copyright (C) 2026 eventsgw contributors

#include "config/ini_builder.h"

#include "base/text.h"
#include "config/python_text.h"

#include <algorithm>
#include <utility>

namespace eventsgw {
namespace {

constexpr std::string_view kDefaultSection = "DEFAULT";

std::string describe_trailer(std::string_view trailer) {
    std::string message = "the text after the section's \"]\" is ignored: " + show(python_lstrip(trailer));
    if (trailer.find('=') != std::string_view::npos) {
        message += "; a key cannot begin with \"[\"";
    }
    return message;
}

std::string describe_repetition(std::string_view what, std::string_view name, std::size_t first_line) {
    return std::string(what) + " " + show(name) + " is given twice, first at line " + std::to_string(first_line);
}

void trim_values(IniSection& section) {
    for (IniEntry& entry : section.entries) {
        entry.value.erase(entry.value.find_last_not_of('\n') + 1);
    }
}

} // namespace

IniBuilder::IniBuilder(IniDocument& document) : document_(document) {
    document_.defaults.name = kDefaultSection;
}

void IniBuilder::open_section(std::string_view name, std::string_view trailer, std::size_t line) {
    if (!trailer.empty()) {
        document_.warnings.push_back({line, describe_trailer(trailer)});
    }
    if (name == kDefaultSection) {
        current_ = &document_.defaults; // this one may be opened again
        return;
    }
    const auto [known, is_new] = section_lines_.try_emplace(std::string(name), line);
    if (!is_new) {
        add_error(line, describe_repetition("section", name, known->second));
    }
    current_ = &document_.sections.emplace_back();
    current_->name = name;
    current_->line = line;
}

void IniBuilder::add_entry(std::string_view key, std::string value, std::size_t line) {
    const std::size_t index = current_->entries.size();
    const auto [known, is_new] = current_->by_key.try_emplace(std::string(key), index);
    if (is_new) {
        current_->by_folded_key[to_lower(key)].push_back(index);
    } else {
        add_error(line, describe_repetition("key", key, current_->entries[known->second].line));
    }
    current_->entries.push_back({std::string(key), std::move(value), line, {}});
}

void IniBuilder::add_line(std::string_view text, std::size_t line) {
    IniEntry& entry = current_->entries.back();
    entry.value.append("\n").append(text);
    entry.more_lines.push_back(line);
}

void IniBuilder::append(std::string_view text) {
    current_->entries.back().value += text;
}

void IniBuilder::finish() {
    trim_values(document_.defaults);
    std::for_each(document_.sections.begin(), document_.sections.end(), trim_values);
}

void IniBuilder::add_error(std::size_t line, std::string message) {
    document_.errors.push_back({line, std::move(message)});
}

} // namespace eventsgw
