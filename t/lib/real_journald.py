# SPDX-License-Identifier: GPL-3.0-or-later
# Copyright (C) 2026 eventsgw contributors
"""systemd's own journald for one program, in a mount namespace of the program's own."""

import contextlib
import os
import pathlib
import shutil
import signal
import subprocess
import tempfile
import unittest

import program

JOURNALD = "/usr/lib/systemd/systemd-journald"

# $1 becomes /run. The program's standard output and error are the journal's, as systemd makes them.
START_AND_EXEC = f"""
directory=$1
shift
mount --bind "$directory" /run && mount -t tmpfs none /var/log || exit 1
env -u NOTIFY_SOCKET {JOURNALD} >/dev/null 2>&1 </dev/null &
echo $! >"$directory/journald.pid"
for attempt in $(seq 200); do
    test -S /run/systemd/journal/stdout && break
    sleep 0.05
done
exec systemd-cat -t daemon sh -c 'export JOURNAL_STREAM=$(stat -L -c %d:%i /proc/self/fd/2); exec "$@"' sh "$@"
"""


class RealJournald:
    def __init__(self):
        for tool in (JOURNALD, "systemd-cat", "journalctl", "nsenter", "unshare"):
            if shutil.which(tool) is None:
                raise unittest.SkipTest(f"{tool} is not here")
        trial = subprocess.run(
            ["unshare", "--mount", "mount", "-t", "tmpfs", "none", "/mnt"], stderr=subprocess.PIPE, check=False
        )
        if os.geteuid() != 0 or trial.returncode != 0:
            raise unittest.SkipTest(f"no mount namespace here: {trial.stderr.decode().strip()}")
        self._directory = tempfile.TemporaryDirectory(prefix="eventsgw-journald-")
        for name in ("systemd/journal", "log/journal"):
            os.makedirs(os.path.join(self._directory.name, name))
        self.wrapper = ["unshare", "--mount", "sh", "-c", START_AND_EXEC, "sh", self._directory.name]

    def run_beside(self, gateway, *arguments):
        """Runs the program where this journal is the journal."""
        enter = ["nsenter", "--mount", f"--target={gateway.pid}", f"--wd={gateway.state_directory}", "--"]
        command = [*enter, program.PROGRAM, *arguments]
        done = subprocess.run(
            command, env=program.environment(), stdout=subprocess.PIPE, stderr=subprocess.PIPE, check=True
        )
        program.fail_on_sanitizer_report(done.stderr)
        return done.stdout.decode()

    def close(self):
        with contextlib.suppress(FileNotFoundError, ProcessLookupError):
            pid = pathlib.Path(self._directory.name, "journald.pid").read_text(encoding="ascii")
            os.kill(int(pid), signal.SIGKILL)
        self._directory.cleanup()
