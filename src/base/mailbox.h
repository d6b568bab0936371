// SPDX-License-Identifier: GPL-3.0-or-later
// Copyright (C) 2026 eventsgw contributors

#pragma once

#include "base/fd.h"
#include "base/result.h"

#include <cstdint>
#include <mutex>
#include <utility>
#include <vector>

#include <sys/eventfd.h>
#include <unistd.h>

namespace eventsgw {

/// Hands values from one thread to another, in order. The descriptor is readable while something lies in it. The lock
/// is held for as long as it takes to move a value, never while anything waits.
template <typename T> class Mailbox {
public:
    /// To be called first, once. Error: EMFILE, ENFILE.
    Result<void> open() {
        wake_.reset(::eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK));
        return wake_ ? Result<void>() : Result<void>(make_os_error("eventfd"));
    }

    int descriptor() const { return wake_.get(); }

    void post(T value) {
        bool is_first = false;
        {
            const std::lock_guard lock(mutex_);
            is_first = values_.empty();
            values_.push_back(std::move(value));
        }
        if (is_first) {
            wake();
        }
    }

    /// Makes the descriptor readable, with nothing to take. Needs no memory.
    void wake() {
        const std::uint64_t one = 1;
        static_cast<void>(::write(wake_.get(), &one, sizeof(one)) == sizeof(one));
    }

    /// All that lies in it, which may be nothing.
    std::vector<T> take_all() {
        std::uint64_t count = 0;
        static_cast<void>(::read(wake_.get(), &count, sizeof(count)) == sizeof(count));
        const std::lock_guard lock(mutex_);
        return std::exchange(values_, {});
    }

private:
    UniqueFd wake_;
    std::mutex mutex_;
    std::vector<T> values_;
};

} // namespace eventsgw
