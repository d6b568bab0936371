#!/usr/bin/python3 -B
# SPDX-License-Identifier: GPL-3.0-or-later
# Copyright (C) 2026 eventsgw contributors
"""A connection that is open and silent is as good as none."""

import pathlib
import sys

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[1] / "lib"))

import tap
from case import AGENT, MARK, GatewayTestCase, numbers
from waiting import wait_until

INTERVAL = 0.5  # s, what AGENT_POLLING_INTERVAL says below
BOUND = INTERVAL + 10 + 2  # and a moment for connecting again


class Silence(GatewayTestCase):
    def test_both_connections_are_made_anew(self):
        listening = self.start_proxy(self.redis)
        pushing = self.start_proxy(self.redis)
        gateway = self.start_gateway(
            MARK + "[actions]\na/event/* = act\n",
            leader=pushing,
            replica=listening,
            AGENT_POLLING_INTERVAL="500ms",
        )
        self.publish("a/event/b", b"0")
        self.wait_tasks(1)
        pushing.silence_open()
        self.publish_and_mark(gateway, *numbers(1, 100))
        listening.silence_open()
        wait_until(lambda: listening.accepted > 1, "a new listening connection", BOUND)
        wait_until(lambda: pushing.accepted > 1, "a new pushing connection", BOUND)
        self.assert_payloads(self.wait_tasks(101), [*numbers(0, 100), b'"mark"'])
        wait_until(lambda: len(self.subscribers()) == 2, "the new listening connection is subscribed")
        self.publish("a/event/late", b'"late"')
        self.assertEqual(self.wait_tasks(102)[-1].data, b'"late"')

    def subscribers(self):
        """The listening connections as the server sees them; it does not notice that the silent one is over."""
        return [client for client in self.redis.clients(AGENT) if (client["sub"], client["psub"]) == ("1", "1")]

    def test_a_slow_one_is_not_silent(self):
        """A batch that takes longer to send than a silence may last, behind which no answer can come."""
        proxy = self.start_proxy(self.redis)
        proxy.throttle(256 << 10)
        self.start_gateway("[actions]\na/event/* = act\n", leader=proxy, AGENT_POLLING_INTERVAL="500ms")
        large = b'"%s"' % (b"x" * (13 << 18))  # 13 s
        self.publish("a/event/b", large, b'"next"')
        wait_until(lambda: self.redis.admin.llen(AGENT + "/tasks") == 2, "both tasks", 30)
        self.assertTrue([task.data for task in self.wait_tasks(2)] == [large, b'"next"'])
        self.assertEqual(proxy.accepted, 1)

    def test_a_quiet_connection_is_kept(self):
        proxy = self.start_proxy(self.redis)
        self.start_gateway("[actions]\na/event/* = act\n", leader=proxy, replica=proxy, AGENT_POLLING_INTERVAL="75ms")
        self.publish("a/event/b", b"{}")
        self.wait_tasks(1)
        before = self.checks()
        wait_until(lambda: self.checks() >= before + 20, "many health checks")
        self.assertEqual(proxy.accepted, 2)

    def checks(self):
        """How often the daemon has asked for what it can only ask to see whether it is answered."""
        statistics = self.redis.admin.info("commandstats")
        names = ("cmdstat_psubscribe", "cmdstat_subscribe", "cmdstat_ping")
        return sum(statistics[name]["calls"] for name in names if name in statistics)


if __name__ == "__main__":
    tap.main()
