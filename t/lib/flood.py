# SPDX-License-Identifier: GPL-3.0-or-later
# Copyright (C) 2026 eventsgw contributors
"""A publisher for floods: redis-py takes longer over an event than all else that takes part."""

import socket

from redis_server import ADMIN, ADMIN_PASSWORD

READ_SIZE = 65536


def encode(channel, payloads):
    """The requests that publish them."""
    head = b"*3\r\n$7\r\nPUBLISH\r\n$%d\r\n%s\r\n" % (len(channel), channel)
    return b"".join(b"%s$%d\r\n%s\r\n" % (head, len(payload), payload) for payload in payloads)


class Publisher:
    def __init__(self, server):
        self._socket = socket.socket(socket.AF_UNIX)
        self._socket.connect(server.socket_path)
        self._request(b"AUTH %s %s\r\n" % (ADMIN.encode(), ADMIN_PASSWORD.encode()), 1)

    def publish(self, requests, count):
        """Returns when Redis has passed on all `count` events of the encoded requests."""
        self._request(requests, count)

    def close(self):
        self._socket.close()

    def _request(self, requests, count):
        self._socket.sendall(requests)
        while count > 0:
            data = self._socket.recv(READ_SIZE)
            if not data or data.startswith(b"-"):
                raise ConnectionError(data.decode())
            count -= data.count(b"\n")
