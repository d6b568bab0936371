// SPDX-License-Identifier: GPL-3.0-or-later
// Copyright (C) 2026 eventsgw contributors

#include "base/file.h"

#include "base/fd.h"

#include <cerrno>
#include <cstdlib>

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

namespace eventsgw {
namespace {

Error not_a_file(const std::string& what, mode_t mode) {
    if (S_ISDIR(mode)) {
        return make_os_error(what, EISDIR);
    }
    if (S_ISFIFO(mode)) {
        return Error{what + ": it is a FIFO, not a regular file"};
    }
    return Error{what + ": it is not a regular file"};
}

Result<void> write_all(int fd, std::string_view content) {
    while (!content.empty()) {
        const ssize_t written = ::write(fd, content.data(), content.size());
        if (written < 0 && errno != EINTR) {
            return make_os_error("cannot be written");
        }
        content.remove_prefix(written > 0 ? static_cast<std::size_t>(written) : 0);
    }
    return {};
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
        return not_a_file("cannot be read", info.st_mode);
    }

    std::string content;
    constexpr std::size_t kChunk = 65536;
    for (;;) {
        const std::size_t used = content.size();
        if (used > max_bytes) {
            return Error{"is larger than " + std::to_string(max_bytes) + " bytes", Fault::too_large};
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

Result<void> check_regular(const std::string& path) {
    struct stat info {};
    if (::stat(path.c_str(), &info) != 0 || S_ISREG(info.st_mode)) {
        return {};
    }
    return not_a_file("cannot be used", info.st_mode);
}

Result<void> close_to_others(const std::string& path) {
    struct stat info {};
    if (::lstat(path.c_str(), &info) != 0 || !S_ISREG(info.st_mode) || (info.st_mode & (S_IRWXG | S_IRWXO)) == 0) {
        return {};
    }
    return ::chmod(path.c_str(), info.st_mode & S_IRWXU) == 0
               ? Result<void>()
               : make_os_error("others can read it, and its mode cannot be changed");
}

Result<void> make_directories(const std::string& path) {
    if (::mkdir(path.c_str(), 0755) == 0) {
        return {};
    }
    struct stat info {};
    if (errno == EEXIST && ::stat(path.c_str(), &info) == 0) {
        return S_ISDIR(info.st_mode) ? Result<void>() : make_os_error("cannot be made", ENOTDIR);
    }
    const std::size_t slash = path.find_last_of('/');
    if (errno != ENOENT || slash == std::string::npos || slash == 0) {
        return make_os_error("cannot be made");
    }
    if (Result<void> parent = make_directories(path.substr(0, slash)); !parent) {
        return parent;
    }
    if (::mkdir(path.c_str(), 0755) != 0 && errno != EEXIST) {
        return make_os_error("cannot be made");
    }
    return {};
}

Result<NewProgram> NewProgram::write(const std::string& directory, std::string_view content) {
    std::string waits_in = directory + "/.eventsgw-XXXXXX";
    if (::mkdtemp(waits_in.data()) == nullptr) {
        return make_os_error("cannot be made");
    }
    NewProgram program(std::move(waits_in));
    const UniqueFd fd(::open(program.path().c_str(), O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0700));
    if (!fd) {
        return make_os_error("cannot be made");
    }
    if (Result<void> written = write_all(fd.get(), content); !written) {
        return std::move(written).error();
    }
    if (::fchmod(fd.get(), 0755) != 0 || ::fsync(fd.get()) != 0) {
        return make_os_error("cannot be written");
    }
    return program;
}

NewProgram::~NewProgram() {
    if (!waits_in_.empty()) {
        ::unlink(path().c_str());
        ::rmdir(waits_in_.c_str());
    }
}

Result<void> NewProgram::put_at(const std::string& path, IfPresent if_present) {
    const std::string waiting = this->path();
    const int named = if_present == IfPresent::replace ? ::rename(waiting.c_str(), path.c_str())
                                                       : ::link(waiting.c_str(), path.c_str());
    return named == 0 ? Result<void>() : make_os_error("cannot be made");
}

} // namespace eventsgw
