#!/usr/bin/python3 -B
# SPDX-License-Identifier: GPL-3.0-or-later
# Copyright (C) 2026 eventsgw contributors
"""Runs of commands and handlers are retried, joined, held, and share slots and memory."""

import pathlib
import signal
import sys

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[1] / "lib"))

import flood
import tap
from case import numbers
from runs import HELD, RUNNING, STEP, WAIT_FOR_GO, RunsTestCase, gateway, own
from waiting import wait_until

TERM, KILL = signal.SIGTERM, signal.SIGKILL


class Retry(RunsTestCase):
    def times(self):
        """When the attempts started, in seconds."""
        return [int(line) / 1e9 for line in self.gateway.read("times").split()]

    def test_until_it_succeeds_with_delays_that_double(self):
        script = "date +%s%N >> times\n[ $AGENT_EVENT_ATTEMPT -ge 3 ]\n"
        self.start_runs(STEP + own("retry = 5\nretry_delay = 400ms"), script)
        self.publish("a/event/b", b"0")
        self.wait_record(state="done", attempts=3)
        first, second, third = self.times()
        self.assertGreaterEqual(second - first, 0.4)
        self.assertGreaterEqual(third - second, 0.8)
        self.assertEqual([line.attempt for line in self.lines()], [1, 2, 3])
        self.assertEqual(self.status()["runs"]["retried"], 2)

    def test_failures_of_all_kinds(self):
        kinds = {
            "status": "exit 1",
            "signal": "kill -KILL $$",
            "missing": "./missing",
            "late": "exec sleep 20",
            "skip": "exit 7",
        }
        config = "[commands]\n" + "".join(f"a/event/{kind} = {command}\n" for kind, command in kinds.items())
        config += gateway("retry = 2\nretry_delay = 10ms")
        config += own("timeout = 50ms", "a/event/late") + own("skip_exit_codes = 7", "a/event/skip")
        self.start_runs(config)
        for kind in kinds:
            self.publish(f"a/event/{kind}", b"0")
        ends = {record["channel"]: (record["state"], record["attempts"]) for record in self.wait_history(len(kinds))}
        expected = {f"a/event/{kind}": ("dead", 3) for kind in kinds}
        self.assertEqual(ends, {**expected, "a/event/skip": ("done", 1)})

    def test_a_refused_step_is_not_retried(self):
        self.start_runs(gateway("retry = 2\nretry_delay = 10ms"))
        self.write_step("e", "10a", "exit 0\n", mode=0o777)
        self.fire("e")
        self.wait_record(state="dead", attempts=1)

    def test_a_later_attempt_begins_with_the_first_step(self):
        self.start_runs(gateway("retry = 1\nretry_delay = 10ms"))
        self.write_step("e", "10a", "echo a$AGENT_EVENT_ATTEMPT >> steps\n")
        self.write_step("e", "20b", "echo b$AGENT_EVENT_ATTEMPT >> steps; [ $AGENT_EVENT_ATTEMPT = 2 ]\n")
        self.fire("e")
        self.wait_record(state="done", attempts=2)
        self.assertEqual(self.gateway.read("steps").split(), [b"a1", b"b1", b"a2", b"b2"])

    def test_survives_the_end_of_the_gateway(self):
        for number in (TERM, KILL):
            with self.subTest(number.name):
                script = "date +%s%N >> times\n[ $AGENT_EVENT_ATTEMPT -ge 2 ]\n"
                self.start_runs(STEP + own("retry = 1\nretry_delay = 2s"), script)
                self.publish("a/event/b", b"0")
                self.wait_rows(1, "state = 0 AND starts = 1 AND failures = 1")
                self.restart(number)
                self.wait_record(state="done", attempts=2)
                first, second = self.times()
                self.assertGreaterEqual(second - first, 1.9)
                self.assertLess(second - first, 15)
                self.gateway.close()

    def test_its_lane_waits_and_others_do_not(self):
        config = "[commands]\na/event/b = . ./step\na/event/c = . ./step\n" + gateway("retry = 1\nretry_delay = 300ms")
        script = "[ $number != 0 -o $AGENT_EVENT_ATTEMPT = 2 ]\n"
        self.start_runs(config + own("serialize = event"), script, MAX_CONCURRENCY="1")
        self.publish("a/event/b", *numbers(0, 2))
        self.wait_lines(1)
        self.publish("a/event/c", b"2")
        self.wait_history(3)
        self.assertEqual([line.number for line in self.lines()], [0, 2, 0, 1])

    def test_joining_makes_it_due(self):
        script = 'echo "$AGENT_EVENT_ATTEMPT $AGENT_EVENT_COALESCED" >> seen\n[ $AGENT_EVENT_ATTEMPT -ge 2 ]\n'
        self.start_runs(STEP + own("retry = 1\nretry_delay = 1h\nretry_max_delay = 1h\ncoalesce = 1ms"), script)
        self.publish("a/event/b", b"0")
        self.gateway.wait_log("failed, to be retried")
        self.publish("a/event/b", b"0")
        self.wait_record(state="done", attempts=2, coalesced=2)
        self.assertEqual(self.gateway.read("seen"), b"1 1\n2 2\n")


