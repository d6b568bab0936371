// SPDX-License-Identifier: GPL-3.0-or-later
// Copyright (C) 2026 eventsgw contributors

#pragma once

#include <string>
#include <string_view>

namespace eventsgw {

/// Why no agent can have an action of this name, as "no agent can have the action NAME: why"; empty where one can. The
/// name is not empty.
std::string find_action_fault(std::string_view name);

} // namespace eventsgw
