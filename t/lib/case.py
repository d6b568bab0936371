# SPDX-License-Identifier: GPL-3.0-or-later
# Copyright (C) 2026 eventsgw contributors
"""The base of the end-to-end tests: a module's daemon between a replica and a leader."""

import os
import unittest

from gateway import Gateway
from proxy import Proxy
from redis_server import RedisServer, password_of
from task import Task
from waiting import wait_until

AGENT = "module/mail1"

# A rule for publish_and_mark().
MARK = "[commands]\na/event/mark = touch mark\n"


class GatewayTestCase(unittest.TestCase):
    """Each test has a server of its own, `self.redis`; it is leader and replica in one unless a test says otherwise."""

    maxDiff = 2000

    def setUp(self):
        self.gateways = []
        self.redis = self.start_redis()

    def diagnostics(self):
        return [line for gateway in self.gateways for line in ["log of the daemon:", *gateway.log()[-40:]]]

    def start_redis(self, **options):
        server = RedisServer(**options)
        self.addCleanup(server.close)
        return server

    def start_proxy(self, server):
        proxy = Proxy("127.0.0.1", server.port)
        self.addCleanup(proxy.close)
        return proxy

    def start_gateway(self, config, leader=None, replica=None, ready=True, options=None, **environment):
        """Starts the daemon as the unit of module/mail1 does, and waits for READY=1 unless `ready` is false.

        Leader and replica are whatever has an `address`; `environment` overrides single variables; `options` are
        the further arguments of Gateway."""
        merged = {
            "AGENT_ID": AGENT,
            "REDIS_USER": AGENT,
            "REDIS_PASSWORD": password_of(AGENT),
            "REDIS_ADDRESS": (leader or self.redis).address,
            "REDIS_REPLICA_ADDRESS": (replica or self.redis).address,
            **environment,
        }
        gateway = Gateway(config, merged, **(options or {}))
        self.addCleanup(gateway.close)
        self.gateways.append(gateway)
        if ready:
            gateway.wait_ready()
        return gateway

    def publish(self, channel, *payloads, server=None):
        """Publishes the payloads in order; raises when nobody listens to one of them."""
        pipeline = (server or self.redis).admin.pipeline(transaction=False)
        for payload in payloads:
            pipeline.execute_command("PUBLISH", channel, payload)
        receivers = pipeline.execute()
        self.assertNotIn(0, receivers, f"nobody listens to {channel!r}")

    def publish_and_mark(self, gateway, *payloads):
        """Publishes on a/event/b, then on a/event/mark, and returns when the daemon has read all of it."""
        self.publish("a/event/b", *payloads)
        self.publish("a/event/mark", b'"mark"')
        mark = f"/proc/{gateway.pid}/cwd/mark"  # where it may be alone with its disk
        wait_until(lambda: os.path.exists(mark), "all events are read")

    def wait_subscribed(self, channels, patterns, server=None):
        """Waits until exactly these channels and that many patterns are subscribed."""
        server = server or self.redis
        expected = (sorted(channels), patterns)
        wait_until(lambda: server.subscriptions() == expected, lambda: f"{expected}: {server.subscriptions()}")

    def wait_tasks(self, count, server=None, agent=AGENT):
        """Waits for that many tasks in the agent's queue and returns them in the order of their pushing."""
        admin = (server or self.redis).admin
        key = agent + "/tasks"
        wait_until(lambda: admin.llen(key) >= count, lambda: f"{count} tasks in {key}, there are {admin.llen(key)}")
        tasks = [Task(raw) for raw in reversed(admin.lrange(key, 0, -1))]
        self.assertEqual(len(tasks), count, [task.raw[:200] for task in tasks[-3:]])
        return tasks

    def wait_newest_task(self, data, server=None):
        """Waits until the task that was pushed last, of however many, has these data."""

        def is_there():
            raw = (server or self.redis).admin.lindex(AGENT + "/tasks", 0)
            return raw is not None and Task(raw).data == data

        wait_until(is_there, f"{data} in the newest task")

    def wait_confirmed(self, gateway):
        """Waits until the daemon knows that every task is in the queue, which others see a little earlier."""
        wait_until(lambda: gateway.task_counts()["waiting"] == 0, lambda: f"all confirmed: {gateway.task_counts()}")

    def assert_payloads(self, tasks, payloads):
        """The tasks carry exactly these JSON payloads, in this order, each under an id of its own."""
        self.assertEqual([task.data for task in tasks], payloads)
        self.assertEqual(len({task.id for task in tasks}), len(tasks))


def numbers(first, end):
    """Payloads that show their place in the order."""
    return [b"%d" % number for number in range(first, end)]
