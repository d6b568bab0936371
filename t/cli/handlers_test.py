#!/usr/bin/python3 -B
# SPDX-License-Identifier: GPL-3.0-or-later
# Copyright (C) 2026 eventsgw contributors
"""`eventsgw match` and `check` about events directories: what would run, in which order, and what would not."""

import os
import pathlib
import sys
import tempfile
import unittest

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[1] / "lib"))

import tap
from program import EX_CONFIG, run

CHANNEL = "module/samba1/event/user-domain-changed"


class ModuleTestCase(unittest.TestCase):
    maxDiff = 4000

    def setUp(self):
        directory = tempfile.TemporaryDirectory(prefix="eventsgw-")
        self.addCleanup(directory.cleanup)
        self.module = pathlib.Path(os.path.realpath(directory.name))
        (self.module / "state").mkdir()

    def write_step(self, name, base="events", event="user-domain-changed", mode=0o755):
        path = self.module / base / event / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text("#!/bin/sh\ntouch ran\n", encoding="utf-8")
        path.chmod(mode)
        return path

    def write_config(self, text):
        (self.module / "state" / "eventsgw.conf").write_text(text, encoding="utf-8")

    def run_in_state(self, *arguments):
        done = run(*arguments, cwd=self.module / "state")
        self.assertFalse((self.module / "state" / "ran").exists())
        return done


class Match(ModuleTestCase):
    def test_the_whole_output_without_a_configuration(self):
        self.write_step("20second")
        self.write_step("10first")
        self.write_step("10first", base="more")
        self.write_step("15plain", base="more", mode=0o644)
        refused = self.write_step("30open", mode=0o757)
        self.write_step("40behind")
        done = self.run_in_state("match", CHANNEL, "--eventsdir", "../events", "--eventsdir", "../more")
        self.assertEqual((done.status, done.stderr.count("warning")), (0, 2), done)
        self.assertEqual(
            done.stdout,
            f"""\
{CHANNEL} is taken by its handler, and by no rule

its handler has the steps (coalesce = 0s, timeout = 0s)
  10first              {self.module}/more/user-domain-changed/10first
    runs
  15plain              {self.module}/more/user-domain-changed/15plain
    is skipped: it is not executable
  20second             {self.module}/events/user-domain-changed/20second
    runs
  30open               {refused}
    is refused, and ends the handler: {refused} is writable by everybody (mode 0757, group {refused.stat().st_gid})
  40behind             {self.module}/events/user-domain-changed/40behind
    is not reached
""",
        )

    def test_the_setting_of_the_file_is_relative_to_it(self):
        self.write_config("[gateway]\neventsdir = ../events\n")
        step = self.write_step("10first")
        done = run("match", CHANNEL, "--config", str(self.module / "state" / "eventsgw.conf"), cwd="/")
        self.assertEqual((done.status, done.stderr), (0, ""))
        self.assertIn(f"\n  10first              {step}\n    runs\n", done.stdout)

    def test_a_slash_at_the_end_changes_nothing(self):
        step = self.write_step("10first")
        done = self.run_in_state("match", CHANNEL, "--eventsdir", "../events//")
        self.assertIn(f"10first              {step}\n", done.stdout)

    def test_rules_come_first(self):
        self.write_config("[actions]\n*/event/user-domain-changed = act\ncluster/event/x = other\n")
        self.write_step("10first")
        done = self.run_in_state("match", CHANNEL, "--eventsdir", "../events")
        self.assertEqual(done.status, 0)
        parts = ["is taken by\n", "line 2 ", "its handler has the steps (", "10first"]
        parts += ["these rules do not take it\n", "line 3 "]
        places = [done.stdout.index(part) for part in parts]
        self.assertEqual(places, sorted(places))

    def test_the_settings_of_the_handler_are_shown(self):
        self.write_step("10first")
        self.write_config("[gateway]\nhandler_timeout = 90s\n")
        done = self.run_in_state("match", CHANNEL, "--eventsdir", "../events")
        self.assertIn("its handler has the steps (coalesce = 0s, timeout = 1m30s)\n", done.stdout)
        self.write_config("[handler user-domain-changed]\ncoalesce = 2s\ntimeout = 10m\n")
        done = self.run_in_state("match", CHANNEL, "--eventsdir", "../events")
        self.assertIn("its handler has the steps (coalesce = 2s, timeout = 10m0s)\n", done.stdout)

    def test_a_step_without_an_interpreter(self):
        self.write_step("10first").write_text("#!/no/such/interpreter\n")
        done = self.run_in_state("match", CHANNEL, "--eventsdir", "../events")
        reason = 'no interpreter "/no/such/interpreter": No such file or directory\n'
        self.assertEqual(done.status, 1)
        self.assertIn("is taken by no rule\n", done.stdout)
        self.assertIn("10first\n    is skipped: " + reason, done.stdout)
        warnings = self.run_in_state("check", "--eventsdir", "../events").stderr
        self.assertIn("10first would be skipped: " + reason, warnings)

    def test_an_event_without_steps(self):
        self.write_step("10first")
        done = self.run_in_state("match", "module/samba1/event/other", "--eventsdir", "../events")
        self.assertEqual(done.status, 1)
        self.assertIn("\nno events directory has steps for it\n", done.stdout)

    def test_steps_none_of_which_runs(self):
        self.write_step("10first", mode=0o644)
        self.assertEqual(self.run_in_state("match", CHANNEL, "--eventsdir", "../events").status, 1)

    def test_a_channel_that_no_handler_can_have(self):
        for channel in ("module/a/event/../x", "no-event", "module/a/event/", "/event/x", "module/a/event/.x"):
            done = self.run_in_state("match", channel, "--eventsdir", "../events")
            self.assertEqual(done.status, 1)
            self.assertIn("\nno handler can have it: ", done.stdout)

    def test_loose_modes(self):
        self.write_config("[gateway]\nstrict_modes = no\n")
        self.write_step("10first", mode=0o777)
        done = self.run_in_state("match", CHANNEL, "--eventsdir", "../events")
        self.assertIn("10first\n    runs\n", done.stdout)

    def test_without_an_events_directory_nothing_is_said_of_handlers(self):
        self.write_config("[actions]\na/b = act\n")
        self.assertNotIn("handler", self.run_in_state("match", CHANNEL).stdout)

    def test_a_configuration_that_is_named_must_be_there(self):
        done = self.run_in_state("match", CHANNEL, "--eventsdir", "../events", "--config", "none.conf")
        self.assertEqual(done.status, EX_CONFIG)


