# SPDX-License-Identifier: GPL-3.0-or-later
# Copyright (C) 2026 eventsgw contributors
"""Loopback ports that can be left and taken again."""

import contextlib
import random
import socket

_reservations = []


def _reserve(port):
    """Keeps the port from the other tests' free_port() until this process ends: an abstract socket stands for it."""
    reservation = socket.socket(socket.AF_UNIX)
    try:
        reservation.bind(f"\0eventsgw-test-port-{port}")
    except OSError:
        reservation.close()
        raise
    _reservations.append(reservation)


def free_port():
    """A port that nobody listens on, outside the range from which the kernel gives ports away by itself:
    it stays free while its server is stopped. No other test gets it as long as this process runs."""
    while True:
        port = random.randint(20000, 32000)
        with contextlib.suppress(OSError), socket.create_server(("127.0.0.1", port)):
            _reserve(port)
            return port
