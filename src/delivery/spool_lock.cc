// SPDX-License-Identifier: GPL-3.0-or-later
// Copyright (C) 2026 eventsgw contributors

#include "delivery/spool_lock.h"

#include "base/file.h"

#include <utility>

#include <fcntl.h>
#include <sys/file.h>
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
    if (::flock(fd.get(), LOCK_EX | LOCK_NB) != 0) {
        return make_os_error("cannot be locked");
    }
    return SpoolLock(std::move(fd), path);
}

bool SpoolLock::is_in_place() const {
    struct stat ours {};
    struct stat named {};
    return ::fstat(fd_.get(), &ours) == 0 && ::stat(path_.c_str(), &named) == 0 && ours.st_dev == named.st_dev &&
           ours.st_ino == named.st_ino;
}

bool SpoolLock::is_empty() const {
    struct stat status {};
    return ::fstat(fd_.get(), &status) == 0 && status.st_size == 0;
}

Result<void> SpoolLock::sync() const {
    if (::fsync(fd_.get()) != 0) {
        return make_os_error("cannot be synchronized");
    }
    return {};
}

} // namespace eventsgw