class Check(ModuleTestCase):
    def check(self, *options):
        done = self.run_in_state("check", *options)
        self.assertEqual(done.status, 0, done)
        return done.stderr

    def test_steps_in_order_give_no_warning(self):
        self.write_config("[gateway]\neventsdir = ../events\n[handler user-domain-changed]\ncoalesce = 1s\n")
        self.write_step("10first")
        self.assertEqual(self.check(), "")

    def test_what_was_looked_at_is_said(self):
        self.write_step("10first")
        self.write_step("10first", event="other")
        (self.module / "events" / "without-steps").mkdir()
        arguments = ("check", "--eventsdir", "../events")
        done = self.run_in_state(*arguments)
        self.assertEqual(done.stdout, "no eventsgw.conf here: OK, 2 events with steps\n")
        self.write_config("[actions]\na/event/b = act\n")
        self.assertEqual(self.run_in_state(*arguments).stdout, "eventsgw.conf: OK, 1 rule, 2 events with steps\n")

    def test_a_configuration_that_is_not_there_is_not_to_blame(self):
        done = self.run_in_state("check", "--eventsdir", "../none")
        self.assertEqual(done.stderr, f"eventsgw: warning: {self.module}/none: No such file or directory\n")
        self.assertEqual(done.stdout, "no eventsgw.conf here: OK, 0 events with steps, 1 warning\n")

    def test_steps_that_would_not_run(self):
        plain = self.write_step("10plain", mode=0o644)
        opened = self.write_step("20open", event="other", mode=0o775)
        warnings = self.check("--eventsdir", "../events")
        self.assertIn(f": warning: step {plain} would be skipped: it is not executable\n", warnings)
        refused = f": warning: step {opened} would be refused: {opened} is writable by its group (mode 0775"
        self.assertIn(refused, warnings)
        self.assertEqual(warnings.count("\n"), 2)

    def test_a_step_that_another_hides_is_not_looked_at(self):
        self.write_step("10first", mode=0o644)
        self.write_step("10first", base="more")
        self.assertEqual(self.check("--eventsdir", "../events", "--eventsdir", "../more"), "")

    def test_directories_that_are_none(self):
        self.write_step("10first", event="bad name")
        warnings = self.check("--eventsdir", "../events", "--eventsdir", "../none")
        self.assertIn(f"{self.module}/events/bad name: no event has such a name\n", warnings)
        self.assertIn(f"{self.module}/none: No such file or directory\n", warnings)

    def test_settings_of_a_handler_that_is_not_there(self):
        self.write_config("[gateway]\neventsdir = ../events\n[handler user-domain-chnaged]\ncoalesce = 1s\n")
        self.write_step("10first")
        self.assertIn("[handler user-domain-chnaged]: no events directory has steps for it\n", self.check())

    def test_coalescing_where_nothing_may_wait(self):
        self.write_step("10first")
        config = "[handler user-domain-changed]\ncoalesce = %s\n[gateway]\neventsdir = ../events\nqueue_limit = %d\n"
        self.write_config(config % ("1s", 0))
        self.assertEqual(
            self.check(),
            'eventsgw.conf:1: warning: each event of section "handler user-domain-changed" will be refused: one that '
            "coalesces waits for others, and with queue_limit = 0 none may wait\n",
        )
        for harmless in (("0s", 0), ("1s", 1)):
            self.write_config(config % harmless)
            self.assertEqual(self.check(), "")

    def test_errors_of_a_handler_have_their_line(self):
        self.write_config("[handler e]\ntimout = 1s\ncoalesce = x\n")
        done = self.run_in_state("check")
        self.assertEqual(done.status, EX_CONFIG)
        self.assertIn('eventsgw.conf:2: unknown setting "timout"; did you mean timeout?\n', done.stderr)
        self.assertIn("eventsgw.conf:3: coalesce: not a duration", done.stderr)

    def test_a_configuration_with_neither_rules_nor_directories(self):
        self.write_config("[gateway]\n")
        self.assertIn("no rule in [actions] or [commands], and no eventsdir", self.check())


if __name__ == "__main__":
    tap.main()
