// SPDX-License-Identifier: GPL-3.0-or-later
// Copyright (C) 2026 eventsgw contributors

#include "base/result.h"

#include <cstring>

namespace eventsgw {

Fault fault_of_errno(int os_error) {
    switch (os_error) {
    case ENOENT:
    case ENOTDIR: return Fault::absent;
    case EEXIST:
    case EADDRINUSE: return Fault::taken;
    case EACCES:
    case EPERM: return Fault::denied;
    case ETXTBSY: return Fault::busy;
    case EAGAIN:
    case ENOMEM:
    case EMFILE:
    case ENFILE:
    case ENOBUFS: return Fault::shortage;
    case ENOSPC:
    case EDQUOT: return Fault::disk_full;
    case EROFS: return Fault::read_only;
    case ECONNRESET:
    case ETIMEDOUT: return Fault::unanswered;
    case EFBIG: return Fault::too_large;
    default: return Fault::other;
    }
}

Error make_os_error(std::string_view what, int os_error) {
    return Error{std::string(what) + ": " + std::strerror(os_error), fault_of_errno(os_error)};
}

} // namespace eventsgw
