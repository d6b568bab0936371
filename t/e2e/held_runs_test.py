#!/usr/bin/python3 -B
# SPDX-License-Identifier: GPL-3.0-or-later
# Copyright (C) 2026 eventsgw contributors
"""Held runs: `eventsgw spool` lists, starts and drops them, with and without a running gateway."""

import contextlib
import json
import pathlib
import signal
import sqlite3
import sys

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[1] / "lib"))

import program
import tap
from case import GatewayTestCase, numbers
from waiting import wait_until

RULE = "[rule a/event/b]\nserialize = event\n[commands]\na/event/b = cat >> log\n"
CONFIG = RULE + "[gateway]\nhold_after = 1ms\n"


class HeldRuns(GatewayTestCase):
    def call(self, *words, status=0):
        done = program.run(*words, cwd=self.gateway.state_directory)
        self.assertEqual(done.status, status, done)
        return done

    def counts(self):
        return json.loads(self.call("status", "--format", "json").stdout)["commands"]

    def wait_counts(self, **counts):
        wait_until(lambda: all(self.counts()[name] == count for name, count in counts.items()), lambda: self.counts())

    def held(self):
        return json.loads(self.call("spool", "--format", "json").stdout)["held_runs"]

    def start(self, config=CONFIG, **options):
        self.gateway = self.start_gateway(config, options=options)

    def start_with_held(self, count):
        """A gateway whose former run has left that many runs, which are too old for it."""
        self.start()
        self.call("pause", "--all")
        self.publish("a/event/b", *numbers(0, count))
        self.wait_counts(waiting=count)
        self.gateway.stop()
        self.start(predecessor=self.gateway)
        self.call("resume", "--all")
        self.wait_counts(held=count, waiting=0)
        return wait_until(lambda: len(self.held()) == count and self.held(), "the journal says so")

    def test_what_is_listed(self):
        first = self.start_with_held(2)[0]
        self.assertEqual((first["kind"], first["key"], first["channel"], first["bytes"]), ("command", "a/event/b", "a/event/b", 1))
        self.assertEqual((first["reason"], first["retry"]), ("older than hold_after", False))
        text = self.call("spool").stdout
        self.assertIn("\nheld commands and handlers: 2, to be decided by `eventsgw spool retry held` or `spool drop held`\n", text)
        self.assertIn(f"  {first['id']}  {first['since']}  command  a/event/b  older than hold_after\n", text)
        self.assertEqual(json.loads(self.call("spool", "show", first["id"], "--format", "json").stdout), first)
        self.assertIn(first["id"], self.call("spool", "show", first["id"]).stdout)
        self.assertRegex(self.call("status").stdout, r"(?m)^ +2 held: older than hold_after$")

    def test_one_is_started_and_one_dropped_beside_the_gateway(self):
        first, second, third = self.start_with_held(3)
        self.assertIn("will start it again", self.call("spool", "retry", second["id"]).stdout)
        self.gateway.wait_content("log", b"1")
        self.call("spool", "drop", first["id"])
        self.wait_counts(held=1)
        self.assertEqual([run["id"] for run in self.held()], [third["id"]])
        self.call("spool", "retry", first["id"], status=1)
        self.gateway.stop()
        self.start(predecessor=self.gateway)
        self.wait_counts(held=1, waiting=0)

    def test_all_are_started_beside_the_gateway(self):
        self.start_with_held(3)
        self.call("spool", "retry", "held")
        self.gateway.wait_content("log", b"012")
        self.assertIn("no held tasks and no held runs", self.call("spool", "retry", "held", status=1).stderr)

    def test_all_are_dropped_beside_the_gateway(self):
        self.start_with_held(3)
        self.call("spool", "drop", "held")
        self.gateway.wait_log("^<5>command: held run dropped", 3)
        self.wait_counts(held=0)

    def test_without_a_gateway(self):
        first, *_ = self.start_with_held(3)
        self.gateway.stop()
        self.call("spool", "drop", first["id"])
        self.call("spool", "retry", "held")
        self.assertEqual([run["retry"] for run in self.held()], [True, True])
        self.start(predecessor=self.gateway)
        self.gateway.wait_content("log", b"12")
        wait_until(lambda: self.held() == [], lambda: self.held())

    def test_what_is_held_for_too_long_is_forgotten(self):
        self.start_with_held(2)
        self.gateway.stop()
        with contextlib.closing(sqlite3.connect(self.gateway.path("eventsgw.journal"), isolation_level=None)) as database:
            database.execute("UPDATE event SET received = received - 3600 * 1000 * 24 * 31 WHERE number = 1")
        self.start(predecessor=self.gateway)
        self.gateway.wait_log("^<4>run: held runs have expired runs=1$")
        self.wait_counts(held=1)
        self.assertEqual(self.gateway.log_matching("held tasks have expired"), [])

    def test_one_whose_rule_is_gone_has_no_line_in_the_history(self):
        run = self.start_with_held(1)[0]["id"]
        self.gateway.stop()
        self.start("[commands]\na/event/c = true\n", predecessor=self.gateway)
        self.call("cancel", run)
        self.gateway.stop()
        self.assertRegex(self.call("history", "show", run).stdout, r"(?m)^by +command$")

    def test_one_whose_rule_is_gone_starts_when_it_returns(self):
        first, _ = self.start_with_held(2)
        self.gateway.write("eventsgw.conf", "[commands]\na/event/c = true\n")
        self.gateway.send_signal(signal.SIGHUP)
        self.gateway.wait_log("gateway: reloaded")
        self.call("spool", "retry", first["id"])
        wait_until(lambda: self.held()[0]["reason"] == "rule removed", lambda: self.held())
        self.assertEqual(self.gateway.read("log"), b"")
        self.assertEqual(self.counts()["held"], 2)
        self.gateway.write("eventsgw.conf", RULE)
        self.gateway.send_signal(signal.SIGHUP)
        self.gateway.wait_content("log", b"0")
        self.wait_counts(held=1)


if __name__ == "__main__":
    tap.main()
