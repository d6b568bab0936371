// SPDX-License-Identifier: GPL-3.0-or-later
// Copyright (C) 2026 eventsgw contributors

#include "history/history_place.h"

#include "base/fd.h"
#include "base/file.h"

#include <cerrno>

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

namespace eventsgw {
namespace {

constexpr mode_t kOthers = S_IRWXG | S_IRWXO;

} // namespace

Result<void> HistoryPlace::prepare() {
    if (Result<void> regular = check_regular(path_); !regular) {
        return regular;
    }
    const UniqueFd fd(::open(path_.c_str(), O_RDWR | O_CREAT | O_CLOEXEC | O_NONBLOCK | O_NOCTTY, S_IRUSR | S_IWUSR));
    struct stat info {};
    if (!fd || ::fstat(fd.get(), &info) != 0) {
        return make_os_error("cannot be opened");
    }
    file_.identity = FileIdentity::of(fd);
    if ((info.st_mode & kOthers) != 0 && ::fchmod(fd.get(), info.st_mode & S_IRWXU) != 0) {
        return make_os_error("others can read it, and its mode cannot be changed");
    }
    // SQLite gives the files beside the database its mode, but only those that it makes.
    for (const std::string& path : {log_path(), index_path()}) {
        if (Result<void> closed = close_to_others(path); !closed) {
            return closed;
        }
    }
    return {};
}

HistoryPlace::Look HistoryPlace::look_at(const std::string& path) {
    struct stat info {};
    if (::stat(path.c_str(), &info) != 0) {
        return {};
    }
    return {{info.st_dev, info.st_ino}, info.st_size, info.st_mtim};
}

HistoryPlace::State HistoryPlace::look() const {
    const Look now = look_at(path_);
    if (now.identity != file_.identity || now.size == 0) {
        return State::gone;
    }
    const bool is_same = now.size == file_.size && now.written.tv_sec == file_.written.tv_sec &&
                         now.written.tv_nsec == file_.written.tv_nsec;
    return is_same ? State::same : State::touched;
}

void HistoryPlace::note_file() {
    const Look now = look_at(path_);
    if (now.identity == file_.identity) {
        file_ = now;
    }
}

void HistoryPlace::note_log() {
    log_ = FileIdentity::of(log_path());
    index_ = FileIdentity::of(index_path());
}

off_t HistoryPlace::log_size() const {
    return look_at(log_path()).size;
}

void HistoryPlace::remove_log() const {
    if (has_log()) {
        ::unlink(log_path().c_str());
        ::unlink(index_path().c_str());
    }
}

Result<void> HistoryPlace::remove_all() const {
    for (const std::string& path : {path_, log_path(), index_path()}) {
        if (::unlink(path.c_str()) != 0 && errno != ENOENT) {
            return make_os_error("cannot be removed");
        }
    }
    return {};
}

} // namespace eventsgw
