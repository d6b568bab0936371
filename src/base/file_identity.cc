// SPDX-License-Identifier: GPL-3.0-or-later
// Copyright (C) 2026 eventsgw contributors

#include "base/file_identity.h"

#include <sys/stat.h>

namespace eventsgw {

FileIdentity FileIdentity::of(const std::string& path) {
    struct stat status {};
    return ::stat(path.c_str(), &status) == 0 ? FileIdentity{status.st_dev, status.st_ino} : FileIdentity();
}

FileIdentity FileIdentity::of(const UniqueFd& fd) {
    struct stat status {};
    return ::fstat(fd.get(), &status) == 0 ? FileIdentity{status.st_dev, status.st_ino} : FileIdentity();
}

} // namespace eventsgw
