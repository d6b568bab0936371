# SPDX-License-Identifier: GPL-3.0-or-later
# Copyright (C) 2026 eventsgw contributors
"""The base of the tests of event handlers: a daemon whose events directory lies beside its state directory."""

import os

from case import GatewayTestCase
from waiting import wait_until

SOURCE = "module/samba1"


class HandlerTestCase(GatewayTestCase):
    """`self.gateway` is the daemon that start_handlers() has started."""

    def start_handlers(self, config=None, arguments=("--eventsdir", "../events"), **environment):
        self.gateway = self.start_gateway(config, options={"arguments": list(arguments)}, **environment)
        return self.gateway

    def step_path(self, event, name, base="events"):
        return os.path.normpath(self.gateway.path(os.path.join("..", base, event, name)))

    def write_step(self, event, name, script, base="events", mode=0o755):
        """An executable shell script, put in its place in one piece; a script that names its interpreter is taken as it
        is."""
        path = self.step_path(event, name, base)
        os.makedirs(os.path.dirname(path), exist_ok=True)
        # Beside the events directories: what lies in one of them is a step.
        part = self.gateway.path("../step.part")
        with open(part, "w", encoding="utf-8") as file:
            file.write(script if script.startswith("#!") else "#!/bin/sh\n" + script)
        os.chmod(part, mode)
        os.rename(part, path)
        return path

    def fire(self, event, *payloads, source=SOURCE):
        self.publish(f"{source}/event/{event}", *(payloads or (b"{}",)))

    def wait_end(self, event, count=1, source=SOURCE):
        """Waits for that many ends of the event's handlers, and returns their lines."""
        return self.gateway.wait_log(rf"^<[3-7]>Handler of {source}/event/{event} exited with status ", count)

    def run_handler(self, event, payload=b"{}", source=SOURCE):
        """One run to its end: the last line of the log about it."""
        before = len(self.gateway.log_matching(rf"Handler of {source}/event/{event} exited with status "))
        self.fire(event, payload, source=source)
        return self.wait_end(event, before + 1, source)[-1]

    def wait_journal_closed(self):
        """Some time after the last run the journal's file is closed, and its descriptors are gone."""
        wait_until(
            lambda: not [link for link in self.gateway.descriptors() if "eventsgw.journal" in link],
            "the journal is closed",
        )
