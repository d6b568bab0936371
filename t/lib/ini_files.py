# SPDX-License-Identifier: GPL-3.0-or-later
# Copyright (C) 2026 eventsgw contributors
"""Random files in the dialect of Python's configparser: sound ones, slightly damaged ones, and noise."""

MAIN_SECTIONS = ["actions", "commands", "DEFAULT"]
ODD_SECTIONS = [
    "gateway", "default", "Actions", " actions ", "a b", "a]b", "[a", "a;b", "a #b", "a=b", "0-9",
    "%(key)s", "\u00e9v\u00e9nements", "nul\x00nul", "\\", "+", ">", "%41", "n" * 48, "n" * 49,
    "n" * 50, "n" * 300, "\u4e2d" * 17,
]

REFERRED_KEYS = ["key", "other", "third"]  # by values with %(key)s
KEYS = [
    "*/event/account-provider-changed",
    "module/traefik*/event/certificate-renew", "cluster/event/acl-changed", "a:b", "a;b", "a#b",
    "k%", "%(key)s", "with blank", "tab\tinside", "x\u00a0y", "[open", "a[0-9]/event/x", "[a]b",
    "+", ">", "%", "%3d", "\\", "\\n", "'quoted'", '"quoted"', "!x", "\u00e9t\u00e9", "stra\u00dfe",
    "\x01", "\x00", "a\x00b", "\ufeffmark", "\u200bthin", "k" * 48, "k" * 49, "k" * 50, "k" * 51,
    "k" * 196, "k" * 5000, "\u4e2d" * 16 + "a", "\u4e2d" * 17,
]

VALUES = [
    "", "renew", "systemctl --user reload ldapproxy", "/usr/local/bin/acl-load", "a ; b", "a # b",
    "; a", "# a", "a=b", "a = b", "==", "x:y", "[actions]", "[", "]", '"quoted"', "\\", "\\x41",
    "+=x", "nul\x00nul", "\x00", "\u00e9", "\u4e2d\u6587", "\u2028line", "\u00a0nbsp\u00a0",
    "fs\x1cfs", "nel\x85nel", "sh -c 'read x; [ \"$x\" ] && y' # z", "v" * 199, "v" * 200,
    "w " * 300, "\u00e9" * 400, "z" * 20000, "end\\",
]
PERCENT_VALUES = [
    "100%%", "%%", "%%%%", "%", "5%", "%s", "%d", "%(", "%()s", "%(key", "%(key)", "%(key)d",
    "%(key)s", "%(KEY)s", "%(other)s%(third)s", "%(nothing)s", "%%(key)s", "%(with blank)s",
    "%(a\nb)s", "%(\u00e9t\u00e9)s", "%(key)s%(key)s%(key)s", "%41", "%%" * 120,
]

PLAIN_BLANKS = ["", "", "", " ", "  ", "\t", "    "]
ODD_BLANKS = [
    "\x0b", "\x0c", "\x1c", "\x1d", "\x1e", "\x1f", "\x85", "\u00a0", "\u1680", "\u2000", "\u2003 ",
    "\u200a", "\u2028", "\u2029", "\u202f", "\u205f", "\u3000", " \u3000\t", "\u200b", "\u180e",
    "\u2060", "\ufeff",
]
LINE_ENDS = ["\n"] * 16 + ["\r\n"] * 2 + ["\r"]
NOISE = "[]=:;#%()s \t\\+>a\"'\x00\x1c\u00a0\u3000"


