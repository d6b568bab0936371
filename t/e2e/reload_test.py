#!/usr/bin/python3 -B
# SPDX-License-Identifier: GPL-3.0-or-later
# Copyright (C) 2026 eventsgw contributors
"""SIGHUP: the new configuration as a whole or not at all, and no event lost or taken twice on the way."""

import contextlib
import os
import pathlib
import resource
import signal
import sys
import threading

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[1] / "lib"))

import tap
from case import AGENT, GatewayTestCase, numbers
from gateway import is_alive
from redis_server import DEFAULT_RULES
from waiting import wait_until

OLD = "[actions]\na/event/b = old\n"


@contextlib.contextmanager
def few_descriptors(gateway, more):
    """Until the end of this it can open only so many more."""
    usual = resource.prlimit(gateway.pid, resource.RLIMIT_NOFILE)
    held = {int(name) for name in os.listdir(f"/proc/{gateway.pid}/fd")}
    free = [number for number in range(usual[0]) if number not in held]
    resource.prlimit(gateway.pid, resource.RLIMIT_NOFILE, (free[more], usual[1]))
    yield
    resource.prlimit(gateway.pid, resource.RLIMIT_NOFILE, usual)


class Publisher(threading.Thread):
    """Publishes 0, 1, 2 ... on one channel until it is told to finish. It does not run far ahead of the daemon, for Redis
    cuts a subscriber off that is far behind."""

    AHEAD = 10000

    def __init__(self, server, channel):
        super().__init__(daemon=True)
        self._server = server
        self._channel = channel
        self._finishing = threading.Event()
        self.pause = threading.Lock()  # nothing is published while somebody else holds it
        self.published = 0
        self.start()

    def run(self):
        while not self._finishing.is_set():
            with self.pause:
                pipeline = self._server.admin.pipeline(transaction=False)
                for number in range(self.published, self.published + 20):
                    pipeline.execute_command("PUBLISH", self._channel, b"%d" % number)
                pipeline.execute()
                self.published += 20
            wait_until(self._is_followed, "the daemon follows")

    def _is_followed(self):
        return self._server.admin.llen(AGENT + "/tasks") > self.published - self.AHEAD

    def finish(self):
        self._finishing.set()
        self.join()


