// SPDX-License-Identifier: GPL-3.0-or-later
// Copyright (C) 2026 eventsgw contributors

#include "delivery/spool.h"

#include "base/signals_blocked.h"
#include "base/uuid.h"
#include "store/set_aside.h"

#include <optional>
#include <system_error>
#include <utility>

#include <sys/stat.h>

namespace eventsgw {
namespace {

/// Says with the error what has become of the file, if there is one with something in it.
Error set_aside(const std::string& path, Error error) {
    struct stat status {};
    if (::lstat(path.c_str(), &status) != 0 || status.st_size == 0) {
        return error;
    }
    const Result<std::string> name = set_database_aside(path);
    error.message += name ? "; it was set aside as " + *name : "; it stays where it is, it " + name.error().message;
    return error;
}

/// What another process is at, and what there is too little of for now, says nothing about the file, and passes: what
/// waits in it is for the next start. All else is a reason to set it aside.
Error judge(const std::string& path, Error error) {
    const bool passes = error.fault == Fault::busy || error.fault == Fault::shortage;
    return passes ? error : set_aside(path, std::move(error));
}

/// A copy whose maker was killed before it took the place of a file that somebody had removed holds what waits.
void adopt_copy(const std::string& path) {
    const std::string copy_path = path + kCopySuffix;
    if (FileIdentity::of(path) != FileIdentity() || FileIdentity::of(copy_path) == FileIdentity()) {
        return;
    }
    Result<SpoolLock> copy = SpoolLock::take(copy_path); // not while its maker is at it
    if (copy && set_database_aside(path)) {              // the log of the file that is gone, or it would be the copy's
        static_cast<void>(copy->move_to(path));
    }
}

/// Leaves no file open when it fails, so that it can be set aside.
Result<void> open_file(const std::string& path, const std::string& new_instance, std::optional<SpoolFile>& file,
                       SpoolFile::Extent& extent, SpoolFile::Claim& claim) {
    Result<SpoolFile> opened = SpoolFile::open(path, Database::Mode::create);
    if (!opened) {
        return opened.error();
    }
    const Result<SpoolFile::Extent> measured = opened->measure();
    const Result<SpoolFile::Claim> claimed =
        measured ? opened->claim(new_instance) : Result<SpoolFile::Claim>(measured.error());
    if (!claimed) {
        return claimed.error();
    }
    extent = *measured;
    claim = *claimed;
    file.emplace(std::move(*opened));
    return {};
}

} // namespace

Result<std::unique_ptr<Spool>> Spool::open(const std::string& path) {
    adopt_copy(path);
    Result<SpoolLock> lock = SpoolLock::take(path);
    if (!lock) {
        return judge(path, lock.error());
    }
    const std::string new_instance = UuidSource().make();
    std::optional<SpoolFile> file;
    SpoolFile::Extent extent;
    SpoolFile::Claim claim{new_instance, 0};
    if (!lock->is_empty()) {
        if (Result<void> opened = open_file(path, new_instance, file, extent, claim); !opened) {
            return judge(path, opened.error());
        }
    }
    auto spool = std::make_unique<Spool>(std::move(*lock), std::move(file), std::move(claim), extent);
    if (Result<void> started = spool->start(); !started) {
        return started.error();
    }
    return spool;
}

Spool::Spool(SpoolLock lock, std::optional<SpoolFile> file, SpoolFile::Claim claim, SpoolFile::Extent extent)
    : claim_(std::move(claim)), extent_(extent),
      writer_(std::move(lock), claim_.instance, std::move(file), inbox_, outbox_) {}

Result<void> Spool::start() {
    for (Result<void> opened : {inbox_.open(), outbox_.open()}) {
        if (!opened) {
            return opened;
        }
    }
    try {
        const SignalsBlocked blocked;
        thread_ = std::thread([this] { writer_.run(); });
    } catch (const std::system_error& error) {
        return Error{std::string("no thread for the spool: ") + error.what(), Fault::shortage};
    }
    return {};
}

void Spool::receive() {
    for (SpoolNews& news : outbox_.take_all()) {
        on_news_(news);
    }
}

std::size_t Spool::finish() {
    if (thread_.joinable()) {
        writer_.end();
        thread_.join();
    }
    return writer_.unwritten();
}

} // namespace eventsgw
