#!/usr/bin/python3 -B
# SPDX-License-Identifier: GPL-3.0-or-later
# Copyright (C) 2026 eventsgw contributors
"""Every setting that the program knows stands in the man pages and in the example configuration."""

import pathlib
import re
import sys
import unittest

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[1] / "lib"))

import program
import tap
from oracle import ask


def read(*path):
    return pathlib.Path(program.TOP, *path).read_text(encoding="utf-8").replace("\\-", "-")


def settings():
    """(name, default, environment variable or None) of each setting of [gateway]."""
    return [(line.split(" ") + [None])[:3] for line in ask([], "settings")]


class DocumentedTest(unittest.TestCase):
    def assert_words_stand_in(self, text, words):
        self.assertGreater(len(words), 0)
        missing = [word for word in words if not re.search(rf"\b{re.escape(word)}\b", text)]
        self.assertEqual(missing, [])

    def test_settings_stand_in_the_page_of_the_configuration(self):
        self.assert_words_stand_in(read("man", "eventsgw.conf.5"), [name for name, _, _ in settings()])

    def test_variables_stand_in_the_page_of_the_program(self):
        self.assert_words_stand_in(read("man", "eventsgw.8"), [variable for _, _, variable in settings() if variable])

    def test_the_example_shows_each_setting_with_its_default(self):
        example = read("conf", "eventsgw.conf.example")
        self.assertIn("[gateway]", example)
        for name, default, _ in settings():
            self.assertRegex(example, rf"(?m)^[#;] ?{name} ={re.escape(default and ' ' + default)}$")

    def test_the_example_is_sound(self):
        path = pathlib.Path(program.TOP, "conf", "eventsgw.conf.example")
        run = program.run("check", "--config", str(path))
        self.assertEqual((run.status, run.stderr), (0, ""))


if __name__ == "__main__":
    tap.main()
