// SPDX-License-Identifier: GPL-3.0-or-later
// Copyright (C) 2026 eventsgw contributors

#pragma once

#include "base/result.h"

#include <string>

namespace eventsgw {

/// Gives an unusable database, with SQLite's files beside it, another name, which is returned: its own with the time
/// behind it. Nothing is overwritten.
Result<std::string> set_database_aside(const std::string& path);

} // namespace eventsgw
