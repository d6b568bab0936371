# SPDX-License-Identifier: GPL-3.0-or-later
# Copyright (C) 2026 eventsgw contributors
"""A TCP proxy on loopback that can be as bad as a network."""

import collections
import contextlib
import queue
import select
import socket
import struct
import threading
import time

from ports import free_port

CHUNK = 65536
BUFFERED_MAX = 1 << 20
THROTTLED_BUFFER = 1 << 16  # what a slow network holds is not much: what it has taken is soon through


Cut = collections.namedtuple("Cut", "after swallow late trickle", defaults=(False, None, False))
Cut.__doc__ = """How a connection ends, in the middle of a command perhaps.

When it has carried `after` bytes of requests it is reset; with `swallow` a moment later, when the requests have still
come through but no answer has; with `late` the client's end is reset, and what it has sent lies in the network until
later connections have carried that many bytes of requests: then it reaches the server. With `trickle` requests pass a
few bytes at a time."""

LINGER = 0.02  # s between the mark of a cut and the reset


class Flow:
    """One direction of a connection: what was read from one end and waits for its time to reach the other."""

    def __init__(self, source, sink, delay, rate=None):
        self.source = source
        self.sink = sink
        self.held = False
        self.reads_while_held = False
        self._delay = delay
        self._rate = rate  # bytes a second, None for as many as there are
        self._free_at = 0.0  # when what was read before is through
        self._chunks = collections.deque()
        self._size = 0
        self._ended = False

    def wants_input(self):
        limit = THROTTLED_BUFFER if self._rate else BUFFERED_MAX
        return (self.reads_while_held or not self.held) and not self._ended and self._size < limit

    def due(self):
        """When the first chunk may go on, None when there is none."""
        return self._chunks[0][0] if self._chunks and not self.held else None

    def receive(self):
        data = self.source.recv(CHUNK)
        self._ended = not data
        if data:
            start = max(time.monotonic(), self._free_at)
            self._free_at = start + (len(data) / self._rate if self._rate else 0)
            self._chunks.append((self._free_at + self._delay, data))
            self._size += len(data)

    def send(self, limit):
        """Passes on at most that many bytes of the first chunk, and says how many."""
        due, data = self._chunks.popleft()
        sent = self.sink.send(data[:limit])
        self._size -= sent
        if sent < len(data):
            self._chunks.appendleft((due, data[sent:]))
        return sent

    def finished(self):
        return self._ended and not self._chunks

    def take_all(self):
        """What has not been passed on."""
        data = b"".join(chunk for _, chunk in self._chunks)
        self._chunks.clear()
        return data


class Connection:
    """A client and the upstream connection made for it."""

    def __init__(self, client, upstream, delay, rate, cut):
        self.requests = Flow(client, upstream, delay, rate)
        self.replies = Flow(upstream, client, delay)
        self.flows = (self.requests, self.replies)
        self.cut = cut  # None for none
        self.passed = 0  # bytes of requests
        self.cut_at = None  # when it is to be reset

    def limit(self):
        """How many bytes of requests may pass at once."""
        if self.cut is None or self.cut_at is not None:
            return CHUNK
        limit = min(CHUNK, self.cut.after - self.passed)
        return min(limit, 1 + self.passed % 7) if self.cut.trickle else limit

    def reach_cut(self):
        """Its last moments begin."""
        linger = self.cut.swallow or self.cut.late is not None
        self.cut_at = time.monotonic() + (LINGER if linger else 0)
        self.replies.held = self.cut.swallow
        self.requests.held = self.requests.reads_while_held = self.cut.late is not None

    def leave_behind(self):
        """Resets the client's end; the other one, and what it is still to get."""
        rest = self.requests.take_all()
        self.requests.source.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
        self.requests.source.close()
        return self.requests.sink, rest

    def reset(self):
        """Closes both ends so that the peers see a reset and not an orderly end."""
        for end in (self.requests.source, self.requests.sink):
            end.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
            end.close()

    def close(self):
        self.requests.source.close()
        self.requests.sink.close()


