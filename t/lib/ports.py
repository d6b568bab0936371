# SPDX-License-Identifier: GPL-3.0-or-later
# Copyright (C) 2026 eventsgw contributors
"""Loopback ports that can be left and taken again."""

import contextlib
import random
import socket


def free_port():
    """A port that nobody listens on, outside the range from which the kernel gives ports away by itself:
    it stays free while its server is stopped."""
    while True:
        port = random.randint(20000, 32000)
        with contextlib.suppress(OSError), socket.create_server(("127.0.0.1", port)):
            return port
