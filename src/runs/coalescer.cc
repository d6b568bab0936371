// SPDX-License-Identifier: GPL-3.0-or-later
// Copyright (C) 2026 eventsgw contributors

#include "runs/coalescer.h"

#include <algorithm>
#include <functional>
#include <string_view>

namespace eventsgw {

std::size_t Coalescer::find_key(const RunGroup& group, const Event& event) {
    if (!group.coalesces() || event.is_replay()) {
        return 0;
    }
    const std::hash<std::string_view> hash;
    const bool is_by_payload = group.settings.coalesce_by == CoalesceBy::payload;
    return (hash(event.channel) ^ hash(group.key) ^ (is_by_payload ? 31 * hash(event.payload) : 0)) | 1U;
}

Run* Coalescer::find(const RunGroup& group, const Event& event, std::size_t key) const {
    const auto [first, last] = runs_.equal_range(key);
    const auto found = std::find_if(first, last, [&](const auto& entry) {
        const Run& run = *entry.second;
        return run.group == &group && run.event && run.event->channel() == event.channel &&
               (group.settings.coalesce_by == CoalesceBy::event || run.event->payload() == event.payload);
    });
    return found == last ? nullptr : found->second;
}

void Coalescer::add(Run& run) {
    if (run.merge_key != 0) {
        remove(run);
        runs_.emplace(run.merge_key, &run);
    }
}

void Coalescer::remove(Run& run) {
    const auto [first, last] = runs_.equal_range(run.merge_key);
    const auto found = std::find_if(first, last, [&](const auto& entry) { return entry.second == &run; });
    if (found != last) {
        runs_.erase(found);
    }
}

} // namespace eventsgw
