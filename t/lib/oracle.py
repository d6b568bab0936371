# SPDX-License-Identifier: GPL-3.0-or-later
# Copyright (C) 2026 eventsgw contributors
"""Generated questions to the program's own parsers, which the test tool t/tools/oracle.cc answers."""

import os
import random
import struct
import subprocess
import unittest

import program

BUILD = os.path.abspath(os.environ.get("EVENTSGW_BUILD", os.path.join(program.TOP, "build")))
ORACLE = os.path.join(BUILD, "t", "tools", "oracle")

SANITIZED = os.environ.get("EVENTSGW_SANITIZED") == "1"
SEED = int(os.environ.get("EVENTSGW_SEED") or random.SystemRandom().randrange(1 << 32))


def choose_count(count):
    """How many cases to generate where `count` is right for a plain build: a sanitizer's build is slower."""
    return count // 10 if SANITIZED else count


def ask(frames, *arguments):
    """The oracle's answers in the mode that the arguments choose: one line for each of the frames, which are bytes."""
    done = subprocess.run(
        [ORACLE, *arguments],
        input=b"".join(struct.pack("=I", len(frame)) + frame for frame in frames),
        env=program.environment(),
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        check=False,
    )
    program.fail_on_sanitizer_report(done.stderr)
    if done.returncode != 0:
        raise AssertionError(f"the oracle ends with status {done.returncode}: {done.stderr.decode(errors='replace')}")
    return done.stdout.decode("ascii").splitlines()


class GeneratedCases(unittest.TestCase):
    """Each test has its own `self.random`; the printed EVENTSGW_SEED makes the same cases again."""

    maxDiff = 4000

    @classmethod
    def setUpClass(cls):
        print(f"# EVENTSGW_SEED={SEED}", flush=True)

    def setUp(self):
        self.random = random.Random(f"{SEED} {self.id()}")

    def diagnostics(self):
        return [f"to repeat these cases: EVENTSGW_SEED={SEED}"]
