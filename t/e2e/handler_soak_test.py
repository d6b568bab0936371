#!/usr/bin/python3 -B
# SPDX-License-Identifier: GPL-3.0-or-later
# Copyright (C) 2026 eventsgw contributors
"""Thousands of handlers with ill-behaved steps among them, and a kernel that is out of what they need: every one runs
to its end, in its time, and nothing of them is left."""

import itertools
import os
import pathlib
import signal
import sys
import threading

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[1] / "lib"))

import tap
from gateway import end_all, is_alive
from handlers import HandlerTestCase
from oracle import SANITIZED, choose_count
from waiting import PATIENCE, wait_until

MIB = 1 << 20
HANDLERS = choose_count(10000)
LONG = 4 * PATIENCE

# Each event's steps, by the misbehaviour.
NASTY = {
    "ignores": ["exit 0\n"],
    "half-reads": ["head -c 5000000 >/dev/null\n"],
    "closes-all": ["exec <&- >&- 2>&-\n"],
    "leaves-a-child": ["sleep 1000 & echo $! >> pids\n", "cat >/dev/null\n"],
    "fails": ["exit 1\n"],
    "deletes-itself": ['cp "$0" self; rm "$0"; mv self "$0"\n', "true\n"],
}
SIGNALS = [
    number
    for number in sorted(signal.Signals)
    if number not in (signal.SIGCHLD, signal.SIGCONT, signal.SIGURG, signal.SIGWINCH)
    and number not in (signal.SIGSTOP, signal.SIGTSTP, signal.SIGTTIN, signal.SIGTTOU)
    and number < 32
]


class SoakTestCase(HandlerTestCase):
    def wait_ends(self, count, pattern=""):
        ends = rf"exited with status .*{pattern}"
        wait_until(
            lambda: self.gateway.stderr().count(b" exited with status ") >= count,
            lambda: f"{count} ends, there are {len(self.gateway.log_matching(ends))}",
            LONG,
        )

    def assert_nothing_is_left(self, descriptors):
        gateway = self.gateway
        wait_until(lambda: gateway.children() == [], lambda: f"no child is left: {gateway.children()}")
        wait_until(lambda: len(gateway.descriptors()) <= len(descriptors), lambda: f"{gateway.descriptors()}")


