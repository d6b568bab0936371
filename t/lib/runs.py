# SPDX-License-Identifier: GPL-3.0-or-later
# Copyright (C) 2026 eventsgw contributors
"""The base of the tests of runs: commands and steps that write what they do to a file, and gateways that end."""

import contextlib
import json
import os
import re
import signal

import journal
from handlers import HandlerTestCase
from waiting import wait_until

# What commands and steps begin with: `say WORD` appends a line to the file `lines`, in one piece, so that the order of
# the lines is the order in which they were written. The payload is a number, or a number and more words; it is missing
# where the gateway is killed before it has handed it over.
PREAMBLE = """\
read -r number rest || [ -n "$number" ] || exit 1
say() { echo "$1 $AGENT_EVENT_ID $AGENT_EVENT_ATTEMPT $number $$" >> lines; }
"""


# A rule for the file `step`.
STEP = "[commands]\na/event/b = . ./step\n"
WAIT_FOR_GO = "while [ ! -e go ]; do sleep 0.02; done\n"

# Of rows.
RUNNING, HELD = "state = 1", "state = 2"


def own(settings, key="a/event/b"):
    return f"[rule {key}]\n{settings}\n"


def gateway(settings):
    return f"[gateway]\n{settings}\n"


class Line:
    """One line of the file."""

    def __init__(self, text):
        self.word, self.run, attempt, number, pid = text.split()
        self.attempt, self.number, self.pid = int(attempt), int(number), int(pid)

    def __repr__(self):
        return f"{self.word} {self.number} attempt {self.attempt}"


class RunsTestCase(HandlerTestCase):
    """`self.gateway` is the one that runs, or has run last."""

    def start_runs(self, config, script="", arguments=("--eventsdir", "../events"), **environment):
        """Starts a gateway; its commands may be `. ./step`, a file that says `start` and goes on with `script`."""
        self.config, self.arguments, self.environment = config, list(arguments), environment
        files = {"step": PREAMBLE + "say start\n" + script}
        options = {"arguments": self.arguments, "files": files}
        self.gateway = self.start_gateway(config, options=options, **environment)
        return self.gateway

    def restart(self, number=signal.SIGTERM, config=None, **environment):
        """Ends the gateway by the signal, and starts the next one in its directory."""
        self.gateway.send_signal(number)
        return self.start_again(number, config, **environment)

    def start_again(self, number, config=None, **environment):
        """The next gateway, where the former one is ending by this signal."""
        self.assertEqual(self.gateway.wait_exit(), 0 if number == signal.SIGUSR1 else -number)
        wait_until(lambda: self.redis.subscriptions() == ([], 0), "its connections are gone")
        self.config = config or self.config
        self.environment = {**self.environment, **environment}
        options = {"arguments": self.arguments, "predecessor": self.gateway}
        self.gateway = self.start_gateway(self.config, options=options, **self.environment)
        return self.gateway

    def reload(self, config):
        count = len(self.gateway.log_matching("gateway: reloaded"))
        self.config = config
        self.gateway.write("eventsgw.conf", config)
        self.gateway.send_signal(signal.SIGHUP)
        self.gateway.wait_log("gateway: reloaded", count + 1)

    # What it says

    def status(self):
        """Its report, commands and handlers added up as `runs`."""
        report = json.loads(self.gateway.run("status", "--format=json").stdout)
        kinds = report["commands"], report["handlers"]
        report["runs"] = {
            name: value + kinds[1][name] for name, value in kinds[0].items() if isinstance(value, int)
        }
        return report

    def wait_runs(self, **counts):
        """Waits until the status has these counts."""

        def are_there():
            runs = self.status()["runs"]
            return all(runs[name] == count for name, count in counts.items())

        wait_until(are_there, lambda: f"{counts} in {self.status()['runs']}")

    def wait_idle(self):
        self.wait_runs(running=0, waiting=0)

    def history(self):
        """Runs that have ended, oldest first."""
        output = self.gateway.run("history", "--format=json").stdout
        records = [json.loads(line) for line in output.splitlines()]
        return sorted(records, key=lambda record: record["ended"])

    def wait_history(self, count):
        """Waits for that many runs that have ended, and returns them."""
        wait_until(lambda: len(self.history()) >= count, lambda: f"{count} runs in {self.history()}")
        records = self.history()
        self.assertEqual(len(records), count, records)
        return records

    def wait_record(self, **members):
        """Waits for the only run in the history, which has these members then."""
        record = self.wait_history(1)[0]
        self.assertEqual({name: record[name] for name in members}, members, record)
        return record

    def rows(self, columns="*", where="1"):
        """Rows of runs that have not ended, in their order."""
        query = f"SELECT {columns} FROM run WHERE {where} ORDER BY number"
        return journal.rows(self.gateway.path("eventsgw.journal"), query)

    def wait_rows(self, count, where="1"):
        are_there = lambda: len(self.rows("number", where)) == count
        wait_until(are_there, lambda: f"{count} rows where {where}: {self.rows()}")

    # What they say

    def lines(self, *words):
        """What the runs have written, or only lines with one of these words."""
        lines = [Line(text) for text in self.gateway.read("lines").decode().split("\n")[:-1]]
        return [line for line in lines if not words or line.word in words]

    def wait_lines(self, count, *words):
        wait_until(lambda: len(self.lines(*words)) >= count, lambda: f"{count} lines {words}: {self.lines()[-20:]}")
        return self.lines(*words)


def running_ids():
    """The runs to which processes belong."""
    ids = set()
    for name in filter(str.isdigit, os.listdir("/proc")):
        with contextlib.suppress(OSError), open(f"/proc/{name}/environ", "rb") as file:
            found = re.search(rb"(?:^|\0)AGENT_EVENT_ID=([^\0]*)", file.read())
            if found:
                ids.add(found.group(1).decode())
    return ids
