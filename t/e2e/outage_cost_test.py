#!/usr/bin/python3 -B
# SPDX-License-Identifier: GPL-3.0-or-later
# Copyright (C) 2026 eventsgw contributors
"""What an outage costs: memory in a flood of events, and CPU time while it lasts."""

import contextlib
import os
import pathlib
import sys
import time

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[1] / "lib"))

import flood
import tap
from case import AGENT, GatewayTestCase, numbers
from redis_server import agent_rules
from journal import rows
from waiting import wait_until

CONFIG = "[gateway]\njournal_limit = 1G\n[actions]\na/event/* = act\n"
BLOCK = 5000
AHEAD = 70000  # events; a disk that others keep busy is waited for, for more would be refused
MIB = 1 << 20
# A run numbers its tasks one after the other; to count them would read all of the file.
COUNT = "SELECT coalesce(max(number) - min(number) + 1, 0) FROM work"


class Flood(GatewayTestCase):
    def setUp(self):
        super().setUp()
        self.leader = self.start_redis()
        self.gateway = self.start_gateway(CONFIG, leader=self.leader)

    def stored(self):
        counted = rows(self.gateway.path("eventsgw.journal"), COUNT)
        return counted[0][0] if counted else 0

    def test_a_million_events(self):
        sanitized = self.gateway.is_sanitized()
        events = 50000 if sanitized else 1000000
        self.leader.stop()
        self.gateway.wait_log("leader: not connected")
        peak = 0
        filling = b"x" * 188
        publisher = flood.Publisher(self.redis)
        self.addCleanup(publisher.close)
        for start in range(0, events, BLOCK):
            wait_until(lambda: self.stored() > start - AHEAD, "the disk keeps up")
            payloads = [b'"%09d:%s"' % (number, filling) for number in range(start, start + BLOCK)]
            publisher.publish(flood.encode(b"a/event/b", payloads), BLOCK)
            peak = max(peak, self.gateway.resident_kib())
            # Redis cuts off a subscriber that is 32 MiB behind, and on a busy machine any is.
            wait_until(lambda: int(self.redis.clients(AGENT)[0]["omem"]) < 4 * MIB, "the daemon reads on")
        wait_until(lambda: self.stored() == events, lambda: f"{events} tasks on disk, there are {self.stored()}", 60)
        peak = max(peak, self.gateway.resident_kib())
        print(f"# {events} events, at most {peak} KiB resident", flush=True)
        if not sanitized:
            self.assertLess(peak, 64 * MIB >> 10)
        self.leader.start()
        key = AGENT + "/tasks"
        wait_until(lambda: self.leader.admin.llen(key) == events, lambda: f"{self.leader.admin.llen(key)} tasks", 60)
        for start in range(0, events, BLOCK):  # from the oldest on
            block = reversed(self.leader.admin.lrange(key, events - start - BLOCK, events - start - 1))
            found = [int(task.partition(b'"data":"')[2][:9]) for task in block]
            self.assertEqual(found, list(range(start, start + BLOCK)))
        self.assertFalse(self.gateway.log_matching("refused="))
        wait_until(lambda: self.disk_bytes() < 8 * MIB, lambda: f"the room is given back: {self.disk_bytes()}", 30)

    def disk_bytes(self):
        """Of the journal and its log of writes, which goes away when the gateway closes the journal."""
        size = os.path.getsize(self.gateway.path("eventsgw.journal"))
        with contextlib.suppress(FileNotFoundError):
            size += os.path.getsize(self.gateway.path("eventsgw.journal-wal"))
        return size


class Idle(GatewayTestCase):
    def setUp(self):
        super().setUp()
        self.leader = self.start_redis()
        self.proxy = self.start_proxy(self.leader)
        self.gateway = self.start_gateway(CONFIG, leader=self.proxy)

    def assert_idles(self, seconds=1.5):
        before = self.gateway.cpu_seconds()
        time.sleep(seconds)  # what is measured is what happens in a time without events
        used = self.gateway.cpu_seconds() - before
        self.assertLess(used, 0.1 * seconds * (4 if self.gateway.is_sanitized() else 1))

    def test_an_outage_does_not_keep_the_processor_busy(self):
        self.publish("a/event/b", *numbers(0, 100))
        self.wait_tasks(100, server=self.leader)
        self.assert_idles(1)
        for outage in (self.proxy.refuse, self.proxy.silence, self.proxy.hold_replies):
            with self.subTest(outage=outage.__name__):
                outage()
                self.publish("a/event/b", *numbers(0, 100))
                self.assert_idles()
                self.proxy.forward()

    def test_a_leader_in_a_mood_does_not_keep_it_busy(self):
        for rules in (" -@write", " -multi", " -watch", " resetkeys"):
            with self.subTest(rules=rules):
                self.leader.set_user(AGENT, agent_rules(AGENT) + rules)
                self.publish("a/event/b", *numbers(0, 100))
                self.assert_idles(0.7)
        self.leader.set_user(AGENT, agent_rules(AGENT))
        self.wait_tasks(400, server=self.leader)


if __name__ == "__main__":
    tap.main()
