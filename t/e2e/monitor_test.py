#!/usr/bin/python3 -B
# SPDX-License-Identifier: GPL-3.0-or-later
# Copyright (C) 2026 eventsgw contributors
"""`eventsgw monitor`: a line for each event, once; secrets masked; gaps said."""

import datetime
import json
import os
import pathlib
import pty
import signal
import sys

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[1] / "lib"))

import tap
from case import AGENT
from gateway import Collector
from ports import free_port
from program import EX_CONFIG, EX_USAGE
from tools import ToolTestCase
from waiting import wait_until

HEADS = "TIME          SOURCE                EVENT                              BYTES  TAKEN BY"


class MonitorTestCase(ToolTestCase):
    def start_monitor(self, *arguments, **options):
        tool = self.start_tool("monitor", *arguments, **options)
        if "terminal" not in options:
            tool.wait_stderr("eventsgw: listening at ")
        return tool

    def see(self, tool, channel, payload=b"{}"):
        """Publishes, and returns what the monitor says of it as JSON."""
        count = tool.stdout().count("\n")
        self.publish(channel, payload)
        return json.loads(tool.wait_lines(count + 1)[-1])


class Text(MonitorTestCase):
    def lines(self, tool, count):
        """Without the times, whose form is checked."""
        heads, *lines = tool.wait_lines(count + 1)
        self.assertEqual(heads, HEADS)
        for line in lines:
            self.assertRegex(line, r"\A(\d\d:\d\d:\d\d\.\d{3}|            )  ")
        return [line[14:] for line in lines]

    def test_columns(self):
        tool = self.start_monitor()
        self.publish("module/traefik1/event/certificate-changed", b'{"node_id": 1}')
        self.publish("cluster/event/module-domain-changed", b"")
        self.assertEqual(
            self.lines(tool, 2),
            [
                "module/traefik1       certificate-changed                   14  -",
                "cluster               module-domain-changed                  0  -",
            ],
        )
        self.assertEqual(tool.stderr(), f"eventsgw: listening at {self.redis.address}\n")

    def test_rules_that_take_the_event(self):
        self.write(
            "eventsgw.conf",
            "[actions]\nmodule/traefik*/event/certificate-renew = renew-certificate\n"
            "[commands]\n*/event/certificate-renew = systemctl --user reload\n  a-second-line\ncluster/* = x\n",
        )
        tool = self.start_monitor()
        self.publish("module/traefik1/event/certificate-renew", b"{}")
        self.assertEqual(
            self.lines(tool, 1),
            [
                "module/traefik1       certificate-renew                      2  "
                "line 2: renew-certificate, line 4: systemctl --user reload\\na-second-line"
            ],
        )

    def test_payloads_on_request_only(self):
        tool = self.start_monitor("--payload")
        self.publish("a/event/b", b'{"session_id": "s3cret",\n "user": "x"}')
        self.publish("a/event/b", b"caf\xe9\x1b[2J")
        self.publish("a/event/b", b"password=s3cret")
        lines = self.lines(tool, 6)
        self.assertEqual(lines[1], '{"session_id": "***",  "user": "x"}')
        self.assertEqual(lines[3], "caf\\xe9\\x1b[2J")
        self.assertEqual(lines[5], "***")

    def test_what_a_terminal_would_obey_is_escaped(self):
        tool = self.start_monitor()
        self.publish(b"a\x1b[2J/event/b\nc\xff", b"\x1b")
        (line,) = self.lines(tool, 1)
        self.assertIn("a\\x1b[2J ", line)
        self.assertIn("b\\nc\\xff ", line)

    def test_a_channel_that_is_no_event(self):
        tool = self.start_monitor("progress/*")
        self.publish("progress/x", b"1")
        self.assertEqual(self.lines(tool, 1)[0].split(), ["progress/x", "-", "1", "-"])

    def screen(self, **environment):
        """What a terminal shows of one event that a rule takes."""
        self.write("eventsgw.conf", "[commands]\n*/event/b = true\n")
        control, terminal = pty.openpty()
        self.addCleanup(os.close, control)
        screen = Collector(os.fdopen(os.dup(control), "rb", buffering=0), ends_with_error=True)
        settings = self.module_environment(**environment)
        self.module_environment = lambda: settings
        self.start_monitor(terminal=terminal)
        os.close(terminal)
        wait_until(lambda: b"listening" in screen.data(), "the monitor listens")
        self.publish("a/event/b", b"{}")
        wait_until(lambda: b"true" in screen.data(), lambda: f"the event: {screen.data()}")
        return screen.data()

    def test_colour_on_a_terminal(self):
        self.assertIn(b"\x1b[36ma\x1b[0m                     \x1b[1mb\x1b[0m ", self.screen())

    def test_no_colour_where_it_is_not_wanted(self):
        self.assertNotIn(b"\x1b", self.screen(NO_COLOR="1"))


