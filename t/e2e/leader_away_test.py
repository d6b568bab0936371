#!/usr/bin/python3 -B
# SPDX-License-Identifier: GPL-3.0-or-later
# Copyright (C) 2026 eventsgw contributors
"""The leader is away while events come: all wait, then arrive in order, each once."""

import pathlib
import random
import sys

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[1] / "lib"))

import tap
from case import AGENT, MARK, GatewayTestCase, numbers
from waiting import wait_until

CONFIG = MARK + "[actions]\na/event/* = act\n"


class LeaderAway(GatewayTestCase):
    """The daemon listens on self.redis and pushes to self.leader, through a proxy."""

    def setUp(self):
        super().setUp()
        self.leader = self.start_redis()
        self.proxy = self.start_proxy(self.leader)
        self.gateway = self.start_gateway(CONFIG, leader=self.proxy)

    def deliver(self, payloads):
        """Publishes while all is well, so that there is a connection to lose."""
        self.publish("a/event/b", *payloads)
        self.wait_tasks(len(payloads), server=self.leader)

    def assert_arrives(self, payloads):
        self.assert_payloads(self.wait_tasks(len(payloads) + 1, server=self.leader), [*payloads, b'"mark"'])

    def test_stopped_and_started(self):
        self.deliver(numbers(0, 3))
        self.leader.stop()
        self.publish_and_mark(self.gateway, *numbers(3, 1000))
        self.leader.start()
        self.assert_arrives(numbers(0, 1000))  # it has nothing any more, not even what it had confirmed

    def test_refusing(self):
        self.deliver(numbers(0, 3))
        self.proxy.refuse()
        self.publish_and_mark(self.gateway, *numbers(3, 1000))
        self.proxy.forward()
        self.assert_arrives(numbers(0, 1000))

    def test_refusing_from_the_start(self):
        self.proxy.refuse()
        gateway, self.gateway = self.gateway, self.start_gateway(CONFIG, leader=self.proxy)
        gateway.stop()
        self.publish_and_mark(self.gateway, *numbers(0, 100))
        self.gateway.wait_log("^<[34]>.*(refused|ECONNREFUSED)")
        self.proxy.forward()
        self.assert_arrives(numbers(0, 100))

    def test_silent(self):
        self.deliver(numbers(0, 3))
        self.proxy.silence()
        self.publish_and_mark(self.gateway, *numbers(3, 1000))
        self.proxy.forward()
        self.assert_arrives(numbers(0, 1000))

    def test_frozen(self):
        self.deliver(numbers(0, 3))
        self.leader.pause()
        self.publish_and_mark(self.gateway, *numbers(3, 1000))
        self.leader.resume()
        self.assert_arrives(numbers(0, 1000))

    def test_slow(self):
        self.proxy.delay(0.1)
        self.proxy.reset()
        self.publish_and_mark(self.gateway, *numbers(0, 1000))
        self.assert_arrives(numbers(0, 1000))

    def test_reset_after_the_work_and_before_the_answer(self):
        self.deliver(numbers(0, 3))
        self.proxy.hold_replies()
        self.publish_and_mark(self.gateway, *numbers(3, 300))
        # Some of the tasks lie in the queue now, and the daemon cannot know which.
        wait_until(lambda: self.leader.admin.llen(AGENT + "/tasks") > 3, "the leader has done some of it")
        self.proxy.reset()
        self.proxy.forward()
        self.assert_arrives(numbers(0, 300))

    def test_reset_before_the_answer_and_the_agent_has_been_quick(self):
        self.proxy.hold_replies()
        self.publish("a/event/b", b'"once"')
        wait_until(lambda: self.leader.admin.rpop(AGENT + "/tasks"), "the agent takes the task")
        self.proxy.reset()
        self.proxy.forward()
        self.publish("a/event/b", b'"next"')
        self.assert_payloads(self.wait_tasks(1, server=self.leader), [b'"next"'])

    def test_cut_in_the_middle_of_commands(self):
        generator = random.Random(7)
        self.proxy.cut_after(*[generator.randint(200, 60000) for _ in range(6)])
        self.proxy.reset()
        payloads = numbers(0, 3000)
        for start in range(0, 3000, 100):
            self.publish("a/event/b", *payloads[start : start + 100])
        self.publish_and_mark(self.gateway, b'"end"')
        self.assert_arrives([*payloads, b'"end"'])
        wait_until(lambda: self.proxy.cuts_left() <= 1, "the cuts have happened")

    def test_commands_run_meanwhile(self):
        self.proxy.refuse()
        self.publish_and_mark(self.gateway, *numbers(0, 10))
        self.gateway.wait_log("command: exited")
        self.proxy.forward()
        self.assert_arrives(numbers(0, 10))


if __name__ == "__main__":
    tap.main()
