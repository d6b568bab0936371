#!/usr/bin/python3 -B
# SPDX-License-Identifier: GPL-3.0-or-later
# Copyright (C) 2026 eventsgw contributors
"""The completion for bash offers what --help names: all of it, and nothing else."""

import os
import pathlib
import re
import shutil
import subprocess
import sys
import tempfile
import unittest

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[1] / "lib"))

import program
import tap

SCRIPT = pathlib.Path(program.TOP, "completion", "eventsgw")

COMPLETE = """
source "$1" && shift || exit 1
[[ $(complete -p eventsgw) == *"-F _eventsgw eventsgw" ]] || exit 1
COMP_WORDS=("$@")
COMP_CWORD=$(($# - 1))
_eventsgw "$1" "${COMP_WORDS[COMP_CWORD]}" "${COMP_WORDS[COMP_CWORD - 1]}"
printf '%s\\n' "${COMPREPLY[@]}"
"""


def complete(*words, cwd=None):
    """What is offered for the last one of the words."""
    command = ["bash", "--norc", "-c", COMPLETE, "bash", str(SCRIPT), program.PROGRAM, *words]
    done = subprocess.run(
        command, cwd=cwd, env=program.environment(), stdout=subprocess.PIPE, stderr=subprocess.PIPE, check=False
    )
    program.fail_on_sanitizer_report(done.stderr)
    if done.returncode != 0 or done.stderr:
        raise AssertionError(f"bash: {done.returncode} {done.stderr.decode()}")
    return sorted(done.stdout.decode().split())


def help_of(*subcommand):
    return program.run(*subcommand, "--help").stdout


def subcommands():
    listed = re.search(r"^Subcommands.*\n((?:  .*\n)+)", help_of(), re.MULTILINE).group(1)
    return re.findall(r"^  ([a-z][a-z-]*)", listed, re.MULTILINE)


def options(subcommand):
    """{option: what stands for its value, or ""}"""
    return dict(re.findall(r"^  (?:-\w, |    )(--\S+)(?: (\S+))?  ", help_of(subcommand), re.MULTILINE))


@unittest.skipUnless(shutil.which("bash"), "bash is not installed")
class Completion(unittest.TestCase):
    def test_the_subcommands(self):
        self.assertGreater(len(subcommands()), 2)
        self.assertEqual(complete(""), sorted([*subcommands(), "help"]))
        self.assertEqual(complete("help", ""), sorted([*subcommands(), "help"]))
        self.assertEqual(complete("che"), ["check"])

    def test_the_options_of_each_subcommand(self):
        self.assertEqual(complete("--"), sorted(options("run")))
        for subcommand in subcommands():
            with self.subTest(subcommand=subcommand):
                self.assertEqual(complete(subcommand, "--"), sorted(options(subcommand)))

    def test_the_values_of_the_options(self):
        for subcommand in subcommands():
            for option, value in options(subcommand).items():
                offered = complete(subcommand, option, "")
                with self.subTest(subcommand=subcommand, option=option):
                    if value in ("FORMAT", "LEVEL"):
                        self.assertGreater(len(offered), 1)
                        for word in offered:
                            self.assertRegex(help_of(subcommand), rf"{option} {value} .*\b{word}\b")
                    elif value not in ("", "FILE", "DIR"):
                        self.assertEqual(offered, [])

    def test_formats_and_levels(self):
        self.assertEqual(complete("check", "--format", ""), ["json", "text"])
        self.assertEqual(complete("check", "--format", "=", "j"), ["json"])
        self.assertEqual(complete("check", "--format", "="), ["json", "text"])
        self.assertEqual(complete("--log-level", "n"), ["notice"])
        self.assertEqual(complete("--log-level", ""), ["debug", "error", "info", "notice", "warning"])

    def test_verbs(self):
        self.assertEqual(complete("spool", ""), ["drop", "list", "push", "retry", "show"])
        self.assertEqual(complete("spool", "r"), ["retry"])
        self.assertEqual(complete("spool", "show", ""), [])
        self.assertEqual(complete("history", ""), ["list", "show"])
        self.assertEqual(complete("replay", ""), [])

    def test_files(self):
        with tempfile.TemporaryDirectory(prefix="eventsgw-") as directory:
            for name in ("mail.conf", "samba.conf"):
                pathlib.Path(directory, name).touch()
            self.assertEqual(complete("check", "--config", "", cwd=directory), ["mail.conf", "samba.conf"])
            self.assertEqual(complete("--config", os.path.join(directory, "m")), [f"{directory}/mail.conf"])


if __name__ == "__main__":
    tap.main()
