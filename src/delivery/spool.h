// SPDX-License-Identifier: GPL-3.0-or-later
// Copyright (C) 2026 eventsgw contributors

#pragma once

#include "base/mailbox.h"
#include "base/result.h"
#include "delivery/spool_file.h"
#include "delivery/spool_lock.h"
#include "delivery/spool_writer.h"

#include <cstddef>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <thread>
#include <vector>

namespace eventsgw {

/// The loop's side of the spool: sends orders to the thread that writes, and passes on what it answers. Never waits for
/// the disk, but in open() and finish(). Orders are carried out as they were given, several of them in one commit.
///
/// What the thread tells waits in a mailbox until receive() is called, which is due whenever descriptor() is readable.
class Spool {
public:
    /// Locks the file and starts the thread. A file that nothing has been written to is left to the first order, for
    /// most gateways never need SQLite, and it takes a megabyte of memory. What can be used by nobody is set aside,
    /// and the error's message says so; with Fault::busy, as when another process has it, and Fault::shortage it is
    /// left alone.
    static Result<std::unique_ptr<Spool>> open(const std::string& path);

    Spool(SpoolLock lock, std::optional<SpoolFile> file, SpoolFile::Claim claim, SpoolFile::Extent extent);
    Spool(const Spool&) = delete;
    Spool& operator=(const Spool&) = delete;
    ~Spool() { finish(); }

    /// Who gets what the thread tells.
    void listen(std::function<void(SpoolNews&)> on_news) { on_news_ = std::move(on_news); }

    /// As they were when it was opened.
    const SpoolFile::Claim& claim() const { return claim_; }
    const SpoolFile::Extent& extent() const { return extent_; }

    int descriptor() const { return outbox_.descriptor(); }
    void receive();

    template <typename What> void order(What what) { inbox_.post(SpoolOrder{std::move(what)}); }

    /// Lets the thread do what has been ordered, and waits for its end. Returns how many tasks could not be written.
    std::size_t finish();

private:
    Result<void> start();

    SpoolFile::Claim claim_;
    SpoolFile::Extent extent_;
    Mailbox<SpoolOrder> inbox_;
    Mailbox<SpoolNews> outbox_;
    SpoolWriter writer_; ///< the thread's, from start() to finish()
    std::function<void(SpoolNews&)> on_news_;
    std::thread thread_;
};

} // namespace eventsgw
