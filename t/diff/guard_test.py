#!/usr/bin/python3 -B
# SPDX-License-Identifier: GPL-3.0-or-later
# Copyright (C) 2026 eventsgw contributors
"""The guards of migrated steps, run by real shells, against Redis's pattern matching as this program does it.

That the program matches as Redis does is shown by glob_test.py."""

import os
import pathlib
import shutil
import subprocess
import sys
import tempfile
import unittest

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[1] / "lib"))

import tap
from oracle import GeneratedCases, ask, choose_count

SHELLS = [shell for shell in ("/bin/sh", shutil.which("dash"), shutil.which("bash")) if shell]

# Few different bytes, so that patterns and texts meet; what shells and Redis give a meaning is among them.
BYTES = [bytes([byte]) for byte in b"ab/-]![^*?\\'\"$`~ \n.:=\x7f\x80\x81\x88\xff"] + ["\u00e9".encode()]
NAME_BYTES = b"abcdefghijklmnopqrstuvwxyz0123456789/.-"  # with others in a literal no guard is made
ASCII = [byte for byte in BYTES if byte.isascii()]
SOURCES = [b"cluster", b"node/1", b"module/mail1", b"module/traefik12", b""]
SUFFIX = b"/event/x"


def make_source(random):
    if random.random() < 0.3:
        return random.choice(SOURCES)
    return b"".join(random.choices(BYTES, k=random.randrange(5)))


def make_class(random, byte):
    members = [random.choice(ASCII), b"\\" + byte, byte, byte + b"-" + random.choice(ASCII), b"a-z", b"0-9"]
    return b"[" + random.choice([b"", b"^"]) + b"".join(random.choices(members, k=random.randrange(1, 4))) + b"]"


def make_pattern(random, source):
    pattern = b""
    for at in range(len(source)):
        byte = source[at : at + 1]
        kind = random.randrange(8)
        if kind == 0:
            pattern += random.choice([b"*", b"**", b"*?"])
        elif kind == 1:
            pattern += b"?"
        elif kind == 2:
            pattern += make_class(random, byte if byte.isascii() else b"a")
        elif kind == 3 and byte in NAME_BYTES:
            pattern += b"\\" + byte
        elif byte in NAME_BYTES:
            pattern += byte
        else:
            pattern += random.choice([b"?", b"*", make_class(random, byte if byte.isascii() else b"a")])
    return pattern + random.choice([b"", b"", b"*"])


def run_guards(shell, guards, sources):
    """The set of (index of the guard, index of the source) that a shell lets through."""
    script = b"set -- " + b" ".join(b"'" + source.replace(b"'", b"'\\''") + b"'" for source in sources) + b"\n"
    for number, guard in enumerate(guards):
        body = guard.replace(b"|| exit 0", b"|| continue").replace(b"*) exit 0 ;;", b"*) continue ;;")
        script += b"i=-1\nfor AGENT_EVENT_SOURCE; do i=$((i + 1))\n%secho %d $i\ndone\n" % (body, number)
    done = subprocess.run(
        [shell], input=script, env={"LC_ALL": "C.UTF-8"}, stdout=subprocess.PIPE, stderr=subprocess.PIPE, check=False
    )
    if done.stderr or done.returncode:
        raise AssertionError(f"{shell}: {done.returncode}, {done.stderr[:500]!r}")
    return {tuple(map(int, line.split())) for line in done.stdout.splitlines()}


def is_seen_by_handlers(source):
    """Whether the first "/event/" of the channel is the one behind the source."""
    return (source + SUFFIX).find(b"/event/") == len(source)


class Guards(GeneratedCases):
    def compare(self, patterns, sources):
        sources = sorted(filter(is_seen_by_handlers, sources))
        pairs = [(pattern + SUFFIX, answer) for pattern, answer in zip(patterns, ask_guards(patterns)) if answer]
        guards = [guard for _, guard in pairs]
        frames = [frame for pattern, _ in pairs for source in sources for frame in (pattern, source + SUFFIX)]
        answers = iter(ask(frames, "glob"))
        expected = {
            (i, j) for i in range(len(pairs)) for j in range(len(sources)) if next(answers) == "1"
        }
        self.assertGreater(len(pairs), len(patterns) // 4)
        self.assertGreater(len(expected), 0)
        for shell in SHELLS:
            found = run_guards(shell, guards, sources)
            differing = [(pairs[i], sources[j], (i, j) in found) for i, j in sorted(found ^ expected)[:3]]
            self.assertEqual(differing, [], shell)

    def test_generated_patterns(self):
        sources = {make_source(self.random) for _ in range(40)} | set(SOURCES)
        patterns = [
            make_pattern(self.random, self.random.choice(sorted(sources))) for _ in range(choose_count(120))
        ]
        self.compare(patterns, sources)

    def test_every_character_in_a_class(self):
        characters = {bytes([byte]) for byte in range(1, 256)}
        patterns = [b"[" + self.random.choice([b"", b"^"]) + b"\\" + bytes([byte]) + b"\\a]" for byte in range(1, 128)]
        chosen = self.random.sample(sorted(characters), 40) + [b"a", b"]", b"-", b"!", b"^", b"[", b"\\", b"'", b"\n"]
        self.compare(self.random.sample(patterns, choose_count(50)), set(chosen))


    # What a shell might take for a word of its own, and what shellcheck might take for a slip.
    WORDS = b"esac in do done if then else fi case for while until time test function exit -f -a 0".split()
    FORMS = (b"%s", b"%s*", b"*%s", b"?%s", b"%s/[a-c]*", b"module/%s")

    def test_words(self):
        patterns = [form % word for word in self.WORDS for form in self.FORMS]
        forms = (b"%s", b"x%s", b"%sx", b"%s/b", b"module/%s")
        self.compare(patterns, [form % word for word in self.WORDS for form in forms])

    @unittest.skipUnless(shutil.which("shellcheck"), "shellcheck is not installed")
    def test_shellcheck_finds_nothing(self):
        patterns = [form % word for word in self.WORDS for form in self.FORMS] + [b"*[\\\\]", b"module/[m\\\\]*"]
        for _ in range(choose_count(300)):
            patterns.append(make_pattern(self.random, self.random.choice(SOURCES)))
            members = b"".join(b"\\%c" % self.random.randrange(1, 128) for _ in range(self.random.randrange(1, 4)))
            patterns.append(self.random.choice(self.FORMS) % (b"[%s%s]" % (self.random.choice([b"", b"^"]), members)))
        with tempfile.TemporaryDirectory(prefix="eventsgw-") as directory:
            for number, guard in enumerate(filter(None, ask_guards(patterns))):
                pathlib.Path(directory, str(number)).write_bytes(b"#!/bin/sh\n" + guard + b"\ntrue\n")
            files = [str(path) for path in pathlib.Path(directory).iterdir()]
            self.assertGreater(len(files), len(patterns) // 2)
            locale = {**os.environ, "LC_ALL": "C.UTF-8"}
            done = subprocess.run(["shellcheck", *files], env=locale, stdout=-1, stderr=-2, check=False)
        self.assertEqual((done.returncode, done.stdout.decode()[:2000]), (0, ""))


def ask_guards(patterns):
    """The guard for sources that match each pattern, with a line end in front; None where there is none."""
    answers = ask([pattern + SUFFIX for pattern in patterns], "guard")
    guards = []
    for answer in answers:
        if answer == "refused":
            guards.append(None)
            continue
        event, guard = bytes.fromhex(answer).split(b"\n", 1)
        assert event == b"x", event
        guards.append(guard or b":\n")
    return guards


if __name__ == "__main__":
    tap.main()
