// SPDX-License-Identifier: GPL-3.0-or-later
// Copyright (C) 2026 eventsgw contributors

#pragma once

#include <atomic>
#include <cerrno>

#include <sqlite3.h>

namespace eventsgw::testing {

/// Makes SQLite's way to the disk fail on command: while one of these lives it is the way of all databases that are
/// opened, and what is written or synchronized while `code` is not SQLITE_OK fails with that code, and with EIO in
/// errno, where SQLite looks after an I/O error.
class FailingDisk {
public:
    FailingDisk() {
        code = SQLITE_OK;
        real = sqlite3_vfs_find(nullptr);
        vfs_ = *real;
        vfs_.zName = "failing";
        vfs_.szOsFile = real->szOsFile + static_cast<int>(sizeof(sqlite3_io_methods));
        vfs_.xOpen = &FailingDisk::open;
        sqlite3_vfs_register(&vfs_, 1);
    }
    FailingDisk(const FailingDisk&) = delete;
    FailingDisk& operator=(const FailingDisk&) = delete;
    ~FailingDisk() {
        sqlite3_vfs_unregister(&vfs_);
        sqlite3_vfs_register(real, 1);
    }

    static inline std::atomic<int> code{SQLITE_OK};

private:
    /// Opens the real file, and gives it a copy of its methods, two of them replaced, that lies behind it.
    static int open(sqlite3_vfs* /*vfs*/, const char* name, sqlite3_file* file, int flags, int* out_flags) {
        const int opened = real->xOpen(real, name, file, flags, out_flags);
        if (opened != SQLITE_OK || file->pMethods == nullptr) {
            return opened;
        }
        auto* methods = reinterpret_cast<sqlite3_io_methods*>(reinterpret_cast<char*>(file) + real->szOsFile);
        *methods = *file->pMethods;
        real_write = methods->xWrite;
        real_sync = methods->xSync;
        methods->xWrite = &FailingDisk::write;
        methods->xSync = &FailingDisk::sync;
        file->pMethods = methods;
        return opened;
    }
    static int write(sqlite3_file* file, const void* bytes, int size, sqlite3_int64 offset) {
        return code != SQLITE_OK ? fail() : real_write(file, bytes, size, offset);
    }
    static int sync(sqlite3_file* file, int flags) { return code != SQLITE_OK ? fail() : real_sync(file, flags); }
    static int fail() {
        errno = EIO;
        return code;
    }

    static inline sqlite3_vfs* real = nullptr;
    static inline int (*real_write)(sqlite3_file*, const void*, int, sqlite3_int64) = nullptr;
    static inline int (*real_sync)(sqlite3_file*, int) = nullptr;
    sqlite3_vfs vfs_{};
};

} // namespace eventsgw::testing
