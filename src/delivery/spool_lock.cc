// SPDX-License-Identifier: GPL-3.0-or-later
// Copyright (C) 2026 eventsgw contributors

#include "delivery/spool_lock.h"

#include "base/file.h"

#include <cstdio>
#include <utility>

#include <fcntl.h>
#include <sys/sendfile.h>
#include <sys/stat.h>
#include <unistd.h>

namespace eventsgw {

Result<SpoolLock> SpoolLock::take(const std::string& path) {
    if (Result<void> regular = check_regular(path); !regular) {
        return regular.error();
    }
    UniqueFd fd(::open(path.c_str(), O_RDWR | O_CREAT | O_CLOEXEC | O_NONBLOCK | O_NOCTTY, S_IRUSR | S_IWUSR));
    if (!fd) {
        return make_os_error("cannot be opened");
    }
    if (Result<void> locked = lock_exclusively(fd); !locked) {
        return locked.error();
    }
    // SQLite gives the files beside it its mode, but only those that it makes.
    for (const char* suffix : {"", "-wal", "-shm", "-journal"}) {
        static_cast<void>(close_to_others(path + suffix)); // another's file; to do without it would lose what waits
    }
    return SpoolLock(std::move(fd), path);
}

bool SpoolLock::is_in_place() const {
    return FileIdentity::of(path_) == FileIdentity::of(fd_);
}

Result<void> SpoolLock::move_to(const std::string& path) {
    if (::rename(path_.c_str(), path.c_str()) != 0) {
        return make_os_error("cannot be renamed");
    }
    path_ = path;
    return {};
}

bool SpoolLock::is_empty() const {
    struct stat status {};
    return ::fstat(fd_.get(), &status) == 0 && status.st_size == 0;
}

Result<void> SpoolLock::copy_to(SpoolLock& other) const {
    off_t offset = 0;
    for (ssize_t copied = 1; copied > 0;) {
        copied = ::sendfile(other.fd_.get(), fd_.get(), &offset, 1U << 20U);
        if (copied < 0) {
            return make_os_error("cannot be copied");
        }
    }
    return {};
}

Result<void> SpoolLock::sync() const {
    if (::fsync(fd_.get()) != 0) {
        return make_os_error("cannot be synchronized");
    }
    return {};
}

} // namespace eventsgw
