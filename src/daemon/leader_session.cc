// SPDX-License-Identifier: GPL-3.0-or-later
// Copyright (C) 2026 eventsgw contributors

#include "daemon/leader_session.h"

#include "redis/hiredis_link.h"

#include <random>
#include <utility>

namespace eventsgw {

/// The client name is not the agent id: the cluster takes an agent for alive as long as a client of that name is
/// connected.
Session::Options make_leader_options(const Connections& connections, std::chrono::nanoseconds polling_interval) {
    return {"leader",
            connections.leader,
            connections.user,
            connections.password.value_or(""),
            connections.agent_id + "/eventsgw",
            polling_interval};
}

Network make_network(Loop& loop, Resolver& resolver, std::size_t max_payload) {
    constexpr std::size_t kEnvelope = std::size_t{1} << 20U; // the channel and the protocol
    return Network{loop, make_hiredis_links(loop, max_payload + kEnvelope),
                   [&resolver](const std::string& host, ResolveCallback on_resolved) {
                       resolver.start(host, std::move(on_resolved));
                   },
                   std::random_device{}()};
}

} // namespace eventsgw
