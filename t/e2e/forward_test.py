#!/usr/bin/python3 -B
# SPDX-License-Identifier: GPL-3.0-or-later
# Copyright (C) 2026 eventsgw contributors
"""The main job: from PUBLISH to a task in the agent's queue, and which rules an event meets."""

import pathlib
import sys

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[1] / "lib"))

import tap
from case import AGENT, GatewayTestCase, numbers
from redis_server import password_of


class Forwarding(GatewayTestCase):
    def test_both_sections(self):
        gateway = self.start_gateway(
            "[actions]\nmodule/traefik*/event/certificate-renew = renew-certificate\n"
            "[commands]\nmodule/traefik*/event/certificate-changed = cat > seen\n"
        )
        self.publish("module/traefik1/event/certificate-renew", b'{"domain": "example.org"}')
        self.publish("module/traefik1/event/certificate-changed", b'{"names": ["*.example.org"]}')
        (task,) = self.wait_tasks(1)
        self.assertEqual(task.action, "renew-certificate")
        self.assertEqual(task.data, b'{"domain": "example.org"}')
        gateway.wait_content("seen", b'{"names": ["*.example.org"]}')

    def test_extra_tells_where_the_event_comes_from(self):
        self.start_gateway("[actions]\n* = any\n")
        channels = {
            "module/samba1/event/user-domain-changed": ("module/samba1", "user-domain-changed"),
            "cluster/event/acl-changed": ("cluster", "acl-changed"),
            "a/event/b/event/c": ("a", "b/event/c"),
            "no-event-at-all": None,
        }
        for channel in channels:
            self.publish(channel, b"{}")
        for task, (channel, parts) in zip(self.wait_tasks(len(channels)), channels.items()):
            expected = {"channel": channel}
            if parts:
                expected.update(source=parts[0], name=parts[1])
            self.assertEqual(task.extra, {"event": expected})
            self.assertEqual(list(task.event), list(expected), "the order of the members")

    def test_the_value_of_a_rule_is_the_action_exactly(self):
        action = 'say "hallo"; \\ to Zoë = 100%'
        self.start_gateway(f"[actions]\na/event/b = {action}%\n")
        self.publish("a/event/b", b"{}")
        self.assertEqual(self.wait_tasks(1)[0].action, action)

    def test_5000_events_keep_their_order(self):
        self.start_gateway("[actions]\na/event/* = act\n")
        payloads = numbers(0, 5000)
        self.publish("a/event/b", *payloads)
        self.assert_payloads(self.wait_tasks(5000), payloads)

    def test_order_across_channels(self):
        self.start_gateway("[actions]\na/event/* = one\nb/event/c = two\n")
        for number in range(200):
            self.publish("b/event/c" if number % 3 else "a/event/d", b"%d" % number)
        tasks = self.wait_tasks(200)
        self.assert_payloads(tasks, numbers(0, 200))
        self.assertEqual([task.action for task in tasks], ["two" if n % 3 else "one" for n in range(200)])

    def test_from_a_leader_through_a_replica(self):
        leader = self.start_redis()
        replica = self.start_redis(replica_of=leader)
        self.start_gateway("[actions]\na/event/b = act\n", leader=leader, replica=replica)
        leader.admin.publish("a/event/b", "{}")
        self.assertEqual(self.wait_tasks(1, server=leader)[0].data, b"{}")

    def test_another_agent(self):
        server = self.start_redis(agents=("node/1",))
        self.start_gateway(
            "[actions]\ncluster/event/* = act\n",
            leader=server,
            replica=server,
            AGENT_ID="node/1",
            REDIS_USER=None,
            REDIS_PASSWORD=password_of("node/1"),
        )
        self.publish("cluster/event/leader-changed", b"{}", server=server)
        self.assertEqual(len(self.wait_tasks(1, server=server, agent="node/1")), 1)


class Subscriptions(GatewayTestCase):
    def test_a_plain_channel_is_a_channel_and_a_glob_a_pattern(self):
        self.start_gateway(
            "[actions]\na/event/b = one\na/event/* = two\na/event/? = three\na/event/[bc] = four\n"
            "a/event/\\* = five\n[commands]\nc/event/d = true\n"
        )
        self.assertEqual(self.redis.subscriptions(), ([b"a/event/b", b"c/event/d"], 4))

    def test_an_event_runs_each_matching_rule_once(self):
        self.start_gateway("[actions]\na/event/b = plain\na/event/* = star\na/*/b = middle\nx/event/b = other\n")
        self.publish("a/event/b", b'"first"')
        self.publish("a/event/c", b'"second"')
        tasks = self.wait_tasks(4)
        done = sorted((task.data, task.action) for task in tasks)
        first = [(b'"first"', action) for action in ("middle", "plain", "star")]
        self.assertEqual(done, [*first, (b'"second"', "star")])

    def test_one_key_in_both_sections_does_both(self):
        gateway = self.start_gateway("[commands]\na/event/b = cat > seen\n[actions]\na/event/b = act\n")
        self.assertEqual(self.redis.subscriptions(), ([b"a/event/b"], 0))
        self.publish("a/event/b", b"{}")
        self.wait_tasks(1)
        gateway.wait_content("seen", b"{}")

    def test_keys_of_default_belong_to_both_sections(self):
        gateway = self.start_gateway("[DEFAULT]\na/event/b = touch-it\n[actions]\nc = d\n[commands]\ne = f\n")
        self.publish("a/event/b", b"{}")
        self.assertEqual(self.wait_tasks(1)[0].action, "touch-it")
        gateway.wait_log(r"command: .*a/event/b.*status=127")

    def test_channels_keep_their_case(self):
        self.start_gateway("[actions]\nmodule/A/event/b = upper\nmodule/a/event/b = lower\n")
        self.publish("module/A/event/b", b"1")
        self.publish("module/a/event/b", b"2")
        self.assertEqual([task.action for task in self.wait_tasks(2)], ["upper", "lower"])


class Connections(GatewayTestCase):
    def test_one_of_each_kind_with_its_name(self):
        self.start_gateway("[actions]\na/event/* = act\nc/event/d = act\n")
        self.publish("a/event/b", *numbers(0, 500))
        self.wait_tasks(500)
        (listening,) = self.redis.clients(AGENT)
        self.assertEqual((listening["user"], listening["sub"], listening["psub"]), ("default", "1", "1"))
        (pushing,) = self.redis.clients(AGENT + "/eventsgw")
        self.assertEqual((pushing["user"], pushing["sub"], pushing["psub"]), (AGENT, "0", "0"))
        others = [client for client in self.redis.admin.client_list() if client["user"] != "test-admin"]
        self.assertEqual(len(others), 2)

    def test_tasks_share_one_connection(self):
        proxy = self.start_proxy(self.redis)
        self.start_gateway("[actions]\na/event/* = act\n", leader=proxy)
        for count in (1, 2, 3):
            self.publish("a/event/b", b"{}")
            self.wait_tasks(count)
        self.assertEqual(proxy.accepted, 1)

    def test_only_commands_need_no_leader(self):
        proxy = self.start_proxy(self.redis)
        gateway = self.start_gateway("[commands]\na/event/b = cat > seen\n", leader=proxy, REDIS_PASSWORD=None)
        self.publish("a/event/b", b"{}")
        gateway.wait_content("seen", b"{}")
        self.assertEqual(proxy.accepted, 0)


if __name__ == "__main__":
    tap.main()
