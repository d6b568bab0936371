// SPDX-License-Identifier: GPL-3.0-or-later
// Copyright (C) 2026 eventsgw contributors

#include "process/environment.h"

#include <algorithm>
#include <string_view>
#include <unordered_set>

namespace eventsgw {

std::vector<std::string> merge_environments(const std::vector<std::string>& first,
                                            const std::vector<std::string>& second) {
    std::vector<std::string> merged;
    merged.reserve(first.size() + second.size());
    std::unordered_set<std::string_view> names;
    for (const auto* entries : {&second, &first}) {
        for (auto entry = entries->rbegin(); entry != entries->rend(); ++entry) {
            const std::string_view text = *entry;
            if (names.insert(text.substr(0, text.find('='))).second) {
                merged.push_back(*entry);
            }
        }
    }
    std::reverse(merged.begin(), merged.end());
    return merged;
}

} // namespace eventsgw
