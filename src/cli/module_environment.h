// SPDX-License-Identifier: GPL-3.0-or-later
// Copyright (C) 2026 eventsgw contributors

#pragma once

#include "config/connections.h"

#include <optional>
#include <string>

namespace eventsgw {

/// The file of a module's state directory that its units take REDIS_USER and REDIS_PASSWORD from.
constexpr const char* kAgentFile = "agent.env";

/// The value of an environment variable, or nullptr. For the time before the first thread.
const char* read_environment(const char* name);

/// Whom a tool works for and where Redis is: from the environment and, for what is not set there, from agent.env in the
/// working directory. So a tool works in a module's state directory as it does under its units. Where nothing gives
/// AGENT_ID it is REDIS_USER, for in a cluster the two are the same.
Result<Connections> find_connections(const std::optional<std::string>& agent_id);

/// The command line by which a subcommand runs in a module's environment; without one it is the daemon.
std::string show_module_call(const std::string& subcommand);

/// What to do when the environment is not that of a module: `command` is the tool's name.
std::string advise_on_environment(const std::string& command);

} // namespace eventsgw
