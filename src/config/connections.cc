// SPDX-License-Identifier: GPL-3.0-or-later
// Copyright (C) 2026 eventsgw contributors

#include "config/connections.h"

#include "base/text.h"
#include "config/python_text.h"

#include <cerrno>
#include <initializer_list>
#include <string_view>
#include <utility>

namespace eventsgw {
namespace {

constexpr std::string_view kDefaultReplica = "127.0.0.1:6379";
constexpr std::string_view kDefaultLeader = "cluster-leader:6379";

std::optional<std::string> read_variable(const Environment& environment, const char* name) {
    const char* value = environment(name);
    if (value == nullptr || *value == '\0') {
        return std::nullopt;
    }
    return value;
}

/// The id becomes the name of Redis keys, of a user and of a client, none of which it may break out of.
Result<std::string> check_agent_id(const std::string& id) {
    if (has_blank_or_control(id)) {
        return Error{"an agent id such as module/mail1 has no blanks or control characters: " + quote(id)};
    }
    return id;
}

Result<std::string> read_agent_id(const Environment& environment, const std::optional<std::string>& agent_id) {
    if (agent_id && !agent_id->empty()) {
        return check_agent_id(*agent_id);
    }
    const std::optional<std::string> variable = read_variable(environment, "AGENT_ID");
    if (!variable) {
        return Error{"AGENT_ID is not set; it says whose tasks these are, as in module/mail1", Fault::absent};
    }
    Result<std::string> checked = check_agent_id(*variable);
    return checked ? checked : within("AGENT_ID", std::move(checked).error());
}

/// The address in the first of `names` that is set, else `otherwise`.
Result<Address> read_address(const Environment& environment, std::initializer_list<const char*> names,
                             std::string_view otherwise) {
    for (const char* name : names) {
        if (const std::optional<std::string> value = read_variable(environment, name)) {
            Result<Address> address = parse_address(*value);
            return address ? address : within(name, std::move(address).error());
        }
    }
    return parse_address(otherwise);
}

} // namespace

Result<Connections> read_connections(const Environment& environment, const std::optional<std::string>& agent_id) {
    Result<std::string> id = read_agent_id(environment, agent_id);
    if (!id) {
        return std::move(id).error();
    }
    Result<Address> replica = read_address(environment, {"REDIS_REPLICA_ADDRESS", "REDIS_ADDRESS"}, kDefaultReplica);
    if (!replica) {
        return std::move(replica).error();
    }
    Result<Address> leader = read_address(environment, {"REDIS_ADDRESS"}, kDefaultLeader);
    if (!leader) {
        return std::move(leader).error();
    }
    std::string user = read_variable(environment, "REDIS_USER").value_or(*id);
    return Connections{std::move(*id), std::move(*replica), std::move(*leader), std::move(user),
                       read_variable(environment, "REDIS_PASSWORD")};
}

} // namespace eventsgw
