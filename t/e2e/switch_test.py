#!/usr/bin/python3 -B
# SPDX-License-Identifier: GPL-3.0-or-later
# Copyright (C) 2026 eventsgw contributors
"""Leader and replica change places under traffic, and what the old leader had confirmed alone is pushed again."""

import os
import pathlib
import random
import sys
import time

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[1] / "lib"))

import tap
from case import AGENT, GatewayTestCase, numbers
from task import Task
from waiting import wait_until

SEED = int(os.environ.get("EVENTSGW_SEED", random.randrange(1 << 32)))
SWITCHES = 6
CONFIG = "[actions]\na/event/* = act\n"
QUICK = {"AGENT_POLLING_INTERVAL": "50ms"}


class Switch(GatewayTestCase):
    def setUp(self):
        super().setUp()
        print(f"# EVENTSGW_SEED={SEED}", flush=True)
        self.random = random.Random(f"{SEED} {self.id()}")
        self.leader = self.start_redis()
        self.replica = self.start_redis(replica_of=self.leader)
        self.name = self.start_proxy(self.leader)  # where the leader's name leads
        self.published = 0

    def publish_for(self, seconds):
        end = time.monotonic() + seconds
        while time.monotonic() < end:
            first = self.published
            self.published += self.random.randint(1, 10)
            self.publish("a/event/b", *numbers(first, self.published))
            time.sleep(0.002)  # the pace of the traffic

    def promote(self, also_when_apart):
        """The replica leads from now on; the old leader takes over its data, and loses what came in between."""
        old, new = self.leader, self.replica
        if also_when_apart:
            new.admin.execute_command("REPLICAOF", "NO", "ONE")
            self.publish_for(self.random.random() * 0.1)
        self.name.retarget(new.port)
        new.admin.execute_command("REPLICAOF", "NO", "ONE")
        old.admin.execute_command("REPLICAOF", "127.0.0.1", new.port)
        self.leader, self.replica = new, old

    def assert_all(self):
        self.publish("a/event/b", b'"end"')
        key = AGENT + "/tasks"
        payloads = [*numbers(0, self.published), b'"end"']
        wait_until(
            lambda: self.leader.admin.llen(key) >= len(payloads),
            lambda: f"{len(payloads)} tasks, there are {self.leader.admin.llen(key)}",
        )
        found = [Task(raw).data for raw in reversed(self.leader.admin.lrange(key, 0, -1))]
        self.assertTrue(found == payloads, f"{len(found)} tasks, {len(payloads)} events")

    def test_under_traffic(self):
        self.start_gateway(CONFIG, leader=self.name, **QUICK)
        for number in range(SWITCHES):
            self.publish_for(0.2)
            self.promote(also_when_apart=number % 2)
            self.publish_for(0.2)
            wait_until(self.replica.is_in_sync, "the old leader follows the new one")
        self.assert_all()

    def test_what_only_the_old_leader_had_is_pushed_again_and_told(self):
        gateway = self.start_gateway(CONFIG, leader=self.name, **QUICK)
        self.published = 10
        self.publish("a/event/b", *numbers(0, 5))
        self.wait_tasks(5, server=self.replica)
        self.replica.admin.execute_command("REPLICAOF", "NO", "ONE")
        self.publish("a/event/b", *numbers(5, 10))
        self.wait_tasks(10, server=self.leader)
        self.promote(also_when_apart=False)
        # No task comes that could fail on the old leader: that it has forgotten some must be noticed without one.
        self.assert_payloads(self.wait_tasks(10, server=self.leader), numbers(0, 10))
        gateway.wait_log(r"^<4>task: the leader has forgotten tasks, .* may run twice tasks=5$")

    def test_a_leader_that_starts_from_an_older_copy(self):
        gateway = self.start_gateway(CONFIG, leader=self.name, **QUICK)
        self.published = 20
        self.publish("a/event/b", *numbers(0, 10))
        self.wait_tasks(10, server=self.leader)
        self.leader.save()
        self.publish("a/event/b", *numbers(10, 20))
        self.wait_tasks(20, server=self.leader)
        self.leader.admin.config_set("save", "")
        self.leader.stop()
        self.leader.start()
        self.assert_payloads(self.wait_tasks(20, server=self.leader), numbers(0, 20))
        gateway.wait_log(r"^<4>task: the leader has forgotten tasks, .* may run twice tasks=10$")


if __name__ == "__main__":
    tap.main()
