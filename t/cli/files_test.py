#!/usr/bin/python3 -B
# SPDX-License-Identifier: GPL-3.0-or-later
# Copyright (C) 2026 eventsgw contributors
"""Configurations that are no text file, or hardly one: each gets a clear error, and nothing hangs or is cut."""

import json
import os
import pathlib
import sys
import tempfile
import unittest

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[1] / "lib"))

import tap
from program import EX_CONFIG, PROGRAM, run, run_with

MIB = 1 << 20
NOBODY = 65534


class InPlaceOfAFile(unittest.TestCase):
    def setUp(self):
        directory = tempfile.TemporaryDirectory(prefix="eventsgw-")
        self.addCleanup(directory.cleanup)
        self.directory = directory.name
        self.file = os.path.join(self.directory, "eventsgw.conf")

    def assert_refused(self, pattern, **options):
        """By every part of the program that reads the file."""
        for arguments in (["check"], ["match", "a"], []):
            done = run(*arguments, cwd=self.directory, settings={"AGENT_ID": "module/mail1"}, **options)
            self.assertEqual(done.status, EX_CONFIG, done)
            self.assertRegex(done.stderr, r"eventsgw\.conf.*" + pattern)

    def test_nothing(self):
        self.assert_refused("No such file.*state directory.*--config")

    def test_a_directory(self):
        os.mkdir(self.file)
        self.assert_refused("[Dd]irectory|not a regular file")

    def test_a_fifo(self):
        os.mkfifo(self.file)
        self.assert_refused("FIFO|[Pp]ipe|not a regular file")

    def test_a_device(self):
        os.symlink("/dev/zero", self.file)
        self.assert_refused("device|not a regular file")

    def test_a_link_to_nowhere(self):
        os.symlink("nowhere", self.file)
        self.assert_refused("No such file")

    def test_no_permission(self):
        with open(self.file, "wb") as file:
            file.write(b"[actions]\na = b\n")
        os.chmod(self.file, 0)
        if os.geteuid() != 0:
            self.assert_refused("Permission denied")
            return
        os.chmod(self.directory, 0o755)
        options = {"user": NOBODY, "group": NOBODY, "extra_groups": []}
        try:
            run("--version", **options)
        except PermissionError:
            self.skipTest(f"nobody but root may run {PROGRAM}")
        self.assert_refused("Permission denied", **options)

    def test_a_link_to_a_file_is_good(self):
        with open(os.path.join(self.directory, "real"), "wb") as file:
            file.write(b"[actions]\na = b\n")
        os.symlink("real", self.file)
        self.assertEqual(run("check", cwd=self.directory).status, 0)


class Bytes(unittest.TestCase):
    def report(self, config, status):
        done = run_with(config, "check", "--format", "json")
        self.assertEqual(done.status, status, done)
        return json.loads(done.stdout)

    def assert_error(self, config, line, pattern):
        errors = self.report(config, EX_CONFIG)["errors"]
        self.assertEqual([error["line"] for error in errors], [line])
        self.assertRegex(errors[0]["message"], pattern)

    def test_a_byte_order_mark(self):
        self.assert_error(b"\xef\xbb\xbf[actions]\na = b\n", 1, "(?i)byte order mark|BOM")

    def test_latin_1(self):
        self.assert_error(b"[actions]\na = b\nc = caf\xe9\n", 3, "UTF-8")

    def test_utf_16(self):
        errors = self.report("[actions]\na = b\n".encode("utf-16"), EX_CONFIG)["errors"]
        self.assertEqual(errors[0]["line"], 1)
        self.assertIn("UTF-8", errors[0]["message"])

    def test_line_ends_of_every_kind(self):
        rules = self.report(b"[actions]\r\na = b\rc = d\ne = f", 0)["rules"]
        self.assertEqual([(rule["line"], rule["value"]) for rule in rules], [(2, "b"), (3, "d"), (4, "f")])

    def test_a_comment_of_1_mib(self):
        rules = self.report(b"# " + b"x" * MIB + b"\n[actions]\na = b\n", 0)["rules"]
        self.assertEqual([rule["line"] for rule in rules], [3])

    def test_a_value_of_almost_1_mib_is_whole(self):
        value = b"x" * (MIB - 100)
        rules = self.report(b"[commands]\na = " + value + b"\n", 0)["rules"]
        self.assertTrue(rules[0]["value"].encode() == value)

    def test_a_line_of_8_mib_is_whole_or_refused(self):
        done = run_with(b"[commands]\na = " + b"x" * (8 * MIB) + b"\nb = c\n", "check", "--format", "json")
        report = json.loads(done.stdout)
        if done.status == 0:
            self.assertEqual([len(rule["value"]) for rule in report["rules"]], [8 * MIB, 1])
        else:
            self.assertEqual([error["line"] for error in report["errors"]], [2])

    def test_a_key_of_100_kib(self):
        key = b"k" * 100000
        self.assertTrue(self.report(b"[actions]\n" + key + b" = b\n", 0)["rules"][0]["channel"].encode() == key)

    def test_10000_rules(self):
        config = b"[actions]\n" + b"".join(b"a/event/%d = act-%d\n" % (n, n) for n in range(10000))
        rules = self.report(config, 0)["rules"]
        self.assertEqual([rule["value"] for rule in rules], [f"act-{n}" for n in range(10000)])

    def test_a_replacement_that_never_ends(self):
        lines = ["[actions]", "a0 = " + "x" * 100]
        lines += [f"a{n} = " + f"%(a{n - 1})s" * 10 for n in range(1, 10)]
        self.assertGreater(self.report("\n".join(lines).encode(), EX_CONFIG)["errors"][0]["line"], 2)


if __name__ == "__main__":
    tap.main()
