// SPDX-License-Identifier: GPL-3.0-or-later
// Copyright (C) 2026 eventsgw contributors

#pragma once

#include "base/result.h"
#include "config/address.h"
#include "config/settings.h"

#include <optional>
#include <string>

namespace eventsgw {

/// The account for listening. It has no password: any will do, and the cluster's programs send this one.
inline constexpr const char* kListenerUser = "default";
inline constexpr const char* kListenerPassword = "default";

/// Who this gateway works for and where its two Redis servers are; from the environment, as the cluster's units set it.
struct Connections {
    std::string agent_id; ///< AGENT_ID: "module/mail1"
    Address replica;      ///< events are read here: REDIS_REPLICA_ADDRESS, else REDIS_ADDRESS, else 127.0.0.1:6379
    Address leader;       ///< tasks are pushed here: REDIS_ADDRESS, else cluster-leader:6379
    std::string user;     ///< at the leader: REDIS_USER, else the agent id
    std::optional<std::string> password; ///< at the leader: REDIS_PASSWORD; needed for actions only
};

/// `agent_id` is the command line's, and wins over AGENT_ID. Errors begin with the variable's name; where
/// it is not set it is Fault::absent.
Result<Connections> read_connections(const Environment& environment, const std::optional<std::string>& agent_id);

} // namespace eventsgw
