#!/usr/bin/python3 -B
# SPDX-License-Identifier: GPL-3.0-or-later
# Copyright (C) 2026 eventsgw contributors
"""Many commands and ill-behaved ones: the limit holds, the order too, and nothing is left behind."""

import pathlib
import sys

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[1] / "lib"))

import tap
from case import GatewayTestCase, numbers
from gateway import end_all, is_alive
from waiting import wait_until

MIB = 1 << 20


class Concurrency(GatewayTestCase):
    # Each command notes its number and waits at a gate of its own; the action tells when an event has been read.
    GATED = "[commands]\na/event/b = read n; echo $n >> started; read x < gate$n\n[actions]\na/event/b = act\n"

    def start_gated(self, count, config="", **environment):
        gateway = self.start_gateway(config + self.GATED, **environment)
        for number in range(count):
            gateway.make_gate(f"gate{number}")
        self.publish("a/event/b", *[b"%d\n" % number for number in range(count)])
        self.wait_tasks(count)
        return gateway

    def assert_started(self, gateway, count):
        """Exactly that many have started, the first ones, in order where order can be seen."""
        wait_until(lambda: gateway.read("started").count(b"\n") >= count, f"{count} commands have started")
        self.assertEqual(sorted(map(int, gateway.read("started").split())), list(range(count)))

    def test_the_limit_holds_and_the_first_come_first(self):
        gateway = self.start_gated(10, MAX_CONCURRENCY="3")
        for done in range(7):
            self.assert_started(gateway, 3 + done)
            self.assertEqual(len(gateway.children()), 3)
            gateway.open_gate(f"gate{done}")
        for done in range(7, 10):
            gateway.open_gate(f"gate{done}")
        gateway.wait_log("command: exited", 10)
        self.assertEqual(gateway.children(), [])

    def test_one_at_a_time_is_strictly_in_order(self):
        gateway = self.start_gateway(
            "[gateway]\nmax_concurrency = 1\n[commands]\na/event/b = read n; echo $n >> started\n"
        )
        self.publish("a/event/b", *[b"%d\n" % number for number in range(100)])
        gateway.wait_content("started", b"".join(b"%d\n" % number for number in range(100)))

    def test_the_environment_overrides_the_file(self):
        gateway = self.start_gated(4, "[gateway]\nmax_concurrency = 1\n", MAX_CONCURRENCY="2")
        self.assert_started(gateway, 2)
        for number in range(4):
            gateway.open_gate(f"gate{number}")
        gateway.wait_log("command: exited", 4)

    def test_32_where_nothing_is_said(self):
        gateway = self.start_gated(40)
        self.assert_started(gateway, 32)
        for number in range(40):
            gateway.open_gate(f"gate{number}")
        gateway.wait_log("command: exited", 40)

    def test_500_commands_leave_nothing_behind(self):
        gateway = self.start_gateway(
            "[commands]\na/event/b = exit 0\n[gateway]\nhistory = 0\n", MAX_CONCURRENCY="8"
        )
        before = gateway.descriptors()
        self.publish("a/event/b", *numbers(0, 500))
        gateway.wait_log("command: exited .*status=0", 500)
        wait_until(lambda: gateway.children() == [], lambda: f"no child is left: {gateway.children()}")
        wait_until(lambda: len(gateway.descriptors()) <= len(before), lambda: f"{before} {gateway.descriptors()}")


class IllBehaved(GatewayTestCase):
    def test_one_that_hangs_holds_nothing_up(self):
        gateway = self.start_gateway("[commands]\na/event/hang = sleep 1000\na/event/b = touch done\n")
        self.publish("a/event/hang", b"")
        self.publish("a/event/b", b"")
        wait_until(lambda: gateway.exists("done"), "the other command")

    def test_one_that_floods_its_output(self):
        gateway = self.start_gateway(
            "[commands]\na/event/flood = head -c 50000000 /dev/zero; head -c 5000000 /dev/zero >&2\n"
            "a/event/b = touch done\n"
        )
        self.publish("a/event/flood", b"")
        self.publish("a/event/b", b"")
        wait_until(lambda: gateway.exists("done"), "the other command")
        wait_until(lambda: b"event=a/event/flood" in gateway.stderr(), "the end of the flood")
        wait_until(lambda: gateway.stdout().count(b"\0") == 50000000, "all of the output")
        self.assertLess(gateway.resident_kib(), 300 * 1024)

    def test_a_grandchild_that_keeps_the_pipes_open(self):
        gateway = self.start_gateway(
            "[gateway]\nmax_concurrency = 1\nhistory = 0\n[commands]\na/event/b = sleep 1000 & echo $! >> pids\n"
        )
        self.addCleanup(lambda: end_all(self.noted_pids(gateway)))
        before = gateway.descriptors()
        self.publish("a/event/b", b"x" * MIB, b"", b"x")
        gateway.wait_log("command: exited .*status=0", 3)
        wait_until(lambda: len(gateway.descriptors()) <= len(before), lambda: f"{before} {gateway.descriptors()}")
        self.assertTrue(all(map(is_alive, self.noted_pids(gateway))), "what a command leaves behind lives on")

    def noted_pids(self, gateway):
        return [int(pid) for pid in gateway.read("pids").split()]

    def test_one_that_forks_a_crowd(self):
        gateway = self.start_gateway("[commands]\na/event/b = for i in $(seq 50); do sleep 0.01 & done; wait\n")
        self.publish("a/event/b", b"")
        gateway.wait_log("command: exited .*status=0")
        self.assertEqual(gateway.children(), [])

    def test_one_that_stops_itself(self):
        gateway = self.start_gateway("[commands]\na/event/stop = kill -STOP $$\na/event/b = touch done\n")
        self.publish("a/event/stop", b"")
        self.publish("a/event/b", b"")
        wait_until(lambda: gateway.exists("done"), "the other command")
        self.assertEqual(gateway.stop(), -15)

    def test_one_that_kills_its_own_group(self):
        gateway = self.start_gateway("[commands]\na/event/b = kill -TERM 0; sleep 1000\n")
        self.publish("a/event/b", b"")
        gateway.wait_log("command: exited")
        gateway.assert_running()


if __name__ == "__main__":
    tap.main()