class Coalesce(RunsTestCase):
    SCRIPT = 'echo "$number $AGENT_EVENT_COALESCED" >> seen\n[ ! -p gate -o $AGENT_EVENT_COALESCED = 2 ] || read x < gate\n'

    def seen(self):
        return self.gateway.read("seen").decode().splitlines()

    def test_different_payloads(self):
        self.start_runs(STEP + own("coalesce = 300ms"), self.SCRIPT)
        self.publish("a/event/b", *numbers(0, 25))
        self.wait_history(25)
        self.assertEqual(self.seen(), [f"{number} 1" for number in range(25)])

    def test_different_payloads_by_event(self):
        self.start_runs(STEP + own("coalesce = 300ms\ncoalesce_by = event"), self.SCRIPT)
        self.publish("a/event/b", *numbers(0, 25))
        self.wait_record(state="done", coalesced=25)
        self.assertEqual(self.seen(), ["24 25"])

    def test_equal_payloads(self):
        self.start_runs(STEP + own("coalesce = 300ms"), self.SCRIPT)
        self.publish("a/event/b", *[b"7"] * 25)
        self.wait_record(state="done", coalesced=25)
        self.assertEqual(self.seen(), ["7 25"])

    def test_an_event_during_the_run(self):
        self.start_runs(STEP + own("coalesce = 1ms"), self.SCRIPT)
        self.gateway.make_gate("gate")
        self.publish("a/event/b", b"7")
        self.wait_lines(1)
        self.publish("a/event/b", b"7", b"7")
        self.wait_runs(waiting=1, running=1)
        self.gateway.open_gate("gate")
        self.wait_history(2)
        self.assertEqual(self.seen(), ["7 1", "7 2"])


class Many(RunsTestCase):
    """Waiting runs leave memory, and the rules take turns."""

    BLOCKED = "[commands]\na/event/b = . ./step\na/event/c = . ./step\n"

    def start_blocked(self, settings):
        script = "[ $number != 0 ] || " + WAIT_FOR_GO
        self.start_runs(self.BLOCKED + gateway(settings), script, (), MAX_CONCURRENCY="1")
        self.publish("a/event/b", b"0")
        self.wait_lines(1)

    def flood(self, payloads):
        publisher = flood.Publisher(self.redis)
        publisher.publish(flood.encode(b"a/event/b", payloads), len(payloads))
        publisher.close()
        wait_until(lambda: self.status()["replica"]["messages"] > len(payloads), "all events are read")

    def assert_resident(self, most):
        if not self.gateway.is_sanitized():
            self.assertLess(self.gateway.peak_resident_kib(), most * 1024)

    def test_twenty_thousand_of_a_kibibyte(self):
        count = 20000
        self.start_blocked("queue_memory = 4M")
        self.flood([b"%d %s" % (number, b"x" * 1016) for number in range(1, count + 1)])
        self.wait_runs(waiting=count, refused=0)
        self.assert_resident(40)
        self.wait_rows(count + 1)
        self.restart(KILL)
        self.wait_runs(waiting=count, running=1, refused=0)
        self.assert_resident(40)
        # Those that wait for one rule delay the first of another by one at most.
        self.publish("a/event/c", b"77777")
        self.gateway.write("go", "")
        self.wait_lines(20)
        self.assertIn(77777, [line.number for line in self.lines()[1:4]])
        expected = [0, 0, *(line.number for line in self.lines()[2:] if line.number != 77777)]
        self.assertEqual(expected[2:], list(range(1, len(expected) - 1)))

    def test_a_hundred_thousand_small_ones(self):
        count = 99000
        self.start_blocked("")
        self.flood([b"%d" % number for number in range(1, count + 1)])
        self.wait_runs(waiting=count, refused=0)
        self.assert_resident(64)
        self.wait_rows(count + 1)
        self.assert_resident(64)
        self.restart(KILL)
        self.wait_runs(waiting=count, refused=0)
        self.assert_resident(64)


