#!/usr/bin/python3 -B
# SPDX-License-Identifier: GPL-3.0-or-later
# Copyright (C) 2026 eventsgw contributors
"""Runs of commands and handlers outlive their gateway, however it ends."""

import pathlib
import signal
import sys
import time
import uuid

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[1] / "lib"))

import tap
from case import numbers
from runs import PREAMBLE, RUNNING, STEP, WAIT_FOR_GO, RunsTestCase, gateway, own
from waiting import wait_until

TERM, KILL, USR1 = signal.SIGTERM, signal.SIGKILL, signal.SIGUSR1


class Ends(RunsTestCase):
    """The gateway ends while runs wait and run."""

    def test_fifty_events_and_sigterm(self):
        self.fifty_events(TERM)

    def test_fifty_events_and_sigkill(self):
        self.fifty_events(KILL)

    def fifty_events(self, number):
        self.start_runs(STEP, "sleep $(cat pause)\nsay end\n", MAX_CONCURRENCY="2")
        self.gateway.write("pause", "0.3")
        self.publish("a/event/b", *numbers(0, 50))
        self.wait_rows(2, RUNNING)
        self.wait_lines(4, "end")
        self.wait_rows(2, RUNNING)
        self.gateway.write("pause", "0.02")
        self.restart(number)
        self.wait_idle()
        starts, ends = self.lines("start"), self.lines("end")
        self.assertEqual({line.number for line in ends}, set(range(50)))
        again = [line.number for line in starts if line.attempt == 2]
        self.assertIn(len(again), (1, 2), starts)
        self.assertIn(len(starts) - 50, range(len(again) + 1), starts)  # an attempt may end before it can say anything
        first = list(dict.fromkeys(line.number for line in starts))
        self.assertLessEqual(max(abs(place - number) for place, number in enumerate(first)), 1, first)
        interrupted_at = next(place for place, line in enumerate(starts) if line.attempt == 2)
        self.assertLessEqual(max(line.number for line in starts[:interrupted_at]), max(again) + 1)

    def test_what_is_interrupted_keeps_its_place_in_its_lane(self):
        for number in (TERM, KILL):
            with self.subTest(number.name):
                self.start_runs(STEP + own("serialize = event"), WAIT_FOR_GO + "say end\n")
                self.publish("a/event/b", *numbers(0, 5))
                self.wait_rows(1, RUNNING)
                self.wait_rows(5)
                self.restart(number)
                self.publish("a/event/b", b"5")
                self.gateway.write("go", "")
                self.wait_history(6)
                places = [(line.number, line.attempt) for line in self.lines("start")]
                self.assertEqual(places, [(0, 1), (0, 2), *((other, 1) for other in range(1, 6))])
                self.gateway.close()

    def test_what_has_failed_in_the_meantime_is_not_run_again(self):
        self.start_runs(STEP, "exit 3\n")
        self.publish("a/event/b", b"0")
        self.wait_record(state="failed", result="failed", status=3, attempts=1)
        self.restart(KILL)
        self.restart(TERM)
        self.wait_idle()
        self.assertEqual(len(self.lines()), 1)

    def test_a_drain_leaves_nothing_that_waits_for_a_slot(self):
        self.start_runs(STEP, "sleep 0.05\nsay end\n", MAX_CONCURRENCY="2")
        self.publish("a/event/b", *numbers(0, 10))
        self.wait_lines(1)
        self.restart(USR1)
        self.assertEqual(len(self.lines("end")), 10)
        self.wait_idle()
        self.assertEqual(len(self.lines()), 20)

    def test_interrupted_drop(self):
        for number in (TERM, KILL):
            with self.subTest(number.name):
                self.start_runs(STEP + own("interrupted = drop"), WAIT_FOR_GO + "say end\n", MAX_CONCURRENCY="1")
                self.publish("a/event/b", *numbers(0, 2))
                self.wait_rows(1, RUNNING)
                self.restart(number)
                self.gateway.write("go", "")
                records = self.wait_history(2)
                states = [(record["state"], record["result"], record["reason"]) for record in records]
                self.assertEqual(states, [("failed", "interrupted", "interrupted"), ("done", "succeeded", None)])
                self.assertEqual([line.number for line in self.lines("start")], [0, 1])
                self.gateway.close()

    def test_what_is_cancelled_just_before_the_end(self):
        self.start_runs(STEP + gateway("queue_memory = 1M"), "[ $number != 0 ] || " + WAIT_FOR_GO, MAX_CONCURRENCY="1")
        self.publish("a/event/b", b"0")
        self.wait_lines(1)
        self.publish("a/event/b", *[b"%d " % number + bytes(100000) for number in range(1, 40)])  # most on disk alone
        self.wait_rows(40)
        ids = [str(uuid.UUID(bytes=id)) for (id,) in self.rows("id", "state = 0")]
        self.assertEqual(self.gateway.run("cancel", *ids).status, 0)
        self.restart(TERM)
        self.assertEqual([record["result"] for record in self.history()], ["cancelled"] * 39)
        self.gateway.write("go", "")
        self.wait_idle()
        self.assertEqual([line.number for line in self.lines()], [0, 0])


