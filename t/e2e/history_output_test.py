#!/usr/bin/python3 -B
# SPDX-License-Identifier: GPL-3.0-or-later
# Copyright (C) 2026 eventsgw contributors
"""`eventsgw history show` finds the output of commands and steps in the journal, or says that it does not."""

import json
import pathlib
import sys

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[1] / "lib"))

import tap
from handlers import HandlerTestCase
from oracle import BUILD
from real_journald import RealJournald
from waiting import wait_until


class Output(HandlerTestCase):
    def setUp(self):
        if "-DHAVE_LIBSYSTEMD" not in pathlib.Path(BUILD, "config.mk").read_text(encoding="utf-8"):
            self.skipTest("built without libsystemd")
        super().setUp()
        self.journald = RealJournald()
        self.addCleanup(self.journald.close)

    def start(self, config):
        options = {"arguments": ["--eventsdir", "../events"], "wrapper": self.journald.wrapper}
        self.gateway = self.start_gateway(config, options=options)

    def ask(self, *arguments):
        return self.journald.run_beside(self.gateway, "history", *arguments)

    def wait_run(self, kind):
        def find():
            runs = map(json.loads, self.ask("--format", "json").splitlines())
            return next((run for run in runs if run["kind"] == kind), None)

        return wait_until(find, f"a {kind} in the history")

    def wait_shown(self, run, text):
        shown = lambda: self.ask("show", run["id"])
        wait_until(lambda: text in shown(), lambda: f"{text!r} in {shown()}")
        return shown()

    def test_of_steps_and_commands(self):
        self.start("[commands]\n*/event/e = /bin/echo of its program; echo of the command\n")
        self.write_step("e", "10a", "echo '<4>of the step'\n/bin/echo of its program\n")
        self.write_step("e", "20b", "/bin/echo of its program alone\n")
        self.write_step("e", "30c", "for i in $(seq 2000); do echo line $i; done\n")
        self.fire("e")
        handler = self.wait_run("handler")
        text = self.wait_shown(handler, "  line 2000\n")
        self.assertIn("\noutput of 10a:\n  of the step\n  of its program\n", text)
        self.assertIn("\noutput of 20b:\n  (none of its own in the journal", text)
        self.assertNotIn("line 1\n", text)

        steps = json.loads(self.ask("show", handler["id"], "--format", "json"))["steps"]
        self.assertEqual([step["output"] for step in steps[:2]], ["of the step\nof its program\n", None])
        lines = steps[2]["output"].splitlines()
        self.assertEqual(lines, [f"line {number}" for number in range(2001 - len(lines), 2001)])
        self.assertIn(len(steps[2]["output"]), range(4080, 4097))

        command = self.wait_run("command")
        text = self.wait_shown(command, "of the command")
        self.assertTrue(text.endswith("\noutput:\n  of the command\n"), text)


if __name__ == "__main__":
    tap.main()
