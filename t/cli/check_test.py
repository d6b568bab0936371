#!/usr/bin/python3 -B
# SPDX-License-Identifier: GPL-3.0-or-later
# Copyright (C) 2026 eventsgw contributors
"""`eventsgw check`: every problem at once, each with its line; warnings; the rules for other programs."""

import json
import pathlib
import re
import sys
import unittest

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[1] / "lib"))

import tap
from program import EX_CONFIG, run_with

NO_RULE = "no rule in [actions] or [commands], and no eventsdir; eventsgw refuses to start"
GOOD = b"[actions]\nmodule/traefik*/event/certificate-renew = renew-certificate\n"


def lines_of(output, warnings):
    """The lines of the file that the text names, in warnings or in errors."""
    found = re.findall(r"^(?:\./)?eventsgw\.conf:(\d+): (warning: )?\S", output, re.MULTILINE)
    return [int(line) for line, warning in found if bool(warning) == warnings]


class Text(unittest.TestCase):
    def assert_errors(self, config, *lines):
        done = run_with(config, "check")
        self.assertEqual(done.status, EX_CONFIG, done)
        self.assertEqual(lines_of(done.output, warnings=False), list(lines), done)
        return done

    def test_a_good_file(self):
        done = run_with(GOOD, "check")
        self.assertEqual(done.status, 0, done)
        self.assertEqual(lines_of(done.output, False) + lines_of(done.output, True), [])

    def test_it_needs_neither_redis_nor_an_environment(self):
        self.assertEqual(run_with(GOOD, "check", settings={"PATH": None}).status, 0)

    def test_each_error_has_its_line(self):
        for config, line in {
            b"orphan = x\n[actions]\na = b\n": 1,
            b"[actions]\na = b\nno value\n": 3,
            b"[actions]\na = b\n= c\n": 3,
            b"[actions]\na = b\n\n# comment\na = c\n": 5,
            b"[actions]\na = b\n[commands]\nc = d\n[actions]\ne = f\n": 5,
            b"[actions]\na = 100%\n": 2,
            b"[actions]\na = b\nc = %(nowhere)s\n": 3,
            b"[actions]\na = %(b)s\nb = %(a)s\n": 2,
            b"[actions\na = b\n": 1,
            b"[actions]\na = b\n[gateway]\nqueue_limit = lots\n": 4,
            b"[actions]\na = b\n[gateway]\npolling_interval = 5 s\n": 4,
        }.items():
            with self.subTest(config=config):
                done = run_with(config, "check")
                self.assertEqual(done.status, EX_CONFIG, done)
                self.assertIn(line, lines_of(done.output, warnings=False), done)

    def test_all_errors_at_once_in_the_order_of_the_file(self):
        config = b"[actions]\na = b\na = c\nno value\n[commands]\nc = 50% off\n"
        config += b"[gateway]\nmax_concurency = 3\nqueue_limit = -1\n"
        self.assert_errors(config, 3, 4, 6, 8, 9)

    def test_an_unknown_setting_gets_the_nearest_one_as_advice(self):
        done = self.assert_errors(GOOD + b"[gateway]\nmax_concurency = 3\n", 4)
        self.assertIn("max_concurrency", done.output)
        done = self.assert_errors(GOOD + b"[gateway]\npoling_interval = 3s\n", 4)
        self.assertIn("polling_interval", done.output)

    def test_the_number_of_rules_is_told(self):
        for config, told in {
            GOOD: "OK, 1 rule",
            GOOD + b"x = y\n": "OK, 2 rules",
            GOOD + b"/x = y\n": "OK, 2 rules, 1 warning",
            GOOD + b"/x = y\n/z = y\n": "OK, 3 rules, 2 warnings",
        }.items():
            with self.subTest(config=config):
                self.assertEqual(run_with(config, "check").stdout, f"eventsgw.conf: {told}\n")

    def test_a_file_without_a_rule_is_not_called_good(self):
        for config in (b"", b"[gateway]\n", b"[actions]\n", b"[DEFAULT]\na = b\n"):
            with self.subTest(config=config):
                done = run_with(config, "check")
                self.assertEqual(done.status, 0, done)
                self.assertEqual(done.stderr, f"eventsgw.conf: warning: {NO_RULE}\n")
                self.assertEqual(done.stdout, "eventsgw.conf: 0 rules, 1 warning\n")

    def test_another_file_is_named_as_it_was_given(self):
        done = run_with(b"[actions]\na\n", "check", "--config", "././eventsgw.conf")
        self.assertEqual(done.status, EX_CONFIG)
        self.assertRegex(done.output, r"(?m)^\./\./eventsgw\.conf:2: ")


