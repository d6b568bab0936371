#!/usr/bin/python3 -B
# SPDX-License-Identifier: GPL-3.0-or-later
# Copyright (C) 2026 eventsgw contributors
"""Many handlers: how many at once, in which order, together or apart, for how long, and how the daemon ends them."""

import os
import pathlib
import signal
import sys
import time

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[1] / "lib"))

import tap
from case import numbers
from gateway import end_all, is_alive
from handlers import HandlerTestCase
from waiting import wait_until

# Notes its payload and waits at a gate that is named after it.
GATED = 'read n; echo "$n" >> started; read x < "gate$n"; echo "$n" >> ended\n'


class QueueTestCase(HandlerTestCase):
    def make_gates(self, *names):
        for name in names:
            self.gateway.make_gate(f"gate{name}")

    def open_gates(self, *names):
        for name in names:
            self.gateway.open_gate(f"gate{name}")

    def words(self, name):
        return self.gateway.read(name).decode().split()

    def wait_words(self, name, *expected):
        wait_until(lambda: self.words(name) == [*expected], lambda: f"{name}: {self.words(name)}, not {expected}")

    def fire_lines(self, event, *lines, **options):
        self.fire(event, *[f"{line}\n".encode() for line in lines], **options)

    def wait_read(self):
        """Returns when the daemon has read all events so far."""
        count = len(self.words("marks"))
        self.write_step("mark", "10a", "echo mark >> marks\n")
        self.fire("mark", source="module/mark")
        wait_until(lambda: len(self.words("marks")) > count, "the mark")


class Concurrency(QueueTestCase):
    def test_a_handler_has_one_slot_for_all_its_steps(self):
        self.start_handlers(MAX_CONCURRENCY="1")
        for name in ("10a", "20b"):
            self.write_step("e", name, f'read n; echo "$n"{name[2]} >> order\n')
        self.fire_lines("e", *range(5))
        self.wait_words("order", *[f"{number}{step}" for number in range(5) for step in "ab"])

    def test_the_limit_holds_and_the_first_come_first(self):
        self.start_handlers(MAX_CONCURRENCY="3")
        self.make_gates(*range(8))
        self.write_step("e", "10a", GATED)
        self.fire_lines("e", *range(8))
        for done in range(5):
            wait_until(lambda end=3 + done: len(self.words("started")) == end, "as many as may")
            self.assertEqual(sorted(self.words("started")), [str(number) for number in range(3 + done)])
            self.assertEqual(len(self.gateway.children()), 3)
            self.open_gates(done)
        self.open_gates(*range(5, 8))
        self.wait_end("e", 8)

    def test_commands_and_handlers_share_the_slots_in_the_order_of_their_events(self):
        self.start_handlers("[commands]\na/event/command = read n; echo c$n >> order\n", MAX_CONCURRENCY="1")
        self.make_gates("first")
        self.write_step("gated", "10a", GATED)
        self.write_step("e", "10a", 'read n; echo "h$n" >> order\n')
        self.fire_lines("gated", "first")
        self.wait_words("started", "first")
        for number in range(4):
            self.publish("a/event/command", b"%d\n" % number)
            self.fire_lines("e", number)
        self.open_gates("first")
        self.wait_words("order", *[f"{kind}{number}" for number in range(4) for kind in "ch"])

    def test_what_goes_beyond_the_queue_is_refused_aloud(self):
        self.start_handlers("[gateway]\nqueue_limit = 3\n", MAX_CONCURRENCY="1")
        self.make_gates("first")
        self.write_step("gated", "10a", GATED)
        self.write_step("e", "10a", 'read n; echo "$n" >> order\n')
        self.fire_lines("gated", "first")
        self.wait_words("started", "first")
        self.fire_lines("e", *range(10))
        self.gateway.wait_log(r"^<3>handler: refused, queue full event=module/samba1/event/e waiting=3")
        self.open_gates("first")
        self.wait_words("order", "0", "1", "2")
        self.gateway.wait_log(r"refused=7$")

    def test_many_without_a_step_that_runs_do_not_pile_up(self):
        self.start_handlers(MAX_CONCURRENCY="1")
        self.make_gates("first")
        self.write_step("gated", "10a", GATED)
        self.write_step("idle", "10a", "true\n", mode=0o644)
        self.fire_lines("gated", "first")
        self.wait_words("started", "first")
        self.fire("idle", *numbers(0, 3000))
        self.open_gates("first")
        self.wait_end("idle", 3000)


