// SPDX-License-Identifier: GPL-3.0-or-later
// Copyright (C) 2026 eventsgw contributors

#include "delivery/push_lock.h"

#include <fcntl.h>

namespace eventsgw {

Result<PushLock> PushLock::take() {
    UniqueFd directory(::open(".", O_RDONLY | O_DIRECTORY | O_CLOEXEC));
    if (!directory) {
        return make_os_error("the working directory cannot be opened");
    }
    if (Result<void> locked = lock_exclusively(directory); !locked) {
        return within("the working directory", locked.error());
    }
    return PushLock(std::move(directory));
}

} // namespace eventsgw
