// SPDX-License-Identifier: GPL-3.0-or-later
// Copyright (C) 2026 eventsgw contributors

#include "config/ini_interpolation.h"

#include "config/problem.h"

#include <utility>

namespace eventsgw {
namespace {

constexpr int kMaxDepth = 10; // Python's MAX_INTERPOLATION_DEPTH
constexpr std::size_t kReferenceCost = 64;

} // namespace

Result<std::string> IniInterpolation::expand(const IniSection& section, const IniEntry& entry) {
    std::string out;
    if (Result<void> done = append(out, entry.value, section, 1); !done) {
        return within("the value of " + show(entry.key), std::move(done).error());
    }
    return out;
}

Result<void> IniInterpolation::append(std::string& out, std::string_view text, const IniSection& section, int depth) {
    if (depth > kMaxDepth) {
        return Error{"its references are nested more than " + std::to_string(kMaxDepth) + " deep, or form a circle"};
    }
    for (;;) {
        const std::size_t percent = text.find('%');
        out += text.substr(0, percent);
        if (percent == std::string_view::npos) {
            return {};
        }
        text.remove_prefix(percent);
        if (text.substr(0, 2) == "%%") {
            out += '%';
            text.remove_prefix(2);
        } else if (text.substr(0, 2) == "%(") {
            if (Result<void> done = append_reference(out, text, section, depth); !done) {
                return done;
            }
        } else {
            // The sign and what it was perhaps meant to begin, as in date +%F.
            const std::string word(text.substr(0, text.find_first_of("% \t\n", 1)));
            return Error{"a percent sign is written %%; for " + show(word) + " write " + show("%" + word)};
        }
    }
}

/// Takes %(name)s off the front of `text`.
Result<void> IniInterpolation::append_reference(std::string& out, std::string_view& text, const IniSection& section,
                                                int depth) {
    const std::size_t close = text.find(')');
    if (close == std::string_view::npos || close == 2 || text.substr(close + 1, 1) != "s") {
        return Error{"a reference is written %(name)s: " + show(text)};
    }
    const std::string name(text.substr(2, close - 2));
    const IniEntry* entry = section.find(name);
    if (entry == nullptr) {
        entry = document_.defaults.find(name);
    }
    if (entry == nullptr) {
        return Error{"%(name)s refers to no key of its section or of [DEFAULT]: " + show(name)};
    }
    if (!take_from_budget(entry->value.size() + kReferenceCost)) {
        return Error{"the references of this file make too much text"};
    }
    text.remove_prefix(close + 2);
    if (entry->value.find('%') == std::string::npos) {
        out += entry->value; // which does not count as one level deeper
        return {};
    }
    return append(out, entry->value, section, depth + 1);
}

bool IniInterpolation::take_from_budget(std::size_t bytes) {
    if (bytes > budget_) {
        budget_ = 0;
        return false;
    }
    budget_ -= bytes;
    return true;
}

} // namespace eventsgw
