// SPDX-License-Identifier: GPL-3.0-or-later
// Copyright (C) 2026 eventsgw contributors

#include "daemon/open_spool.h"

#include "base/fd.h"
#include "base/unix_address.h"
#include "daemon/status_server.h"

#include <cstdint>
#include <filesystem>
#include <system_error>
#include <utility>

#include <sys/socket.h>
#include <sys/types.h>
#include <unistd.h>

namespace eventsgw {

namespace {

/// Who listens to the gateway's socket of this directory; 0 where nobody does, or the kernel does not tell.
pid_t find_gateway() {
    const UniqueFd socket(::socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0));
    const UnixAddress address(kStatusSocket);
    ucred owner{};
    socklen_t size = sizeof(owner);
    const bool is_known = ::connect(socket.get(), address.get(), address.size()) == 0 &&
                          ::getsockopt(socket.get(), SOL_SOCKET, SO_PEERCRED, &owner, &size) == 0;
    return is_known ? owner.pid : 0;
}

void complain_of_other(const Log& log) {
    std::error_code ignored;
    const std::string directory = std::filesystem::current_path(ignored);
    if (const pid_t pid = find_gateway(); pid > 0 && pid != ::getpid()) {
        log.error("spool", "another gateway runs here, ask it with eventsgw status",
                  {{"directory", directory}, {"pid", static_cast<std::uint64_t>(pid)}});
    } else {
        log.error("spool", "another process has it, and no gateway answers",
                  {{"file", kSpoolName}, {"directory", directory}});
    }
}

} // namespace

OpenedSpool open_spool(const Log& log) {
    OpenedSpool opened;
    Result<PushLock> lock = PushLock::take();
    Result<std::unique_ptr<Spool>> spool =
        lock ? Spool::open(kSpoolName) : Result<std::unique_ptr<Spool>>(lock.error());
    opened.is_in_use = !spool && spool.error().fault == Fault::busy;
    if (opened.is_in_use) {
        complain_of_other(log);
        return opened;
    }
    if (lock) {
        opened.lock.emplace(std::move(*lock));
    }
    if (spool) {
        opened.spool = std::move(*spool);
        return opened;
    }
    if (spool.error().fault == Fault::shortage) {
        opened.is_lacking = true;
        log.error("spool", "cannot be opened for now", {{"file", kSpoolName}, {"reason", spool.error().message}});
        return opened;
    }
    log.error("spool", "cannot be used, tasks wait in memory",
              {{"file", kSpoolName}, {"reason", spool.error().message}});
    opened.problem = spool.error().message;
    return opened;
}

} // namespace eventsgw
