# SPDX-License-Identifier: GPL-3.0-or-later
# Copyright (C) 2026 eventsgw contributors
"""Plays journald for one program: its two sockets, at their fixed places in a mount namespace of the program's own."""

import contextlib
import os
import socket
import struct
import subprocess
import tempfile
import threading
import unittest

# $1 becomes /run, and standard error is told to be the journal, as systemd tells it.
BIND_AND_EXEC = """
mount --bind "$1" /run || exit 1
shift
export JOURNAL_STREAM=$(stat -L -c %d:%i /proc/self/fd/2)
exec "$@"
"""


class Stream:
    """One connection to the stdout socket: what it said of itself, and the lines of a program."""

    def __init__(self, data):
        head = data.split(b"\n", 7)
        self.identifier = head[0].decode()
        self.priority = int(head[2])
        self.has_level_prefix = head[3] == b"1"
        self.text = head[7]


class Journald:
    """With `reads` false it takes no record: its socket is full after a few."""

    def __init__(self, reads=True):
        self._directory = tempfile.TemporaryDirectory(prefix="eventsgw-journald-")
        place = os.path.join(self._directory.name, "systemd", "journal")
        os.makedirs(place)
        self._native = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM)
        self._native.bind(os.path.join(place, "socket"))
        self._listener = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
        self._listener.bind(os.path.join(place, "stdout"))
        self._listener.listen(64)
        self._records = []
        self._streams = []
        threading.Thread(target=self._accept, daemon=True).start()
        if reads:
            threading.Thread(target=self._receive, daemon=True).start()
        self.wrapper = ["unshare", "--mount", "sh", "-c", BIND_AND_EXEC, "sh", self._directory.name]
        trial = subprocess.run([*self.wrapper, "true"], stderr=subprocess.PIPE, check=False)
        if trial.returncode != 0:
            raise unittest.SkipTest(f"no mount namespace here: {trial.stderr.decode().strip()}")

    def _accept(self):
        with contextlib.suppress(OSError):  # closed
            while True:
                connection, _ = self._listener.accept()
                threading.Thread(target=self._read, args=(connection,), daemon=True).start()

    def _receive(self):
        for data in iter(lambda: self._native.recv(1 << 20), b""):
            self._records.append(_parse(data))

    def _read(self, connection):
        with connection:
            data = b"".join(iter(lambda: connection.recv(65536), b""))
        self._streams.append(Stream(data))

    def streams(self):
        """Those that have come to their end."""
        return list(self._streams)

    def records(self):
        """The records so far, each as {field: value}."""
        return list(self._records)

    def close(self):
        self._listener.shutdown(socket.SHUT_RDWR)
        self._listener.close()
        with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM | socket.SOCK_NONBLOCK) as last:
            with contextlib.suppress(BlockingIOError):  # where nobody reads
                last.sendto(b"", self._native.getsockname())
        self._native.close()
        self._directory.cleanup()


def _parse(data):
    """The native protocol: NAME=VALUE, or for a value with line ends NAME, its length and the value."""
    record = {}
    while data:
        line, _, data = data.partition(b"\n")
        name, has_sign, value = line.partition(b"=")
        if not has_sign:
            (size,) = struct.unpack("<Q", data[:8])
            value, data = data[8 : 8 + size], data[9 + size :]
        record[name.decode()] = value.decode("utf-8", "backslashreplace")
    return record
