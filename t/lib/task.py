# SPDX-License-Identifier: GPL-3.0-or-later
# Copyright (C) 2026 eventsgw contributors
"""A task as it lies in an agent's queue, read as strictly as the strictest reader would."""

import json
import re

HEAD = re.compile(
    rb'\{"id":"([0-9a-f]{8}-[0-9a-f]{4}-4[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12})"'
    rb',"action":("(?:[^"\\]|\\.)*"),"data":'
)
TAIL = b',"parent":"","extra":'


def _refuse_constant(name):
    raise AssertionError(f"{name} is no JSON")


def strict_json(text):
    """The value of a UTF-8 text that is JSON and nothing beyond it."""
    return json.loads(text.decode("utf-8"), parse_constant=_refuse_constant)


class Task:
    """Checks on construction what holds for every task: the members, their order, and the version 4 UUID.

    `data` is the exact bytes of that member's text."""

    def __init__(self, raw):
        head = HEAD.match(raw)
        tail = raw.rfind(TAIL)
        if not head or tail < 0:
            raise AssertionError(f"no task with the members id, action, data, parent, extra: {raw[:500]!r}")
        self.raw = raw
        self.id = head.group(1).decode()
        self.action = strict_json(head.group(2))
        self.data = raw[head.end() : tail]
        self.extra = strict_json(raw[tail + len(TAIL) : -1])
        self._require_members()

    def _require_members(self):
        members = strict_json(self.raw)
        names = list(members)
        if names != ["id", "action", "data", "parent", "extra"] or members["parent"] != "":
            raise AssertionError(f"unexpected members {names} of {self.raw[:500]!r}")
        if "event" not in self.extra or list(self.extra) not in (["event"], ["event", "payload_base64"]):
            raise AssertionError(f"unexpected extra {self.extra}")

    @property
    def event(self):
        return self.extra["event"]

    @property
    def channel(self):
        return self.event["channel"]

    def value(self):
        """What a reader of JSON makes of `data`."""
        return strict_json(self.data)
