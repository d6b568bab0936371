# SPDX-License-Identifier: GPL-3.0-or-later
# Copyright (C) 2026 eventsgw contributors
"""Runs of the command line tools that talk to Redis, as an administrator starts them."""

import os
import subprocess
import tempfile

import program
from case import AGENT, GatewayTestCase
from gateway import Collector
from redis_server import password_of
from waiting import PATIENCE, wait_until


class ToolTestCase(GatewayTestCase):
    """Each test has a server and a state directory of its own, `self.directory`, in which the tools run."""

    def setUp(self):
        super().setUp()
        root = tempfile.TemporaryDirectory(prefix="eventsgw-tool-")
        self.addCleanup(root.cleanup)
        self.directory = root.name

    def path(self, name):
        return os.path.join(self.directory, name)

    def write(self, name, content):
        with open(self.path(name), "wb") as file:
            file.write(content.encode() if isinstance(content, str) else content)

    def module_environment(self, **changes):
        """That of module/mail1; None leaves a variable out."""
        return {
            "AGENT_ID": AGENT,
            "REDIS_USER": AGENT,
            "REDIS_PASSWORD": password_of(AGENT),
            "REDIS_ADDRESS": self.redis.address,
            "REDIS_REPLICA_ADDRESS": self.redis.address,
            **changes,
        }

    def run_tool(self, *arguments, stdin=b"", **changes):
        """Runs a tool to its end with these bytes on its standard input; `changes` are those of the environment."""
        done = subprocess.run(
            [program.PROGRAM, *arguments],
            cwd=self.directory,
            env=program.environment(**self.module_environment(**changes)),
            input=stdin,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            timeout=program.RUN_LIMIT_SECONDS,
            check=False,
        )
        program.fail_on_sanitizer_report(done.stderr)
        return program.Run(done.returncode, done.stdout, done.stderr)

    def start_tool(self, *arguments, **options):
        tool = Tool(arguments, self.directory, program.environment(**self.module_environment()), **options)
        self.addCleanup(tool.close)
        return tool


class Tool:
    """A tool that runs. Its standard output is collected where `stdout` is not a descriptor to write to; `terminal` is
    one for both of its outputs."""

    def __init__(self, arguments, directory, environment, stdout=subprocess.PIPE, terminal=None):
        self._process = subprocess.Popen(
            [program.PROGRAM, *arguments],
            cwd=directory,
            env=environment,
            stdin=subprocess.DEVNULL,
            stdout=stdout if terminal is None else terminal,
            stderr=subprocess.PIPE if terminal is None else terminal,
        )
        pipes = (self._process.stdout, self._process.stderr)
        self._stdout, self._stderr = (pipe and Collector(pipe) for pipe in pipes)

    def stdout(self):
        return self._stdout.data().decode("utf-8", "backslashreplace")

    def stderr(self):
        return self._stderr.data().decode("utf-8", "backslashreplace")

    def wait_lines(self, count):
        """Waits for that many lines of its standard output, and returns all."""
        wait_until(lambda: self.stdout().count("\n") >= count, lambda: f"{count} lines: {self.stdout()}")
        return self.stdout().splitlines()

    def wait_stderr(self, text, count=1):
        wait_until(lambda: self.stderr().count(text) >= count, lambda: f"{count} x {text!r}: {self.stderr()}")

    def wait_exit(self, deadline=PATIENCE):
        status = self._process.wait(deadline)
        for collector in (self._stdout, self._stderr):
            if collector is not None:
                collector.join()
        return status

    def send_signal(self, number):
        self._process.send_signal(number)

    def close(self):
        if self._process.poll() is None:
            self._process.kill()
        self.wait_exit()
        if self._stderr is not None:
            program.fail_on_sanitizer_report(self._stderr.data())