class Held(RunsTestCase):
    TWO = "[commands]\na/event/b = . ./step\na/event/c = . ./step\n"
    ONE = "[commands]\na/event/c = . ./step\n"

    def start_held(self, settings=""):
        """One of c runs, and two of b wait and are held."""
        script = "[ $number != 0 ] || " + WAIT_FOR_GO + "say end\n"
        self.start_runs(self.TWO + gateway(settings), script, MAX_CONCURRENCY="1")
        self.publish("a/event/c", b"0")
        self.wait_lines(1)
        self.publish("a/event/b", *numbers(1, 3))
        self.wait_runs(waiting=2)

    def test_the_rule_goes_and_returns(self):
        self.start_held()
        self.reload(self.ONE)
        self.wait_runs(held=2, waiting=0, running=1)
        self.wait_rows(2, HELD)
        self.gateway.write("go", "")
        self.wait_idle()
        self.restart(TERM)
        self.wait_runs(held=2, waiting=0, running=0)
        self.assertEqual(len(self.lines("start")), 1)
        self.reload(self.TWO)
        self.wait_lines(3, "end")
        self.assertEqual([line.number for line in self.lines("start")], [0, 1, 2])
        self.wait_runs(held=0, waiting=0, running=0)
        self.wait_rows(0)

    def test_it_is_gone_at_a_start_and_returns_at_the_next(self):
        self.start_held()
        self.wait_rows(3)
        self.wait_rows(1, RUNNING)
        self.restart(KILL, self.ONE)
        self.wait_runs(held=2)
        self.gateway.write("go", "")
        self.wait_idle()
        self.restart(TERM, self.TWO)
        self.wait_lines(3, "end")
        self.wait_idle()
        self.wait_rows(0)

    def test_too_old_when_its_rule_returns(self):
        self.start_held()
        self.reload(self.ONE)
        self.wait_runs(held=2)
        self.gateway.write("go", "")
        self.wait_lines(1, "end")
        self.reload(self.TWO + gateway("max_age = 1ms"))
        records = self.wait_history(3)
        self.assertEqual([record["result"] for record in records[1:]], ["expired"] * 2)
        self.wait_runs(held=0, waiting=0, running=0)

    def test_hold_after(self):
        self.start_held()
        self.restart(TERM, self.TWO + gateway("hold_after = 1ms"))
        self.wait_runs(held=3, waiting=0, running=0)
        self.assertEqual(len(self.lines("start")), 1)
        self.wait_rows(3, HELD)

    def test_max_age(self):
        self.start_held("max_age = 200ms")
        expired = self.wait_history(2)
        ends = {(record["state"], record["result"], record["attempts"]) for record in expired}
        self.assertEqual(ends, {("dead", "expired", 0)})
        self.gateway.write("go", "")
        self.wait_idle()
        self.assertEqual([line.number for line in self.lines("start")], [0])


if __name__ == "__main__":
    tap.main()
