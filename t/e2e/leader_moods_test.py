#!/usr/bin/python3 -B
# SPDX-License-Identifier: GPL-3.0-or-later
# Copyright (C) 2026 eventsgw contributors
"""A leader that is there and takes nothing: it is tried again, which is told once, and nothing is lost or doubled.

UNBLOCKED is not among them, for the gateway never blocks in a command. t/e2e/access_test.py has NOPERM, WRONGPASS,
READONLY and MASTERDOWN, t/e2e/leader_away_test.py connections that are refused, reset, half open or slow."""

import contextlib
import pathlib
import sys
import threading

import redis

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[1] / "lib"))

import tap
from case import MARK, GatewayTestCase, numbers
from waiting import wait_until

CONFIG = MARK + "[actions]\na/event/* = act\n"
ENDLESS = "while true do end"
# Loading takes 40 s, until the test removes the delay. The server answers its clients once every few keys, so the delay
# per key must be short.
RELOAD_KEYS = 20000
RELOAD_PAUSE = 2000  # us a key


class Moods(GatewayTestCase):
    def setUp(self):
        super().setUp()
        self.leader = self.start_redis(extra=["enable-debug-command local"])
        self.proxy = self.start_proxy(self.leader)
        self.gateway = self.start_gateway(CONFIG, leader=self.proxy)
        self.publish("a/event/b", *numbers(0, 10))
        self.wait_tasks(10, server=self.leader)
        self.wait_confirmed(self.gateway)

    def configure(self, **settings):
        for name, value in settings.items():
            self.leader.admin.config_set(name.replace("_", "-"), value)

    @contextlib.contextmanager
    def meanwhile(self, *command):
        """The leader carries out a command that takes its time, and nothing else."""
        with contextlib.closing(self.leader.connect("test-admin", "test-admin-password")) as client:
            thread = threading.Thread(target=self.ignore_error, args=[client, command])
            thread.start()
            wait_until(self.takes_nothing, f"it is at {command[0]}")
            yield
            thread.join()

    def takes_nothing(self):
        try:
            return not self.leader.admin.ping()
        except redis.RedisError:
            return True

    def ignore_error(self, client, command):
        with contextlib.suppress(redis.ResponseError):  # that it was killed
            client.execute_command(*command)

    def assert_waits(self, reason):
        """New events come, and the leader refuses them for that reason, several times."""
        used = self.gateway.cpu_seconds()
        accepted = self.proxy.accepted
        self.calm = self.count_calm()
        self.publish_and_mark(self.gateway, *numbers(10, 60))
        self.gateway.wait_log(f"^<4>leader: .*{reason}")
        wait_until(lambda: self.proxy.accepted >= accepted + 3, "three attempts")
        self.assertEqual(len(self.gateway.log_matching(reason)), 1)
        self.assertLess(self.gateway.cpu_seconds() - used, 2 if self.gateway.is_sanitized() else 0.5)

    def assert_all_arrives(self):
        self.assert_payloads(self.wait_tasks(61, server=self.leader), [*numbers(0, 60), b'"mark"'])
        wait_until(lambda: self.count_calm() == self.calm + 1, "a backlog that is empty")

    def count_calm(self):
        return len(self.gateway.log_matching("task: backlog empty"))

    def test_out_of_memory(self):
        self.configure(maxmemory_policy="noeviction", maxmemory=1)
        self.assert_waits("OOM")
        self.configure(maxmemory=0)
        self.assert_all_arrives()

    def test_no_replicas(self):
        self.configure(min_replicas_to_write=1)
        self.assert_waits("NOREPLICAS")
        self.configure(min_replicas_to_write=0)
        self.assert_all_arrives()

    def test_busy(self):
        self.configure(lua_time_limit=10)
        with self.meanwhile("EVAL", ENDLESS, 0):
            self.assert_waits("BUSY")
            self.leader.admin.script_kill()
        self.assert_all_arrives()

    def test_loading(self):
        self.configure(key_load_delay=RELOAD_PAUSE, loading_process_events_interval_bytes=1024)
        self.leader.admin.mset({f"module/other/{number}": "x" * 100 for number in range(RELOAD_KEYS)})
        with self.meanwhile("DEBUG", "RELOAD"):
            self.assert_waits("LOADING")
            self.configure(key_load_delay=0)
        self.assert_all_arrives()


if __name__ == "__main__":
    tap.main()
