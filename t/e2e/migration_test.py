#!/usr/bin/python3 -B
# SPDX-License-Identifier: GPL-3.0-or-later
# Copyright (C) 2026 eventsgw contributors
"""Generated configurations, as rules of the daemon and as the steps that `eventsgw migrate` makes of them: the same
events must come to the same tasks and the same effects."""

import collections
import os
import pathlib
import random
import subprocess
import sys

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[1] / "lib"))

import program
import tap
from case import AGENT, MARK
from oracle import SANITIZED, SEED
from task import strict_json
from tools import ToolTestCase
from waiting import wait_until

SOURCES = ["cluster", "node/1", "node/2", "module/mail1", "module/mail12", "module/traefik1", "module/a.b-c_D"]
NAMES = ["acl-changed", "module-added", "X.y_z-1"]
PAYLOADS = [b"{}", b'{"a": 1.10, "b": [1e400]}', b"cluster/acls", b"", b"\xff\x00\n", b'"\\u0000"\n', b"[" * 600]

# Notes a command's input in one write, as one line of a file for each rule.
RECORD = '#!/bin/sh\nline=$(od -An -v -tx1 | tr -d " \\n")\necho "$line" >>"effect-$1"\n'

# Commands of all kinds: {} is the number of the rule.
COMMANDS = [
    "./record {}",
    "sh record {}",
    "./record {}; exit 3",
    "exec ./record '{}'",
    "./record {} &&\n  kill $$",
    'x={}; ./record "$x" # comment',
    "echo unread >>effect-{}",
    "cd / ; cd - >/dev/null && ./record {} | cat",
    "set -e; ./record {}; false; ./record again-{}",
    "if true; then ./record {}; fi",
    "./record {}; )",
    "no-such-program {}",
    "printf '%%s\\n' \"it's\" >>effect-{}",
]
ACTIONS = ["act-{}", 'say "{}"', "-x{}", "it's {}"]

CONFIGURATIONS = 1 if SANITIZED else 4
RULES = 12
EVENTS = 12 if SANITIZED else 25


def make_source_pattern(generator):
    """A pattern that matches some source, and often others."""
    pattern = ""  # a line must not begin with a bracket, for that would be a section
    source = generator.choice(SOURCES)
    for character in source:
        kind = generator.randrange(10)
        if kind == 0:
            pattern += generator.choice(["*", "?", "\\" + character])
        elif kind == 1 and pattern:
            pattern += generator.choice([f"[{character}x]", f"[^{character}]", "[a-z]", "[0-9]"])
        else:
            pattern += character
    return generator.choice([pattern, source, "*", pattern + "*"])


def make_configuration(generator):
    rules = {"actions": {}, "commands": {}}
    for number in range(RULES):
        key = make_source_pattern(generator) + "/event/" + generator.choice(NAMES)
        section = generator.choice(list(rules))
        values = ACTIONS if section == "actions" else COMMANDS
        rules[section][key] = generator.choice(values).replace("{}", str(number))
    return "".join(
        f"[{section}]\n" + "".join(f"{key} = {value}\n" for key, value in entries.items())
        for section, entries in rules.items()
    )


def make_events(generator):
    return [
        (generator.choice(SOURCES), generator.choice(NAMES), generator.choice(PAYLOADS)) for _ in range(EVENTS)
    ]


def with_mark(configuration):
    """The configuration with the rule of publish_and_mark()."""
    head, commands = configuration.split("[commands]\n")
    return head + MARK + commands