class Proxy:
    """Passes 127.0.0.1:<port> on to an upstream (host, port); a thread of its own does all of it.

    Each method returns when the thread has done what it asks for, and may be called from any thread."""

    def __init__(self, host, port):
        self._upstream = (host, port)
        self._connections = []
        self._late = []  # bytes to wait for, socket, what it gets then
        self._ended = []  # sockets whose server has not closed yet
        self._requests = queue.Queue()
        self._waker, self._wake_end = socket.socketpair()
        self._mode = {"held": (False, False), "delay": 0.0, "rate": None, "cuts": None}
        self.port = free_port()
        self._listener = socket.create_server(("127.0.0.1", self.port))
        self.address = f"127.0.0.1:{self.port}"
        self.accepted = 0
        self._running = True
        self._thread = threading.Thread(target=self._run, daemon=True)
        self._thread.start()

    def forward(self, delay=0.0):
        """Back to a network that is perfect but for the delay; what was held goes on."""

        def work():
            self._mode = {"held": (False, False), "delay": delay, "rate": None, "cuts": None}
            self._hold(False, False)
            if self._listener is None:
                self._listener = socket.create_server(("127.0.0.1", self.port))

        self._post(work)

    def silence(self):
        """Nothing moves any more, on old connections nor on new ones; all stay open."""

        def work():
            self._mode["held"] = (True, True)
            self._hold(True, True)

        self._post(work)

    def silence_open(self):
        """The open connections fall silent for ever; new ones are served."""
        self._post(lambda: self._hold(True, True))

    def hold_replies(self):
        """Requests still reach the upstream; its answers wait."""
        self._post(lambda: self._hold(False, True))

    def refuse(self):
        """Resets all connections and refuses new ones."""

        def work():
            self._reset_all()
            if self._listener is not None:
                self._listener.close()
            self._listener = None

        self._post(work)

    def reset(self):
        """Resets the connections that are open now."""
        self._post(self._reset_all)

    def cut_after(self, *counts):
        """Resets each of the next connections when it carried that many bytes of requests."""
        self.cut(*map(Cut, counts))

    def cut(self, *cuts):
        """Ends each of the next connections in one of these ways; those that come after these are left alone."""

        def work():
            self._mode["cuts"] = collections.deque(cuts)

        self._post(work)

    def retarget(self, port):
        """New connections go to another server, as when a name moves; the open ones stay."""

        def work():
            self._upstream = ("127.0.0.1", port)

        self._post(work)

    def delay(self, seconds):
        """Every byte of a connection made from now on takes that long, in each direction."""

        def work():
            self._mode["delay"] = seconds

        self._post(work)

    def throttle(self, rate):
        """Requests of a connection made from now on pass at so many bytes a second."""

        def work():
            self._mode["rate"] = rate

        self._post(work)

    def cuts_left(self):
        return len(self._mode["cuts"] or ()) + sum(link.cut is not None for link in list(self._connections))

    def close(self):
        def work():
            self._running = False

        self._post(work)
        self._thread.join()
        for end in (self._waker, self._wake_end, self._listener):
            if end is not None:
                end.close()
        for connection in self._connections:
            connection.close()
        for end in [*(end for _, end, _ in self._late), *self._ended]:
            end.close()

    def _post(self, work):
        done = threading.Event()
        self._requests.put((work, done))
        self._waker.send(b"!")
        done.wait()

    def _hold(self, requests, replies):
        for connection in self._connections:
            connection.requests.held = requests
            connection.replies.held = replies

    def _reset_all(self):
        for connection in self._connections:
            connection.reset()
        self._connections = []

    def _run(self):
        while self._running:
            self._turn()

    def _turn(self):
        now = time.monotonic()
        flows = [flow for connection in self._connections for flow in connection.flows]
        times = [flow.due() for flow in flows if flow.due() is not None]
        readable = [self._wake_end] + [flow.source for flow in flows if flow.wants_input()]
        if self._listener is not None:
            readable.append(self._listener)
        writable = [flow.sink for flow in flows if flow.due() is not None and flow.due() <= now]
        later = [due - now for due in times if due > now]
        later += [max(0, end.cut_at - now) for end in self._connections if end.cut_at is not None]
        readable, writable, _ = select.select(readable, writable, [], min(later) if later else None)
        if self._wake_end in readable:
            self._obey()
            return  # the descriptors chosen above may be gone
        if self._listener in readable:
            self._accept()
        for connection in list(self._connections):
            self._move(connection, readable, writable)

    def _obey(self):
        self._wake_end.recv(1)
        work, done = self._requests.get()
        work()
        done.set()

    def _accept(self):
        client, _ = self._listener.accept()
        self.accepted += 1
        cuts = self._mode["cuts"]
        cut = cuts.popleft() if cuts else None
        try:
            upstream = socket.create_connection(self._upstream)
        except OSError:
            client.close()
            return
        if self._mode["rate"]:
            client.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, THROTTLED_BUFFER)
        connection = Connection(client, upstream, self._mode["delay"], self._mode["rate"], cut)
        connection.requests.held, connection.replies.held = self._mode["held"]
        self._connections.append(connection)

    def _move(self, connection, readable, writable):
        try:
            for flow in connection.flows:
                if flow.source in readable:
                    flow.receive()
                if flow.sink in writable:
                    self._pass_on(connection, flow)
            ended = any(flow.finished() for flow in connection.flows)
        except OSError:
            ended = True
        if connection.cut_at is not None and time.monotonic() >= connection.cut_at:
            self._cut(connection)
        elif ended:
            connection.close()
        else:
            return
        with contextlib.suppress(ValueError):
            self._connections.remove(connection)

    def _pass_on(self, connection, flow):
        if flow is not connection.requests:
            flow.send(CHUNK)
            return
        sent = flow.send(connection.limit())
        connection.passed += sent
        self._let_late_ones_arrive(sent)
        if connection.cut is not None and connection.cut_at is None and connection.passed >= connection.cut.after:
            connection.reach_cut()

    def _cut(self, connection):
        if connection.cut.late is None:
            connection.reset()
            return
        end, rest = connection.leave_behind()
        self._late.append((connection.cut.late, end, rest))

    def _let_late_ones_arrive(self, passed):
        self._late = [(left - passed, end, rest) for left, end, rest in self._late]
        for left, end, rest in list(self._late):
            if left <= 0:
                self._late.remove((left, end, rest))
                with contextlib.suppress(OSError):
                    end.sendall(rest)
                    end.shutdown(socket.SHUT_WR)
                self._ended.append(end)