class Serialize(QueueTestCase):
    def start(self, what):
        self.start_handlers(f"[gateway]\nserialize = {what}\n")
        self.make_gates(*"abcd")
        self.write_step("e", "10a", GATED)
        self.write_step("f", "10a", GATED)

    def test_not_at_all(self):
        self.start("none")
        self.fire_lines("e", *"abcd")
        wait_until(lambda: len(self.words("started")) == 4, "all at once")
        self.open_gates(*"abcd")

    def test_by_event(self):
        self.start("event")
        self.fire_lines("e", "a")
        self.fire_lines("e", "b", source="module/other")
        self.fire_lines("f", "c")
        wait_until(lambda: len(self.words("started")) == 2, "one of each event")
        self.assertEqual(sorted(self.words("started")), ["a", "c"])
        self.open_gates("a")
        wait_until(lambda: self.words("started")[2:] == ["b"], "the next of the event")
        self.open_gates("b", "c")
        self.wait_end("f")

    def test_by_source(self):
        self.start("source")
        self.fire_lines("e", "a")
        self.fire_lines("f", "b")
        self.fire_lines("e", "c", source="module/other")
        wait_until(lambda: len(self.words("started")) == 2, "one of each source")
        self.assertEqual(sorted(self.words("started")), ["a", "c"])
        self.open_gates("a")
        wait_until(lambda: self.words("started")[2:] == ["b"], "the next of the source")
        self.open_gates("b", "c")
        self.wait_end("f")

    def test_in_the_order_of_publishing(self):
        self.start_handlers("[handler e]\nserialize = event\n")
        self.write_step("e", "10a", 'read n; echo "$n" >> order\n')
        self.fire_lines("e", *range(200))
        self.wait_words("order", *map(str, range(200)))


class Coalesce(QueueTestCase):
    STEP = 'read n; echo "$AGENT_EVENT_SOURCE=$n*$AGENT_EVENT_COALESCED" >> runs\n'

    def test_a_run_of_events_is_one_run_with_the_last_payload(self):
        self.start_handlers("[handler e]\ncoalesce = 300ms\ncoalesce_by = event\n")
        self.write_step("e", "10a", self.STEP)
        began = time.monotonic()
        self.fire_lines("e", *range(50))
        self.fire_lines("e", *range(3), source="module/other")
        wait_until(lambda: len(self.words("runs")) == 2, "a run for each source")
        self.assertGreaterEqual(time.monotonic() - began, 0.3)
        self.assertEqual(sorted(self.words("runs")), ["module/other=2*3", "module/samba1=49*50"])
        self.fire_lines("e", "again")
        wait_until(lambda: self.words("runs")[2:] == ["module/samba1=again*1"], "a run of its own")

    def test_events_while_the_handler_runs_give_one_more_run(self):
        self.start_handlers("[handler e]\ncoalesce = 1ms\ncoalesce_by = event\n")
        self.make_gates("a", "c")
        self.write_step("e", "10a", 'read n; echo "$n*$AGENT_EVENT_COALESCED" >> runs; read x < "gate$n"\n')
        self.fire_lines("e", "a")
        self.wait_words("runs", "a*1")
        self.fire_lines("e", "b", "c")
        self.wait_read()
        self.assertEqual(self.words("runs"), ["a*1"])
        self.open_gates("a")
        self.wait_words("runs", "a*1", "c*2")
        self.open_gates("c")
        self.wait_end("e", 2)

    def test_events_that_find_no_slot_still_join(self):
        config = "[handler e]\ncoalesce = 1ms\ncoalesce_by = event\n[actions]\nmark = act\n"
        self.start_handlers(config, MAX_CONCURRENCY="1")
        self.make_gates("first")
        self.write_step("gated", "10a", GATED)
        self.write_step("e", "10a", self.STEP)
        self.fire_lines("gated", "first")
        self.wait_words("started", "first")
        for number in range(5):
            self.fire_lines("e", number)
            self.publish("mark", b"{}")
            self.wait_tasks(number + 1)  # which takes longer than the window
        self.open_gates("first")
        self.wait_words("runs", "module/samba1=4*5")


