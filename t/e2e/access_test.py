#!/usr/bin/python3 -B
# SPDX-License-Identifier: GPL-3.0-or-later
# Copyright (C) 2026 eventsgw contributors
"""Redis says no: wrong passwords and rights that are missing, which pass by themselves in a cluster."""

import pathlib
import sys

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[1] / "lib"))

import tap
from case import AGENT, MARK, GatewayTestCase, numbers
from ports import free_port
from redis_server import DEFAULT_RULES, agent_rules, password_of
from waiting import wait_until

CONFIG = MARK + "[actions]\na/event/* = act\n"


class Refusals(GatewayTestCase):
    def assert_arrives(self, payloads):
        self.assert_payloads(self.wait_tasks(len(payloads) + 1), [*payloads, b'"mark"'])

    def test_a_wrong_password_is_retried_and_told_once(self):
        self.redis.set_user(AGENT, agent_rules(AGENT, "another"))
        gateway = self.start_gateway(CONFIG)
        self.publish_and_mark(gateway, *numbers(0, 50))
        wait_until(lambda: self.redis.refused_logins() >= 4, "four attempts")
        self.assertEqual(len(gateway.log_matching("WRONGPASS")), 1)
        self.redis.set_user(AGENT, agent_rules(AGENT))
        self.assert_arrives(numbers(0, 50))
        self.assertEqual(len(gateway.log_matching("WRONGPASS")), 1)

    def test_a_user_that_is_created_later(self):
        self.redis.admin.execute_command("ACL DELUSER", AGENT)
        gateway = self.start_gateway(CONFIG)
        self.publish_and_mark(gateway, *numbers(0, 5))
        gateway.wait_log("WRONGPASS")
        self.redis.set_user(AGENT, agent_rules(AGENT))
        self.assert_arrives(numbers(0, 5))

    def test_the_password_is_told_to_nobody(self):
        self.redis.set_user(AGENT, agent_rules(AGENT, "another"))
        gateway = self.start_gateway(CONFIG, options={"arguments": ["--log-level", "debug"]})
        wait_until(lambda: self.redis.refused_logins() >= 2, "two attempts")
        with open(f"/proc/{gateway.pid}/cmdline", "rb") as file:
            title = file.read()
        gateway.stop()
        secret = password_of(AGENT)
        told = gateway.stderr() + gateway.stdout() + title + "\n".join(gateway.notify.lines()).encode()
        self.assertNotIn(secret.encode(), told)

    def test_no_right_to_psubscribe_until_it_is_granted(self):
        self.redis.set_user("default", DEFAULT_RULES.replace("+psubscribe ", ""))
        gateway = self.start_gateway(CONFIG, ready=False)
        gateway.wait_log("NOPERM")
        self.redis.set_user("default", DEFAULT_RULES)
        gateway.wait_ready()
        self.publish_and_mark(gateway, *numbers(0, 5))
        self.assert_arrives(numbers(0, 5))

    def test_no_right_to_write_until_it_is_granted(self):
        gateway = self.start_gateway(CONFIG)
        self.redis.set_user(AGENT, agent_rules(AGENT) + " -@write")
        self.publish_and_mark(gateway, *numbers(0, 50))
        gateway.wait_log("NOPERM|EXECABORT")
        self.redis.set_user(AGENT, agent_rules(AGENT))
        self.assert_arrives(numbers(0, 50))

    def test_no_right_to_write_is_not_told_at_each_attempt(self):
        self.redis.set_user(AGENT, agent_rules(AGENT) + " -@write")
        proxy = self.start_proxy(self.redis)
        gateway = self.start_gateway(CONFIG, leader=proxy)
        self.publish_and_mark(gateway, *numbers(0, 5))
        wait_until(lambda: proxy.accepted >= 5, "five attempts")
        self.assertLessEqual(len(gateway.log_matching("NOPERM|EXECABORT")), 2)

    def test_a_leader_that_has_become_a_replica(self):
        leader = self.start_redis()
        gateway = self.start_gateway(CONFIG, leader=leader)
        self.publish("a/event/b", b'"before"')
        self.wait_tasks(1, server=leader)
        leader.admin.execute_command("REPLICAOF", "127.0.0.1", self.redis.port)
        wait_until(leader.is_in_sync, "the old leader is in sync with the new one")
        self.publish_and_mark(gateway, *numbers(0, 50))
        gateway.wait_log("READONLY")
        leader.admin.execute_command("REPLICAOF", "NO", "ONE")
        # Its new leader had not got the first one.
        self.assert_payloads(self.wait_tasks(52, server=leader), [b'"before"', *numbers(0, 50), b'"mark"'])

    def test_a_leader_that_has_lost_its_own(self):
        leader = self.start_redis()
        leader.admin.config_set("replica-serve-stale-data", "no")
        leader.admin.execute_command("REPLICAOF", "127.0.0.1", free_port())
        gateway = self.start_gateway(CONFIG, leader=leader)
        self.publish_and_mark(gateway, *numbers(0, 50))
        gateway.wait_log("MASTERDOWN|READONLY")
        leader.admin.execute_command("REPLICAOF", "NO", "ONE")
        self.assert_payloads(self.wait_tasks(51, server=leader), [*numbers(0, 50), b'"mark"'])


if __name__ == "__main__":
    tap.main()
