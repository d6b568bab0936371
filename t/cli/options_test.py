#!/usr/bin/python3 -B
# SPDX-License-Identifier: GPL-3.0-or-later
# Copyright (C) 2026 eventsgw contributors
"""The options that every command line program has, and the ones it does not."""

import os
import pathlib
import socket
import subprocess
import sys
import tempfile
import unittest

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[1] / "lib"))

import tap
from program import EX_IOERR, EX_USAGE, PROGRAM, environment, run
from waiting import PATIENCE


SUBCOMMANDS = ("run", "check", "match", "migrate", "status", "history", "replay", "cancel", "pause", "resume", "wait",
               "spool", "publish", "submit", "monitor")


class Options(unittest.TestCase):
    def test_help_names_all_there_is(self):
        done = run("--help")
        self.assertEqual(done.status, 0, done)
        self.assertEqual(done.stderr, "")
        for word in ("--config", "--agentid", "--log-level", "--help", "--version", "check", "match"):
            self.assertIn(word, done.stdout)
        self.assertLessEqual(max(map(len, done.stdout.splitlines())), 100)

    def test_help_of_the_subcommands(self):
        for command, word in (
            ("check", "--format"),
            ("match", "CHANNEL"),
            ("run", "--log-level"),
            ("migrate", "--to"),
            ("publish", "standard input"),
            ("submit", "--wait"),
            ("monitor", "[PATTERN...]"),
        ):
            done = run(command, "--help")
            self.assertEqual(done.status, 0, done)
            self.assertIn(word, done.stdout)
            self.assertEqual(run(command, "-h").stdout, done.stdout)
            self.assertEqual(run("help", command).stdout, done.stdout)

    def test_help_ends_with_an_example(self):
        for arguments in ([], *([name] for name in SUBCOMMANDS)):
            self.assertRegex(run(*arguments, "--help").stdout, r"\nExample:\n  .*\beventsgw .*\n\Z")

    def test_help_fits_a_screen(self):
        for name in SUBCOMMANDS:
            lines = run(name, "--help").stdout.splitlines()
            self.assertLessEqual(len(lines), 24, name)
            self.assertLessEqual(max(map(len, lines)), 100, name)

    def test_help_lists_the_well_known_events(self):
        lines = run("help", "events").stdout.splitlines()
        self.assertIn("user-domain-changed", [line.split()[0] for line in lines])
        for line in lines:
            self.assertRegex(line, r"\A[a-z0-9-]+  +\S")

    def test_other_forms_of_help_and_version(self):
        for arguments in (["-h"], ["help"], ["help", "help"], ["help", "--help"]):
            self.assertEqual(run(*arguments).stdout, run("--help").stdout)
        self.assertEqual(run("-V").stdout, run("--version").stdout)
        self.assert_usage_error("help", "chekc", word="check")

    def test_version(self):
        done = run("--version")
        self.assertEqual(done.status, 0, done)
        self.assertRegex(done.stdout, r"^eventsgw \d+\.\d+\S*\n")
        self.assertEqual(done.stderr, "")

    def assert_usage_error(self, *arguments, word):
        done = run(*arguments)
        self.assertEqual(done.status, EX_USAGE, done)
        self.assertEqual(done.stdout, "")
        self.assertIn(word, done.stderr)
        self.assertIn("--help", done.stderr)

    def test_an_unknown_option(self):
        self.assert_usage_error("--bogus", word="--bogus")
        self.assert_usage_error("-x", word="x")
        self.assert_usage_error("check", "--bogus", word="--bogus")
        self.assert_usage_error("match", "some/channel", "--bogus", word="--bogus")
        self.assert_usage_error("match", "some/channel", "-x", word="-x")

    def test_advice_is_about_the_subcommand(self):
        self.assert_usage_error("check", "--bogus", word='Try "eventsgw check --help"')
        self.assert_usage_error("--bogus", word='Try "eventsgw --help"')

    def test_an_unknown_subcommand(self):
        self.assert_usage_error("chekc", word='unknown subcommand "chekc"; did you mean check?')
        self.assert_usage_error("frobnicate", word=f"There are: {', '.join(SUBCOMMANDS)}, help")

    def test_a_subcommand_behind_options(self):
        advice = "the subcommand comes first: eventsgw check [OPTION...]"
        self.assert_usage_error("--config", "x", "check", word=advice)
        self.assert_usage_error("--format", "json", "check", word=advice)

    def test_a_file_in_the_place_of_an_argument(self):
        advice = "the file goes behind --config: eventsgw check --config FILE"
        self.assert_usage_error("check", "eventsgw.conf", word=advice)

    def test_a_value_that_is_missing(self):
        for option in ("--config", "--agentid", "--log-level"):
            self.assert_usage_error(option, word=option)
        self.assert_usage_error("check", "--format", word="--format")

    def test_a_value_that_nobody_knows(self):
        self.assert_usage_error("--log-level", "loud", word="loud")
        self.assert_usage_error("check", "--format", "xml", word="xml")
        self.assert_usage_error("--agentid", "", word="--agentid")
        self.assert_usage_error("submit", "a", "--retry", "soon", word="soon")
        self.assert_usage_error("submit", "a", "--retry", "25h", word="more than 24h")
        self.assert_usage_error("match", "--agentid=", "a", word="--agentid")

    def test_arguments_too_few_or_too_many(self):
        self.assert_usage_error("match", word="CHANNEL")
        self.assert_usage_error("match", "a", "b", word="b")
        self.assert_usage_error("check", "more", word="more")

    def test_what_a_terminal_would_obey_is_escaped(self):
        done = run("\x1b[2J\nsecond line")
        self.assertEqual(done.status, EX_USAGE, done)
        self.assertNotIn("\x1b", done.stderr)
        self.assertNotIn("\nsecond line", done.stderr)