class SkipExitCodes(QueueTestCase):
    def test_they_end_the_handler_without_an_error(self):
        self.start_handlers("[handler e]\nskip_exit_codes = 2 3 4\n[gateway]\nlog_level = debug\n")
        self.write_step("e", "10a", "exit $(cat)\n")
        self.write_step("e", "20b", "echo >> reached\n")
        for code in (2, 3, 4):
            self.assertIn(f'<7>Handler of module/samba1/event/e exited with status "skipped" ({code}) at step 10a',
                          self.run_handler("e", b"%d" % code))
        self.assertIn('<3>Handler of module/samba1/event/e exited with status "aborted" (5) at step 10a',
                      self.run_handler("e", b"5"))
        self.assertFalse(self.gateway.exists("reached"))
        self.gateway.stop()
        self.assertRegex(self.gateway.log()[-1], r"handlers=4 failed=1 ")


class Timeout(QueueTestCase):
    def pids(self):
        return [int(pid) for pid in self.words("pids")]

    def assert_gone(self):
        wait_until(lambda: not any(map(is_alive, self.pids())), "the end of all processes")

    def test_the_group_of_the_step_is_terminated(self):
        self.start_handlers("[gateway]\nhandler_timeout = 300ms\nkill_grace = 1h\n")
        self.write_step("e", "10a", "sleep 1000 & echo $! $$ >> pids; wait\n")
        self.write_step("e", "20b", "touch reached\n")
        end = self.run_handler("e")
        self.assertIn('<3>Handler of module/samba1/event/e exited with status "aborted" (-1) at step 10a', end)
        self.gateway.wait_log("^<3>Handler of module/samba1/event/e has run for 300ms and is ended at step 10a id=")
        self.gateway.wait_log("lost step 10a to SIGTERM")
        self.assert_gone()
        self.assertFalse(self.gateway.exists("reached"))

    def test_what_ignores_it_is_killed_after_the_grace(self):
        self.start_handlers("[handler e]\ntimeout = 200ms\n[gateway]\nkill_grace = 300ms\n")
        self.write_step("e", "10a", "trap '' TERM; sleep 1000 & echo $! $$ >> pids; wait\n")
        began = time.monotonic()
        self.run_handler("e")
        self.assertGreaterEqual(time.monotonic() - began, 0.5)
        self.gateway.wait_log("lost step 10a to SIGKILL")
        self.assert_gone()

    def test_what_the_step_leaves_behind_is_killed(self):
        self.start_handlers("[handler e]\ntimeout = 300ms\n")
        self.write_step(
            "e", "10a", "(trap '' TERM; echo >> ready; exec sleep 1000) & echo $! >> pids\ntrap 'exit 7' TERM; wait\n"
        )
        end = self.run_handler("e")
        self.assertIn('"aborted" (7)', end)
        self.assert_gone()

    def test_what_earlier_steps_left_behind_is_killed_too(self):
        self.start_handlers("[handler e]\ntimeout = 300ms\n")
        self.write_step("e", "10a", "sleep 1000 & echo $! >> pids\n")
        self.write_step("e", "20b", "sleep 1000\n")
        self.assertIn("at step 20b", self.run_handler("e"))
        self.assertEqual(len(self.pids()), 1)
        self.assert_gone()

    def test_it_counts_all_steps_together(self):
        self.start_handlers("[handler e]\ntimeout = 400ms\n")
        for name in ("10a", "20b", "30c"):
            self.write_step("e", name, "sleep 0.25\n")
        self.assertIn("at step 20b", self.run_handler("e"))

    def test_others_have_all_the_time(self):
        self.start_handlers("[handler e]\ntimeout = 100ms\n")
        self.write_step("f", "10a", "sleep 0.4; touch done\n")
        self.assertIn('"completed"', self.run_handler("f"))


