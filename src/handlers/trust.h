// SPDX-License-Identifier: GPL-3.0-or-later
// Copyright (C) 2026 eventsgw contributors

#pragma once

#include <optional>
#include <string>

#include <sys/types.h>

namespace eventsgw {

/// Whether anybody but root and `user` could put another file in the place of the one that an absolute path leads to:
/// the file and every directory on the way must be owned by one of the two and writable by nobody else, where a
/// directory with the sticky bit may be. Symbolic links are followed, and the same holds for the way to where they
/// lead. Says which component is open to whom, with its mode, or what could not be looked at; nothing when all is well.
///
/// With an access control list the group's bits of a mode are the list's mask, so a list that lets others write is
/// found as well.
std::optional<std::string> find_intruder(const std::string& path, uid_t user);

} // namespace eventsgw