class Soak(SoakTestCase):
    def test_ten_thousand_with_all_that_is_nasty_among_them(self):
        gateway = self.start_handlers()
        self.write_step("good", "10a", "#!/bin/true\n")
        for event, scripts in NASTY.items():
            for number, script in enumerate(scripts):
                self.write_step(event, f"{number + 1}0step", script)
        self.write_step("dies", "10a", "kill -$(cat) $$; exit 0\n")
        self.addCleanup(lambda: end_all(map(int, gateway.read("pids").split())))
        self.run_handler("good")
        self.wait_journal_closed()
        before = gateway.descriptors()

        replaced = threading.Event()
        replacer = threading.Thread(target=self.replace_over_and_over, args=(replaced,))
        replacer.start()
        self.addCleanup(replacer.join)
        self.addCleanup(replaced.set)
        self.fire("dies", *[b"%d" % number for number in SIGNALS])
        self.fire("replaced", *[b"x"] * 50)
        large = os.urandom(16 * MIB)
        rounds = [event for event in NASTY for _ in range(3)]
        for number, event in enumerate(rounds, 1):
            self.fire(event, large)
            self.fire("good", *[b"{}"] * (HANDLERS // len(rounds)))
            # One after the other: Redis cuts a subscriber off that is two of these behind.
            self.wait_end(event, sum(other == event for other in rounds[:number]))
        self.fire("good", *[b"{}"] * (HANDLERS % len(rounds)))
        self.wait_ends(1 + len(SIGNALS) + 50 + len(rounds) + HANDLERS)
        replaced.set()

        self.assert_nothing_is_left(before)
        self.assertEqual(len(gateway.log_matching('event/good .*"completed"')), HANDLERS + 1)
        self.assertEqual(len(gateway.log_matching('event/dies .*"aborted" .-1.')), len(SIGNALS))
        for event in NASTY:
            expected = '"aborted" .1. ' if event == "fails" else '"completed" .0. '
            self.assertEqual(len(gateway.log_matching(f"event/{event} .*{expected}")), 3, event)
        pids = [int(pid) for pid in gateway.read("pids").split()]
        self.assertTrue(len(pids) == 3 and all(map(is_alive, pids)), "what a step leaves behind lives on")
        if not gateway.is_sanitized():
            self.assertLess(gateway.resident_kib(), 64 * 1024, "16 MiB payloads are gone")
        gateway.stop()
        wait_until(lambda: not any(map(is_alive, pids)), "no orphan outlives the daemon")

    def replace_over_and_over(self, done):
        while not done.is_set():
            self.write_step("replaced", "10a", "cat >/dev/null; exit 0\n")


class OutOf(SoakTestCase):
    """The limits are those of a user who has nothing else, each test of another one: what another has left to be reaped
    by whoever adopts it counts too."""

    users = itertools.count(1000000 + 10 * os.getpid())

    def start_limited(self, *limits, **environment):
        if os.geteuid() != 0:
            self.skipTest("only root can start the daemon as a user who has nothing else")
        number = next(self.users)
        user = ["setpriv", f"--reuid={number}", f"--regid={number}", "--clear-groups"]
        # The state directory is its own, and only the way there is still root's.
        give = 'chown "$0" . && chmod 711 .. && chmod 711 "${NOTIFY_SOCKET%/*}" && chmod 666 "$NOTIFY_SOCKET" && exec "$@"'
        self.gateway = self.start_gateway(
            None,
            options={
                "arguments": ["--eventsdir", "../events"],
                "wrapper": ["sh", "-c", give, str(number), "prlimit", *limits, *user],
            },
            **environment,
        )
        return self.gateway

    def start_without_descriptors(self):
        if SANITIZED:
            # "object has invalid vptr", "memory cannot be printed": seen with GCC 12.
            self.skipTest("UBSan tries an object's memory through a pipe, and takes a lack of descriptors for its own")
        return self.start_limited("--nofile=24", MAX_CONCURRENCY="32")

    def test_processes(self):
        gateway = self.start_limited("--nproc=6", MAX_CONCURRENCY="32")
        for number in range(12):
            gateway.make_gate(f"gate{number}")
            os.chmod(gateway.path(f"gate{number}"), 0o666)
        self.write_step("e", "10a", 'read n; echo "$n" >> started; read x < "gate$n"\n')
        self.fire("e", *[b"%d\n" % number for number in range(12)])
        gateway.wait_log("^<4>process: cannot start, trying again .*temporarily unavailable")
        for number in range(12):
            gateway.open_gate(f"gate{number}")
        self.wait_ends(12)
        self.assertEqual(len(gateway.log_matching('"completed"')), 12)
        self.assertEqual(sorted(int(word) for word in gateway.read("started").split()), list(range(12)))
        self.assertEqual(len(gateway.log_matching("cannot start")), 1)
        self.assertEqual(gateway.children(), [])

    def test_descriptors(self):
        gateway = self.start_without_descriptors()
        gateway.make_gate("gate")
        os.chmod(gateway.path("gate"), 0o666)
        gateway.write("environment", "FLAVOUR=state\n")
        self.write_step("e", "10a", ": < gate; echo $FLAVOUR >> first\n")
        self.write_step("e", "20b", "cat >/dev/null; echo >> second\n")
        self.write_step("f", "10a", "echo $FLAVOUR >> third\n")
        before = gateway.descriptors()
        self.fire("e", *[b"x" * (MIB // 4)] * 40)  # more than a pipe holds, so that the daemon's end stays open
        gateway.wait_log("^<4>(process|handler): cannot start, trying again .*Too many open files")
        # Their directories cannot even be read now.
        self.fire("f", *[b"{}"] * 10)
        self.publish("module/samba1/event/..", b"")
        gateway.wait_log("no event has such a name")
        self.assertEqual(gateway.log_matching("exited with status"), [])

        os.rename(gateway.path("gate"), gateway.path("old-gate"))
        gateway.write("gate", "")  # open for all who come now
        os.chmod(gateway.path("gate"), 0o666)
        os.close(os.open(gateway.path("old-gate"), os.O_WRONLY))  # and here for all who wait
        self.wait_ends(50)
        self.assertEqual(len(gateway.log_matching('"completed"')), 50)
        self.assertEqual((gateway.read("first"), gateway.read("second")), (b"state\n" * 40, b"\n" * 40))
        self.assertEqual(gateway.read("third"), b"state\n" * 10)
        self.assert_nothing_is_left(before)

    def test_the_end_comes_while_all_is_short(self):
        gateway = self.start_without_descriptors()
        self.write_step("e", "10a", "echo $$ >> pids; exec sleep 1000\n")
        self.fire("e", *[b"x" * (MIB // 4)] * 60)
        gateway.wait_log("^<4>(process|handler): cannot start, trying again .*Too many open files")
        self.assertEqual(gateway.stop(), -signal.SIGTERM)
        self.assertEqual(gateway.log_matching("exited with status"), [])
        pids = [int(pid) for pid in gateway.read("pids").split()]
        wait_until(lambda: not any(map(is_alive, pids)), "the end of all steps")


if __name__ == "__main__":
    tap.main()
