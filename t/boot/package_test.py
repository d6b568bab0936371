#!/usr/bin/python3 -B
# SPDX-License-Identifier: GPL-3.0-or-later
# Copyright (C) 2026 eventsgw contributors
"""The packages for Debian and for RHEL: what the distributions' own tools say of them, and what is in them."""

import os
import pathlib
import shutil
import subprocess
import sys
import tempfile
import unittest

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[1] / "lib"))

import package
import tap

# In the places that both distributions have; those of the units differ before Debian 13.
CONTENTS = {
    "/usr/bin/eventsgw",
    "/usr/lib/systemd/system/eventsgw@.path",
    "/usr/lib/systemd/system/eventsgw@.service",
    "/usr/lib/systemd/user/eventsgw.path",
    "/usr/lib/systemd/user/eventsgw.service",
    "/usr/share/bash-completion/completions/eventsgw",
    "/usr/share/doc/eventsgw/examples/agent.env.example",
    "/usr/share/doc/eventsgw/examples/eventsgw.conf.example",
    "/usr/share/eventsgw/hardening/actions-only.conf",
    "/usr/share/man/man5/eventsgw.conf.5",
    "/usr/share/man/man8/eventsgw.8",
}


def setUpModule():
    if os.environ.get("EVENTSGW_SANITIZED") == "1":
        raise unittest.SkipTest("the packages are built without sanitizers, and once is enough")


def require(*tools):
    missing = [tool for tool in tools if not shutil.which(tool)]
    if missing and os.environ.get("EVENTSGW_BOOT_REQUIRED"):
        raise RuntimeError(f"not installed: {', '.join(missing)}")
    if missing:
        raise unittest.SkipTest(f"not installed: {', '.join(missing)}")


def normalized(path):
    """As RHEL names it: /usr merged, manual pages not packed."""
    path = "/usr" + path if path.startswith("/lib/") else path
    return path.removesuffix(".gz") if "/man/" in path else path


class Debian(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        require("dpkg-buildpackage", "dh", "lintian")
        cls.directory = package.build_package()

    def test_lintian_finds_nothing(self):
        (changes,) = self.directory.glob("*.changes")
        done = subprocess.run(
            ["lintian", "--allow-root", "--fail-on=error,warning", str(changes)],
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            check=False,
        )
        self.assertEqual((done.returncode, done.stdout.decode()), (0, ""))

    def list_files(self, file):
        listed = package.call(["dpkg-deb", "--contents", str(file)])
        return [line.split()[-1].removeprefix(".") for line in listed.splitlines()]

    def test_what_is_in_it(self):
        names = self.list_files(package.package_file(self.directory))
        self.assertEqual(CONTENTS - set(map(normalized, names)), set())

    def test_the_debug_information_is_a_package_of_its_own(self):
        (debug,) = self.directory.glob("eventsgw-dbgsym_*.deb")
        self.assertRegex("\n".join(self.list_files(debug)), r"/usr/lib/debug/\.build-id/\w\w/\w+\.debug")
        with tempfile.TemporaryDirectory(prefix="eventsgw-deb-") as tree:
            package.call(["dpkg-deb", "--extract", str(package.package_file(self.directory)), tree])
            sections = package.call(["readelf", "--section-headers", "--wide", f"{tree}/usr/bin/eventsgw"])
        self.assertNotIn(".debug_", sections)
        self.assertNotIn(".symtab", sections)


class Rpm(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        require("rpmbuild", "eu-strip")
        directory = tempfile.TemporaryDirectory(prefix="eventsgw-rpm-")
        cls.addClassCleanup(directory.cleanup)
        # Where rpmbuild is a guest the packages it asks for have other names. What is built here is not shipped.
        flags = "--define 'optflags -O0' " + ("" if shutil.which("dnf") else "--nodeps")
        package.make("rpm", f"PACKAGE_DIR={directory.name}", f"RPMBUILD_FLAGS={flags}")
        (cls.file,) = pathlib.Path(directory.name, "rpm").glob("eventsgw-[0-9]*.rpm")

    def query(self, what):
        return package.call(["rpm", "--query", "--package", what, str(self.file)])

    def test_what_is_in_it(self):
        self.assertEqual(CONTENTS - set(map(normalized, self.query("--list").splitlines())), set())

    def test_it_takes_care_of_what_runs_and_enables_nothing(self):
        scripts = self.query("--scripts")
        for part in ("postinstall", "preuninstall", "postuninstall"):
            self.assertIn(f"{part} scriptlet", scripts)
        self.assertIn("try-restart", scripts)
        self.assertNotRegex(scripts, r"systemctl.* (enable|start)")


if __name__ == "__main__":
    tap.main()
