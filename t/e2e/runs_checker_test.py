#!/usr/bin/python3 -B
# SPDX-License-Identifier: GPL-3.0-or-later
# Copyright (C) 2026 eventsgw contributors
"""The history of many runs under gateways that end at any time: each event's run ends, and none is done twice.

EVENTSGW_SEED repeats a run's choices. EVENTSGW_SOAK=1 makes it long."""

import os
import pathlib
import random
import re
import signal
import sys
import time

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[1] / "lib"))

import journal
import tap
from run_checker import MARK, Checker
from runs import PREAMBLE, RunsTestCase, running_ids
from waiting import wait_until

SEED = int(os.environ.get("EVENTSGW_SEED", random.randrange(1 << 32)))
SOAK = os.environ.get("EVENTSGW_SOAK") == "1"
SLOTS = 6
RETRIES = 3

# What a kill may take with it: 300 ms of events and what is on its way to the disk, which is slow where all tests run.
DOUBT = 0.3 + 0.7

EVENTS_ON_DISK = "SELECT payload FROM run JOIN event ON event.number = run.event"

# The second word of a payload says how the run behaves, the third how often or how long.
BEHAVIOUR = """\
exec 9>> "lane.$AGENT_EVENT_NAME"
[ $AGENT_EVENT_NAME = free ] || flock -n 9 || say overlap
set -- $rest
case $1 in
    fails) [ $AGENT_EVENT_ATTEMPT -gt $2 ] || { say fail; exit 1; } ;;
    slow) sleep $2 9>&- ;;
    stubborn) trap '' TERM; sleep $2 9>&- ;;
    polite) trap 'say end; exit 0' TERM; sleep $2 9>&- & wait $! ;;
    parent) exec 9>&-; sleep $2 & ;;
esac
"""
CONFIG = """\
[commands]
a/event/free = . ./step
a/event/lane = . ./step
a/event/again = . ./step
a/event/other = true
[rule a/event/lane]
serialize = event
[rule a/event/again]
serialize = event
retry = {retry}
[rule a/event/other]
serialize = {serialize}
[handler e]
serialize = event
[gateway]
retry_delay = 20ms
retry_max_delay = 200ms
kill_grace = {grace}
max_attempts = 100
queue_memory = {memory}
history = 100000
durability = {durability}
"""
# Where events go, and the lane of each.
CHANNELS = {"a/event/free": None, "a/event/lane": "lane", "a/event/again": "again", "module/samba1/event/e": "e"}


