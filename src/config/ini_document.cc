// SPDX-License-Identifier: GPL-3.0-or-later
// Copyright (C) 2026 eventsgw contributors

#include "config/ini_document.h"

#include "base/text.h"

#include <unordered_set>
#include <utility>

namespace eventsgw {

const IniEntry* IniSection::find(const std::string& key) const {
    if (const auto exact = by_key.find(key); exact != by_key.end()) {
        return &entries[exact->second];
    }
    const auto folded = by_folded_key.find(to_lower(key));
    return folded == by_folded_key.end() ? nullptr : &entries[folded->second.front()];
}

std::vector<const IniEntry*> merge_defaults(const IniDocument& document, const IniSection& section) {
    std::vector<const IniEntry*> merged;
    std::unordered_set<std::string> replaced;
    for (const IniEntry& entry : document.defaults.entries) {
        std::string folded = to_lower(entry.key);
        const auto own = section.by_folded_key.find(folded);
        if (own == section.by_folded_key.end()) {
            merged.push_back(&entry);
        } else if (replaced.insert(std::move(folded)).second) {
            for (const std::size_t index : own->second) {
                merged.push_back(&section.entries[index]);
            }
        }
    }
    for (const IniEntry& entry : section.entries) {
        if (replaced.count(to_lower(entry.key)) == 0) {
            merged.push_back(&entry);
        }
    }
    return merged;
}

} // namespace eventsgw
