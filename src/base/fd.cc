// SPDX-License-Identifier: GPL-3.0-or-later
// Copyright (C) 2026 eventsgw contributors

#include "base/fd.h"

#include <array>

#include <fcntl.h>
#include <sys/file.h>
#include <unistd.h>

namespace eventsgw {

void UniqueFd::reset(int fd) {
    if (fd_ >= 0) {
        ::close(fd_);
    }
    fd_ = fd;
}

Result<Pipe> make_pipe() {
    std::array<int, 2> ends{};
    if (::pipe2(ends.data(), O_CLOEXEC) != 0) {
        return make_os_error("pipe");
    }
    return Pipe{UniqueFd(ends[0]), UniqueFd(ends[1])};
}

Result<void> set_nonblocking(int fd) {
    const int flags = ::fcntl(fd, F_GETFL);
    if (flags < 0 || ::fcntl(fd, F_SETFL, flags | O_NONBLOCK) != 0) {
        return make_os_error("fcntl");
    }
    return {};
}

Result<void> lock_exclusively(const UniqueFd& fd) {
    if (::flock(fd.get(), LOCK_EX | LOCK_NB) == 0) {
        return {};
    }
    return errno == EWOULDBLOCK ? Error{"another process has it", Fault::busy} : make_os_error("cannot be locked");
}

void open_missing_standard_descriptors() {
    for (int fd = STDIN_FILENO; fd <= STDERR_FILENO; ++fd) {
        if (::fcntl(fd, F_GETFD) < 0) {
            // It takes the lowest free number, which is this one.
            ::open("/dev/null", fd == STDIN_FILENO ? O_WRONLY : O_RDWR);
        }
    }
}

} // namespace eventsgw
