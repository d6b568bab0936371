// SPDX-License-Identifier: GPL-3.0-or-later
// Copyright (C) 2026 eventsgw contributors

#pragma once

#include "base/fd.h"
#include "base/result.h"
#include "loop/timers.h"
#include "loop/watch.h"

#include <functional>
#include <memory>
#include <string>
#include <vector>

namespace eventsgw {

class Loop;

/// Numeric addresses in the system's order of preference, at least one; or why there is none.
using Addresses = Result<std::vector<std::string>>;
using ResolveCallback = std::function<void(Addresses)>;

/// Turns a host name into numeric addresses, through the system's own rules (getaddrinfo(3): /etc/hosts,
/// nsswitch.conf), off the loop. Each start() asks anew, because the leader's name moves from node to node.
///
/// A lookup is a thread of its own that shares nothing with the loop: it gets its question by value and answers with
/// one message on a socket. When the resolver goes, the socket is closed, and the thread ends whenever getaddrinfo
/// returns.
class Resolver {
public:
    explicit Resolver(Loop& loop);

    /// Calls back once, from the loop. One lookup at a time: a start() during another replaces its callback and shares
    /// its answer, so that a name server that does not answer never collects threads.
    void start(const std::string& host, ResolveCallback on_resolved);

private:
    Result<void> launch(const std::string& host);
    void on_answer();
    void finish(Addresses addresses);
    void report();

    Loop& loop_;
    ResolveCallback on_resolved_; ///< set while a lookup is under way
    UniqueFd socket_;
    std::unique_ptr<Watch> watch_;
    Addresses found_;
    std::unique_ptr<Timer> report_; ///< hands over `found_` in a turn of its own
};

} // namespace eventsgw
