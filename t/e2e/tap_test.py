#!/usr/bin/python3 -B
# SPDX-License-Identifier: GPL-3.0-or-later
# Copyright (C) 2026 eventsgw contributors
"""The runner of these tests: what fails must come out as failed, in all the ways a test can fail."""

import pathlib
import subprocess
import sys
import tempfile
import unittest

LIB = pathlib.Path(__file__).resolve().parents[1] / "lib"
sys.path.insert(0, str(LIB))

import tap

PROGRAM = """
import sys, unittest
sys.path.insert(0, %r)
import tap

class A(unittest.TestCase):
    def diagnostics(self): return ["a line of the log"]
    def test_1_passes(self): pass
    def test_2_fails(self): self.assertEqual(1, 2, "one is\\nnot two")
    def test_3_is_broken(self): raise OSError("broken")
    def test_4_is_skipped(self): self.skipTest("no need")
    def test_5_fails_in_part(self):
        for part in (1, 2):
            with self.subTest(part=part): self.assertEqual(part, 1)
    def test_6_fails_in_its_clean_up(self): self.addCleanup(self.fail)

class B(unittest.TestCase):
    @classmethod
    def setUpClass(cls): raise OSError("no fixture")
    def test_1(self): pass

class C(unittest.TestCase):
    @classmethod
    def setUpClass(cls): raise unittest.SkipTest("not here")
    def test_1(self): pass

tap.main()
"""

EXPECTED = """\
ok 1 - A.test_1_passes
not ok 2 - A.test_2_fails
not ok 3 - A.test_3_is_broken
ok 4 - A.test_4_is_skipped # SKIP no need
not ok 5 - A.test_5_fails_in_part
not ok 6 - A.test_6_fails_in_its_clean_up
not ok 7 - setUpClass (__main__.B)
ok 8 - setUpClass (__main__.C) # SKIP not here
1..8
"""


class Runner(unittest.TestCase):
    def run_program(self, *arguments):
        with tempfile.NamedTemporaryFile("w", suffix=".py") as file:
            file.write(PROGRAM % str(LIB))
            file.flush()
            command = [sys.executable, "-B", file.name, *arguments]
            return subprocess.run(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, check=False)

    def test_every_way_to_fail(self):
        done = self.run_program()
        self.assertEqual(done.stdout.decode(), EXPECTED)
        self.assertEqual(done.returncode, 1)
        notes = done.stderr.decode().splitlines()
        self.assertEqual([line for line in notes if not line.startswith("#")], [])
        self.assertEqual(notes.count("# a line of the log"), 4)
        self.assertIn("# OSError: no fixture", notes)

    def test_a_named_test_alone(self):
        done = self.run_program("A.test_1_passes")
        self.assertEqual(done.stdout.decode(), "ok 1 - A.test_1_passes\n1..1\n")
        self.assertEqual(done.returncode, 0)


if __name__ == "__main__":
    tap.main()
