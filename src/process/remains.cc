// SPDX-License-Identifier: GPL-3.0-or-later
// Copyright (C) 2026 eventsgw contributors

#include "process/remains.h"

#include <algorithm>
#include <cerrno>
#include <csignal>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <sstream>
#include <string>

#include <unistd.h>

namespace eventsgw {
namespace {

bool is_empty(pid_t group) {
    return ::kill(-group, 0) != 0 && errno == ESRCH;
}

/// Of one process, from /proc/PID/stat; see proc(5).
struct Place {
    pid_t group = 0;
    pid_t session = 0;
};

Place find_place(const std::string& pid) {
    std::ifstream file("/proc/" + pid + "/stat");
    const std::string text{std::istreambuf_iterator<char>(file), {}};
    const std::size_t end_of_name = text.rfind(')'); // the name may hold anything
    Place place;
    if (end_of_name != std::string::npos) {
        std::istringstream fields(text.substr(end_of_name + 1));
        char state = 0;
        pid_t parent = 0;
        fields >> state >> parent >> place.group >> place.session;
    }
    return place;
}

/// Those of `groups` that are still what they were.
std::set<pid_t> find_ours(const std::set<pid_t>& groups) {
    std::set<pid_t> ours;
    const pid_t session = ::getsid(0);
    std::error_code error;
    for (const auto& entry : std::filesystem::directory_iterator("/proc", error)) {
        const std::string name = entry.path().filename();
        if (name.find_first_not_of("0123456789") == std::string::npos) {
            const Place place = find_place(name);
            if (place.session == session && groups.contains(place.group)) {
                ours.insert(place.group);
            }
        }
    }
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