class RunsChecker(RunsTestCase):
    LIMIT_SECONDS = 400

    def setUp(self):
        super().setUp()
        print(f"# EVENTSGW_SEED={SEED}", flush=True)
        self.random = random.Random(f"{SEED} {self.id()}")
        self.events = {}  # the lane of each number
        self.times = []  # when each was published
        self.expected = 0  # messages that the gateway has to read
        self.doubtful = set()
        self.slow = (0, 0)  # the last time in which the disk was slow
        self.told = set()  # runs whose end a log names

    def diagnostics(self):
        return [f"EVENTSGW_SEED={SEED}", *super().diagnostics()]

    def make_config(self):
        return CONFIG.format(
            retry=self.random.choice([0, 1, RETRIES]),
            serialize=self.random.choice(["none", "event", "source"]),
            grace=self.random.choice(["100ms", "300ms", "1s"]),
            memory=self.random.choice(["1M", "4M"]),
            durability=self.durability,
        )

    def start(self, durability):
        self.durability = durability
        self.start_runs(self.make_config(), BEHAVIOUR + "say end\n", MAX_CONCURRENCY=str(SLOTS))
        self.write_step("e", "10a", PREAMBLE + "say start\n")
        self.write_step("e", "20b", PREAMBLE + BEHAVIOUR + "say end\n")

    # The traffic

    def choose_behaviour(self):
        pick = self.random.random()
        if pick < 0.6:
            return "quick"
        if pick < 0.75:
            return f"fails {self.random.choice([1, 1, 2, 9])}"
        kind = self.random.choice(["slow", "slow", "stubborn", "polite", "parent"])
        return f"{kind} {self.random.choice([0.05, 0.1, 0.3, 0.5])}"

    def publish_some(self):
        for _ in range(self.random.randint(1, 3)):
            channel = self.random.choice(list(CHANNELS))
            number = len(self.times)
            self.events[number] = CHANNELS[channel]
            self.times.append(time.monotonic())
            self.publish(channel, f"{number} {self.choose_behaviour()}\n".encode())
            self.expected += 1 if CHANNELS[channel] == "e" else 2  # by its name, and by the pattern of the handlers
        self.publish("a/event/other", b"0")
        self.expected += 2

    def publish_for(self, seconds):
        end = time.monotonic() + seconds
        while time.monotonic() < end:
            if self.random.random() < 0.7:
                self.publish_some()
            time.sleep(0.04)  # the pace of the traffic

    def wait_read(self):
        wait_until(lambda: self.status()["replica"]["messages"] >= self.expected, "all events are read")

    # The faults

    def end_by(self, number):
        """Ends the gateway and starts the next one."""
        self.end(number)
        self.start_again(number)

    def end(self, number):
        if number != signal.SIGKILL:
            self.wait_read()
        now = time.monotonic()
        self.gateway.send_signal(number)
        self.gateway.wait_exit()
        if number == signal.SIGKILL:
            self.note_doubt(now)
        with open(self.gateway.path("lines"), "ab", buffering=0) as file:
            file.write(f"{MARK} - 0 0 0\n".encode())
        self.collect_told()
        self.expected = 0

    def note_doubt(self, now):
        """Whatever is old enough is on disk; and what is on disk is not lost, however young it is."""
        begin = now - DOUBT
        if self.slow[1] > begin:
            begin = min(begin, self.slow[0] - DOUBT)
        rows = journal.rows(self.gateway.path("eventsgw.journal"), EVENTS_ON_DISK)
        stored = {int(payload.split()[0]) for (payload,) in rows}
        self.doubtful |= {number for number, when in enumerate(self.times) if when >= begin} - stored

    def collect_told(self):
        """SIGKILL may take the history of what has ended in the last second; the log has it."""
        self.assertEqual(self.gateway.log_matching("lost at the end"), [])
        for line in self.gateway.log_matching(r"^<[34]>.* id="):
            run = re.search(r" id=(\S+)", line).group(1)
            if "to be retried" in line:
                self.told.discard(run)
            elif re.search('not run|command: exited|exited with status "aborted"', line):
                self.told.add(run)

    def make_slow(self):
        """Another process locks the journal."""
        path = self.gateway.path("eventsgw.journal")
        if os.path.exists(path):
            is_killed = self.random.random() < 0.3
            begin = time.monotonic()
            with journal.held(path):
                self.publish_for(self.random.random() * 0.8)
                self.slow = (begin, time.monotonic())
                if is_killed:
                    self.end(signal.SIGKILL)
            self.slow = (begin, time.monotonic())
            if is_killed:
                self.start_again(signal.SIGKILL)

    def run_under_faults(self, kills, seconds):
        """So many kills, as evenly as chance has it, and other faults in between."""
        kinds = ["kill"] * kills + ["term", "usr1", "hup", "hup", "slow"] * (kills // 6 + 1)
        self.random.shuffle(kinds)
        for kind in kinds:
            self.publish_for(self.random.random() * 2 * seconds / len(kinds))
            if kind == "hup":
                self.reload(self.make_config())
            elif kind == "slow":
                self.make_slow()
            else:
                self.end_by({"kill": signal.SIGKILL, "term": signal.SIGTERM, "usr1": signal.SIGUSR1}[kind])

    # The verdict

    def assert_history(self):
        self.publish_for(0.2)
        self.wait_idle()
        self.assertEqual(self.status()["runs"]["held"], 0)
        self.collect_told()
        self.end_by(signal.SIGTERM)  # which writes the history to its end
        self.assertEqual([self.status()["runs"][name] for name in ("running", "waiting", "held")], [0, 0, 0])
        ended = {record["id"] for record in self.history() if record["state"] in ("failed", "dead")}
        checker = Checker(self.lines(), self.events, self.doubtful, SLOTS, RETRIES)
        faults = checker.check(ended | self.told, starts_are_durable=self.durability == "always")
        self.assertEqual(faults[:20], [], f"{len(faults)} faults in {len(self.events)} events")
        self.assertGreater(len(self.events) - len(self.doubtful), len(self.events) // 4, "too few are certain")
        runs = set(checker.runs)
        wait_until(lambda: not runs & running_ids(), lambda: f"no process of {runs & running_ids()} is left")

    def test_outage(self):
        self.start("outage")
        self.run_under_faults(*((100, 90) if SOAK else (9, 11)))
        self.assert_history()

    def test_always(self):
        self.start("always")
        self.run_under_faults(*((60, 60) if SOAK else (6, 7)))
        self.assert_history()


if __name__ == "__main__":
    tap.main()
