#!/usr/bin/python3 -B
# SPDX-License-Identifier: GPL-3.0-or-later
# Copyright (C) 2026 eventsgw contributors
"""Pattern matching, against a redis-server's own."""

import itertools
import pathlib
import sys
import time

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[1] / "lib"))

import tap
from oracle import GeneratedCases, ask, choose_count
from redis_server import RedisServer
from waiting import PATIENCE

# Few different bytes, so that patterns and texts meet: what has a meaning in a pattern, and what lies at a border.
TEXT_BYTES = [bytes([byte]) for byte in b"abc/-][^*?\\\0\n\x7f\x80\xff"]
CLASSES = [b"[", b"[^", b"[a-c]", b"[c-a]", b"[^a]", b"[\\]]", b"[a-", b"[]"]
ELEMENTS = [b"*", b"**", b"?", b"]", b"^", b"-", b"\\", *CLASSES]
CHANNELS = [
    b"module/samba1/event/account-provider-changed",
    b"module/traefik12/event/certificate-renew",
    b"cluster/event/acl-changed",
    b"node/1/event/x",
    b"progress/module/mail1/task/0",
]
SENTINEL = b"end-of-test"


def make_text(random):
    if random.random() < 0.2:
        return random.choice(CHANNELS)
    return b"".join(random.choices(TEXT_BYTES, k=random.randrange(7)))


def make_class(random, byte):
    """A class, mostly one that holds the byte."""
    members = [random.choice(TEXT_BYTES), b"\\" + byte, byte, byte + b"-" + random.choice(TEXT_BYTES), b"\x00-\xff"]
    body = b"".join(random.choices(members, k=random.randrange(4)))
    return b"[" + random.choice([b"", b"", b"^"]) + body + random.choice([b"]", b"]", b"]", b""])


def make_pattern(random, text):
    """A pattern made from a text, which it may match, or of anything."""
    if random.random() < 0.2:
        return b"".join(random.choices(ELEMENTS + TEXT_BYTES, k=random.randrange(7)))
    pattern = b""
    at = 0
    while at < len(text):
        byte = text[at : at + 1]
        skipped = 1
        kind = random.randrange(12)
        if kind == 0:
            pattern += random.choice([b"*", b"**", b"***", b"*?"])
            skipped = random.randrange(5)
        elif kind == 1:
            pattern += b"?"
        elif kind == 2:
            pattern += make_class(random, byte)
        elif kind == 3:
            pattern += b"\\" + byte
        elif kind == 4:
            pattern += random.choice(ELEMENTS)
        else:
            pattern += byte
        at += skipped
    return pattern + random.choice([b"", b"", b"", b"*", b"\\", b"["])


def ask_pairs(pairs):
    """The set of those (pattern, text) that match."""
    answers = ask([frame for pair in pairs for frame in pair], "glob")
    assert len(answers) == len(pairs)
    return {pair for pair, answer in zip(pairs, answers) if answer == "1"}


class GlobTest(GeneratedCases):
    @classmethod
    def setUpClass(cls):
        cls.server = RedisServer()

    @classmethod
    def tearDownClass(cls):
        cls.server.close()

    def setUp(self):
        super().setUp()
        self.server.admin.flushall()

    def check(self, pairs, redis_matches):
        matches = ask_pairs(pairs)
        self.assertEqual(sorted(redis_matches - matches)[:5], [], "Redis matches these, we do not")
        self.assertEqual(sorted(matches - redis_matches)[:5], [], "we match these, Redis does not")
        self.assertGreater(len(matches), len(pairs) // 200)
        self.assertLess(len(matches), len(pairs))

    def match_keys(self, patterns, texts):
        """The (pattern, text) that KEYS finds."""
        self.server.admin.mset({text: b"" for text in texts})
        pipeline = self.server.admin.pipeline(transaction=False)
        for pattern in patterns:
            pipeline.keys(pattern)
        return {(pattern, text) for pattern, found in zip(patterns, pipeline.execute()) for text in found}

    def match_channels(self, patterns, texts):
        """The (pattern, text) that PSUBSCRIBE brings when each text is published to."""
        with self.server.admin.pubsub() as subscriber:
            subscriber.psubscribe(*patterns)
            subscriber.subscribe(SENTINEL)
            self.wait_for(subscriber, "subscribe", lambda _: None)
            pipeline = self.server.admin.pipeline(transaction=False)
            for text in [*texts, SENTINEL]:
                pipeline.publish(text, b"")
            pipeline.execute()
            found = set()
            self.wait_for(subscriber, "message", lambda message: found.add((message["pattern"], message["channel"])))
        return {(pattern, channel) for pattern, channel in found if channel in texts}

    def wait_for(self, subscriber, last, on_pattern_message):
        """Reads messages up to the one of that type; those of patterns are passed on."""
        deadline = time.monotonic() + PATIENCE
        while time.monotonic() < deadline:
            message = subscriber.get_message(timeout=1)
            if message and message["type"] == "pmessage":
                on_pattern_message(message)
            if message and message["type"] == last:
                return
        self.fail(f"no {last} within {PATIENCE:g} s")

    def make_pairs(self, pattern_count, text_count):
        texts = sorted({make_text(self.random) for _ in range(text_count)} | set(CHANNELS))
        patterns = sorted({make_pattern(self.random, self.random.choice(texts)) for _ in range(pattern_count)} - {b"*"})
        return patterns, texts, list(itertools.product(patterns, texts))

    def test_as_keys_does(self):
        patterns, texts, pairs = self.make_pairs(choose_count(3000), 100)
        self.check(pairs, self.match_keys(patterns, texts))

    def test_as_psubscribe_does(self):
        patterns, texts, pairs = self.make_pairs(choose_count(800), 100)
        patterns.append(b"*")  # which KEYS treats apart: it would find the empty name
        pairs += [(b"*", text) for text in texts]
        self.check(pairs, self.match_channels(patterns, texts))

    def test_all_short_patterns(self):
        alphabet = [b"a", b"*", b"?", b"[", b"]", b"^", b"-", b"\\"]
        patterns = [b"".join(parts) for size in range(5) for parts in itertools.product(alphabet, repeat=size)]
        patterns = self.random.sample(patterns, choose_count(len(patterns)))
        texts = [b"", b"a", b"b", b"-", b"]", b"[", b"^", b"\\", b"*", b"aa", b"ab", b"a]", b"\\a", b"-a]"]
        patterns = [pattern for pattern in patterns if pattern != b"*"]
        self.check(list(itertools.product(patterns, texts)), self.match_keys(patterns, texts))


if __name__ == "__main__":
    tap.main()
