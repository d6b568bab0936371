// SPDX-License-Identifier: GPL-3.0-or-later
// Copyright (C) 2026 eventsgw contributors

#include "runs/pauses.h"

#include "base/text.h"

#include <algorithm>
#include <limits>

namespace eventsgw {

/// A key has no line end in it.
Pauses::Pauses(std::string_view text) {
    while (!text.empty()) {
        const std::string_view line = text.substr(0, text.find('\n'));
        text.remove_prefix(std::min(line.size() + 1, text.size()));
        const std::size_t blank = line.find(' ');
        const Result<std::uint64_t> end = parse_count(line.substr(0, blank));
        if (blank != std::string_view::npos && end) {
            constexpr std::uint64_t kMost = std::numeric_limits<std::int64_t>::max();
            const WallTime until = to_time(static_cast<std::int64_t>(std::min(*end, kMost)));
            add(line.substr(blank + 1), *end == 0 ? std::nullopt : std::optional(until));
        }
    }
}

std::string Pauses::text() const {
    std::string text;
    for (const auto& [key, until] : until_) {
        text += std::to_string(until ? to_number(*until) : 0) + " " + key + "\n";
    }
    return text;
}

void Pauses::add(std::string_view key, std::optional<WallTime> until) {
    until_.insert_or_assign(std::string(key), until);
}

bool Pauses::remove(std::string_view key) {
    const auto found = until_.find(key);
    if (found == until_.end()) {
        return false;
    }
    until_.erase(found);
    return true;
}

bool Pauses::forget(WallTime now) {
    return std::erase_if(until_, [&](const auto& pause) { return pause.second && *pause.second <= now; }) > 0;
}

std::optional<WallTime> Pauses::next_end() const {
    std::optional<WallTime> next;
    for (const auto& [key, until] : until_) {
        next = until && (!next || *until < *next) ? until : next;
    }
    return next;
}

} // namespace eventsgw