class Json(MonitorTestCase):
    def test_all_members(self):
        self.write("eventsgw.conf", '[commands]\n*/event/b = say "x"\n')
        tool = self.start_monitor("--format", "json")
        before = datetime.datetime.now(datetime.timezone.utc)
        seen = self.see(tool, "module/a1/event/b", b'{"a": 1}')
        self.assertEqual(list(seen), ["time", "channel", "source", "name", "bytes", "rules", "steps"])
        time = datetime.datetime.fromisoformat(seen.pop("time").replace("Z", "+00:00"))
        self.assertLess(abs((time - before).total_seconds()), 60)
        self.assertEqual(
            seen,
            {
                "channel": "module/a1/event/b",
                "source": "module/a1",
                "name": "b",
                "bytes": 8,
                "rules": [{"line": 2, "section": "commands", "value": 'say "x"'}],
                "steps": [],
            },
        )

    def test_a_channel_that_is_no_event(self):
        tool = self.start_monitor("--format=json", "*/*", "plain*")
        seen = self.see(tool, "progress/x")
        self.assertEqual((seen["source"], seen["name"], seen["rules"]), (None, None, []))

    def test_payloads(self):
        tool = self.start_monitor("--format=json", "--payload")
        deep = b"[" * 600 + b'{"key":1}' + b"]" * 600
        for payload, expected in {
            b'{"a":\n{"api_Token": [1, {"x": 2}],\r\n"b": 2}}': {"a": {"api_Token": "***", "b": 2}},
            b'{"pass\\u0077ord": "x"}': {"password": "***"},
            b'{"a": "{\\"token\\": 1}"}': {"a": "***"},
            b'{"password": "x"': "***",
            b"cluster/acls": "cluster/acls",
            b"caf\xe9\n": "caf\ufffd\n",
            b"": "",
            deep: deep.decode().replace(":1", ':"***"'),
        }.items():
            self.assertEqual(self.see(tool, "a/event/b", payload)["payload"], expected)
        self.assertNotIn("api_Token\": [1", tool.stdout())


class Steps(MonitorTestCase):
    def setUp(self):
        super().setUp()
        for name, mode in {"20b": 0o755, "10a": 0o755, "15not-executable": 0o644}.items():
            path = pathlib.Path(self.directory, "events", "module-added", name)
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_text("#!/bin/sh\n")
            path.chmod(mode)

    def test_steps_that_would_run(self):
        tool = self.start_monitor("--format=json", "--eventsdir", "events")
        self.assertEqual(self.see(tool, "cluster/event/module-added")["steps"], ["10a", "20b"])
        self.assertEqual(self.see(tool, "cluster/event/module-removed")["steps"], [])
        self.assertEqual(self.see(tool, "a b/event/module-added")["steps"], [])

    def test_in_columns(self):
        self.write("eventsgw.conf", "[gateway]\neventsdir = events\n[actions]\ncluster/event/module-added = note\n")
        tool = self.start_monitor()
        self.publish("cluster/event/module-added", b"{}")
        self.assertTrue(tool.wait_lines(2)[1].endswith("  line 4: note, step 10a, step 20b"), tool.stdout())


