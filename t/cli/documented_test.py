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

    def test_every_variable_that_is_read_stands_in_the_page_of_the_program(self):
        sources = "".join(path.read_text(encoding="utf-8") for path in pathlib.Path(program.TOP, "src").glob("*/*.cc"))
        call = r'(?:getenv|read_environment|environment)\("([A-Z_]+)"|read_variable\(environment, "([A-Z_]+)"'
        names = {first or second for first, second in re.findall(call, sources)}
        self.assertGreaterEqual(names, {"AGENT_ID", "AGENT_EVENT_NAME", "NOTIFY_SOCKET", "REDIS_USER", "NO_COLOR"})
        self.assert_words_stand_in(read("man", "eventsgw.8"), sorted(names))

    def test_every_exit_status_stands_in_the_page_of_the_program(self):
        statuses = re.findall(r"^    kExit\w+ = (\d+),", read("src", "cli", "options.h"), re.MULTILINE)
        section = re.search(r"^\.Sh EXIT STATUS\n(.*?)^\.Sh ", read("man", "eventsgw.8"), re.MULTILINE | re.DOTALL)
        documented = re.findall(r"^\.It (\d+)$", section.group(1), re.MULTILINE)
        self.assertEqual(documented, sorted(set(statuses), key=int))

    def test_every_member_of_an_event_in_json_stands_in_the_page_of_the_program(self):
        names = re.findall(r'[{,]"(\w+)":\)', read("src", "cli", "event_printer.cc"))
        names += re.findall(r'[{,]"(time|bytes)":', read("src", "cli", "event_printer.cc"))
        self.assertGreaterEqual(set(names), {"time", "channel", "source", "name", "bytes", "rules", "line", "payload"})
        part = re.search(r"^\.Ss monitor\n(.*?)^\.S[sh] ", read("man", "eventsgw.8"), re.MULTILINE | re.DOTALL)
        self.assert_words_stand_in(part.group(1), sorted(set(names)))

    def test_every_member_of_a_run_in_json_stands_in_the_page_of_the_program(self):
        source = read("src", "cli", "history_printer.cc")
        names = re.findall(r'add_(?:string|number|count|bool|null|array|text_or_null)\(\s*\w+(?:\.get\(\))?, "(\w+)"', source)
        names += re.findall(r',"(\w+)":\)', source)
        self.assertGreaterEqual(set(names), {"id", "kind", "result", "signal", "wall", "replay", "output", "payload"})
        part = re.search(r"^\.Ss history\n(.*?)^\.S[sh] ", read("man", "eventsgw.8"), re.MULTILINE | re.DOTALL)
        self.assert_words_stand_in(part.group(1), sorted(set(names)))

    def test_every_member_of_the_status_in_json_stands_in_the_page_of_the_program(self):
        source = read("src", "daemon", "report_json.cc")
        names = sorted(set(re.findall(r'add_\w+\(\s*\w+(?:\.get\(\))?, "(\w+)"', source)))
        self.assertGreater(len(names), 30)
        part = re.search(r"^\.Ss status\n(.*?)^\.S[sh] ", read("man", "eventsgw.8"), re.MULTILINE | re.DOTALL)
        self.assert_words_stand_in(part.group(1), names)

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