class Warnings(unittest.TestCase):
    def assert_warning(self, config, line, word):
        done = run_with(config, "check")
        self.assertEqual(done.status, 0, done)
        self.assertEqual(set(lines_of(done.output, warnings=True)), {line}, done)
        self.assertIn(word, done.output)

    def test_a_section_that_nobody_reads(self):
        self.assert_warning(GOOD + b"[action]\na = b\n", 3, "action")

    def test_a_pattern_that_legacy_took_for_a_channel(self):
        self.assert_warning(b"[actions]\nmodule/mail?/event/a = b\n", 2, "module/mail?/event/a")
        self.assert_warning(b"[actions]\nmodule/[ab]/event/a = b\n", 2, "module/[ab]/event/a")

    def test_keys_that_differ_in_case_only(self):
        self.assert_warning(b"[actions]\na/event/b = c\nA/event/b = d\n", 3, "A/event/b")

    def test_text_after_the_bracket(self):
        self.assert_warning(b"[actions] a/event/b = c\nd = e\n", 1, "]")

    def test_a_key_that_looks_like_a_section(self):
        self.assert_warning(GOOD + b"[0-9]*/event/a = b\n", 3, "]")

    def test_an_action_that_no_agent_has(self):
        self.assert_warning(b"[actions]\na = ../../bin/sh\n", 2, "../../bin/sh")
        self.assert_warning(b"[actions]\na = b\n  c\n", 2, "b")

    def test_a_nul_in_a_value(self):
        self.assert_warning(b"[commands]\na = b\x00c\n", 2, "NUL")

    def test_a_command_that_ends_its_own_gateway(self):
        config = b"[commands]\na/event/b = cat && systemctl restart eventsgw@samba1\n"
        self.assert_warning(config, 2, "[rule a/event/b]")
        done = run_with(config + b"[rule a/event/b]\ninterrupted = drop\n", "check")
        self.assertEqual((done.status, done.stderr), (0, ""))
        done = run_with(config + b"[gateway]\ninterrupted = drop\n", "check")
        self.assertEqual((done.status, done.stderr), (0, ""))

    def test_warnings_beside_errors(self):
        done = run_with(b"[action]\na = b\n[actions]\nc\n", "check")
        self.assertEqual(done.status, EX_CONFIG)
        self.assertEqual(lines_of(done.output, warnings=True), [1], done)
        self.assertEqual(lines_of(done.output, warnings=False), [4], done)


class Notes(unittest.TestCase):
    CONFIG = GOOD + b"""[commands]
module/a*/event/[bc] = true
[gateway]
retry = 3
serialize = event
[rule module/a*/event/[bc]]
serialize = source
timeout = 1m
[handler e]
coalesce = 1s
[handler f]
retry = 0
"""
    TOLD = (
        (5, "a handler without a section of its own", "8.75s plus the time of 4 attempts"),
        (8, "[rule module/a*/event/[bc]]", "4m9s"),
        (11, "[handler e]", "8.75s plus the time of 4 attempts"),
    )
    NOTE = "the retries of {} may keep later runs of its lane waiting for up to {}"

    def test_how_long_a_lane_waits_for_retries(self):
        done = run_with(self.CONFIG, "check")
        self.assertEqual((done.status, done.stderr), (0, ""))
        notes = [f"eventsgw.conf:{line}: note: {self.NOTE.format(who, wait)}\n" for line, who, wait in self.TOLD]
        self.assertEqual(done.stdout, "".join(notes) + "eventsgw.conf: OK, 2 rules\n")

    def test_in_json(self):
        done = run_with(self.CONFIG, "check", "--format", "json")
        notes = [{"line": line, "message": self.NOTE.format(who, wait)} for line, who, wait in self.TOLD]
        self.assertEqual(json.loads(done.stdout)["notes"], notes)


