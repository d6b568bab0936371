#!/usr/bin/python3 -B
# SPDX-License-Identifier: GPL-3.0-or-later
# Copyright (C) 2026 eventsgw contributors
"""The demo: it succeeds, and a signal ends it without a trace."""

import os
import pathlib
import signal
import subprocess
import sys
import tempfile
import unittest

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[1] / "lib"))

import program
import tap
from waiting import PATIENCE, wait_until

DEMO = pathlib.Path(__file__).with_name("run")


def processes_of_session(session):
    """The process ids of a session, zombies left out."""
    found = []
    for entry in pathlib.Path("/proc").glob("[0-9]*/stat"):
        try:
            state, _, _, its_session = entry.read_text(errors="replace").rpartition(")")[2].split()[:4]
        except (FileNotFoundError, ProcessLookupError):
            continue
        if int(its_session) == session and state != "Z":
            found.append(int(entry.parent.name))
    return found


class Demo(unittest.TestCase):
    def start(self):
        directory = tempfile.TemporaryDirectory(prefix="eventsgw-")
        self.addCleanup(directory.cleanup)
        self.directory = directory.name
        demo = subprocess.Popen(
            # nohup leaves SIGHUP ignored, exec passes this on, and the demo respects it
            ["env", "--default-signal=HUP", str(DEMO)],
            env={**os.environ, "TMPDIR": self.directory, "EVENTSGW": program.PROGRAM},
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            start_new_session=True,
        )
        self.addCleanup(demo.kill)
        return demo

    def assert_nothing_is_left(self, session):
        wait_until(lambda: not processes_of_session(session), lambda: f"an end of {processes_of_session(session)}")
        self.assertEqual(os.listdir(self.directory), [])

    def test_all_events_arrive(self):
        demo = self.start()
        stdout, stderr = demo.communicate(timeout=PATIENCE * 2)
        self.assertEqual((demo.returncode, stderr), (0, b""))
        text = stdout.decode()
        self.assertRegex(text, r"\n\nAll 4 events arrived\. .*\n\Z")
        self.assertIn(program.PROGRAM, text)
        page = text.split()[-1]
        self.assertTrue(page.endswith("man/eventsgw.conf.5") and os.path.exists(page), page)
        self.assert_nothing_is_left(demo.pid)

    def test_a_signal_ends_it_cleanly(self):
        for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
            with self.subTest(number):
                demo = self.start()
                demo.stdout.read(1)
                demo.send_signal(number)
                _, stderr = demo.communicate(timeout=PATIENCE * 2)
                self.assertEqual((demo.returncode, stderr.decode()), (128 + number, "\ndemo interrupted\n"))
                self.assert_nothing_is_left(demo.pid)


if __name__ == "__main__":
    tap.main()
