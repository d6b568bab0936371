// SPDX-License-Identifier: GPL-3.0-or-later
// Copyright (C) 2026 eventsgw contributors

#include "base/file.h"

#include "base/fd.h"

#include <cerrno>

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

namespace eventsgw {
namespace {

Error not_a_file(mode_t mode) {
    if (S_ISDIR(mode)) {
        return make_os_error("cannot be read", EISDIR);
    }
    if (S_ISFIFO(mode)) {
        return Error{"cannot be read: it is a FIFO, not a regular file", EINVAL};
    }
    return Error{"cannot be read: it is not a regular file", EINVAL};
}

} // namespace

Result<std::string> read_file(const std::string& path, std::size_t max_bytes) {
    // O_NONBLOCK, because opening a FIFO that nobody writes to would otherwise wait for ever.
    const UniqueFd fd(::open(path.c_str(), O_RDONLY | O_CLOEXEC | O_NONBLOCK | O_NOCTTY));
    if (!fd) {
        return make_os_error("cannot be opened");
    }
    struct stat info {};
    if (::fstat(fd.get(), &info) != 0) {
        return make_os_error("cannot be read");
    }
    if (!S_ISREG(info.st_mode)) {
        return not_a_file(info.st_mode);
    }

    std::string content;
    constexpr std::size_t kChunk = 65536;
    for (;;) {
        const std::size_t used = content.size();
        if (used > max_bytes) {
            return Error{"is larger than " + std::to_string(max_bytes) + " bytes", EFBIG};
        }
        content.resize(used + kChunk);
        const ssize_t got = ::read(fd.get(), content.data() + used, kChunk);
        if (got < 0 && errno != EINTR) {
            return make_os_error("cannot be read");
        }
        content.resize(used + (got > 0 ? static_cast<std::size_t>(got) : 0));
        if (got == 0) {
            return content;
        }
    }
}

} // namespace eventsgw
