# SPDX-License-Identifier: GPL-3.0-or-later
# Copyright (C) 2026 eventsgw contributors
"""Runs a program with its own /etc/hosts and name service, in a mount namespace of its own."""

import os
import subprocess
import tempfile
import unittest

BIND_AND_EXEC = """
for name in hosts nsswitch.conf resolv.conf; do
    mount --bind "$1/$name" "/etc/$name" || exit 1
done
shift
exec "$@"
"""


class NameService:
    """The three files that decide what a host name means; set_hosts() takes effect in a running program too."""

    def __init__(self, nameserver=None):
        self._directory = tempfile.TemporaryDirectory(prefix="eventsgw-names-")
        self._write("hosts", "127.0.0.1 localhost\n")
        # Without a name server of the test's own no lookup leaves the machine.
        self._write("nsswitch.conf", "hosts: files dns\n" if nameserver else "hosts: files\n")
        self._write("resolv.conf", f"nameserver {nameserver}\noptions timeout:30 attempts:1\n" if nameserver else "")
        self.wrapper = ["unshare", "--mount", *self._mapping(), "sh", "-c", BIND_AND_EXEC, "sh", self._directory.name]
        self._skip_unless_possible()

    def set_hosts(self, text):
        self._write("hosts", text)

    def close(self):
        self._directory.cleanup()

    def _write(self, name, text):
        # Written in place: a bind mount shows the file it was made for, not one that takes over its name.
        with open(os.path.join(self._directory.name, name), "w", encoding="ascii") as file:
            file.write(text)

    @staticmethod
    def _mapping():
        return [] if os.geteuid() == 0 else ["--map-root-user"]

    def _skip_unless_possible(self):
        trial = subprocess.run([*self.wrapper, "true"], stderr=subprocess.PIPE, check=False)
        if trial.returncode != 0:
            raise unittest.SkipTest(f"no mount namespace here: {trial.stderr.decode().strip()}")
