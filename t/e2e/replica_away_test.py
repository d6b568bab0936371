#!/usr/bin/python3 -B
# SPDX-License-Identifier: GPL-3.0-or-later
# Copyright (C) 2026 eventsgw contributors
"""The replica is away: the daemon comes back by itself and subscribes to everything again."""

import pathlib
import re
import sys
import time

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[1] / "lib"))

import tap
from case import GatewayTestCase, numbers
from waiting import wait_until

CONFIG = "[actions]\na/event/* = act\nc/event/d = act\n[commands]\na/event/* = true\ne/event/f = true\n"
CHANNELS = [b"c/event/d", b"e/event/f"]
PATTERNS = 1


class ReplicaAway(GatewayTestCase):
    """The daemon listens on self.redis, through a proxy, and pushes to self.leader."""

    def setUp(self):
        super().setUp()
        self.leader = self.start_redis()
        self.proxy = self.start_proxy(self.redis)
        self.gateway = self.start_gateway(CONFIG, leader=self.leader, replica=self.proxy)

    def assert_back(self):
        """All is subscribed, and what has come before is not lost by it."""
        self.wait_subscribed(CHANNELS, PATTERNS)
        self.publish("c/event/d", b'"again"')
        self.assertEqual(self.wait_tasks(101, server=self.leader)[-1].data, b'"again"')

    def deliver(self):
        self.publish("a/event/b", *numbers(0, 100))
        self.wait_tasks(100, server=self.leader)

    def test_restarted(self):
        self.deliver()
        self.redis.stop()
        self.redis.start()
        self.assert_back()

    def test_reset(self):
        self.deliver()
        self.proxy.reset()
        self.assert_back()

    def test_refusing(self):
        self.deliver()
        self.proxy.refuse()
        self.gateway.wait_log("(refused|ECONNREFUSED)")
        self.proxy.forward()
        self.assert_back()

    def test_cut_while_it_subscribes(self):
        self.deliver()
        self.proxy.cut_after(5, 40, 60, 80)
        self.proxy.reset()
        self.assert_back()

    def test_disconnected_by_the_server(self):
        self.deliver()
        self.redis.admin.execute_command("CLIENT KILL", "TYPE", "pubsub")
        self.gateway.wait_log("^<[345]>")
        self.assert_back()

    def test_the_gap_is_told(self):
        self.deliver()
        self.proxy.refuse()
        self.gateway.wait_log("replica: not connected")
        self.assertEqual(self.gateway.log_matching("a gap"), [])
        self.proxy.forward()
        gap = self.gateway.wait_log("^<4>replica: a gap")[0]
        instant = r"(\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z)"
        words = re.search(rf" from={instant} until={instant} gap=(\S+) resubscribed=yes gaps=1$", gap)
        self.assertIsNotNone(words, gap)
        self.assertLessEqual(words.group(1), words.group(2))
        self.assert_back()

    def test_a_gap_begins_with_the_silence_and_not_with_its_end(self):
        self.deliver()
        self.proxy.silence_open()
        silent_since = time.monotonic()
        wait_until(lambda: time.monotonic() > silent_since + 1, "a second of silence")
        self.proxy.reset()
        gap = self.gateway.wait_log("^<4>replica: a gap")[0]
        self.assertRegex(gap, r" gap=[1-9][\d.]*s ")

    def test_a_gap_at_the_end_is_told(self):
        self.deliver()
        self.proxy.refuse()
        self.gateway.wait_log("replica: not connected")
        self.gateway.stop()
        self.assertEqual(len(self.gateway.log_matching("^<4>replica: a gap.* resubscribed=no gaps=1$")), 1)


if __name__ == "__main__":
    tap.main()