class Output(unittest.TestCase):
    def test_the_reason_is_that_of_the_write(self):
        with tempfile.TemporaryDirectory() as directory, open("/dev/full", "wb") as full:
            for number in range(3000):  # more than what is written at once
                pathlib.Path(directory, "eventsgw.conf").open("a").write(f"[commands]\na/event/{number} = true =\n")
            done = subprocess.run([PROGRAM, "check", "--format", "json"], cwd=directory, stdout=full,
                                  stderr=subprocess.PIPE, check=False)
        self.assertEqual(done.returncode, EX_IOERR)
        self.assertIn(b"No space left on device", done.stderr)

    def test_output_that_cannot_be_written_is_an_error(self):
        for arguments in (["--version"], ["--help"], ["match", "--help"]):
            with open("/dev/full", "wb") as full:
                done = subprocess.run([PROGRAM, *arguments], stdout=full, stderr=subprocess.PIPE, check=False)
            self.assertEqual(done.returncode, EX_IOERR)
            self.assertIn(b"No space left on device", done.stderr)

    def test_a_closed_standard_input_is_an_error(self):
        """And not empty: submit would push a task for it."""
        settings = environment(AGENT_ID="module/mail1", REDIS_PASSWORD="x", REDIS_ADDRESS="127.0.0.1:1")
        for arguments in ("submit act", "publish a-changed --data -"):
            done = subprocess.run(["sh", "-c", f'exec "$0" {arguments} <&-', PROGRAM], env=settings,
                                  stderr=subprocess.PIPE, check=False)
            self.assertEqual(done.stderr, b"eventsgw: standard input cannot be read: Bad file descriptor\n")

    def test_nothing_else_gets_the_place_of_a_closed_standard_output(self):
        """What is open there in its place would be written to; here it would be the connection."""
        with tempfile.TemporaryDirectory() as directory, socket.socket() as listener:
            listener.bind(("127.0.0.1", 0))
            listener.listen()
            listener.settimeout(PATIENCE)
            address = "127.0.0.1:%d" % listener.getsockname()[1]
            tool = subprocess.Popen(
                ["sh", "-c", 'exec "$0" publish a-changed <&- >&-', PROGRAM], cwd=directory, stderr=subprocess.PIPE,
                env=environment(AGENT_ID="module/mail1", REDIS_PASSWORD="x", REDIS_ADDRESS=address))
            connection = listener.accept()[0]
            open_files = [os.readlink(f"/proc/{tool.pid}/fd/{number}") for number in (0, 1)]
            listener.close()
            connection.close()
            stderr = tool.communicate()[1]
        self.assertEqual(open_files, ["/dev/null", "/dev/null"], stderr)

    def test_a_closed_standard_output_is_an_error(self):
        done = subprocess.run(["sh", "-c", 'exec "$0" --version >&-', PROGRAM], stderr=subprocess.PIPE, check=False)
        self.assertEqual(done.returncode, EX_IOERR)
        self.assertEqual(done.stderr, b"eventsgw: standard output cannot be written: Bad file descriptor\n")


if __name__ == "__main__":
    tap.main()