class Patterns(MonitorTestCase):
    def test_all_events_and_nothing_else(self):
        tool = self.start_monitor("--format=json")
        self.redis.admin.publish("progress/x", "1")
        self.assertEqual(self.see(tool, "a/event/b")["channel"], "a/event/b")

    def test_a_name_alone_is_that_event_of_any_source(self):
        self.start_monitor("certificate-changed", "backup-*")
        self.assertEqual(self.redis.subscriptions(), ([], 2))
        self.publish("module/a1/event/certificate-changed", b"{}")
        self.publish("cluster/event/backup-schedule-changed", b"{}")

    def test_an_event_is_shown_once(self):
        tool = self.start_monitor("--format=json", "a/event/*", "*/event/b", "a/event/b", "a/event/b", "*/b")
        for channel in ("a/event/b", "a/event/c", "x/event/b", "x/y/b", "a/event/b"):
            self.see(tool, channel)
        channels = [json.loads(line)["channel"] for line in tool.stdout().splitlines()]
        self.assertEqual(channels, ["a/event/b", "a/event/c", "x/event/b", "x/y/b", "a/event/b"])

    def test_neither_an_environment_nor_a_configuration_is_needed(self):
        self.module_environment = lambda: {"REDIS_ADDRESS": self.redis.address}
        tool = self.start_monitor("--format=json")
        self.assertEqual(self.see(tool, "a/event/b")["rules"], [])
        self.assertEqual(self.redis.clients(AGENT), [])
        self.assertEqual(len(self.redis.clients("eventsgw/eventsgw/monitor")), 1)

    def test_a_broken_configuration_is_told(self):
        self.write("eventsgw.conf", "[actions]\nbroken\n")
        tool = self.start_monitor("--format=json")
        self.assertIn("eventsgw.conf:2: ", tool.stderr())
        self.assertEqual(self.see(tool, "a/event/b")["rules"], [])


    def test_an_empty_one_is_refused(self):
        for patterns in ([""], ["a-changed", ""]):
            done = self.run_tool("monitor", *patterns)
            self.assertEqual((done.status, done.stdout), (EX_USAGE, ""))
            self.assertEqual(
                done.stderr,
                "eventsgw: a PATTERN is empty, and no event has an empty name: leave it out to see all events\n",
            )


class Connection(MonitorTestCase):
    def test_a_gap_is_told(self):
        proxy = self.start_proxy(self.redis)
        settings = self.module_environment(REDIS_REPLICA_ADDRESS=proxy.address)
        self.module_environment = lambda: settings
        tool = self.start_monitor("--format=json")
        self.see(tool, "a/event/b")
        proxy.refuse()
        tool.wait_stderr(f"eventsgw: the replica at {proxy.address} is away: ")
        self.redis.admin.publish("a/event/missed", "{}")
        proxy.forward()
        tool.wait_stderr("eventsgw: listening again after ")
        self.assertIn("; events of that time were not seen\n", tool.stderr())
        self.assertEqual(self.see(tool, "a/event/c")["name"], "c")
        self.assertEqual(tool.stdout().count("\n"), 2)

    def test_a_replica_that_is_not_there_yet(self):
        address = f"127.0.0.1:{free_port()}"
        self.module_environment = lambda: {"REDIS_REPLICA_ADDRESS": address}
        tool = self.start_tool("monitor")
        tool.wait_stderr(f"eventsgw: the replica at {address} is away: Connection refused; trying again\n")

    def test_an_address_that_is_none(self):
        done = self.run_tool("monitor", REDIS_REPLICA_ADDRESS="x:y")
        self.assertEqual(done.status, EX_CONFIG, done)
        self.assertIn("REDIS_REPLICA_ADDRESS: ", done.stderr)

    def test_the_end_of_its_reader_ends_it(self):
        read_end, write_end = os.pipe()
        tool = self.start_tool("monitor", "--format=json", stdout=write_end)
        os.close(write_end)
        os.close(read_end)
        tool.wait_stderr("listening")
        self.publish("a/event/b", b"{}")
        self.assertEqual(tool.wait_exit(), -signal.SIGPIPE)


if __name__ == "__main__":
    tap.main()