class Json(unittest.TestCase):
    def check(self, config, status=0):
        done = run_with(config, "check", "--format", "json")
        self.assertEqual(done.status, status, done)
        self.assertEqual(done.stderr, "")
        report = json.loads(done.stdout)
        self.assertEqual(sorted(report), ["errors", "notes", "rules", "warnings"])
        return report

    def test_the_members_of_a_rule(self):
        report = self.check(GOOD)
        self.assertEqual(
            report,
            {
                "rules": [
                    {
                        "line": 2,
                        "section": "actions",
                        "channel": "module/traefik*/event/certificate-renew",
                        "pattern": True,
                        "value": "renew-certificate",
                    }
                ],
                "errors": [],
                "warnings": [],
                "notes": [],
            },
        )
        self.assertEqual(list(report["rules"][0]), ["line", "section", "channel", "pattern", "value"])

    def test_the_order_of_the_rules(self):
        report = self.check(
            b"[DEFAULT]\nd/event/all = both\nd/event/own = no\n[commands]\nc/event/1 = one ; two\n"
            b"[actions]\nb/event/x = act-b\na/event/? = act-a\nd/event/own = yes\n"
        )
        brief = [(rule["section"], rule["line"], rule["channel"], rule["value"]) for rule in report["rules"]]
        self.assertEqual(
            brief,
            [
                ("actions", 2, "d/event/all", "both"),
                ("actions", 9, "d/event/own", "yes"),
                ("actions", 7, "b/event/x", "act-b"),
                ("actions", 8, "a/event/?", "act-a"),
                ("commands", 2, "d/event/all", "both"),
                ("commands", 3, "d/event/own", "no"),
                ("commands", 5, "c/event/1", "one ; two"),
            ],
        )
        self.assertEqual([rule["pattern"] for rule in report["rules"]], [False] * 3 + [True] + [False] * 3)

    def test_values_are_what_the_legacy_parser_makes_of_them(self):
        report = self.check(
            "[commands]\na = one\n  two\n\n  # no comment line\n  four %% %(b)s\nb = Zoë \\ \"q\"\t\n".encode()
        )
        values = [rule["value"] for rule in report["rules"]]
        self.assertEqual(values, ['one\ntwo\n\nfour % Zoë \\ "q"', 'Zoë \\ "q"'])

    def test_errors_and_warnings(self):
        report = self.check(b"[other]\n[actions]\nno value\na = b\na = c\n", EX_CONFIG)
        self.assertEqual([error["line"] for error in report["errors"]], [3, 5])
        self.assertEqual([warning["line"] for warning in report["warnings"]], [1])
        for problem in report["errors"] + report["warnings"]:
            self.assertEqual(sorted(problem), ["line", "message"])
            self.assertNotIn("\n", problem["message"])

    def test_no_rule_is_a_warning_about_the_whole_file(self):
        self.assertEqual(self.check(b"")["warnings"], [{"line": 0, "message": NO_RULE}])
        self.assertEqual(self.check(b"[actions]\nbroken\n", EX_CONFIG)["warnings"], [])

    def test_a_nul_is_kept(self):
        self.assertEqual(self.check(b"[commands]\na = b\x00c\n")["rules"][0]["value"], "b\x00c")

    def test_what_a_terminal_would_obey_is_escaped_in_text(self):
        config = b"[actions]\na\x1b[2J = b\n"
        self.assertEqual(self.check(config)["rules"][0]["channel"], "a\x1b[2J")
        done = run_with(config + b"a\x1b[2J = c\n", "check")
        self.assertEqual(lines_of(done.output, warnings=False), [3])
        self.assertNotIn("\x1b", done.output)


if __name__ == "__main__":
    tap.main()