class Poison(RunsTestCase):
    def test_one_among_eight(self):
        script = "[ $number != 3 ] || { " + WAIT_FOR_GO + "kill -9 $PPID; exit 1; }\n"
        script += WAIT_FOR_GO + "[ $AGENT_EVENT_ATTEMPT -gt 1 -o $number -gt 7 ] || sleep 20\nsay end\n"
        self.start_runs(STEP, script, MAX_CONCURRENCY="8")
        self.publish("a/event/b", *numbers(0, 12))
        self.wait_lines(8)
        self.wait_rows(8, RUNNING)
        self.wait_rows(12)
        self.gateway.write("go", "")
        for _ in range(3):
            self.start_again(KILL)
        # The history of what has ended in the last moment before SIGKILL may be lost.
        poison = next(line.run for line in self.lines("start") if line.number == 3)
        wait_until(lambda: [record for record in self.history() if record["id"] == poison], "the end of the poison")
        self.wait_idle()
        poison = next(record for record in self.history() if record["id"] == poison)
        self.assertEqual((poison["state"], poison["result"], poison["attempts"]), ("dead", "interrupted", 3))
        self.assertIn("interrupted 3 times by an unclean end", poison["reason"])
        self.assertEqual({line.number for line in self.lines("end")}, set(range(12)) - {3})
        innocent = [line for line in self.lines("start") if line.number != 3]
        self.assertEqual(max(line.attempt for line in innocent), 2, innocent)
        self.assertEqual([line.attempt for line in self.lines("start") if line.number == 3], [1, 2, 3])

    def test_its_own_stop(self):
        self.start_runs(STEP, "kill -TERM $PPID\nexec sleep 20\n")
        self.publish("a/event/b", b"0")
        for _ in range(3):
            self.start_again(TERM)
        self.wait_idle()
        self.wait_record(state="dead", result="interrupted", attempts=3, reason="interrupted by its own stop")
        self.assertEqual([line.attempt for line in self.lines()], [1, 2, 3])


