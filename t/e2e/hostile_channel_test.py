#!/usr/bin/python3 -B
# SPDX-License-Identifier: GPL-3.0-or-later
# Copyright (C) 2026 eventsgw contributors
"""Names of channels are outside input: whoever may publish chooses every byte after `/event/`."""

import pathlib
import sys

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[1] / "lib"))

import tap
from case import GatewayTestCase

HOSTILE = [
    b"a\n<0>kernel: forged",
    b"a\r\n<3>command: forged",
    b"nul\x00after",
    b"\x1b[2J\x1b]0;title\x07",
    b"\xff\xfe\xe9",
    "Zoë 😀".encode(),
    "\u2028\u202eflip".encode(),
    b"\xc2\x9b31m",
    b"%s%n%(x)s",
    b"$(touch pwned)`touch pwned`;touch pwned",
    b"../../../etc/passwd",
    b'","action":"other',
    b" ",
    b"x" * 5000,
]


class HostileChannels(GatewayTestCase):
    def setUp(self):
        super().setUp()
        self.gateway = self.start_gateway(
            "[actions]\nmodule/*/event/* = act\n[commands]\nmodule/*/event/* = cat >> seen\n",
            options={"arguments": ["--log-level", "debug"]},
            MAX_CONCURRENCY="1",
        )
        for name in HOSTILE:
            self.publish(b"module/samba1/event/" + name, b"+")

    def test_they_are_data_in_the_task(self):
        for name, task in zip(HOSTILE, self.wait_tasks(len(HOSTILE))):
            with self.subTest(name=name[:40]):
                text = name.decode("utf-8", "replace")
                self.assertEqual(task.event["channel"], "module/samba1/event/" + text)
                self.assertEqual(task.event["source"], "module/samba1")
                self.assertEqual(task.event["name"], text)
                self.assertEqual(task.action, "act")

    def test_they_run_the_command_and_nothing_else(self):
        self.gateway.wait_content("seen", b"+" * len(HOSTILE))
        self.gateway.wait_log("command: exited", len(HOSTILE))
        self.assertEqual(self.gateway.read("pwned"), b"")

    def test_they_forge_no_line_of_the_log(self):
        self.gateway.wait_log("command: exited", len(HOSTILE))
        self.wait_tasks(len(HOSTILE))
        for line in self.gateway.stderr().split(b"\n")[:-1]:
            self.assertRegex(line, rb"^<[3-7]>[a-z]+: ")
            self.assertNotRegex(line, rb"[\x00-\x1f\x7f]")
            for mark in ("\x9b", "\u2028", "\u202e"):
                self.assertNotIn(mark, line.decode("utf-8"))
        self.assertEqual(self.gateway.log_matching(r"^<0>|^<3>command: forged"), [])


class ByModulesRights(GatewayTestCase):
    def test_a_module_publishes_with_its_own_user(self):
        server = self.start_redis(agents=("module/mail1", "module/samba1"))
        self.start_gateway("[actions]\n*/event/* = act\n", leader=server, replica=server)
        samba = server.connect("module/samba1")
        self.assertEqual(samba.publish(b"module/samba1/event/a\nb", b"{}"), 1)
        self.assertEqual(self.wait_tasks(1, server=server)[0].channel, "module/samba1/event/a\nb")


if __name__ == "__main__":
    tap.main()
