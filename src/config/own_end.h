// SPDX-License-Identifier: GPL-3.0-or-later
// Copyright (C) 2026 eventsgw contributors

#pragma once

#include <string>
#include <string_view>

namespace eventsgw {

/// The first command of a shell line that ends the gateway which runs it, by its unit or with the whole node, as in
/// "systemctl restart eventsgw@samba1" or "reboot"; empty if none does. What the line makes of variables, what scripts
/// do, and what stands within double quotes or in an argument of another shell is not seen.
std::string find_own_end(std::string_view line);

} // namespace eventsgw