class Stop(RunsTestCase):
    def start_stopping(self, script, settings="", count=1):
        self.start_runs(gateway(settings))
        self.write_step("e", "10a", PREAMBLE + script)
        self.fire("e", *numbers(0, count))
        self.wait_lines(count, "up")

    def end(self, number=TERM):
        """Ends the gateway, and says how long it took."""
        begin = time.monotonic()
        self.assertEqual(self.gateway.stop(number), -number)
        return time.monotonic() - begin

    def test_a_step_has_its_grace(self):
        self.start_stopping("trap 'sleep 2; say polite; exit 1' TERM; say up; sleep 20 & wait\n")
        self.assertGreaterEqual(self.end(), 2)
        self.assertEqual(len(self.lines("polite")), 1)
        self.assertEqual(self.gateway.log_matching("Handler of "), [])

    def test_a_command_has_its_grace(self):
        self.start_runs(STEP, "trap 'sleep 1; say polite; exit 1' TERM; say up; sleep 20 & wait\n")
        self.publish("a/event/b", b"0")
        self.wait_lines(1, "up")
        self.assertGreaterEqual(self.end(), 1)
        self.assertEqual(len(self.lines("polite")), 1)
        self.assertEqual(self.gateway.log_matching("command: exited"), [])

    def test_what_ignores_it_is_killed_after_the_grace(self):
        self.start_stopping("trap '' TERM; say up; sleep 20; say late\n", "kill_grace = 500ms")
        self.assertGreaterEqual(self.end(), 0.5)
        self.assertEqual(self.lines("late"), [])

    def test_a_second_signal_kills_at_once(self):
        for number in (TERM, signal.SIGINT):
            with self.subTest(number.name):
                self.start_stopping("trap '' TERM; say up; sleep 20; say late\n", "kill_grace = 10m")
                self.gateway.send_signal(TERM)
                wait_until(lambda: self.redis.subscriptions() == ([], 0), "it stops")
                self.gateway.send_signal(number)
                self.assertEqual(self.gateway.wait_exit(15), -TERM)
                self.assertEqual(self.lines("late"), [])

    def test_a_last_step_that_exits_well_is_done(self):
        self.start_stopping("trap 'exit 0' TERM; say up; sleep 20 & wait\n")
        self.restart(TERM)
        self.wait_record(state="done", result="succeeded", attempts=1)
        self.assertEqual(len(self.lines("up")), 1)

    def test_a_step_that_is_not_the_last_starts_no_further_one(self):
        self.start_runs("")
        self.write_step("e", "10a", PREAMBLE + "trap 'exit 0' TERM; say up; sleep 20 & wait\n")
        self.write_step("e", "20b", PREAMBLE + "say second\n")
        self.fire("e", b"0")
        self.wait_lines(1, "up")
        self.end()
        self.assertEqual(self.lines("second"), [])
        self.write_step("e", "10a", PREAMBLE + "say up\n")
        self.start_again(TERM)
        self.wait_record(state="done", attempts=2)
        self.assertEqual([line.attempt for line in self.lines("up", "second")], [1, 2, 2])

    def test_nothing_to_wait_for(self):
        self.start_runs(STEP)
        self.assertLess(self.end(), 0.8)

    def test_obedient_ones(self):
        self.start_stopping("say up; exec sleep 20\n", count=5)
        self.assertLess(self.end(), 0.9)
        self.assertEqual(len(self.rows()), 5)


class Leftovers(RunsTestCase):
    """After SIGKILL the processes of the killed gateway live on; each run locks its lane."""

    STUBBORN = (
        "exec 9> lane; flock -n 9 || say overlap\n"
        "[ $number = 0 -a ! -e go ] || { say end; exit 0; }\n"
        "trap '' TERM; " + WAIT_FOR_GO + "sleep 20\n"
    )
    GRACE = gateway("kill_grace = 700ms")

    def start_stubborn(self, settings=""):
        self.start_runs(STEP + own("serialize = event\n" + settings) + self.GRACE, self.STUBBORN)
        self.publish("a/event/b", *numbers(0, 3))
        self.wait_lines(1)
        self.wait_rows(1, RUNNING)
        self.wait_rows(3)

    def assert_alone(self, *ends):
        self.gateway.write("go", "")
        self.wait_lines(len(ends), "end")
        self.wait_idle()
        self.assertEqual(self.lines("overlap"), [], self.lines())
        self.assertEqual([line.number for line in self.lines("end")], list(ends))

    def test_none_starts_beside_them(self):
        self.start_stubborn()
        self.restart(KILL)
        self.assert_alone(0, 1, 2)

    def test_when_the_next_gateway_is_killed_as_well(self):
        for number in (KILL, TERM):
            with self.subTest(number.name):
                self.start_stubborn()
                self.restart(KILL)
                self.restart(number)
                self.assert_alone(0, 1, 2)
                self.gateway.close()

    def test_when_the_run_is_given_up(self):
        self.start_stubborn("interrupted = drop")
        self.restart(KILL)
        self.assert_alone(1, 2)

    def test_they_are_ended_before_a_coalescing_run(self):
        self.start_runs(STEP + own("coalesce = 1ms") + self.GRACE, self.STUBBORN)
        self.publish("a/event/b", b"0")
        self.wait_rows(1, RUNNING)
        self.restart(KILL)
        self.assert_alone(0)


if __name__ == "__main__":
    tap.main()
