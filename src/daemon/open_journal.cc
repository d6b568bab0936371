// SPDX-License-Identifier: GPL-3.0-or-later
// Copyright (C) 2026 eventsgw contributors

#include "daemon/open_journal.h"

#include "base/fd.h"
#include "base/file_identity.h"
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

/// The process id of the gateway that listens on this directory's socket; 0 if no gateway answers or it is unknown.
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
        log.error("journal", "another gateway runs here, ask it with eventsgw status",
                  {{"directory", directory}, {"pid", static_cast<std::uint64_t>(pid)}});
    } else {
        log.error("journal", "another process has it, and no gateway answers",
                  {{"file", JournalFile::kName}, {"directory", directory}});
    }
}

/// What versions that were never released wrote.
void warn_of_former_files(const Log& log) {
    for (const char* name : {"eventsgw.spool", "eventsgw.spool.new", "eventsgw.history"}) {
        if (FileIdentity::of(name) != FileIdentity()) {
            log.warning("journal", "a file of an earlier development version is left alone", {{"file", name}});
        }
    }
}

/// Without the lock where there can be none, as on a read-only disk. Somebody may have removed the lock's file, but a
/// gateway that answers is one.
Result<std::unique_ptr<Journal>> open_with_lock(const Log& log, const std::string& agent) {
    Result<JournalLock> lock = JournalLock::take();
    if (find_gateway() > 0) {
        return Error{"a gateway answers", Fault::busy};
    }
    if (lock) {
        return Journal::open(std::move(*lock), log, agent);
    }
    if (lock.error().fault == Fault::busy || lock.error().fault == Fault::shortage) {
        return lock.error();
    }
    log.warning("journal", "no lock keeps a second gateway away",
                {{"file", JournalLock::kName}, {"reason", lock.error().message}});
    return Journal::open(std::nullopt, log, agent);
}

} // namespace

Result<std::unique_ptr<Journal>> open_journal(const Log& log, const std::string& agent) {
    warn_of_former_files(log);
    Result<std::unique_ptr<Journal>> journal = open_with_lock(log, agent);
    if (!journal && journal.error().fault == Fault::busy) {
        complain_of_other(log);
    } else if (!journal) {
        log.error("journal", "cannot be opened for now",
                  {{"file", JournalFile::kName}, {"reason", journal.error().message}});
    } else if (!(*journal)->problem().empty()) {
        log.error("journal", "cannot be used, another one is begun when it is needed",
                  {{"file", JournalFile::kName}, {"reason", (*journal)->problem()}});
    }
    if (journal && (*journal)->extent().held > 0) {
        log.warning("journal", "holds tasks that may have been pushed already; eventsgw spool push or drop decides",
                    {{"tasks", (*journal)->extent().held}, {"reason", (*journal)->extent().held_because}});
    }
    return journal;
}

} // namespace eventsgw
