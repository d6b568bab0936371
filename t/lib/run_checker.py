# SPDX-License-Identifier: GPL-3.0-or-later
# Copyright (C) 2026 eventsgw contributors
"""Judges what commands and steps have written of themselves, in the order in which they wrote it.

The lines are those of runs.PREAMBLE: `start`, then `end` before an attempt ends well or `fail` before it ends badly, or
neither where it was interrupted; `overlap` where it has found another in its lane. The driver adds a line
`mark - 0 0 0` whenever a gateway has ended."""

import collections

MARK = "mark"


class Attempt:
    def __init__(self, line, place):
        self.number, self.start, self.outcome, self.outcome_place = line.attempt, place, None, None


class Checker:
    """`events` are the numbers that were published, each with its lane or None; `doubtful` those that a SIGKILL may
    have taken with it. `faults` says what is wrong."""

    def __init__(self, lines, events, doubtful, slots, retries):
        self.lines, self.events, self.doubtful = lines, events, doubtful
        self.slots, self.retries = slots, retries
        self.faults = []
        self.marks = [place for place, line in enumerate(lines) if line.word == MARK]
        self.runs = collections.defaultdict(list)  # the attempts of each run
        self.numbers = {}  # the event of each run
        self._collect()

    def check(self, ended, starts_are_durable, may_repeat=False):
        """`ended` are runs that the history or the log says have failed or died."""
        self._check_runs(may_repeat)
        self._check_ends(ended, starts_are_durable)
        self._check_slots()
        for lane in {lane for lane in self.events.values() if lane}:
            self._check_lane(lane)
        return self.faults

    def story(self, number):
        """What is written of an event, with the ends of gateways in between; for messages."""
        words, marks = [], 0
        for line in self.lines:
            marks += line.word == MARK
            if line.number == number and line.word != MARK:
                words.append(f"{line.word} {line.attempt} in gateway {marks}")
        return ", ".join(words)

    def _fault(self, text):
        self.faults.append(text)

    def _collect(self):
        for place, line in enumerate(self.lines):
            if line.word == "start":
                self.runs[line.run].append(Attempt(line, place))
                if self.numbers.setdefault(line.run, line.number) != line.number:
                    self._fault(f"run {line.run} of two events: {line}")
            elif line.word in ("end", "fail"):
                attempts = [attempt for attempt in self.runs[line.run] if attempt.number == line.attempt]
                if not attempts:
                    self._fault(f"an outcome without a start: {line}")
                    continue
                attempts[-1].outcome, attempts[-1].outcome_place = line.word, place
        runs_of = collections.Counter(self.numbers.values())
        for number, count in runs_of.items():
            if count > 1:
                self._fault(f"event {number} has led to {count} runs")

    def _marks_between(self, first, last):
        return sum(first < mark < last for mark in self.marks)

    def _check_runs(self, may_repeat):
        """Each later attempt has its reason, and its number."""
        for run, attempts in self.runs.items():
            what = f"event {self.numbers.get(run)}, run {run}"
            if not attempts:
                continue
            missing = attempts[0].number - 1
            if missing > self._marks_between(-1, attempts[0].start):
                self._fault(f"{what}: begins with attempt {attempts[0].number}")
            for former, later in zip(attempts, attempts[1:]):
                marks = self._marks_between(former.start, later.start)
                step = later.number - former.number
                if step < (0 if may_repeat else 1) or step > 1 + marks:
                    self._fault(f"{what}: attempt {later.number} after {former.number} and {marks} ends of gateways")
                if marks == 0 and former.outcome != "fail":
                    self._fault(f"{what}: attempt {later.number} though {former.number} was not interrupted")
            fails = sum(attempt.outcome == "fail" for attempt in attempts)
            if fails > 1 + self.retries + self._marks_between(attempts[0].start, attempts[-1].start):
                self._fault(f"{what}: {fails} failures")

    def _check_ends(self, ended, starts_are_durable):
        well = {self.numbers[run] for run, all_ in self.runs.items() if any(a.outcome == "end" for a in all_)}
        started = set(self.numbers.values())
        told = {self.numbers[run] for run in ended if run in self.numbers}
        for number in self.events:
            is_certain = number not in self.doubtful or (starts_are_durable and number in started)
            if is_certain and number not in well and number not in told:
                how = self.story(number) or "it was never started"
                self._fault(f"event {number} has no end: {how}")

    def _check_slots(self):
        active = set()
        for line in self.lines:
            if line.word == MARK:
                active.clear()
            elif line.word == "start":
                active.add(line.run)
                if len(active) > self.slots:
                    self._fault(f"{len(active)} run at once: {line}")
            elif line.word in ("end", "fail"):
                active.discard(line.run)

    def _check_lane(self, lane):
        """No two at once, and first attempts in the order of their events.

        What was started just before a SIGKILL has no row, and nobody knows of it afterwards."""
        seen, newest, running, unknown = set(), -1, None, set()
        for line in self.lines:
            if line.word == MARK:
                unknown |= {running.number} & self.doubtful if running else set()
                running = None
            elif self.events.get(line.number) != lane:
                continue
            elif line.word == "start":
                if running is not None and running.number not in unknown:
                    self._fault(f"{lane}: {line} next to {running}")
                if line.run not in seen and line.number < newest:
                    self._fault(f"{lane}: {line} after {newest}")
                seen.add(line.run)
                newest = max(newest, line.number)
                running = line
            elif line.word in ("end", "fail") and running is not None and line.run == running.run:
                running = None
            elif line.word == "overlap" and not unknown:
                self._fault(f"{lane}: a process of another run lives at {self.story(line.number)}")
