// SPDX-License-Identifier: GPL-3.0-or-later
// Copyright (C) 2026 eventsgw contributors

#include "handlers/trust.h"

#include "base/text.h"

#include <array>
#include <cerrno>
#include <climits>
#include <cstddef>
#include <cstdio>
#include <cstring>

#include <sys/stat.h>
#include <unistd.h>

namespace eventsgw {
namespace {

constexpr int kMaxLinks = 40; // as Linux: path_resolution(7)

/// "/a/b is writable by others (mode 0777)", with the component that is at fault; nothing when it is in order.
std::optional<std::string> find_fault(const std::string& path, const struct stat& info, uid_t user) {
    std::array<char, 16> mode{};
    std::snprintf(mode.data(), mode.size(), " (mode %04o", static_cast<unsigned>(info.st_mode & 07777U));
    if (info.st_uid != 0 && info.st_uid != user) {
        return escape(path) + " belongs to user " + std::to_string(info.st_uid) + mode.data() + ")";
    }
    const bool is_sticky_directory = S_ISDIR(info.st_mode) && (info.st_mode & S_ISVTX) != 0;
    if (!S_ISLNK(info.st_mode) && !is_sticky_directory && (info.st_mode & (S_IWGRP | S_IWOTH)) != 0) {
        const char* whom = (info.st_mode & S_IWOTH) != 0 ? "everybody" : "its group";
        return escape(path) + " is writable by " + whom + mode.data() + ", group " + std::to_string(info.st_gid) + ")";
    }
    return std::nullopt;
}

std::string parent_of(const std::string& path) {
    return path.substr(0, path.rfind('/'));
}

/// Walks a path as the kernel does, one component after the other, and stops at the first that is at fault.
class Walk {
public:
    Walk(const std::string& path, uid_t user) : user_(user), rest_(path) {}

    std::optional<std::string> find_fault() {
        if (auto fault = look_at("/")) {
            return fault;
        }
        while (!rest_.empty()) {
            if (auto fault = step()) {
                return fault;
            }
        }
        return std::nullopt;
    }

private:
    std::optional<std::string> step() {
        const std::size_t slash = rest_.find('/');
        const std::string component = rest_.substr(0, slash);
        rest_.erase(0, slash == std::string::npos ? slash : slash + 1);
        if (component.empty() || component == ".") {
            return std::nullopt;
        }
        if (component == "..") {
            here_ = parent_of(here_);
            return std::nullopt;
        }
        const std::string next = here_ + "/" + component;
        if (auto fault = look_at(next)) {
            return fault;
        }
        if (S_ISLNK(info_.st_mode)) {
            return follow(next);
        }
        here_ = next;
        return std::nullopt;
    }

    std::optional<std::string> follow(const std::string& link) {
        std::array<char, PATH_MAX> target{};
        const ssize_t length = ::readlink(link.c_str(), target.data(), target.size());
        if (length < 0 || ++links_ > kMaxLinks) {
            return escape(link) + ": " + std::strerror(length < 0 ? errno : ELOOP);
        }
        const std::string to(target.data(), static_cast<std::size_t>(length));
        if (to.substr(0, 1) == "/") {
            here_.clear();
        }
        rest_ = to + "/" + rest_;
        return std::nullopt;
    }

    std::optional<std::string> look_at(const std::string& path) {
        if (::lstat(path.c_str(), &info_) != 0) {
            return escape(path) + ": " + std::strerror(errno);
        }
        return eventsgw::find_fault(path, info_, user_);
    }

    uid_t user_;
    std::string here_; ///< where the walk has come to; empty is the root
    std::string rest_;
    struct stat info_ {}; ///< of what was looked at last
    int links_ = 0;
};

} // namespace

std::optional<std::string> find_intruder(const std::string& path, uid_t user) {
    return Walk(path, user).find_fault();
}

} // namespace eventsgw
