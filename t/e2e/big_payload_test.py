#!/usr/bin/python3 -B
# SPDX-License-Identifier: GPL-3.0-or-later
# Copyright (C) 2026 eventsgw contributors
"""Payloads of many megabytes, and what memory is needed for them and without them."""

import base64
import pathlib
import sys

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[1] / "lib"))

import tap
from case import GatewayTestCase
from waiting import wait_until

MIB = 1 << 20


class BigPayloads(GatewayTestCase):
    def forward(self, payload):
        # With its usual limit the server cuts a subscriber off that has 32 MiB to read.
        self.redis.admin.config_set("client-output-buffer-limit", "pubsub 0 0 0")
        self.start_gateway("[actions]\na/event/b = act\n")
        self.publish("a/event/b", payload)
        return self.wait_tasks(1)[0]

    def test_64_mib_of_json(self):
        payload = b'["' + b"x" * (32 * MIB) + b'",' + b"1," * (16 * MIB - 3) + b"1]"
        self.assertEqual(len(payload), 64 * MIB)
        # Compared as a truth: a difference printed in full would be of no help.
        self.assertTrue(self.forward(payload).data == payload)

    def test_20_mib_that_are_no_json(self):
        text = "Zoë\n" * (4 * MIB)
        self.assertTrue(self.forward(text.encode()).value() == text)

    def test_64_mib_that_are_no_utf8_between_two_small_ones(self):
        self.redis.admin.config_set("client-output-buffer-limit", "pubsub 0 0 0")
        gateway = self.start_gateway("[actions]\na/event/b = act\n")
        self.publish("a/event/b", b"1", b"\xff" * (64 * MIB), b"3")
        tasks = self.wait_tasks(3)
        self.assertEqual([len(task.data) for task in tasks], [1, 3 * 64 * MIB + 2, 1])
        self.assertTrue(tasks[1].extra["payload_base64"] == base64.b64encode(b"\xff" * (64 * MIB)).decode())
        self.assertEqual(gateway.log_matching("refused"), [])

    def test_64_mib_for_a_command(self):
        self.redis.admin.config_set("client-output-buffer-limit", "pubsub 0 0 0")
        gateway = self.start_gateway("[commands]\na/event/b = wc -c > out\n")
        self.publish("a/event/b", b"\xff" * (64 * MIB))
        gateway.wait_content("out", b"%d\n" % (64 * MIB))


class Limit(GatewayTestCase):
    CONFIG = "[gateway]\nmax_payload = 1M\n[actions]\na/event/b = act\n"

    def setUp(self):
        super().setUp()
        self.redis.admin.config_set("client-output-buffer-limit", "pubsub 0 0 0")

    def test_the_limit_itself_is_taken(self):
        self.start_gateway(self.CONFIG)
        payload = b'"%s"' % (b"1" * (MIB - 2))
        self.publish("a/event/b", payload)
        self.assertTrue(self.wait_tasks(1)[0].data == payload)

    def test_a_byte_more_is_refused(self):
        gateway = self.start_gateway(self.CONFIG)
        self.publish("a/event/b", b"1" * (MIB + 1), b"2")
        self.assertEqual(self.wait_tasks(1)[0].data, b"2")
        gateway.wait_log(rf"^<3>replica: refused.*event=a/event/b bytes={MIB + 1} ")
        gateway.stop()
        self.assertEqual(len(gateway.log_matching("gateway: ended .* refused=1$")), 1)

    def test_the_name_of_the_channel_does_not_count(self):
        self.start_gateway("[gateway]\nmax_payload = 1K\n[actions]\n*/event/b = act\n")
        self.publish("x" * 100000 + "/event/b", b"1")
        self.assertEqual(self.wait_tasks(1)[0].data, b"1")

    def test_much_more_is_not_even_held(self):
        gateway = self.start_gateway(self.CONFIG)
        self.publish("a/event/b", b"1" * (200 * MIB))
        gateway.wait_log("replica: a gap.*resubscribed=yes")
        self.assertEqual(len(gateway.log_matching("^<3>replica: refused with its connection.* refused=1$")), 1)
        self.publish("a/event/b", b"2")
        self.assertEqual(self.wait_tasks(1)[0].data, b"2")
        if not gateway.is_sanitized():
            self.assertLess(gateway.peak_resident_kib(), 12 * 1024)


class Memory(GatewayTestCase):
    def assert_resident_below(self, gateway, kib):
        if gateway.is_sanitized():
            self.skipTest("a sanitizer needs memory of its own")
        wait_until(lambda: gateway.resident_kib() < kib, lambda: f"less than {kib} KiB, not {gateway.resident_kib()}")

    def test_little_when_idle(self):
        gateway = self.start_gateway("[actions]\na/event/b = act\n[commands]\na/event/c = true\n")
        self.assert_resident_below(gateway, 6 * 1024)

    def test_a_big_payload_leaves_nothing_behind(self):
        # Without a health check meanwhile: where its answer comes right behind the payload, hiredis keeps the buffer for
        # both until another KiB has come.
        gateway = self.start_gateway("[actions]\na/event/b = act\n", AGENT_POLLING_INTERVAL="10m")
        self.publish("a/event/b", b'"' + b"x" * (24 * MIB) + b'"')
        self.wait_tasks(1)
        self.publish("a/event/b", b"{}")
        self.wait_tasks(2)
        self.assert_resident_below(gateway, 16 * 1024)


if __name__ == "__main__":
    tap.main()
