// SPDX-License-Identifier: GPL-3.0-or-later
// Copyright (C) 2026 eventsgw contributors

#pragma once

#include "config/ini_document.h"
#include "config/problem.h"
#include "config/rules.h"

#include <vector>

namespace eventsgw {

/// What is allowed in a configuration but probably a mistake: sections that nobody reads, keys that differ in case
/// only, lines that look like rules and are none, rules that cannot work. In no order.
std::vector<Problem> find_doubtful(const IniDocument& document, const std::vector<Rule>& rules);

} // namespace eventsgw
