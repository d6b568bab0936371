# SPDX-License-Identifier: GPL-3.0-or-later
# Copyright (C) 2026 eventsgw contributors
"""The real daemon, started in a state directory of its own."""

import atexit
import contextlib
import errno
import json
import os
import re
import signal
import socket
import subprocess
import tempfile
import threading
import time

import program
from waiting import PATIENCE, wait_until


class Collector(threading.Thread):
    """Reads a pipe to its end and keeps all of it."""

    def __init__(self, pipe, ends_with_error=False):
        super().__init__(daemon=True)
        self._pipe = pipe
        self._ends_with_error = ends_with_error  # as a terminal does when nobody holds its other end
        self._data = bytearray()
        self._lock = threading.Lock()
        self.start()

    def run(self):
        with self._pipe, contextlib.suppress(OSError if self._ends_with_error else ()):
            for chunk in iter(lambda: os.read(self._pipe.fileno(), 65536), b""):
                with self._lock:
                    self._data += chunk

    def data(self):
        with self._lock:
            return bytes(self._data)


class NotifySocket:
    """What a service manager listens on for READY=1 and STATUS=."""

    def __init__(self, address):
        self._socket = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM | socket.SOCK_NONBLOCK)
        self._address = "\0" + address[1:] if address.startswith("@") else address
        self._socket.bind(self._address)
        self._lines = []

    def fill(self):
        """Until lines() is called it takes nothing more."""
        with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM | socket.SOCK_NONBLOCK) as sender:
            with contextlib.suppress(BlockingIOError):
                while True:
                    sender.sendto(b"X=", self._address)

    def lines(self):
        """All lines of all messages that have come so far."""
        while True:
            try:
                self._lines += self._socket.recv(65536).decode("utf-8", "backslashreplace").splitlines()
            except BlockingIOError:
                return self._lines

    def statuses(self):
        return [line.partition("=")[2] for line in self.lines() if line.startswith("STATUS=")]

    def close(self):
        self._socket.close()


