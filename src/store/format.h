// SPDX-License-Identifier: GPL-3.0-or-later
// Copyright (C) 2026 eventsgw contributors

#pragma once

#include "base/result.h"
#include "store/database.h"

#include <cstdint>
#include <string>

namespace eventsgw {

/// The format of a database, its user_version; 0 of one that nothing has been written to. Fault::damaged where
/// it is greater than `newest`, or the database is another program's.
Result<std::int64_t> read_format(Database& database, std::int64_t newest);

/// The same before it is opened for writing: what a later program has made is not touched, not even by SQLite's way to
/// open it. A database that was left in the midst of a change can be read only after that; so read_format() follows.
Result<void> check_format(const std::string& path, std::int64_t newest, const char* vfs = nullptr);

} // namespace eventsgw
