#!/usr/bin/python3 -B
# SPDX-License-Identifier: GPL-3.0-or-later
# Copyright (C) 2026 eventsgw contributors
"""Every task once and in order, over connections that die at any byte, and through runs that are killed at any time.

EVENTSGW_SEED repeats a run's choices."""

import os
import pathlib
import random
import sys
import time

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[1] / "lib"))

import tap
from case import GatewayTestCase, numbers
from proxy import Cut
from redis_server import password_of
from journal import stored_payloads
from task import Task
from waiting import PATIENCE, wait_until

SEED = int(os.environ.get("EVENTSGW_SEED", random.randrange(1 << 32)))
AGENTS = [f"module/mail{number}" for number in range(1, 17)]
CUTS = 32  # for each of them
KILLS = 52

# A connection is told to be well, and the next attempt made soon, when a health check has been answered.
QUICK = {"AGENT_POLLING_INTERVAL": "10ms"}
CONFIG = "[actions]\na/event/* = act\n"


def payloads_in(server, agent):
    return [Task(raw).data for raw in reversed(server.admin.lrange(agent + "/tasks", 0, -1))]


class Once(GatewayTestCase):
    def setUp(self):
        super().setUp()
        print(f"# EVENTSGW_SEED={SEED}", flush=True)
        self.random = random.Random(f"{SEED} {self.id()}")
        self.leader = self.start_redis(agents=AGENTS)
        self.published = 0

    def start(self, agent, leader, config=CONFIG, ready=True, **options):
        return self.start_gateway(
            config,
            leader=leader,
            ready=ready,
            options=options,
            AGENT_ID=agent,
            REDIS_USER=agent,
            REDIS_PASSWORD=password_of(agent),
            **QUICK,
        )

    def publish_some(self, most=20):
        """Publishes a few numbers, the next ones, and returns them."""
        first = self.published
        self.published += self.random.randint(1, most)
        payloads = numbers(first, self.published)
        self.publish("a/event/b", *payloads)
        return payloads

    def choose_cut(self):
        after = self.random.randint(1500, 4000) if self.random.random() < 0.88 else self.random.randint(1, 1500)
        kind = self.random.random()
        if kind < 0.3:
            return Cut(after, swallow=True)
        if kind < 0.65:
            return Cut(after, late=self.random.choice([1, 200, 500, 700, 1000, 2000, 5000]))
        return Cut(after, trickle=kind < 0.7)

    def assert_once(self, server, agent, payloads):
        count = len(payloads)
        key = agent + "/tasks"
        wait_until(lambda: server.admin.llen(key) >= count, lambda: f"{count}, not {server.admin.llen(key)} in {key}")
        found = payloads_in(server, agent)
        fault = f"{agent}: {len(found)} tasks, {count} events; {first_fault(found, payloads)}"
        self.assertTrue(found == payloads, fault)

    def test_connections_cut_anywhere(self):
        proxies = [self.start_proxy(self.leader) for _ in AGENTS]
        for agent, proxy in zip(AGENTS, proxies):
            proxy.cut(*[self.choose_cut() for _ in range(CUTS)])
            self.start(agent, proxy)
        end = time.monotonic() + 3 * PATIENCE
        while any(proxy.cuts_left() for proxy in proxies):
            # A long backlog would go to the first connection in one piece, and all cuts would be alike.
            if self.published - min(self.leader.admin.llen(agent + "/tasks") for agent in AGENTS) < 6:
                self.publish_some(5)
            time.sleep(0.01)  # the pace of the traffic
            self.assertLess(time.monotonic(), end, f"cuts left: {[proxy.cuts_left() for proxy in proxies]}")
        self.publish("a/event/b", b'"end"')
        for agent in AGENTS:
            self.assert_once(self.leader, agent, [*numbers(0, self.published), b'"end"'])
        self.assertGreaterEqual(sum(proxy.accepted for proxy in proxies), CUTS * len(AGENTS))
        for gateway in self.gateways:
            self.assertFalse(gateway.log_matching("may run twice|dead|cannot be"))

    def test_a_push_that_arrives_after_it_was_pushed_again(self):
        agent = AGENTS[0]
        proxy = self.start_proxy(self.leader)
        proxy.cut(Cut(0x7FFFFFFF))
        self.start(agent, proxy)
        self.publish("a/event/b", b'"first"')
        self.assert_once(self.leader, agent, [b'"first"'])
        for late in (1, 300, 450, 600, 750, 900, 1200):  # before the new connection's WATCH, ..., after its EXEC
            for after in (700, 1000):
                proxy.cut(Cut(after, late=late))
                proxy.reset()
                before = proxy.accepted
                wait_until(lambda: proxy.accepted > before, "a new connection")
                while proxy.cuts_left():
                    self.publish_some(3)
                    time.sleep(0.005)
        self.publish("a/event/b", b'"end"')
        self.assert_once(self.leader, agent, [b'"first"', *numbers(0, self.published), b'"end"'])


class Killed(Once):
    """Of what was read in the last moment before a SIGKILL the newest may be missing, and nothing else."""

    test_connections_cut_anywhere = None
    test_a_push_that_arrives_after_it_was_pushed_again = None

    def run_and_kill(self, durability, kills):
        agent = AGENTS[0]
        proxy = self.start_proxy(self.leader)
        gateway = None
        certain, doubtful = [], []  # [payloads that must be there], [sets of those that may be]
        for _ in range(kills):
            self.random.choice([proxy.forward, proxy.forward, proxy.refuse, proxy.hold_replies, proxy.silence])()
            config = CONFIG + f"[gateway]\ndurability = {durability}\n"
            gateway = self.start(agent, proxy, config, predecessor=gateway)
            safe = self.publish_some()
            spool = gateway.path("eventsgw.journal")
            wait_until(
                lambda: safe[-1] in self.newest(agent) or safe[-1] in stored_payloads(spool),
                lambda: f"{safe[-1]} is pushed or on disk: {gateway.log()[-5:]}",
            )
            if self.random.random() < 0.3:
                proxy.reset()
            lost = self.publish_some(200)
            time.sleep(self.random.random() * 0.03)
            gateway.kill()
            certain.append(safe)
            doubtful.append(lost)
            wait_until(lambda: not self.redis.subscriptions()[1], "its connection is gone")
        proxy.forward()
        self.start(agent, proxy, predecessor=gateway)
        self.publish("a/event/b", b'"end"')
        wait_until(lambda: b'"end"' in self.newest(agent), "the last task")
        self.assert_rounds(payloads_in(self.leader, agent), certain, doubtful)

    def newest(self, agent):
        return [Task(raw).data for raw in self.leader.admin.lrange(agent + "/tasks", 0, 0)]

    def assert_rounds(self, found, certain, doubtful):
        """In each round all that was certain, then a beginning of what was in doubt."""
        place = 0
        for safe, lost in zip(certain, doubtful):
            self.assertEqual(found[place : place + len(safe)], safe)
            place += len(safe)
            for payload in lost:
                if found[place] != payload:
                    break
                place += 1
        self.assertEqual(found[place:], [b'"end"'])

    def test_killed_at_any_time(self):
        self.run_and_kill("outage", KILLS // 2)

    def test_killed_at_any_time_with_always(self):
        self.run_and_kill("always", KILLS // 2)


def first_fault(found, expected):
    for place, (one, other) in enumerate(zip(found, expected)):
        if one != other:
            near = slice(max(0, place - 2), place + 5)
            return f"at {place}: {found[near]} instead of {expected[near]}"
    return "all alike up to the shorter one's end"


if __name__ == "__main__":
    tap.main()