class Reload(GatewayTestCase):
    def reload(self, gateway, config):
        """Returns when the daemon says that it works by the new configuration."""
        done = len(gateway.log_matching("gateway: reloaded"))
        gateway.write("eventsgw.conf", config)
        gateway.send_signal(signal.SIGHUP)
        gateway.wait_log("gateway: reloaded", done + 1)

    def action_of(self, channel):
        self.publish(channel, b"{}")
        self.count = getattr(self, "count", 0) + 1
        return self.wait_tasks(self.count)[-1].action

    def test_new_rules_take_the_place_of_the_old_ones(self):
        gateway = self.start_gateway(OLD)
        self.assertEqual(self.action_of("a/event/b"), "old")
        self.reload(gateway, "[actions]\na/event/b = new\nc/event/* = pattern\n")
        self.assertEqual(self.action_of("a/event/b"), "new")
        self.assertEqual(self.action_of("c/event/d"), "pattern")

    def test_a_rule_that_is_gone_is_silent_and_may_come_back(self):
        gateway = self.start_gateway(OLD)
        self.reload(gateway, "[actions]\nc/event/d = other\n")
        self.publish("a/event/b", b"{}")
        self.assertEqual(self.action_of("c/event/d"), "other")
        self.reload(gateway, OLD)
        self.assertEqual(self.action_of("a/event/b"), "old")

    def test_what_is_dropped_is_not_subscribed_on_the_next_connection(self):
        gateway = self.start_gateway(OLD)
        self.reload(gateway, "[actions]\nc/event/d = other\n")
        self.redis.admin.execute_command("CLIENT KILL", "TYPE", "pubsub")
        self.wait_subscribed([b"c/event/d"], 0)

    def test_one_connection_serves_both(self):
        gateway = self.start_gateway(OLD)
        before = [client["id"] for client in self.redis.clients(AGENT)]
        self.reload(gateway, "[actions]\nc/event/* = other\n")
        self.assertEqual([client["id"] for client in self.redis.clients(AGENT)], before)

    def test_an_error_leaves_everything_as_it_is_and_is_told_in_full(self):
        gateway = self.start_gateway(OLD)
        gateway.write("eventsgw.conf", "[actions]\nno sign\n= no key\n[gateway]\nmax_concurency = 3\n")
        gateway.send_signal(signal.SIGHUP)
        gateway.wait_log("^<3>gateway: not reloaded")
        for line in (2, 3, 5):
            self.assertEqual(len(gateway.log_matching(rf"^<3>config: eventsgw\.conf:{line}: ")), 1, gateway.log())
        self.assertEqual(self.action_of("a/event/b"), "old")

    def test_a_file_that_is_gone_or_has_no_rule_is_an_error(self):
        gateway = self.start_gateway(OLD)
        gateway.write("eventsgw.conf", "# nothing\n")
        gateway.send_signal(signal.SIGHUP)
        gateway.wait_log("^<3>gateway: not reloaded")
        pathlib.Path(gateway.path("eventsgw.conf")).unlink()
        gateway.send_signal(signal.SIGHUP)
        gateway.wait_log("^<3>gateway: not reloaded", 2)
        self.assertEqual(self.action_of("a/event/b"), "old")

    def test_the_first_action_makes_the_connection_to_the_leader(self):
        gateway = self.start_gateway("[commands]\na/event/b = true\n")
        self.assertEqual(self.redis.clients(AGENT + "/eventsgw"), [])
        self.reload(gateway, OLD)
        self.assertEqual(self.action_of("a/event/b"), "old")

    def test_the_first_action_without_a_password_is_an_error(self):
        gateway = self.start_gateway("[commands]\na/event/b = true\n", REDIS_PASSWORD=None)
        gateway.write("eventsgw.conf", OLD)
        gateway.send_signal(signal.SIGHUP)
        gateway.wait_log("^<3>config: REDIS_PASSWORD is not set")
        gateway.wait_log("^<3>gateway: not reloaded")

    def test_while_redis_is_away(self):
        gateway = self.start_gateway(OLD)
        self.redis.stop()
        gateway.wait_log("replica: not connected")
        self.reload(gateway, "[actions]\nc/event/d = other\n")
        self.redis.start()
        self.wait_subscribed([b"c/event/d"], 0)

    def test_a_running_command_is_left_alone(self):
        gateway = self.start_gateway("[commands]\na/event/b = echo $$ > pid; read x < gate; cat > out\n")
        gateway.make_gate("gate")
        self.publish("a/event/b", b"payload")
        pid = int(wait_until(lambda: gateway.read("pid"), "the command runs"))
        self.reload(gateway, "[commands]\nc/event/d = true\n")
        self.assertTrue(is_alive(pid))
        gateway.open_gate("gate")
        gateway.wait_content("out", b"payload")

    def test_settings_follow(self):
        command = "[commands]\na/event/b = echo >> on; read x < gate\n"
        gateway = self.start_gateway("[gateway]\nmax_concurrency = 1\n" + command)
        gateway.make_gate("gate")
        gate = os.open(gateway.path("gate"), os.O_RDWR)  # several wait at it, and each is to get one line and no end
        self.addCleanup(os.close, gate)
        self.publish("a/event/b", b"1", b"2", b"3")
        gateway.wait_content("on", b"\n")
        self.reload(gateway, "[gateway]\nmax_concurrency = 3\nlog_level = debug\nmax_payload = 1M\n" + command)
        gateway.wait_content("on", b"\n\n\n")
        gateway.wait_log("^<4>config: takes effect at the next start setting=max_payload")
        self.publish("a/event/b", b"4")
        gateway.wait_log("^<7>command: due")
        os.write(gate, b"\n" * 4)
        gateway.wait_log("command: exited.*status=0", 4)

    def test_handlers_come_change_and_go(self):
        gateway = self.start_gateway(OLD)
        for directory, word in (("one", "first"), ("two", "second")):
            step = pathlib.Path(gateway.path(directory), "b", "10step")
            step.parent.mkdir(parents=True)
            step.write_text(f"#!/bin/sh\necho {word} >> out\n", encoding="ascii")
            step.chmod(0o755)
        settings = OLD + "[gateway]\nstrict_modes = no\n"
        self.reload(gateway, settings + "eventsdir = one\n")
        self.assertEqual(self.action_of("a/event/b"), "old")
        gateway.wait_content("out", b"first\n")
        self.reload(gateway, settings + "eventsdir = two\n")
        self.assertEqual(self.action_of("a/event/b"), "old")
        gateway.wait_content("out", b"first\nsecond\n")
        self.reload(gateway, OLD)
        self.assertEqual(self.action_of("a/event/b"), "old")
        self.reload(gateway, settings + "eventsdir = two\n")
        self.assertEqual(self.action_of("a/event/b"), "old")
        gateway.wait_content("out", b"first\nsecond\nsecond\n")

    def test_the_service_manager_is_told(self):
        gateway = self.start_gateway(OLD)
        self.reload(gateway, "[actions]\nc/event/d = other\n")
        wait_until(lambda: gateway.notify.lines().count("READY=1") == 2, gateway.notify.lines)
        lines = gateway.notify.lines()
        self.assertLess(lines.index("RELOADING=1"), len(lines) - 1 - lines[::-1].index("READY=1"))
        self.assertRegex(lines[lines.index("RELOADING=1") + 1], r"^MONOTONIC_USEC=\d+$")

    def test_not_one_event_is_lost_or_taken_twice(self):
        """Each of these takes a/event/b once, by another subscription: a change of the rules must not show."""
        forms = ["a/event/b", "a/event/*", "?/event/b", "*/event/b", "a/event/?"]
        gateway = self.start_gateway("[actions]\na/event/b = act\n")
        publisher = Publisher(self.redis, "a/event/b")
        for turn in range(25):
            self.reload(gateway, f"[actions]\n{forms[turn % 5]} = act\nother/{turn}/event/{turn} = act\n")
            if turn % 5 == 4:  # a new connection holds the last form only, and the next turns subscribe anew
                with publisher.pause:
                    self.wait_tasks(publisher.published)
                    self.redis.admin.execute_command("CLIENT KILL", "TYPE", "pubsub")
                    gateway.wait_log("resubscribed=yes", turn // 5 + 1)
        publisher.finish()
        self.assert_payloads(self.wait_tasks(publisher.published), numbers(0, publisher.published))

    def test_nor_when_no_name_is_new(self):
        """The messages of one event that comes by both names may be read in two pieces."""
        forms = ["a/event/b", "a/event/*"]
        gateway = self.start_gateway(f"[actions]\n{forms[0]} = act\n")
        self.reload(gateway, f"[actions]\n{forms[1]} = act\n")
        publisher = Publisher(self.redis, "a/event/b")
        for turn in range(100):
            self.reload(gateway, f"[actions]\n{forms[turn % 2]} = act\n")
        publisher.finish()
        self.assert_payloads(self.wait_tasks(publisher.published), numbers(0, publisher.published))

    def test_new_names_that_redis_refuses_leave_the_old_ones_heard(self):
        self.redis.set_user("default", DEFAULT_RULES.replace("&*", "&a/*"))
        gateway = self.start_gateway(OLD)
        gateway.write("eventsgw.conf", "[actions]\nb/event/c = new\n")
        gateway.send_signal(signal.SIGHUP)
        gateway.wait_log("^<3>gateway: not reloaded, Redis refuses")
        self.wait_subscribed([b"a/event/b"], 0)
        self.assertEqual(self.action_of("a/event/b"), "old")

    def test_a_signal_that_comes_too_early_waits(self):
        for _ in range(8):
            gateway = self.start_gateway(OLD, ready=False)
            wait_until(lambda: gateway.minds_signal(signal.SIGHUP), "the program has begun")
            gateway.send_signal(signal.SIGHUP)
            gateway.wait_log("gateway: reloaded")
            gateway.close()


if __name__ == "__main__":
    tap.main()
