# SPDX-License-Identifier: GPL-3.0-or-later
# Copyright (C) 2026 eventsgw contributors
"""Runs a program with its working directory on a small disk of its own, in a mount namespace of its own."""

import contextlib
import os
import subprocess
import sys
import unittest

# The directory's files move to the small disk; then it is filled, or made read-only.
MOUNT_AND_EXEC = """
state=$PWD disk=$PWD.disk
mkdir -p "$disk" && mount -t tmpfs -o "size=$1" none "$disk" && cp -a "$state/." "$disk" || exit 1
mount --bind "$disk" "$state" && cd "$state" || exit 1
case $2 in
    full) cat /dev/zero > filler 2>/dev/null ;;
    read-only) mount -o remount,bind,ro "$state" || exit 1 ;;
esac
shift 2
exec "$@"
"""


def wrapper(size, state="empty"):
    """What Gateway takes as `wrapper`; skips the test where no namespace can be made."""
    mapping = [] if os.geteuid() == 0 else ["--map-root-user"]
    unshare = ["unshare", "--mount", *mapping]
    trial = subprocess.run([*unshare, "mount", "-t", "tmpfs", "none", "/mnt"], stderr=subprocess.PIPE, check=False)
    if trial.returncode != 0:
        raise unittest.SkipTest(f"no mount namespace here: {trial.stderr.decode().strip()}")
    return [*unshare, "sh", "-c", MOUNT_AND_EXEC, "sh", size, state]


def path_in(gateway, name):
    """A file in the working directory as the program sees it."""
    return f"/proc/{gateway.pid}/cwd/{name}"


def run_there(gateway, *command):
    """What a command prints that sees the directory as the program does: SQLite looks at whole paths."""
    there = ["nsenter", "--mount", f"--target={gateway.pid}", "sh", "-c", 'cd "$1" && shift && exec "$@"', "sh"]
    return subprocess.run([*there, gateway.state_directory, *command], stdout=subprocess.PIPE, check=True).stdout


def fill(gateway, leave=0):
    """Leaves so many bytes of room on its disk."""
    with open(path_in(gateway, "filler"), "ab", buffering=0) as file:
        for size in (65536, 4096, 512, 1):
            try:
                while True:
                    file.write(b"\0" * size)
            except OSError:
                pass
        file.truncate(file.tell() - leave)


@contextlib.contextmanager
def held_log(gateway, name, commits):
    """Another process adds so many dead tasks to a journal there, one by one, and until the end of this reads what was
    in it before: so they stay in its log."""
    script = (
        "import sqlite3, sys\n"
        "reader, writer = (sqlite3.connect(sys.argv[1], isolation_level=None) for _ in range(2))\n"
        "reader.execute('BEGIN')\n"
        "reader.execute('SELECT count(*) FROM dead').fetchone()\n"
        "for _ in range(int(sys.argv[2])):\n"
        "    writer.execute('BEGIN')\n"
        "    event = writer.execute(\"INSERT INTO event VALUES (NULL, 0, x'', x'', x'')\").lastrowid\n"
        "    writer.execute(\"INSERT INTO dead VALUES (?, ?, x'', x'', 0, 0, x'', 0)\", (event, event))\n"
        "    writer.execute('COMMIT')\n"
        "sys.stdin.read()"
    )
    command = ["nsenter", "--mount", "--target", str(gateway.pid)]
    command += [sys.executable, "-c", script, gateway.path(name), str(commits)]
    with subprocess.Popen(command, stdin=subprocess.PIPE) as process:
        yield
    if process.returncode != 0:
        raise AssertionError(f"the other process ended with {process.returncode}")


def make_room(gateway):
    os.remove(path_in(gateway, "filler"))
