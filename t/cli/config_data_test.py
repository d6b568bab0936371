#!/usr/bin/python3 -B
# SPDX-License-Identifier: GPL-3.0-or-later
# Copyright (C) 2026 eventsgw contributors
"""What `eventsgw check` says about the files of t/data/config, word for word.

NAME.expected holds what it prints about NAME.conf: problems, then the verdict, then the exit status."""

import pathlib
import sys
import unittest

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[1] / "lib"))

import program
import tap

DATA = pathlib.Path(program.TOP, "t", "data", "config")


class ConfigDataTest(unittest.TestCase):
    maxDiff = None

    def test_every_file_has_its_expectation(self):
        configurations = {path.stem for path in DATA.glob("*.conf")}
        expectations = {path.stem for path in DATA.glob("*.expected")}
        self.assertGreater(len(configurations), 20)
        self.assertEqual(configurations, expectations)

    def test_every_file_is_judged_as_expected(self):
        for path in sorted(DATA.glob("*.conf")):
            with self.subTest(path.name):
                run = program.run("check", "--config", path.name, cwd=DATA)
                expected = path.with_suffix(".expected").read_text(encoding="utf-8")
                self.assertEqual(f"{run.stderr}{run.stdout}exit status {run.status}\n", expected)


if __name__ == "__main__":
    tap.main()
