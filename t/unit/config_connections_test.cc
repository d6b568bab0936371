// SPDX-License-Identifier: GPL-3.0-or-later
// Copyright (C) 2026 eventsgw contributors

#include "config/connections.h"

#include "testing.h"

#include <map>

using namespace eventsgw;
using namespace eventsgw::testing;

namespace config_connections_test {

using Variables = std::map<std::string, std::string>;

Result<Connections> try_read(const Variables& variables, const std::optional<std::string>& agent_id = std::nullopt) {
    const auto environment = [&](const char* name) -> const char* {
        const auto variable = variables.find(name);
        return variable == variables.end() ? nullptr : variable->second.c_str();
    };
    return read_connections(environment, agent_id);
}

Connections read(const Variables& variables, const std::optional<std::string>& agent_id = std::nullopt) {
    return try_read(variables, agent_id).value();
}

std::string error_of(const Variables& variables, const std::optional<std::string>& agent_id = std::nullopt) {
    const Result<Connections> connections = try_read(variables, agent_id);
    return connections ? "no error" : connections.error().message;
}

void the_units_variables_are_read() {
    const Connections connections = read({{"AGENT_ID", "module/mail1"},
                                          {"REDIS_ADDRESS", "cluster-leader:6379"},
                                          {"REDIS_REPLICA_ADDRESS", "127.0.0.1:6380"},
                                          {"REDIS_USER", "somebody"},
                                          {"REDIS_PASSWORD", "secret word"}});
    CHECK_EQUAL(connections.agent_id, "module/mail1");
    CHECK_EQUAL(to_string(connections.leader), "cluster-leader:6379");
    CHECK_EQUAL(to_string(connections.replica), "127.0.0.1:6380");
    CHECK_EQUAL(connections.user, "somebody");
    CHECK_EQUAL(connections.password.value(), "secret word");
}

void only_the_agent_must_be_named() {
    const Connections connections = read({{"AGENT_ID", "node/1"}});
    CHECK_EQUAL(to_string(connections.leader), "cluster-leader:6379");
    CHECK_EQUAL(to_string(connections.replica), "127.0.0.1:6379");
    CHECK_EQUAL(connections.user, "node/1");
    CHECK(!connections.password.has_value());
}

void the_replica_is_the_leader_where_no_other_is_named() {
    CHECK_EQUAL(to_string(read({{"AGENT_ID", "cluster"}, {"REDIS_ADDRESS", "/run/redis.sock"}}).replica),
                "/run/redis.sock");
}

void empty_variables_count_as_unset() {
    const Connections connections = read({{"AGENT_ID", "cluster"},
                                          {"REDIS_ADDRESS", "leader:1"},
                                          {"REDIS_REPLICA_ADDRESS", ""},
                                          {"REDIS_USER", ""},
                                          {"REDIS_PASSWORD", ""}});
    CHECK_EQUAL(to_string(connections.replica), "leader:1");
    CHECK_EQUAL(connections.user, "cluster");
    CHECK(!connections.password.has_value());
    CHECK_EQUAL(error_of({{"AGENT_ID", ""}}), error_of({}));
}

void the_command_lines_agent_wins() {
    CHECK_EQUAL(read({{"AGENT_ID", "module/a b"}}, "module/mail2").agent_id, "module/mail2");
    CHECK_EQUAL(read({{"AGENT_ID", "module/mail1"}}, "module/mail2").user, "module/mail2");
}

void errors_begin_with_the_variable() {
    CHECK_EQUAL(error_of({}), "AGENT_ID is not set; it says whose tasks these are, as in module/mail1");
    CHECK_EQUAL(error_of({{"AGENT_ID", "module/a b"}}),
                "AGENT_ID: an agent id such as module/mail1 has no blanks or control characters: \"module/a b\"");
    CHECK_EQUAL(error_of({{"AGENT_ID", "a"}, {"REDIS_ADDRESS", "x:0"}}),
                "REDIS_ADDRESS: the port is not a number from 1 to 65535: \"x:0\"");
    CHECK_EQUAL(error_of({{"AGENT_ID", "a"}, {"REDIS_REPLICA_ADDRESS", ":1"}}),
                "REDIS_REPLICA_ADDRESS: the host is missing: \":1\"");
}

void an_agent_id_cannot_break_out_of_a_name() {
    for (const char* id : {"a b", " ", "a\n", "\ta", "a\x7f", "a\u00a0", "\xff"}) {
        CHECK(!try_read({{"AGENT_ID", id}}).ok());
        CHECK(!try_read({}, id).ok());
    }
}

const TestGroup group{
    TEST(the_units_variables_are_read),
    TEST(only_the_agent_must_be_named),
    TEST(the_replica_is_the_leader_where_no_other_is_named),
    TEST(empty_variables_count_as_unset),
    TEST(the_command_lines_agent_wins),
    TEST(errors_begin_with_the_variable),
    TEST(an_agent_id_cannot_break_out_of_a_name),
};

} // namespace config_connections_test