class IniFiles:
    """Makes one file after the other from a random.Random."""

    def __init__(self, random):
        self._random = random
        self._percent_share = 0

    def make(self):
        self._percent_share = self._random.choice([0, 0.1, 0.5])
        chance = self._random.random()
        if chance < 0.65:
            lines = self._sound_file()
        else:
            lines = [self._header()] * (chance < 0.97) + [self._any_line() for _ in range(self._below(12))]
        if lines and self._random.random() < 0.2:
            lines.insert(self._below(len(lines)), self._any_line())
        return self._to_bytes(lines)

    def _pick(self, choices):
        return self._random.choice(choices)

    def _below(self, end):
        return self._random.randrange(end)

    def _header(self):
        return f"[{self._pick(MAIN_SECTIONS * 5 + ODD_SECTIONS)}]"

    def _value(self):
        return self._pick(PERCENT_VALUES if self._random.random() < self._percent_share else VALUES)

    def _blanks(self):
        return self._pick(ODD_BLANKS if self._random.random() < 0.08 else PLAIN_BLANKS)

    def _sound_file(self):
        """Sections and keys once each, keys at one indentation, continued lines deeper."""
        lines = []
        sections = self._random.sample(MAIN_SECTIONS, 1 + self._below(3))
        sections += self._random.sample(ODD_SECTIONS, self._below(3))
        for section in self._random.sample(sections, len(sections)):
            lines += [self._pick("#;") + self._value()] * (self._random.random() < 0.2)
            lines.append(f"[{section}]" + self._pick(["", "", "", "", " ", " ; x", "y = z"]))
            margin = self._pick(["", "", "", " ", "\t", "   "])
            lines += self._chain(margin) if self._random.random() < 0.05 else []
            for key in self._keys_of_a_section():
                lines.append(margin + key + self._blanks() + "=" + self._blanks() + self._value())
                lines += self._continuation(margin)
        return lines

    def _keys_of_a_section(self):
        names = self._random.sample(REFERRED_KEYS, self._below(4)) + self._random.sample(KEYS, self._below(6))
        keys = {key.lower(): key for key in names}
        if self._random.random() < 0.03:
            return [*keys.values(), *(key.swapcase() for key in keys.values() if key.isascii())]
        return [self._pick([key, key, key.upper()]) if key.isascii() else key for key in keys.values()]

    def _chain(self, margin):
        """Keys that refer to each other, about as deep as configparser follows."""
        length = 8 + self._below(5)
        links = [f"{margin}link{number} = {number}%(link{number + 1})s" for number in range(length)]
        return [*links, f"{margin}link{length} = " + self._pick(["end", "%%", "%(link0)s"])]

    def _continuation(self, margin):
        lines = []
        for _ in range(self._pick([0, 0, 0, 0, 1, 2, 4])):
            deeper = margin + self._pick([" ", "  ", "\t", "\u3000", "\x0b"])
            lines.append(self._pick([deeper + self._value()] * 4 + ["", self._blanks(), deeper + "# x", "; y"]))
        return lines

    def _any_line(self):
        kind = self._below(20)
        if kind < 7:
            key = self._blanks() + self._pick(REFERRED_KEYS + KEYS) + self._blanks()
            return key + self._pick(["=", "=", "=", ":", "=="]) + self._blanks() + self._value()
        if kind < 11:
            return self._blanks() + self._header() + self._pick(["", "", " ", "x", "]", " = y"])
        if kind < 15:
            return self._pick([" ", "  ", "\t", "      "]) + self._value() + self._blanks()
        if kind < 17:
            return self._blanks() + self._pick(["#", ";", ""]) + self._value()
        if kind < 18:
            return self._blanks()
        return "".join(self._pick(NOISE) for _ in range(self._below(14)))

    def _to_bytes(self, lines):
        end = self._pick(LINE_ENDS)
        mixed = self._random.random() < 0.2
        text = "".join(line + (self._pick(LINE_ENDS) if mixed else end) for line in lines)
        if self._random.random() < 0.1:
            text = text.rstrip("\r\n")
        if self._random.random() < 0.01:
            text = "\ufeff" + text
        data = text.encode("utf-8", "surrogatepass")
        if data and self._random.random() < 0.03:
            place = self._below(len(data))
            data = data[:place] + bytes([self._below(256)]) + data[place + 1 :]
        return data
