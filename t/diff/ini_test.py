#!/usr/bin/python3 -B
# SPDX-License-Identifier: GPL-3.0-or-later
# Copyright (C) 2026 eventsgw contributors
"""The legacy dialect of eventsgw.conf, against the parser that defines it: Python's configparser."""

import configparser
import io
import json
import pathlib
import re
import sys
import tempfile

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[1] / "lib"))

import program
import tap
from ini_files import IniFiles
from oracle import GeneratedCases, ask, choose_count

FAILS = object()  # stands for a value whose interpolation is an error


class LegacyParser(configparser.ConfigParser):
    # Python 3.9 ends a section's name at the first bracket, later versions at the last.
    SECTCRE = re.compile(r"\[(?P<header>.+)\]")


class CaseKeepingParser(LegacyParser):
    def optionxform(self, optionstr):
        return optionstr


def read_with(parser_class, data):
    """The parser with the file in it, or the exception with which Python refuses the file."""
    parser = parser_class(delimiters=("="))
    try:
        parser.read_file(io.TextIOWrapper(io.BytesIO(data), encoding="utf-8"))
    except (configparser.Error, UnicodeDecodeError) as refusal:
        return refusal
    return parser


def list_items(parser, section):
    """(key, value or FAILS) in the order of parser.items(), which itself fails as a whole."""
    items = []
    for key, _ in parser.items(section, raw=True):
        try:
            items.append((key, parser.get(section, key)))
        except configparser.InterpolationError:
            items.append((key, FAILS))
    return items


def list_sections(parser):
    return [(name, list_items(parser, name)) for name in ["DEFAULT", *parser.sections()]]


def parse_answer(answer):
    """What list_sections() gives, from an answer "accepted ..." of the oracle; None for "refused"."""
    verdict, *fields = answer.split(" ")
    if verdict == "refused":
        return None
    sections = []
    for field in fields:
        kind, text = field[0], bytes.fromhex(field[1:]).decode("utf-8")
        if kind == "S":
            sections.append((text, []))
        elif kind == "K":
            key = text
        else:
            sections[-1][1].append((key, text if kind == "V" else FAILS))
    return sections


def fold(sections):
    """Keys as the legacy program had them."""
    return [(name, [(key.lower(), value) for key, value in items]) for name, items in sections]


def read_where_case_matters(refusal, data):
    """The parser for a file that is refused only for keys that differ in case, which are two keys here; else None."""
    if not isinstance(refusal, configparser.DuplicateOptionError):
        return None
    parser = read_with(CaseKeepingParser, data)
    return None if isinstance(parser, Exception) else parser


class Counts:
    accepted = refused = case_only = failing_values = 0


class IniTest(GeneratedCases):
    LIMIT_SECONDS = 600  # half a minute of CPU time, on a machine that others may keep busy

    def compare(self, data, answer, counts):
        ours = parse_answer(answer)
        python = read_with(LegacyParser, data)
        case_keeping = read_where_case_matters(python, data)
        if case_keeping is not None:
            counts.case_only += 1
            self.compare_where_case_matters(data, ours, case_keeping)
        elif isinstance(python, Exception):
            counts.refused += 1
            self.assertIsNone(ours, f"Python refuses {data!r}: {python}")
        else:
            counts.accepted += 1
            expected = list_sections(python)
            self.assertIsNotNone(ours, f"Python accepts {data!r}, we answer {answer}")
            self.assertEqual(fold(ours), expected, data)
            counts.failing_values += sum(value is FAILS for _, items in expected for _, value in items)

    def compare_where_case_matters(self, data, ours, python):
        """[DEFAULT] and references do not ask for case here, so what has to do with them is not compared."""
        self.assertIsNotNone(ours, data)
        if python.defaults():
            return
        for (name, items), (expected_name, expected_items) in zip(ours, list_sections(python)):
            self.assertEqual((name, len(items)), (expected_name, len(expected_items)), data)
            for (key, value), (expected_key, expected_value) in zip(items, expected_items):
                self.assertEqual(key, expected_key, data)
                if expected_value is not FAILS:
                    self.assertEqual(value, expected_value, data)

    def test_generated_files(self):
        files = IniFiles(self.random)
        frames = [files.make() for _ in range(choose_count(20000))]
        answers = ask(frames, "ini")
        self.assertEqual(len(answers), len(frames))
        counts = Counts()
        for data, answer in zip(frames, answers):
            self.compare(data, answer, counts)
        print("#", vars(counts))
        for kind, share in (("accepted", 3), ("refused", 4), ("case_only", 1000), ("failing_values", 10)):
            self.assertGreater(getattr(counts, kind), len(frames) // share, kind)

    def test_hand_picked_files(self):
        tests = pathlib.Path(program.TOP, "t")
        patterns = ["data/config/*.conf", "fuzz/corpus/ini/*", "fuzz/corpus/rules/*"]
        frames = [path.read_bytes() for pattern in patterns for path in sorted(tests.glob(pattern))]
        self.assertGreater(len(frames), 40)
        for data, answer in zip(frames, ask(frames, "ini")):
            self.compare(data, answer, Counts())


class CheckTest(GeneratedCases):
    """The same through the program itself, with the rules that the legacy program would have made."""

    def run_check(self, data):
        with tempfile.NamedTemporaryFile() as file:
            file.write(data)
            file.flush()
            run = program.run("check", "--format", "json", "--config", file.name)
        self.assertEqual(run.stderr, "")
        return run.status, json.loads(run.stdout)

    def expect_rules(self, parser):
        rules = []
        for section in ("actions", "commands"):
            if parser.has_section(section):
                rules += [(section, key, value) for key, value in list_items(parser, section)]
        return rules

    def compare(self, data):
        """Whether the file has rules."""
        python = read_with(LegacyParser, data)
        refused = isinstance(python, Exception)
        if read_where_case_matters(python, data) is not None or (not refused and python.has_section("gateway")):
            return False
        status, report = self.run_check(data)
        rules = [] if refused else self.expect_rules(python)
        if refused or any(value is FAILS for _, _, value in rules):
            self.assertEqual((status, report["rules"]), (program.EX_CONFIG, []), data)
            self.assertNotEqual(report["errors"], [], data)
            return False
        self.assertEqual((status, report["errors"]), (0, []), data)
        ours = [(rule["section"], rule["channel"].lower(), rule["value"]) for rule in report["rules"]]
        self.assertEqual(ours, rules, data)
        return rules != []

    def test_generated_files(self):
        files = IniFiles(self.random)
        count = choose_count(300)
        with_rules = sum(self.compare(files.make()) for _ in range(count))
        self.assertGreater(with_rules, count // 20)


if __name__ == "__main__":
    tap.main()
