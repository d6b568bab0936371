#!/usr/bin/python3 -B
# SPDX-License-Identifier: GPL-3.0-or-later
# Copyright (C) 2026 eventsgw contributors
"""What the service manager is told, and when."""

import os
import pathlib
import re
import sys
import time

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[1] / "lib"))

import tap
from case import GatewayTestCase
from waiting import wait_until

CONFIG = "[actions]\na/event/* = act\nb/event/c = act\n"
GRACE = 5  # s, how long the daemon waits for Redis before it is ready without it


class Readiness(GatewayTestCase):
    def test_ready_means_subscribed(self):
        self.start_gateway(CONFIG)
        self.assertEqual(self.redis.subscriptions(), ([b"b/event/c"], 1))

    def test_ready_does_not_wait_for_the_leader(self):
        proxy = self.start_proxy(self.redis)
        proxy.refuse()
        gateway = self.start_gateway(CONFIG, leader=proxy, ready=False)
        gateway.wait_ready(deadline=GRACE - 1)

    def test_without_redis_it_is_ready_after_a_while_and_says_what_it_waits_for(self):
        self.redis.stop()
        started = time.monotonic()
        gateway = self.start_gateway(CONFIG)
        self.assertGreater(time.monotonic() - started, GRACE - 0.5)
        self.assertLess(time.monotonic() - started, GRACE + 5)
        self.assertIn(self.redis.address, " ".join(gateway.notify.statuses()))
        waiting = gateway.notify.statuses()[-1]
        self.redis.start()
        self.wait_subscribed([b"b/event/c"], 1)
        self.publish("a/event/b", b"{}")
        self.wait_tasks(1)
        wait_until(lambda: gateway.notify.statuses()[-1] != waiting, "a new status")
        self.assertEqual(gateway.notify.lines().count("READY=1"), 1)

    def test_an_abstract_socket(self):
        self.start_gateway(CONFIG, options={"notify": f"@eventsgw-test-{os.getpid()}"})

    def test_nobody_to_tell(self):
        self.start_gateway(CONFIG, ready=False, NOTIFY_SOCKET=None)
        self.wait_subscribed([b"b/event/c"], 1)

    def test_a_socket_that_is_gone(self):
        gateway = self.start_gateway(CONFIG, ready=False, NOTIFY_SOCKET="/nonexistent/notify")
        self.wait_subscribed([b"b/event/c"], 1)
        gateway.assert_running()


class Status(GatewayTestCase):
    def wait_status(self, gateway, pattern):
        return wait_until(
            lambda: re.search(pattern, gateway.notify.statuses()[-1]),
            lambda: f"a status like {pattern!r}, not {gateway.notify.statuses()[-1]!r}",
        )

    def test_it_follows_commands_and_tasks(self):
        proxy = self.start_proxy(self.redis)
        gateway = self.start_gateway(CONFIG + "[commands]\nb/event/c = read x < gate\n", leader=proxy)
        gateway.make_gate("gate")
        self.wait_status(gateway, r"^listening to 1 channel and 1 pattern for module/mail1; 0 tasks waiting; 0 comm")
        proxy.refuse()
        self.publish("b/event/c", b"1")
        self.wait_status(gateway, r"; 1 task waiting; 1 command running, 0 waiting$")
        proxy.forward()
        gateway.open_gate("gate")
        self.wait_status(gateway, r"; 0 tasks waiting; 0 commands running, 0 waiting$")

    def test_it_has_the_last_gap(self):
        gateway = self.start_gateway(CONFIG)
        self.redis.stop()
        self.wait_status(gateway, r"^waiting for the replica at \S+: ")
        self.redis.start()
        self.wait_status(gateway, r"^listening .*; last gap [0-9.]+m?s until \d{4}-\d\d-\d\d \d\d:\d\d:\d\d$")


class Watchdog(GatewayTestCase):
    def signs(self, gateway):
        return gateway.notify.lines().count("WATCHDOG=1")

    def test_the_event_loop_gives_signs_of_life(self):
        gateway = self.start_gateway(CONFIG, WATCHDOG_USEC="100000")
        before = self.signs(gateway)
        started = time.monotonic()
        wait_until(lambda: self.signs(gateway) >= before + 20, "20 signs of life")
        self.assertGreater(time.monotonic() - started, 0.9)

    def test_the_time_of_another_process_is_not_its_own(self):
        gateway = self.start_gateway(CONFIG, WATCHDOG_USEC="20000", WATCHDOG_PID=str(os.getpid()))
        self.assertEqual(self.signs(gateway), 0)


if __name__ == "__main__":
    tap.main()