class Gateway:
    """One run of the daemon. `environment` overrides that of a module's unit; None leaves a name out.

    `wrapper` is a command line that ends in exec of what follows it, for runs in another namespace. `files` are there
    beforehand, by name; so is what `predecessor`, a run that has ended, has left in its state directory."""

    def __init__(
        self,
        config,
        environment,
        arguments=(),
        wrapper=(),
        notify=None,
        notify_is_full=False,
        files=None,
        predecessor=None,
    ):
        self._root = predecessor.hand_over() if predecessor else tempfile.TemporaryDirectory(prefix="eventsgw-")
        self.state_directory = os.path.join(self._root.name, "state")
        os.makedirs(self.state_directory, exist_ok=True)
        for name, content in (files or {}).items():
            self.write(name, content)
        if config is not None:
            self.write("eventsgw.conf", config)
        self.environment = environment
        address = notify or os.path.join(tempfile.mkdtemp(dir=self._root.name), "notify")
        self.notify = NotifySocket(address)
        if notify_is_full:
            self.notify.fill()
        self._process = subprocess.Popen(
            [*wrapper, program.PROGRAM, *arguments],
            cwd=self.state_directory,
            env=program.environment(**{"NOTIFY_SOCKET": address, **environment}),
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
        )
        atexit.register(self.close)
        self.pid = self._process.pid
        self._stdout = Collector(self._process.stdout)
        self._stderr = Collector(self._process.stderr)

    # The state directory

    def path(self, name):
        return os.path.join(self.state_directory, name)

    def write(self, name, content):
        with open(self.path(name), "wb") as file:
            file.write(content.encode() if isinstance(content, str) else content)

    def read(self, name):
        """The file's bytes, empty when there is none yet."""
        try:
            with open(self.path(name), "rb") as file:
                return file.read()
        except FileNotFoundError:
            return b""

    def remove(self, name):
        """If it is there."""
        with contextlib.suppress(FileNotFoundError):
            os.remove(self.path(name))

    def rename(self, name, new_name):
        os.rename(self.path(name), self.path(new_name))

    def exists(self, name):
        return os.path.lexists(self.path(name))

    def make_gate(self, name):
        """A named pipe on which a command waits: `read x < name`."""
        os.mkfifo(self.path(name))

    def open_gate(self, name):
        """Lets one command go on that waits there, or will."""
        gate = wait_until(lambda: self._reach(name), f"a command at {name}")
        with open(gate, "wb", buffering=0) as pipe:
            pipe.write(b"\n")

    def _reach(self, name):
        try:
            return os.open(self.path(name), os.O_WRONLY | os.O_NONBLOCK)
        except OSError as problem:
            if problem.errno == errno.ENXIO:
                return None
            raise

    def wait_content(self, name, expected):
        """Waits until the file holds exactly that."""
        wait_until(
            lambda: self.read(name) == expected,
            lambda: f"{name} holds {expected[:200]!r}, not {self.read(name)[:200]!r}",
        )

    # What it says

    def stdout(self):
        return self._stdout.data()

    def stderr(self):
        return self._stderr.data()

    def log(self):
        """The complete lines of its standard error."""
        return self.stderr().decode("utf-8", "backslashreplace").split("\n")[:-1]

    def log_matching(self, pattern):
        return [line for line in self.log() if re.search(pattern, line)]

    def wait_log(self, pattern, count=1):
        """Waits for that many log lines that match, and returns all that do."""
        wait_until(
            lambda: self._has_logged(pattern, count),
            lambda: f"{count} log lines like {pattern!r}, not {len(self.log_matching(pattern))}",
        )
        return self.log_matching(pattern)

    def _has_logged(self, pattern, count):
        self.assert_running()
        return len(self.log_matching(pattern)) >= count

    def wait_ready(self, deadline=PATIENCE):
        wait_until(self._is_ready, "READY=1", deadline)

    def _is_ready(self):
        if "READY=1" in self.notify.lines():
            return True
        self.assert_running()
        return False

    # Its process

    def _has_ended(self):
        return self._process.poll() is not None

    def assert_running(self):
        if self._has_ended():
            raise AssertionError(f"the daemon ended with status {self._process.returncode}")

    def minds_signal(self, number):
        """Whether it blocks or handles the signal, which would end it otherwise."""
        with open(f"/proc/{self.pid}/status", encoding="ascii") as file:
            masks = re.findall(r"^Sig(?:Blk|Cgt):\s*([0-9a-f]+)", file.read(), re.MULTILINE)
        return any(int(mask, 16) >> (number - 1) & 1 for mask in masks)

    def send_signal(self, number):
        self._process.send_signal(number)

    def wait_exit(self, deadline=PATIENCE):
        """Its exit status, or minus the signal that ended it; all that it said has been read then."""
        wait_until(self._has_ended, "the end of the daemon", deadline)
        # A command that outlives the daemon holds the pipe open: its end is not waited for.
        self._stderr.join(1)
        return self._process.returncode

    def stop(self, number=signal.SIGTERM):
        self.send_signal(number)
        return self.wait_exit()

    def kill(self):
        """Ends it without a chance to do anything about it."""
        self.send_signal(signal.SIGKILL)
        self._process.wait()

    def run(self, *arguments):
        """Runs another command in the same directory and environment, to its end."""
        return program.run(*arguments, cwd=self.state_directory, settings=self.environment)

    def working_directory(self):
        """As the program sees it, which may be alone with its disk; as it was, once the program has ended."""
        return self.state_directory if self._has_ended() else f"/proc/{self.pid}/cwd"

    def task_counts(self):
        """What its status says of tasks."""
        return json.loads(program.run("status", "--format=json", cwd=self.working_directory()).stdout)["tasks"]

    def hand_over(self):
        """Its directory, for another run to go on in."""
        root, self._root = self._root, None
        return root

    def cpu_seconds(self):
        """User and system time of all its threads."""
        return time.clock_gettime(~self.pid << 3 | 2)

    def descriptors(self):
        """What its open descriptors lead to."""
        return _links(f"/proc/{self.pid}/fd")

    def children(self):
        """The process ids of its children, zombies included."""
        return [pid for pid in _processes() if _parent(pid) == self.pid]

    def resident_kib(self):
        return self._memory("VmRSS")

    def peak_resident_kib(self):
        return self._memory("VmHWM")

    def virtual_kib(self):
        return self._memory("VmSize")

    def _memory(self, name):
        with open(f"/proc/{self.pid}/status", encoding="ascii") as file:
            return int(re.search(rf"^{name}:\s*(\d+) kB", file.read(), re.MULTILINE).group(1))

    def is_sanitized(self):
        with open(f"/proc/{self.pid}/maps", encoding="utf-8") as file:
            return "libasan" in file.read()

    def close(self):
        """Ends it, however it fares, and fails on what a sanitizer said."""
        atexit.unregister(self.close)
        if not self._has_ended():
            self.send_signal(signal.SIGCONT)
            self.send_signal(signal.SIGTERM)
            try:
                self._process.wait(PATIENCE)
            except subprocess.TimeoutExpired:
                self._process.kill()
        self.wait_exit()
        self.notify.close()
        if self._root is not None:
            self._root.cleanup()
        program.fail_on_sanitizer_report(self.stderr())


def _links(directory):
    links = []
    for name in os.listdir(directory):
        with contextlib.suppress(FileNotFoundError):  # closed since the listing
            links.append(os.readlink(os.path.join(directory, name)))
    return links


def _processes():
    return [int(name) for name in os.listdir("/proc") if name.isdigit()]


def _stat(pid):
    """The fields of /proc/<pid>/stat from the state on, none for a process that is gone."""
    try:
        with open(f"/proc/{pid}/stat", encoding="utf-8", errors="replace") as file:
            return file.read().rpartition(")")[2].split()
    except (FileNotFoundError, ProcessLookupError):
        return []


def _parent(pid):
    fields = _stat(pid)
    return int(fields[1]) if fields else None


def is_alive(pid):
    """Whether the process still runs; one that only waits to be reaped does not."""
    fields = _stat(pid)
    return bool(fields) and fields[0] not in "ZX"


def end_all(pids):
    """Kills what commands have left behind on purpose."""
    for pid in pids:
        with contextlib.suppress(ProcessLookupError):
            os.kill(pid, signal.SIGKILL)
