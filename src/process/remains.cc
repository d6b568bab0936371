// SPDX-License-Identifier: GPL-3.0-or-later
// Copyright (C) 2026 eventsgw contributors

#include "process/remains.h"

#include "process/process_stat.h"

#include <algorithm>
#include <cerrno>
#include <csignal>
#include <iterator>

#include <unistd.h>

namespace eventsgw {
namespace {

bool is_empty(pid_t group) {
    return ::kill(-group, 0) != 0 && errno == ESRCH;
}

/// Those of `groups` that are still what they were.
std::set<pid_t> find_ours(const std::set<pid_t>& groups) {
    std::set<pid_t> ours;
    const pid_t session = ::getsid(0);
    each_process([&](const ProcessStat& process) {
        if (process.session == session && groups.contains(process.group)) {
            ours.insert(process.group);
        }
    });
    std::erase_if(ours, [](pid_t group) { return ::kill(group, 0) == 0; });
    return ours;
}

} // namespace

void Remains::add(pid_t group) {
    groups_.insert(group);
    if (groups_.size() >= enough_) {
        forget_empty_ones();
    }
}

void Remains::forget_empty_ones() {
    std::erase_if(groups_, is_empty);
    enough_ = std::max<std::size_t>(64, 2 * groups_.size());
}

void Remains::kill(const std::set<pid_t>& groups) {
    forget_empty_ones();
    std::set<pid_t> left;
    std::set_intersection(groups.begin(), groups.end(), groups_.begin(), groups_.end(),
                          std::inserter(left, left.end()));
    if (left.empty()) {
        return;
    }
    for (const pid_t group : find_ours(left)) {
        ::kill(-group, SIGKILL);
    }
    for (const pid_t group : left) {
        groups_.erase(group);
    }
}

} // namespace eventsgw
