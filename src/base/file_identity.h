// SPDX-License-Identifier: GPL-3.0-or-later
// Copyright (C) 2026 eventsgw contributors

#pragma once

#include "base/fd.h"

#include <string>

#include <sys/types.h>

namespace eventsgw {

/// Tells files apart, whatever their names.
struct FileIdentity {
    dev_t device = 0;
    ino_t inode = 0;

    bool operator==(const FileIdentity&) const = default;

    /// All zero when there is no such file.
    static FileIdentity of(const std::string& path);
    static FileIdentity of(const UniqueFd& fd);
};

} // namespace eventsgw
