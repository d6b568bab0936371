// SPDX-License-Identifier: GPL-3.0-or-later
// Copyright (C) 2026 eventsgw contributors

#include "daemon/open_spool.h"

#include <cerrno>
#include <utility>

namespace eventsgw {

OpenedSpool open_spool(const Log& log) {
    Result<std::unique_ptr<Spool>> spool = Spool::open(kSpoolName);
    if (spool) {
        return {std::move(*spool), ""};
    }
    const bool is_in_use = spool.error().os_error == EWOULDBLOCK;
    if (is_in_use) {
        log.error("spool", "another process has it, such as a gateway of the same module", {{"file", kSpoolName}});
    } else {
        log.error("spool", "cannot be used, tasks wait in memory",
                  {{"file", kSpoolName}, {"reason", spool.error().message}});
    }
    return {nullptr, spool.error().message, is_in_use};
}

} // namespace eventsgw
