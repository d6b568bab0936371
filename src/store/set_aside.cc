// SPDX-License-Identifier: GPL-3.0-or-later
// Copyright (C) 2026 eventsgw contributors

#include "store/set_aside.h"

#include <array>
#include <cerrno>
#include <cstdio>
#include <ctime>

#include <sys/stat.h>

namespace eventsgw {
namespace {

/// Files that SQLite keeps beside the database; they belong to it by their names.
constexpr std::array<const char*, 4> kSuffixes{"", "-wal", "-shm", "-journal"};

bool is_taken(const std::string& path) {
    struct stat status {};
    return ::lstat(path.c_str(), &status) == 0;
}

std::string time_suffix() {
    const std::time_t now = std::time(nullptr);
    std::tm utc{};
    ::gmtime_r(&now, &utc);
    std::array<char, sizeof(".20261231T235959Z")> text{};
    return {text.data(), std::strftime(text.data(), text.size(), ".%Y%m%dT%H%M%SZ", &utc)};
}

} // namespace

Result<std::string> set_database_aside(const std::string& path) {
    const std::string first = path + time_suffix();
    std::string target = first;
    for (int i = 1; is_taken(target); ++i) {
        target = first + "." + std::to_string(i);
    }
    for (const char* suffix : kSuffixes) {
        if (::rename((path + suffix).c_str(), (target + suffix).c_str()) != 0 && errno != ENOENT) {
            return make_os_error("cannot be renamed");
        }
    }
    return target;
}

} // namespace eventsgw
