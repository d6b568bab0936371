#!/usr/bin/python3 -B
# SPDX-License-Identifier: GPL-3.0-or-later
# Copyright (C) 2026 eventsgw contributors
"""The strict JSON checker and the making of JSON strings, against Python's json module."""

import ast
import itertools
import json
import pathlib
import sys

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[1] / "lib"))

import tap
from oracle import GeneratedCases, ask, choose_count
from program import TOP

AMPLE_DEPTH = 512

# What mutations put into a text: the bytes and words on which a checker might stumble.
TOKENS = [
    *(bytes([byte]) for byte in b'{}[]",:\\/-+.eE0123456789 \t\r\n\v\f\0\x1f\x7f\x80\xa0\xbf\xc2\xe2\xff'),
    *(b"NaN", b"Infinity", b"-Infinity", b"true", b"false", b"null", b"None", b"01", b"1.", b".5", b"1e", b"0x1"),
    *(b"\\u", b"\\u12", b"\\ud800", b"\\udc00", b"\\ud83d\\ude00", b"\\x41", b"\\uDEFG", b'\\"', b"\\\\", b"//", b"/*"),
    *(b"\xef\xbb\xbf", b"\xc3\xa9", b"\xc0\xaf", b"\xed\xa0\x80", b"\xe2\x80\xa8"),
    *(b"\xf0\x9f\x98\x80", b"\xf4\x90\x80\x80"),
    *(b"[]", b"{}", b"[[", b"]]", b'{"":', b'""', b'":"', b'","', b",,", b"::"),
]

STRING_PARTS = [
    *("a", "key", " ", "/", "'", "\x7f", "\u00e9", "\u4e2d", "\U0001f600", "\u2028", "\ufeff", "\uffff"),
    *('\\"', "\\\\", "\\/", "\\b", "\\f", "\\n", "\\r", "\\t", "\\u0000", "\\uD800", "\\udc00", "\\uFfFf"),
]
INTEGERS = ["0", "1", "10", "9007199254740993", "1" + "0" * 60]
FRACTIONS = ["", "", ".0", ".5", ".30000000000000004"]
EXPONENTS = ["", "", "e0", "E+400", "e-5", "e007"]
BLANKS = ["", "", "", " ", "\n", "\t\r\n "]


def refuse_constant(name):
    raise ValueError(name)


def nothing(_text):
    """Takes the place of a number's conversion, which would refuse an integer of 4300 digits."""


# Arrays and objects come out as lists, so that their nesting can be measured even where a key stands twice.
PYTHON = json.JSONDecoder(
    parse_constant=refuse_constant,
    parse_int=nothing,
    parse_float=nothing,
    object_pairs_hook=lambda pairs: [value for _, value in pairs],
)


def measure_depth(value):
    return 1 + max(map(measure_depth, value), default=0) if isinstance(value, list) else 0


def judge(text, max_depth=AMPLE_DEPTH):
    """Python's verdict. It gets decoded text: json.loads(bytes) guesses an encoding and skips a byte order mark."""
    try:
        return measure_depth(PYTHON.decode(text.decode("utf-8", "strict"))) <= max_depth
    except ValueError:
        return False


def read_table():
    """(verdict, text) of each line of the table of cases."""
    with open(pathlib.Path(TOP, "t", "data", "json", "cases.txt"), encoding="ascii") as file:
        lines = [line.split(None, 1) for line in file if line.strip() and not line.startswith("#")]
    return [({"valid": True, "invalid": False}[verdict], ast.literal_eval(rest)) for verdict, rest in lines]


class Writer:
    """Writes random JSON with everything that the grammar allows."""

    def __init__(self, random):
        self._random = random

    def document(self, levels):
        return (self._blank() + self._value(levels) + self._blank()).encode()

    def _blank(self):
        return self._random.choice(BLANKS)

    def _value(self, levels):
        kinds = [self._word, self._number, self._string]
        if levels > 0:
            kinds += [self._array, self._array, self._object, self._object]
        return self._random.choice(kinds)(levels)

    def _word(self, _levels):
        return self._random.choice(["true", "false", "null"])

    def _number(self, _levels):
        choose = self._random.choice
        return choose(["", "-"]) + choose(INTEGERS) + choose(FRACTIONS) + choose(EXPONENTS)

    def _string(self, _levels=0):
        return '"' + "".join(self._random.choices(STRING_PARTS, k=self._random.randrange(6))) + '"'

    def _array(self, levels):
        return self._list("[]", lambda: self._value(levels - 1))

    def _object(self, levels):
        return self._list("{}", lambda: self._string() + self._blank() + ":" + self._blank() + self._value(levels - 1))

    def _list(self, brackets, item):
        items = [self._blank() + item() + self._blank() for _ in range(self._random.randrange(4))]
        return brackets[0] + (",".join(items) or self._blank()) + brackets[1]