class Migration(ToolTestCase):
    @classmethod
    def setUpClass(cls):
        print(f"# EVENTSGW_SEED={SEED}", flush=True)

    def diagnostics(self):
        return [f"to repeat these cases: EVENTSGW_SEED={SEED}", *super().diagnostics()]

    def write_record(self, directory):
        path = pathlib.Path(directory, "record")
        path.write_text(RECORD, encoding="ascii")
        path.chmod(0o755)

    def take_tasks(self):
        """The tasks of the queue, which is empty then, without their ids: {task: how many}."""
        raw = self.redis.admin.lrange(AGENT + "/tasks", 0, -1)
        self.redis.admin.delete(AGENT + "/tasks")
        tasks = [strict_json(task) for task in raw]
        return collections.Counter(str({**task, "id": None}) for task in tasks)

    @staticmethod
    def read_effects(directory):
        """{file: its lines, sorted}: commands of different events run in any order."""
        return {path.name: sorted(path.read_bytes().splitlines()) for path in pathlib.Path(directory).glob("effect-*")}

    def run_rules(self, configuration, events):
        """What the daemon makes of the events: tasks and effects."""
        gateway = self.start_gateway(with_mark(configuration))
        self.write_record(gateway.state_directory)
        for source, name, payload in events:
            self.redis.admin.publish(f"{source}/event/{name}", payload)
        self.publish("a/event/mark", b"{}")
        wait_until(lambda: gateway.exists("mark"), "all events are read")
        wait_until(lambda: not gateway.children(), "all commands have ended")
        self.assertEqual(gateway.stop(), -15)  # it pushes what it still has
        outcome = self.take_tasks(), self.read_effects(gateway.state_directory)
        gateway.close()
        return outcome

    def run_steps(self, configuration, events):
        """The same of the migrated steps, which the daemon runs."""
        self.migrate(configuration)
        gateway = self.start_handlers()
        self.write_record(gateway.state_directory)
        handled = sum(pathlib.Path(self.path("events"), name).exists() for _, name, _ in events)
        for source, name, payload in events:
            self.redis.admin.publish(f"{source}/event/{name}", payload)
        completed = gateway.wait_log(r"Handler of .* exited with status", handled)
        self.assertEqual([line for line in completed if 'status "completed" (0)' not in line], [])
        self.assertEqual(gateway.stop(), -15)
        outcome = self.take_tasks(), self.read_effects(gateway.state_directory)
        gateway.close()
        return outcome

    def migrate(self, configuration):
        self.write("eventsgw.conf", configuration)
        done = self.run_tool("migrate", "--to", "events")
        self.assertEqual(done.status, 0, done)

    def start_handlers(self):
        path = os.path.dirname(program.PROGRAM) + os.pathsep + os.environ["PATH"]
        return self.start_gateway(None, options={"arguments": ["--eventsdir", self.path("events")]}, PATH=path)

    def test_steps_do_what_the_rules_did(self):
        generator = random.Random(f"{SEED} {self.id()}")
        effects = 0
        for _ in range(CONFIGURATIONS):
            configuration = make_configuration(generator)
            events = make_events(generator)
            tasks_of_rules, effects_of_rules = self.run_rules(configuration, events)
            tasks_of_steps, effects_of_steps = self.run_steps(configuration, events)
            self.assertEqual(tasks_of_steps, tasks_of_rules, configuration)
            self.assertEqual(effects_of_steps, effects_of_rules, configuration)
            effects += sum(tasks_of_rules.values()) + sum(map(len, effects_of_rules.values()))
            self.empty_directory()
        self.assertGreater(effects, 0, "the events meet rules")

    def empty_directory(self):
        subprocess.run(["find", self.directory, "-mindepth", "1", "-delete"], check=True)

    def test_steps_of_one_event_run_in_the_order_of_the_rules(self):
        letters = "abcdefghijkl"
        config = "[commands]\n" + "".join(f"{'*' * (i + 1)}/event/x = printf {c} >>order\n" for i, c in enumerate(letters))
        self.migrate(config.replace("printf", "exec >>order; printf").replace(" >>order\n", "; exit 3\n"))
        gateway = self.start_handlers()
        self.publish("cluster/event/x", b"{}")
        gateway.wait_log(r"Handler of cluster/event/x exited with status \"completed\" \(0\)")
        self.assertEqual(gateway.read("order"), letters.encode())
        gateway.wait_log(r"<3>.*/events/x/\d+\w+: exit status 3", len(letters))


if __name__ == "__main__":
    tap.main()
