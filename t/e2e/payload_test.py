#!/usr/bin/python3 -B
# SPDX-License-Identifier: GPL-3.0-or-later
# Copyright (C) 2026 eventsgw contributors
"""Payloads of every kind: what is JSON goes untouched, all else as a string, and nothing is lost."""

import base64
import pathlib
import sys

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[1] / "lib"))

import tap
from case import GatewayTestCase

JSON = [
    b'{"node_id":1,"domain":"example.org","domains":["a","b"]}',
    b' {"a" : [ 1,\t2 ] }\r\n',
    b"{}",
    b"null",
    b"true",
    b"-0",
    b"1e400",
    b"1E+2",
    b"0.30000000000000004",
    b"9007199254740993",
    b"123456789012345678901234567890",
    b'{"k":1,"k":2}',
    b'"\\ud800"',
    b'"\\u0000"',
    b'"\\/"',
    b'"\x7f"',
    '"Zoë 😀"'.encode(),
    b'""',
    b"[" * 512 + b"]" * 512,
    b'{"a":' * 512 + b"1" + b"}" * 512,
]

NO_JSON = [
    b"",
    b" ",
    b"cluster/acls",
    b"NaN",
    b"[Infinity]",
    b'{"a":-Infinity}',
    b"01",
    b"1.",
    b"-.5",
    b"+1",
    b"0x10",
    b"'a'",
    b'{"a":1,}',
    b"{'a':1}",
    b"{} {}",
    b'{"a":1}\x00',
    b'"a\tb"',
    b'"\\x41"',
    b"\x0c{}",
    b"// no\n{}",
    b"\xef\xbb\xbf{}",
    b'say "\\"\x01\x1f\x7f\r\n',
    "Zoë 😀".encode(),
    b"\x00",
    b"[" * 513 + b"]" * 513,
    b'{"a":' * 513 + b"1" + b"}" * 513,
]

NO_UTF8 = [
    b"\xff",
    b"caf\xe9",
    b'{"name":"caf\xe9"}',
    b'"\xed\xa0\x80"',
    b"\xc0\xaf",
    b"\xe2\x82",
    b"a\xf0\x9f\x98b\xf4\x90\x80\x80c",
    b"\xff\xfe{\x00}\x00",
    bytes(range(256)),
]


class Payloads(GatewayTestCase):
    def forward(self, payloads):
        self.gateway = self.start_gateway("[actions]\na/event/b = act\n")
        self.publish("a/event/b", *payloads)
        return zip(payloads, self.wait_tasks(len(payloads)))

    def test_json_goes_byte_for_byte(self):
        for payload, task in self.forward(JSON):
            with self.subTest(payload=payload[:60]):
                self.assertEqual(task.data, payload)
                self.assertNotIn("payload_base64", task.extra)

    def test_what_is_no_json_goes_as_a_string(self):
        for payload, task in self.forward(NO_JSON):
            with self.subTest(payload=payload[:60]):
                self.assertEqual(task.value(), payload.decode("utf-8"))
                self.assertNotIn("payload_base64", task.extra)

    def test_what_is_no_utf8_keeps_its_bytes_beside(self):
        for payload, task in self.forward(NO_UTF8):
            with self.subTest(payload=payload[:60]):
                self.assertEqual(task.value(), payload.decode("utf-8", "replace"))
                self.assertEqual(base64.b64decode(task.extra["payload_base64"], validate=True), payload)
        self.gateway.wait_log(r"^<4>.*a/event/b")

    def test_no_payload_in_the_log(self):
        secret = b"session-5f2c"
        self.forward([b'{"session_id":"%s"}' % secret, secret, secret + b"\xff"])
        self.gateway.stop()
        self.assertNotIn(secret, self.gateway.stderr())


if __name__ == "__main__":
    tap.main()