def mutate(random, text):
    """The text with one slip in it."""
    start, end = sorted(random.choices(range(len(text) + 1), k=2))
    end = min(end, start + random.choice([1, 1, 1, 8]))
    token = random.choice(TOKENS)
    inserted = random.choice([b"", text[start:end] * 2, token, token, random.randbytes(1)])
    return text[:start] + inserted + text[random.choice([start, end]) :]


def make_random_bytes(random):
    """Bytes with whole, cut and broken UTF-8 in them."""
    parts = [b"plain", b"\0", b'"', b"\\", b"\n", b"\x7f", *TOKENS[-30:]]
    parts += ["\u00e9".encode(), "\u4e2d".encode(), "\U0001f600".encode(), "\U0001f600".encode()[: random.randrange(4)]]
    return b"".join(random.choice([random.choice(parts), random.randbytes(2)]) for _ in range(random.randrange(12)))


class JsonTest(GeneratedCases):
    def check(self, texts, max_depth=AMPLE_DEPTH):
        """Compares the verdicts on all of them, and returns how many are valid."""
        answers = ask(texts, "json", str(max_depth))
        verdicts = [judge(text, max_depth) for text in texts]
        self.assertEqual(len(answers), len(texts))
        wrong = [text for text, verdict, answer in zip(texts, verdicts, answers) if answer != f"{verdict:d}"]
        self.assertEqual(wrong[:5], [], f"{len(wrong)} of {len(texts)} judged differently by Python")
        return sum(verdicts)

    def test_the_table_of_cases(self):
        table = read_table()
        answers = ask([text for _, text in table], "json", str(AMPLE_DEPTH))
        for (verdict, text), answer in zip(table, answers):
            self.assertEqual((text, answer), (text, f"{verdict:d}"))
            self.assertEqual((text, judge(text)), (text, verdict))

    def test_all_texts_of_two_bytes(self):
        texts = [bytes(pair) for pair in itertools.product(range(256), repeat=2)]
        self.assertGreater(self.check([bytes([byte]) for byte in range(256)] + texts), 100)

    def test_all_short_texts_of_the_characters_that_matter(self):
        texts = [bytes(text) for text in itertools.product(b'[]{},:"\\0-.e+ ', repeat=4)]
        self.assertGreater(self.check(texts), 100)

    def test_generated_texts(self):
        writer = Writer(self.random)
        texts = [writer.document(self.random.randrange(7)) for _ in range(choose_count(20000))]
        self.assertEqual(self.check(texts), len(texts))

    def test_texts_with_slips(self):
        writer = Writer(self.random)
        texts = []
        for _ in range(choose_count(60000)):
            text = writer.document(self.random.randrange(4))
            for _ in range(self.random.choice([1, 1, 2, 4])):
                text = mutate(self.random, text)
            texts.append(text)
        valid = self.check(texts)
        self.assertGreater(valid, len(texts) // 50)
        self.assertLess(valid, len(texts) * 9 // 10)

    def test_nesting_up_to_the_limit(self):
        writer = Writer(self.random)
        texts = [writer.document(12) for _ in range(choose_count(5000))]
        for limit in range(6):
            valid = self.check(texts, limit)
            self.assertGreater(valid, 0)
            self.assertLess(valid, len(texts))
        for limit in (1, 2, 511, 512, 100000):
            for opening, closing in ((b"[", b"]"), (b'{"":', b"}")):
                texts = [opening * depth + b"1" + closing * depth for depth in (limit - 1, limit, limit + 1)]
                self.assertEqual(ask(texts, "json", str(limit)), ["1", "1", "0"])

    def test_sizes_from_one_byte_to_64_mib(self):
        for bits in range(27):
            size = 1 << bits
            self.check_size(size, b'"' + b"x" * (size - 2) + b'"' if size > 1 else b"1")
            self.check_size(size, b"[1" + b",1" * (size // 2 - 2) + b" ]" if size > 2 else b"1" * size)

    def check_size(self, size, text):
        self.assertEqual(len(text), size)
        self.assertEqual(ask([text, text[:-1] + b","], "json", "1"), ["1", "0"])

    def test_strings_of_random_bytes(self):
        frames = [bytes([byte]) for byte in range(256)]
        frames += [make_random_bytes(self.random) for _ in range(choose_count(30000))]
        results = [bytes.fromhex(line) for line in ask(frames, "string")]
        self.assertEqual(len(results), len(frames))
        for frame, result in zip(frames, results):
            self.assertEqual((frame, json.loads(result.decode())), (frame, frame.decode("utf-8", "replace")))
            self.assertFalse(set(result) & {*range(0x20), 0x7F}, result)


if __name__ == "__main__":
    tap.main()
