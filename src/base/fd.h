// SPDX-License-Identifier: GPL-3.0-or-later
// Copyright (C) 2026 eventsgw contributors

#pragma once

#include "base/result.h"

#include <utility>

namespace eventsgw {

/// Owns one file descriptor and closes it. Move only; -1 means none.
class UniqueFd {
public:
    UniqueFd() = default;
    explicit UniqueFd(int fd) : fd_(fd) {}
    UniqueFd(UniqueFd&& other) noexcept : fd_(std::exchange(other.fd_, -1)) {}
    UniqueFd& operator=(UniqueFd&& other) noexcept {
        if (this != &other) {
            reset(std::exchange(other.fd_, -1));
        }
        return *this;
    }
    UniqueFd(const UniqueFd&) = delete;
    UniqueFd& operator=(const UniqueFd&) = delete;
    ~UniqueFd() { reset(); }

    int get() const { return fd_; }
    explicit operator bool() const { return fd_ >= 0; }
    void reset(int fd = -1);

    /// Gives the descriptor to the caller, who closes it.
    [[nodiscard]] int release() { return std::exchange(fd_, -1); }

private:
    int fd_ = -1;
};

/// The two ends of a pipe.
struct Pipe {
    UniqueFd read_end;
    UniqueFd write_end;
};

/// A pipe whose ends are both close-on-exec and blocking. Error: EMFILE, ENFILE.
Result<Pipe> make_pipe();

/// Makes reads and writes on this end return EAGAIN instead of waiting. The other end of a pipe is not touched.
Result<void> set_nonblocking(int fd);

/// Takes an exclusive flock(2) without waiting; Fault::busy if another process holds it. The lock ends with the last
/// descriptor of this open file.
Result<void> lock_exclusively(const UniqueFd& fd);

/// Puts /dev/null where descriptor 0, 1 or 2 is not open, so that nothing else gets their place and what is meant for
/// it. To read a standard input that was closed stays an error (EBADF): it is not an empty one.
void open_missing_standard_descriptors();

} // namespace eventsgw
