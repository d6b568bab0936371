// SPDX-License-Identifier: GPL-3.0-or-later
// Copyright (C) 2026 eventsgw contributors

#pragma once

#include "base/fd.h"
#include "base/result.h"
#include "config/address.h"

#include <string>

#include <sys/types.h>

namespace eventsgw {

/// A socket that listens, and the path that goes with it.
class ListeningSocket {
public:
    ListeningSocket() = default;
    ListeningSocket(const ListeningSocket&) = delete;
    ListeningSocket& operator=(const ListeningSocket&) = delete;
    ~ListeningSocket();

    /// Once. A unix socket is open to its owner alone (0600); one that is left behind in its place, with nobody behind
    /// it, is replaced. The host of a TCP address must be numeric. Errors: the system's, and that somebody else answers
    /// there.
    Result<void> open(const Address& address);

    int get() const { return socket_.get(); }

private:
    UniqueFd socket_;  ///< does not block
    std::string path_; ///< to be removed, if it is still ours; empty when there is none
    ino_t inode_ = 0;
};

} // namespace eventsgw
