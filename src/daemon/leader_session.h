// SPDX-License-Identifier: GPL-3.0-or-later
// Copyright (C) 2026 eventsgw contributors

#pragma once

#include "base/chrono.h"
#include "config/connections.h"
#include "loop/loop.h"
#include "redis/resolver.h"
#include "redis/session.h"

#include <cstddef>

namespace eventsgw {

/// How tasks get to the leader: who asks, and where. For the gateway and for whoever pushes in its place.
Session::Options make_leader_options(const Connections& connections, std::chrono::nanoseconds polling_interval);

/// The real network, for messages with payloads of at most `max_payload` bytes. The resolver must outlive what is made
/// of it.
Network make_network(Loop& loop, Resolver& resolver, std::size_t max_payload = std::size_t{64} << 20U);

} // namespace eventsgw
