// SPDX-License-Identifier: GPL-3.0-or-later
// Copyright (C) 2026 eventsgw contributors

#pragma once

#include <string>
#include <vector>

namespace eventsgw {

/// `first`, then `second`, of each name the last one only: where a name stands twice, getenv(3) finds the first, and
/// shells take the last.
std::vector<std::string> merge_environments(const std::vector<std::string>& first,
                                            const std::vector<std::string>& second);

} // namespace eventsgw
