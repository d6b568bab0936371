// SPDX-License-Identifier: GPL-3.0-or-later
// Copyright (C) 2026 eventsgw contributors

#pragma once

#include <cstddef>
#include <set>

#include <sys/types.h>

namespace eventsgw {

/// Process groups whose leaders have exited and left others behind, to be killed later. While there is one process in a
/// group the kernel gives its number to nobody else; a number that may have been given away since is told by a leader
/// that is there again, or by another session than ours, and is left alone.
class Remains {
public:
    /// `group` is Exit::remains.
    void add(pid_t group);

    /// Kills all that is left of these groups, as far as they are known here, and forgets them.
    void kill(const std::set<pid_t>& groups);

    void kill_all() { kill(std::set<pid_t>(groups_)); }

private:
    void forget_empty_ones();

    std::set<pid_t> groups_;
    std::size_t enough_ = 64; ///< so many, and it is time to look which are empty
};

} // namespace eventsgw
