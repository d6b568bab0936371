# SPDX-License-Identifier: GPL-3.0-or-later
# Copyright (C) 2026 eventsgw contributors
"""Runs the unittest cases of the calling program and prints TAP.

A failing test that has a method diagnostics() is asked for more lines to show, such as the daemon's log.
"""

import signal
import sys
import unittest

# Ends a test that hangs in spite of its own deadlines, in time for its clean-up to run. A class whose tests compute for
# long has its own limit as LIMIT_SECONDS.
TEST_LIMIT_SECONDS = 150


class TestHangs(Exception):
    """Raised within a test that has reached its limit."""


def _on_alarm(_number, _frame):
    raise TestHangs("still running at its time limit")


def _on_termination(number, _frame):
    sys.exit(128 + number)


def _comment(text):
    # A harness shows a test's standard error and hides the comments on its standard output.
    for line in text.splitlines():
        print("#", line.encode("ascii", "backslashreplace").decode(), file=sys.stderr, flush=True)


class TapResult(unittest.TestResult):
    """One line for each test when it has ended; the plan comes last, so a program that dies has none."""

    def __init__(self):
        super().__init__()
        self._printed = 0
        self._reason = None
        self._failed = False

    def _print(self, passed, name, directive=""):
        self._printed += 1
        print(f"{'ok' if passed else 'not ok'} {self._printed} - {name}{directive}", flush=True)

    def _fail(self, test, text):
        self._failed = True
        _comment(f"{test}\n{text}")

    def startTest(self, test):
        super().startTest(test)
        self._reason = None
        self._failed = False
        signal.alarm(getattr(test, "LIMIT_SECONDS", TEST_LIMIT_SECONDS))

    def stopTest(self, test):
        signal.alarm(0)
        name = test.id().partition(".")[2]
        if self._failed and hasattr(test, "diagnostics"):
            _comment("\n".join(test.diagnostics()))
        self._print(not self._failed, name, "" if self._reason is None else f" # SKIP {self._reason}")
        super().stopTest(test)

    def addSkip(self, test, reason):
        super().addSkip(test, reason)
        if isinstance(test, unittest.TestCase):
            self._reason = reason
        else:  # the set-up of a class or of the whole program: its tests are not run
            self._print(True, str(test), f" # SKIP {reason}")

    def addFailure(self, test, err):
        super().addFailure(test, err)
        self._fail(test, self.failures[-1][1])

    def addError(self, test, err):
        super().addError(test, err)
        self._fail(test, self.errors[-1][1])
        if not isinstance(test, unittest.TestCase):
            self._print(False, str(test))

    def addSubTest(self, test, subtest, err):
        super().addSubTest(test, subtest, err)
        if err is not None:
            self._fail(subtest, self._exc_info_to_string(err, test))

    def print_plan(self):
        print(f"1..{self._printed}", flush=True)


class TapRunner:
    """What unittest.main() takes as its runner."""

    @staticmethod
    def run(suite):
        signal.signal(signal.SIGALRM, _on_alarm)
        signal.signal(signal.SIGTERM, _on_termination)
        result = TapResult()
        suite(result)
        result.print_plan()
        return result


def main():
    """Runs all tests of __main__, or those named on the command line (Class.test_name, -k pattern)."""
    # A shell starts what runs in the background with SIGINT ignored, and what is ignored goes through exec.
    signal.signal(signal.SIGINT, signal.default_int_handler)
    unittest.main(testRunner=TapRunner())
