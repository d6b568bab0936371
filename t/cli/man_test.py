#!/usr/bin/python3 -B
# SPDX-License-Identifier: GPL-3.0-or-later
# Copyright (C) 2026 eventsgw contributors
"""The manual pages: they name the options that there are, and no others; their form; their examples."""

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
from oracle import ask

SOURCES = pathlib.Path(program.TOP, "man")
BUILT = pathlib.Path(os.environ.get("EVENTSGW_BUILD", os.path.join(program.TOP, "build")), "man")
PAGES = ("eventsgw.8", "eventsgw.conf.5", "eventsgw-events.7", "eventsgw-handlers.7")


def read(page):
    return (SOURCES / page).read_text(encoding="utf-8")


def cut_at(macro, text):
    """{what stands behind the macro: the lines up to the next of that macro}; the lines before the first one are ""."""
    head, *parts = re.split(rf"^\.{macro}\b *", text, flags=re.MULTILINE)
    return {"": head, **dict(part.split("\n", 1) for part in parts)}


def documented_options(text):
    """{option: what stands for its value, or ""} of a list."""
    return dict(re.findall(r"^\.It (?:Fl \w , )?Fl -(\S+)(?: Ar (\S+))?$", text, re.MULTILINE))


def offered_options(*subcommand):
    """The same, as --help tells it."""
    text = program.run(*subcommand, "--help").stdout
    return dict(re.findall(r"^  (?:-\w, |    )--(\S+)(?: (\S+))?  ", text, re.MULTILINE))


def offered_subcommands():
    """{name: arguments besides options as --help tells them, or ""}"""
    listed = re.search(r"^Subcommands.*\n((?:  .*\n)+)", program.run("--help").stdout, re.MULTILINE).group(1)
    return dict(re.findall(r"^  ([a-z]+)(?: ([][A-Z.]+(?: [][A-Z.]+)*))?  ", listed, re.MULTILINE))


class Options(unittest.TestCase):
    def setUp(self):
        self.page = cut_at("Sh", read("eventsgw.8"))
        self.parts = cut_at("Ss", self.page["SUBCOMMANDS"])
        self.common = documented_options(self.parts.pop(""))

    def test_the_subcommands(self):
        self.assertEqual(sorted(self.parts), sorted(offered_subcommands()))

    def test_the_options_of_each_subcommand(self):
        self.assertEqual(sorted(self.common), ["help", "version"])
        for name, text in self.parts.items():
            with self.subTest(subcommand=name):
                self.assertEqual({**self.common, **documented_options(text)}, offered_options(name))

    def test_the_short_forms(self):
        documented = re.findall(r"^\.It Fl (\w) , Fl -(\S+)$", self.page["SUBCOMMANDS"], re.MULTILINE)
        offered = re.findall(r"^  -(\w), --(\S+) ", program.run("--help").stdout, re.MULTILINE)
        self.assertEqual(documented, offered)

    def test_the_synopsis(self):
        *forms, common = re.split(r"^\.Nm\n", self.page["SYNOPSIS"], flags=re.MULTILINE)[1:]
        subcommands = offered_subcommands()
        self.assertEqual(len(forms), len(subcommands))
        for form, (name, argument) in zip(forms, subcommands.items()):
            with self.subTest(subcommand=name):
                self.assertIn(f"Cm {name}\n", form)
                options = dict(re.findall(r"^\.(?:Op )?Fl -(\S+)(?: Ar (\S+))?$", form, re.MULTILINE))
                self.assertEqual(options, documented_options(self.parts[name]))
                self.assertEqual(
                    re.findall(r"^\.(?:Op )?Ar (\S+)", form, re.MULTILINE), re.findall("[A-Z]+", argument)
                )
        self.assertEqual(re.findall(r"Fl -(\S+)", common), list(self.common))


class Form(unittest.TestCase):
    @unittest.skipUnless(shutil.which("mandoc"), "mandoc is not installed")
    def test_mandoc_finds_nothing(self):
        for page in PAGES:
            lint = subprocess.run(
                ["mandoc", "-Tlint", "-W", "warning", str(SOURCES / page)], stdout=subprocess.PIPE, check=False
            )
            self.assertEqual((lint.returncode, lint.stdout.decode()), (0, ""))

    def test_the_built_pages_have_the_version(self):
        version = program.run("--version").stdout.split()[1]
        for page in PAGES:
            built = (BUILT / page).read_text(encoding="utf-8")
            self.assertEqual(built, read(page).replace("@VERSION@", version))
            self.assertIn(f"eventsgw {version}", built)


class Events(unittest.TestCase):
    def test_the_page_of_events_is_what_the_table_makes(self):
        table = "".join(line + "\n" for line in ask([], "events"))
        head, *rest = read("eventsgw-events.7").split(table)
        self.assertEqual(len(rest), 1, "put the output of `oracle events` into the page")
        self.assertNotIn("\n.Ss ", head + rest[0])


class Examples(unittest.TestCase):
    def test_each_configuration_is_valid_without_a_warning(self):
        displays = re.findall(r"^\.Bd -literal[^\n]*\n(.*?)^\.Ed$", read("eventsgw.conf.5"), re.MULTILINE | re.DOTALL)
        self.assertGreaterEqual(len(displays), 5)
        for display in displays:
            with tempfile.TemporaryDirectory(prefix="eventsgw-") as module:
                for name in ("state", "events/hosts-changed"):
                    pathlib.Path(module, name).mkdir(parents=True)
                pathlib.Path(module, "state", "eventsgw.conf").write_text(display, encoding="utf-8")
                done = program.run("check", cwd=pathlib.Path(module, "state"))
            self.assertEqual((done.status, done.stderr), (0, ""), display)


if __name__ == "__main__":
    tap.main()
