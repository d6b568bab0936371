# SPDX-License-Identifier: GPL-3.0-or-later
# Copyright (C) 2026 eventsgw contributors
"""The program under test: where it is, its clean environment, one run of it to its end."""

import os
import re
import subprocess
import tempfile

TOP = os.path.dirname(os.path.dirname(os.path.dirname(os.path.abspath(__file__))))
PROGRAM = os.path.abspath(os.environ.get("EVENTSGW", os.path.join(TOP, "build", "eventsgw")))

# The exit statuses of sysexits.h that the program uses.
EX_USAGE = 64
EX_DATAERR = 65
EX_NOINPUT = 66
EX_UNAVAILABLE = 69
EX_CANTCREAT = 73
EX_IOERR = 74
EX_TEMPFAIL = 75
EX_NOPERM = 77
EX_CONFIG = 78

RUN_LIMIT_SECONDS = 60
SANITIZER_REPORT = re.compile(rb"ERROR: \w*Sanitizer|WARNING: \w*Sanitizer|: runtime error: ")
INHERITED = ("PATH", "TMPDIR", "ASAN_OPTIONS", "UBSAN_OPTIONS", "LSAN_OPTIONS")


def environment(**settings):
    """A daemon's environment: nothing of the caller's but what running at all needs. A setting None is left out."""
    merged = {name: os.environ[name] for name in INHERITED if name in os.environ}
    merged.update(settings)
    return {name: value for name, value in merged.items() if value is not None}


def fail_on_sanitizer_report(output):
    if SANITIZER_REPORT.search(output):
        raise AssertionError("a sanitizer reports:\n" + output.decode(errors="replace"))


class Run:
    """A run that has ended: its exit status and what it printed."""

    def __init__(self, status, stdout, stderr):
        self.status = status
        self.stdout = stdout.decode("utf-8", "backslashreplace")
        self.stderr = stderr.decode("utf-8", "backslashreplace")
        self.output = self.stdout + self.stderr

    def __str__(self):
        return f"exit status {self.status}\nstdout: {self.stdout}\nstderr: {self.stderr}"


def run(*arguments, cwd=None, settings=None, terminal=subprocess.DEVNULL, **options):
    """Runs the program with these arguments until it ends by itself; `options` are those of subprocess.run.

    `terminal` is its standard input."""
    done = subprocess.run(
        [PROGRAM, *arguments],
        cwd=cwd,
        env=environment(**(settings or {})),
        stdin=terminal,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        timeout=RUN_LIMIT_SECONDS,
        **options,
    )
    fail_on_sanitizer_report(done.stderr)
    return Run(done.returncode, done.stdout, done.stderr)


def run_with(config, *arguments, **options):
    """run() in a directory of its own whose eventsgw.conf holds these bytes."""
    with tempfile.TemporaryDirectory(prefix="eventsgw-") as directory:
        with open(os.path.join(directory, "eventsgw.conf"), "wb") as file:
            file.write(config)
        return run(*arguments, cwd=directory, **options)
