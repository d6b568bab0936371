# SPDX-License-Identifier: GPL-3.0-or-later
# Copyright (C) 2026 eventsgw contributors
"""A private redis-server with the access rules that a module meets in a cluster."""

import atexit
import contextlib
import hashlib
import os
import re
import shutil
import signal
import subprocess
import tempfile

import redis

from ports import free_port
from waiting import wait_until

PROGRAM = os.environ.get("REDIS_SERVER", "redis-server")
OLDEST_VERSION = 7  # the first whose rules can give a user keys for reading only (%R~)

# These two are the cluster's, word for word; tests that loosen them would prove nothing.
DEFAULT_RULES = (
    "on nopass resetkeys ~cluster/* ~node/* ~module/* resetchannels &* "
    "nocommands +@read +@connection +subscribe +psubscribe -@admin"
)
AGENT_RULES = (
    "on #{digest} resetkeys ~{agent}/* ~task/{agent}/* %R~cluster/* %R~node/* %R~module/* "
    "resetchannels &progress/{agent}/* &{agent}/event/* "
    "+@read +@write +@transaction +@connection +publish -@admin"
)

ADMIN = "test-admin"
ADMIN_PASSWORD = "test-admin-password"


def _digest(text):
    return hashlib.sha256(text.encode()).hexdigest()


def password_of(agent):
    """The agent's password, the same on every server."""
    return "secret-" + _digest("password of " + agent)[:24]


def agent_rules(agent, password=None):
    """The access rules of one agent: a module, a node or the cluster."""
    return AGENT_RULES.format(agent=agent, digest=_digest(password or password_of(agent)))


def require_supported_version():
    """Raises when there is no redis-server, or none that knows the cluster's access rules."""
    try:
        text = subprocess.run([PROGRAM, "--version"], stdout=subprocess.PIPE, check=True).stdout.decode()
    except FileNotFoundError:
        raise RuntimeError(f"the tests need {PROGRAM} {OLDEST_VERSION} or newer, and there is none") from None
    version = re.search(r"v=(\d+)[.\d]*", text)
    if not version or int(version.group(1)) < OLDEST_VERSION:
        raise RuntimeError(
            f"the tests need {PROGRAM} {OLDEST_VERSION} or newer for the cluster's access rules; "
            f"this is {version.group(0) if version else text!r} (on RHEL 9: dnf module enable redis:7)"
        )


def user_lines(agents):
    """What redis.conf says of all users: the cluster's, and the tests' own administrator, who replicates as well."""
    return [
        f"masteruser {ADMIN}",
        f"masterauth {ADMIN_PASSWORD}",
        f"user default {DEFAULT_RULES}",
        f"user {ADMIN} on #{_digest(ADMIN_PASSWORD)} ~* &* +@all",
        *(f"user {agent} {agent_rules(agent)}" for agent in agents),
    ]


class RedisServer:
    """One server on 127.0.0.1, on ::1 where there is one, and on a unix socket, without persistence.

    `admin` is a client that may do everything; it goes through the unix socket and so past any proxy."""

    def __init__(self, agents=("module/mail1",), replica_of=None, bind="127.0.0.1 -::1", extra=()):
        require_supported_version()
        self.directory = tempfile.mkdtemp(prefix="eventsgw-redis-")
        atexit.register(self.close)
        self.port = free_port()
        self.address = f"127.0.0.1:{self.port}"
        self.socket_path = os.path.join(self.directory, "redis.sock")
        self.admin = self.connect(ADMIN, ADMIN_PASSWORD)
        self._process = None
        self._write_configuration(agents, replica_of, bind, extra)
        self.start()
        if replica_of is not None:
            wait_until(self.is_in_sync, lambda: f"replica in sync: {self.admin.info('replication')}")

    def _write_configuration(self, agents, replica_of, bind, extra):
        lines = [
            *extra,
            f"bind {bind}",
            f"port {self.port}",
            f"unixsocket {self.socket_path}",
            f"dir {self.directory}",
            "logfile redis.log",
            "daemonize no",
            'save ""',
            "appendonly no",
            "repl-diskless-sync yes",
            "repl-diskless-sync-delay 0",
            *user_lines(agents),
        ]
        if replica_of is not None:
            lines.append(f"replicaof 127.0.0.1 {replica_of.port}")
        with open(os.path.join(self.directory, "redis.conf"), "w", encoding="ascii") as file:
            file.write("\n".join(lines) + "\n")

    def start(self):
        """Starts it, for the first time or again, on the same port, and waits until it answers."""
        configuration = os.path.join(self.directory, "redis.conf")
        self._process = subprocess.Popen([PROGRAM, configuration], stdin=subprocess.DEVNULL)
        wait_until(self._answers, lambda: f"redis-server up: {self.log()}")

    def _answers(self):
        if self._process.poll() is not None:
            raise RuntimeError(f"redis-server ended with status {self._process.returncode}: {self.log()}")
        with contextlib.suppress(redis.ConnectionError, redis.BusyLoadingError):
            return self.admin.ping()
        return False

    def stop(self):
        """Ends it as a core update does; what it held is gone, its port stays reserved for start()."""
        if self._process is not None and self._process.poll() is None:
            self._process.send_signal(signal.SIGCONT)
            self._process.terminate()
            self._process.wait()
        self.admin.connection_pool.disconnect()

    def save(self):
        """What it holds now is there after the next start. A save for a replica can outlast what it was made for."""
        wait_until(lambda: not self.admin.info("persistence")["rdb_bgsave_in_progress"], "the end of another save")
        self.admin.save()

    def close(self):
        """Stops it for good."""
        atexit.unregister(self.close)
        self.stop()
        shutil.rmtree(self.directory, ignore_errors=True)

    def pause(self):
        """Keeps its connections open but answers nothing until resume()."""
        self._process.send_signal(signal.SIGSTOP)

    def resume(self):
        self._process.send_signal(signal.SIGCONT)

    def log(self):
        with contextlib.suppress(FileNotFoundError):
            with open(os.path.join(self.directory, "redis.log"), encoding="utf-8", errors="replace") as file:
                return file.read()
        return ""

    def connect(self, user, password=None):
        """A client that is that user; an agent's password is known."""
        return redis.Redis(unix_socket_path=self.socket_path, username=user, password=password or password_of(user))

    def set_user(self, name, rules):
        """Replaces all rules of a user, for its open connections too."""
        self.admin.execute_command("ACL SETUSER", name, "reset", *rules.split())

    def refused_logins(self):
        """How many times a wrong password was tried."""
        return sum(int(entry["count"]) for entry in self.admin.acl_log() if entry["reason"] == "auth")

    def clients(self, name):
        """The connections whose client name is that one, as CLIENT LIST describes them."""
        return [client for client in self.admin.client_list() if client["name"] == name]

    def subscriptions(self):
        """The subscribed channels in order, and the number of subscribed patterns."""
        return sorted(self.admin.pubsub_channels()), self.admin.pubsub_numpat()

    def is_in_sync(self):
        return self.admin.info("replication").get("master_link_status") == "up"