class End(QueueTestCase):
    def start_gated(self, config=None, **environment):
        self.start_handlers(config, **environment)
        self.make_gates(*"abc")
        self.write_step("e", "10a", GATED)
        self.write_step("e", "20b", "echo second >> ended\n")

    def test_usr1_lets_running_and_waiting_ones_finish(self):
        self.start_gated("[commands]\na/event/b = read n; echo command >> ended\n", MAX_CONCURRENCY="1")
        self.fire_lines("e", *"ab")
        self.wait_words("started", "a")
        self.publish("a/event/b", b"\n")
        self.wait_reading_ends()
        self.gateway.send_signal(signal.SIGUSR1)
        self.wait_subscribed([], 0)
        self.gateway.send_signal(signal.SIGUSR1)  # twice is no more than once
        self.open_gates(*"ab")
        self.assertEqual(self.gateway.wait_exit(), 0)
        # The rule and the handler take turns.
        self.assertEqual(self.words("ended"), ["a", "second", "command", "b", "second"])
        self.assertEqual(len(self.gateway.log_matching('"completed"')), 2)

    def wait_reading_ends(self):
        self.publish("module/x/event/..", b"")
        self.gateway.wait_log("no event has such a name")

    def test_usr1_with_nothing_to_do(self):
        self.start_handlers()
        self.assertEqual(self.gateway.stop(signal.SIGUSR1), 0)
        self.assertIn("STOPPING=1", self.gateway.notify.lines())

    def test_usr1_waits_for_no_more_events(self):
        self.start_handlers("[handler e]\ncoalesce = 1h\n")
        self.write_step("e", "10a", "cat > seen\n")
        self.fire("e", b"payload")
        self.wait_reading_ends()
        self.assertEqual(self.gateway.stop(signal.SIGUSR1), 0)
        self.assertEqual(self.gateway.read("seen"), b"payload")

    def test_usr1_pushes_the_tasks_in_hand(self):
        proxy = self.start_proxy(self.redis)
        proxy.refuse()
        config = "[actions]\na/event/b = act\n[commands]\na/event/b = touch read; read x < gate\n"
        gateway = self.start_gateway(config, leader=proxy)
        gateway.make_gate("gate")
        self.publish("a/event/b", b"1")
        wait_until(lambda: gateway.exists("read"), "the event")
        gateway.send_signal(signal.SIGUSR1)
        self.wait_subscribed([], 0)
        proxy.forward()
        self.wait_tasks(1)
        gateway.open_gate("gate")
        self.assertEqual(gateway.wait_exit(), 0)

    def test_term_cuts_it_short(self):
        self.start_gated()
        self.fire_lines("e", "a")
        self.wait_words("started", "a")
        self.gateway.send_signal(signal.SIGUSR1)
        self.wait_subscribed([], 0)
        self.assertEqual(self.gateway.stop(), -signal.SIGTERM)
        self.assertEqual(self.words("ended"), [])

    def test_term_ends_the_steps_and_says_no_more_of_them(self):
        self.start_handlers(MAX_CONCURRENCY="2")
        self.write_step("e", "10a", "sleep 1000 & echo $! $$ >> pids; wait\n")
        self.write_step("e", "20b", "touch reached\n")
        self.fire("e", *numbers(0, 5))
        wait_until(lambda: len(self.words("pids")) == 4, "two handlers")
        self.wait_reading_ends()
        self.assertEqual(self.gateway.stop(), -signal.SIGTERM)
        pids = [int(pid) for pid in self.words("pids")]
        wait_until(lambda: not any(map(is_alive, pids)), "the end of all processes")
        self.assertEqual(self.gateway.log_matching("Handler of"), [])
        self.assertFalse(self.gateway.exists("reached"))
        self.assertEqual(len(self.gateway.log_matching(r"^<5>run: kept for the next start waiting=5 held=0$")), 1)

    def test_term_waits_for_a_step_that_ignores_it_no_longer_than_its_grace(self):
        self.start_handlers("[gateway]\nkill_grace = 500ms\n")
        self.write_step("e", "10a", "trap '' TERM; sleep 1000 & echo $! $$ >> pids; wait\n")
        self.fire("e")
        wait_until(lambda: len(self.words("pids")) == 2, "the step")
        self.assertEqual(self.gateway.stop(), -signal.SIGTERM)
        pids = [int(pid) for pid in self.words("pids")]
        wait_until(lambda: not any(map(is_alive, pids)), "the end of all processes")

    def test_what_a_step_left_behind_lives_until_the_daemon_ends(self):
        for number in (signal.SIGTERM, signal.SIGUSR1):
            self.start_handlers()
            self.write_step("e", "10a", "trap '' TERM; sleep 1000 & sleep 1000 & echo $! >> pids\n")
            self.run_handler("e")
            self.run_handler("e")
            pids = [int(pid) for pid in self.words("pids")]
            self.assertTrue(len(pids) == 2 and all(map(is_alive, pids)))
            self.gateway.stop(number)
            wait_until(lambda ended=pids: not any(map(is_alive, ended)), "the end of all processes")

    def test_what_has_left_the_group_is_nobodys(self):
        self.start_handlers()
        self.write_step("e", "10a", "setsid sleep 1000 & echo $! >> pids\n")
        self.run_handler("e")
        wait_until(lambda: os.getsid(int(self.words("pids")[0])) == int(self.words("pids")[0]), "a session of its own")
        self.gateway.stop()
        pids = [int(pid) for pid in self.words("pids")]
        self.assertTrue(all(map(is_alive, pids)))
        end_all(pids)


if __name__ == "__main__":
    tap.main()
