#!/usr/bin/python3 -B
# SPDX-License-Identifier: GPL-3.0-or-later
# Copyright (C) 2026 eventsgw contributors
"""The end by SIGTERM: what is in hand is pushed, no command survives, and the signal shows in the exit status."""

import pathlib
import signal
import sys
import time

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[1] / "lib"))

import tap
from case import AGENT, MARK, GatewayTestCase, numbers
from gateway import end_all, is_alive
from waiting import wait_until

MIB = 1 << 20
SOON = 10  # s: the 300 ms for the leader, and a machine that is busy

CONFIG = MARK + "[actions]\na/event/* = act\n"


class Termination(GatewayTestCase):
    def assert_ends_soon(self, gateway):
        gateway.send_signal(signal.SIGTERM)
        self.assertEqual(gateway.wait_exit(SOON), -signal.SIGTERM)

    def wait_pids(self, gateway, name, count):
        """The process ids that commands have written into a file."""
        wait_until(lambda: gateway.read(name).count(b"\n") == count, f"{count} process ids in {name}")
        return [int(line) for line in gateway.read(name).split()]

    def assert_gone(self, pids):
        wait_until(lambda: not any(map(is_alive, pids)), f"the end of {pids}")

    def test_idle(self):
        self.assert_ends_soon(self.start_gateway("[actions]\na/event/b = act\n"))

    def test_without_redis(self):
        self.redis.stop()
        gateway = self.start_gateway("[actions]\na/event/b = act\n", ready=False)
        gateway.wait_log("(refused|ECONNREFUSED)")
        self.assert_ends_soon(gateway)

    def assert_next_start_pushes_the_rest(self, gateway, leader, payloads):
        """For 300 ms can be too short on a busy machine."""
        self.start_gateway(CONFIG, leader=leader, options={"predecessor": gateway})
        tasks = self.wait_tasks(len(payloads), server=leader)
        self.assertTrue([task.data for task in tasks] == payloads)

    def test_what_is_in_hand_is_pushed(self):
        leader = self.start_redis()
        gateway = self.start_gateway(CONFIG, leader=leader)
        self.publish("a/event/b", b'"connected"')
        self.wait_tasks(1, server=leader)
        leader.pause()
        payloads = [b'"%d %s"' % (number, b"x" * MIB) for number in range(8)]  # more than a socket takes by itself
        self.publish_and_mark(gateway, *payloads)
        gateway.send_signal(signal.SIGTERM)
        leader.resume()
        self.assertEqual(gateway.wait_exit(SOON), -signal.SIGTERM)
        self.assertGreater(leader.admin.llen(AGENT + "/tasks"), 1)
        self.assert_next_start_pushes_the_rest(gateway, leader, [b'"connected"', *payloads, b'"mark"'])

    def test_a_leader_that_is_just_back_gets_what_is_in_hand(self):
        proxy = self.start_proxy(self.redis)
        gateway = self.start_gateway(CONFIG, leader=proxy)
        self.publish("a/event/b", b'"connected"')
        self.wait_tasks(1)
        proxy.refuse()
        refused = proxy.accepted
        self.publish_and_mark(gateway, *numbers(0, 10))
        wait_until(lambda: gateway.log_matching("leader: not connected"), "the leader is known to be away")
        proxy.forward()
        gateway.send_signal(signal.SIGTERM)
        gateway.wait_exit(SOON)
        self.assertEqual(proxy.accepted, refused + 1)
        self.assert_next_start_pushes_the_rest(gateway, self.redis, [b'"connected"', *numbers(0, 10), b'"mark"'])

    def test_a_leader_that_does_not_answer_is_not_waited_for(self):
        proxy = self.start_proxy(self.redis)
        gateway = self.start_gateway(CONFIG, leader=proxy)
        wait_until(lambda: self.redis.clients(AGENT + "/eventsgw"), "the pushing connection")
        proxy.silence()
        self.publish_and_mark(gateway, *numbers(0, 7))
        asked = time.monotonic()
        self.assert_ends_soon(gateway)
        self.assertGreater(time.monotonic() - asked, 0.28)  # s: it waits, but not long
        self.assertLess(time.monotonic() - asked, 1.5)
        self.assertTrue(gateway.log_matching(r"^<5>task: kept for the next start waiting=8$"))

    def test_running_commands_end_with_their_children(self):
        gateway = self.start_gateway("[commands]\na/event/b = echo $$ >> pids; sleep 1000 & echo $! >> pids; wait\n")
        self.publish("a/event/b", b"", b"", b"")
        pids = self.wait_pids(gateway, "pids", 6)
        self.assert_ends_soon(gateway)
        self.assert_gone(pids)

    def test_a_command_that_ignores_the_signal(self):
        gateway = self.start_gateway(
            "[commands]\na/event/b = trap '' TERM INT HUP; sleep 1000 & echo $! >> pids; echo $$ >> pids; wait\n"
        )
        self.publish("a/event/b", b"")
        pids = self.wait_pids(gateway, "pids", 2)
        self.assert_ends_soon(gateway)
        self.assert_gone(pids)

    def test_a_command_may_tidy_up(self):
        gateway = self.start_gateway(
            "[commands]\na/event/b = trap 'echo tidy > tidied; exit' TERM; echo $$ > pids; sleep 1000 & wait\n"
        )
        self.publish("a/event/b", b"")
        self.wait_pids(gateway, "pids", 1)
        self.assert_ends_soon(gateway)
        gateway.wait_content("tidied", b"tidy\n")

    def test_commands_that_wait_are_not_started(self):
        gateway = self.start_gateway(
            "[gateway]\nmax_concurrency = 1\n[commands]\na/event/b = echo $$ >> pids; sleep 1000\n"
            "[actions]\na/event/b = act\n"
        )
        self.publish("a/event/b", b"", b"", b"")
        self.wait_tasks(3)
        pids = self.wait_pids(gateway, "pids", 1)
        self.assert_ends_soon(gateway)
        self.assert_gone(pids)
        self.assertEqual(gateway.read("pids").count(b"\n"), 1)

    def test_a_child_of_a_command_that_left_the_pipes_open(self):
        gateway = self.start_gateway("[commands]\na/event/b = sleep 1000 & echo $! >> pids\n")
        self.publish("a/event/b", b"")
        pids = self.wait_pids(gateway, "pids", 1)
        gateway.wait_log("command: exited")
        self.assert_ends_soon(gateway)
        end_all(pids)  # their command has ended in good order: what it left behind is its own affair


if __name__ == "__main__":
    tap.main()
