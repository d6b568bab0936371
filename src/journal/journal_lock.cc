// SPDX-License-Identifier: GPL-3.0-or-later
// Copyright (C) 2026 eventsgw contributors

#include "journal/journal_lock.h"

#include "base/file_identity.h"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

namespace eventsgw {
namespace {

/// Where nothing can be written a file that is there can be locked all the same.
UniqueFd open_lock_file(const std::string& path) {
    constexpr int kFlags = O_CLOEXEC | O_NOFOLLOW | O_NONBLOCK | O_NOCTTY;
    UniqueFd file(::open(path.c_str(), O_RDWR | O_CREAT | kFlags, S_IRUSR | S_IWUSR));
    if (const int error = errno; !file && (error == EROFS || error == EACCES)) {
        file.reset(::open(path.c_str(), O_RDONLY | kFlags));
        errno = error;
    }
    return file;
}

/// What root has made while no gateway ran would keep that of the module from it.
void give_to_owner_of_directory(const UniqueFd& file, const std::string& path) {
    struct stat directory {};
    const std::size_t slash = path.find_last_of('/');
    if (::geteuid() == 0 &&
        ::stat(slash == std::string::npos ? "." : path.substr(0, slash + 1).c_str(), &directory) == 0) {
        static_cast<void>(::fchown(file.get(), directory.st_uid, directory.st_gid));
    }
}

} // namespace

Result<JournalLock> JournalLock::take(const std::string& path) {
    for (;;) {
        UniqueFd file = open_lock_file(path);
        if (!file) {
            return make_os_error("cannot be opened");
        }
        ::fchmod(file.get(), S_IRUSR | S_IWUSR); // another's file cannot be opened here, or its mode is his affair
        give_to_owner_of_directory(file, path);
        if (Result<void> locked = lock_exclusively(file); !locked) {
            return locked.error();
        }
        if (FileIdentity::of(path) == FileIdentity::of(file)) {
            return JournalLock(std::move(file));
        } // else somebody has removed it in between
    }
}

std::string JournalLock::claims() const {
    std::string lines(1000, '\0');
    const ssize_t size = ::pread(file_.get(), lines.data(), lines.size(), 0);
    lines.resize(size > 0 ? static_cast<std::size_t>(size) : 0);
    return lines;
}

void JournalLock::note_claims(const std::string& lines) const {
    const bool is_written =
        ::ftruncate(file_.get(), 0) == 0 &&
        ::pwrite(file_.get(), lines.data(), lines.size(), 0) == static_cast<ssize_t>(lines.size()) &&
        ::fdatasync(file_.get()) == 0;
    if (!is_written) {
        static_cast<void>(::ftruncate(file_.get(), 0));
    }
}

} // namespace eventsgw
