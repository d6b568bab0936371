#!/usr/bin/python3 -B
# SPDX-License-Identifier: GPL-3.0-or-later
# Copyright (C) 2026 eventsgw contributors
"""The units as systemd-analyze sees them, with the built program as what they start."""

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

BUILT = pathlib.Path(os.environ.get("EVENTSGW_BUILD", os.path.join(program.TOP, "build")), "systemd")
DROP_IN = pathlib.Path(program.TOP, "systemd", "hardening", "actions-only.conf")
SYSTEM_UNITS = ("eventsgw@.service", "eventsgw@.path")
USER_UNITS = ("eventsgw.service", "eventsgw.path")
EXPOSURE_LIMIT = 1.5


def analyze(*arguments, **settings):
    done = subprocess.run(
        ["systemd-analyze", "--no-pager", *arguments],
        env={**os.environ, **settings},
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        check=False,
    )
    return done.returncode, done.stdout.decode()


def copy_units(source, target, names):
    """Copies units so that they start the built program, wherever the configured one would be."""
    for name in names:
        text = (source / name).read_text(encoding="utf-8")
        text = re.sub(r"^ExecStart=\S+", f"ExecStart={program.PROGRAM}", text, flags=re.MULTILINE)
        (target / name).write_text(text, encoding="utf-8")


@unittest.skipUnless(shutil.which("systemd-analyze"), "systemd-analyze is not installed")
class Units(unittest.TestCase):
    def setUp(self):
        directory = tempfile.TemporaryDirectory(prefix="eventsgw-units-")
        self.addCleanup(directory.cleanup)
        self.directory = pathlib.Path(directory.name)

    def test_system_units_are_clean(self):
        copy_units(BUILT, self.directory, SYSTEM_UNITS)
        paths = [str(self.directory / name.replace("@", "@samba1")) for name in SYSTEM_UNITS]
        self.assertEqual(analyze("verify", "--man=no", *paths), (0, ""))

    def test_user_units_are_clean(self):
        copy_units(BUILT / "user", self.directory, USER_UNITS)
        paths = [str(self.directory / name) for name in USER_UNITS]
        surroundings = {"HOME": str(self.directory), "XDG_RUNTIME_DIR": str(self.directory)}
        self.assertEqual(analyze("--user", "verify", "--man=no", *paths, **surroundings), (0, ""))

    def test_the_hardened_unit_is_clean_and_hardly_exposed(self):
        copy_units(BUILT, self.directory, SYSTEM_UNITS)
        (self.directory / "eventsgw@.service.d").mkdir()
        shutil.copy(DROP_IN, self.directory / "eventsgw@.service.d")
        unit = str(self.directory / "eventsgw@samba1.service")
        self.assertEqual(analyze("verify", "--man=no", unit), (0, ""))
        status, report = analyze("security", "--offline=true", unit)
        self.assertEqual(status, 0, report)
        exposure = float(re.search(r"Overall exposure level for \S+: (\S+)", report).group(1))
        self.assertLess(exposure, EXPOSURE_LIMIT)


class Text(unittest.TestCase):
    def test_nothing_is_left_to_be_configured(self):
        names = [*SYSTEM_UNITS, *(f"user/{name}" for name in USER_UNITS)]
        for name in names:
            text = (BUILT / name).read_text(encoding="utf-8")
            self.assertNotRegex(text, r"@[a-z]+@")
        self.assertEqual(sorted(names), sorted(str(p.relative_to(BUILT)) for p in BUILT.rglob("*") if p.is_file()))

    def test_both_kinds_of_module_are_served_alike(self):
        """What differs between the two services is where the module lies, and what is said about it."""
        system = (BUILT / "eventsgw@.service").read_text(encoding="utf-8")
        user = (BUILT / "user" / "eventsgw.service").read_text(encoding="utf-8")
        for pattern, word in (
            (r"eventsgw@%i|eventsgw", "UNIT"),
            (r"/var/lib/nethserver/%i|%E", "HOME"),
            (r"%[iu]", "NAME"),
        ):
            system, user = re.sub(pattern, word, system), re.sub(pattern, word, user)
        system, user = system.replace("agent@NAME", "agent"), user.replace("default.target", "multi-user.target")
        settings = [re.findall(r"^[^#\n].*", text, re.MULTILINE) for text in (system, user)]
        self.assertEqual(settings[0], settings[1])


if __name__ == "__main__":
    tap.main()
