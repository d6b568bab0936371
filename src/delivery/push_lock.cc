// SPDX-License-Identifier: GPL-3.0-or-later
// Copyright (C) 2026 eventsgw contributors

#include "delivery/push_lock.h"

#include <fcntl.h>
#include <sys/file.h>

namespace eventsgw {

Result<PushLock> PushLock::take() {
    UniqueFd directory(::open(".", O_RDONLY | O_DIRECTORY | O_CLOEXEC));
    if (!directory) {
        return make_os_error("the working directory cannot be opened");
    }
    if (::flock(directory.get(), LOCK_EX | LOCK_NB) != 0) {
        return make_os_error("the working directory cannot be locked");
    }
    return PushLock(std::move(directory));
}

} // namespace eventsgw
