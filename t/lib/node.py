# SPDX-License-Identifier: GPL-3.0-or-later
# Copyright (C) 2026 eventsgw contributors
"""A booted node of a cluster: leader and replica of Redis, and modules with their directories and accounts."""

import redis

from machine import Machine
from redis_server import ADMIN, ADMIN_PASSWORD, password_of, user_lines
from task import Task
from waiting import wait_until

LEADER = "127.0.0.2"  # cluster-leader of /etc/hosts
REDIS_UNIT = """
[Service]
Type=notify
ExecStart=/usr/bin/redis-server /etc/redis/%i.conf --supervised systemd
RuntimeDirectory=redis-%i
"""
AGENT_ENV = """\
PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin
REDIS_ADDRESS=cluster-leader:6379
REDIS_REPLICA_ADDRESS=127.0.0.1:6379
"""


def _redis_configuration(role, address, agents, replica_of=None):
    lines = [
        f"bind {address}",
        "port 6379",
        f"unixsocket /run/redis-{role}/redis.sock",
        'save ""',
        "appendonly no",
        "repl-diskless-sync yes",
        "repl-diskless-sync-delay 0",
        *user_lines(agents),
    ]
    if replica_of:
        lines.append(f"replicaof {replica_of} 6379")
    return "\n".join(lines) + "\n"


class Module:
    """A module of the node: its directories, and its service as its administrator reaches it."""

    def __init__(self, machine, name, rootless, agent=None):
        self.machine = machine
        self.name = name
        self.agent = agent or f"module/{name}"
        self.identifier = f"{name}-eventsgw"
        self.unit = "eventsgw.service" if rootless else f"eventsgw@{name}.service"
        self.agent_unit = self.unit.replace("eventsgw", "agent")
        self.path_unit = self.unit.replace(".service", ".path")
        self._manager = ["systemctl", "--no-pager"]
        self._owner = 0
        self.install_dir = f"/var/lib/nethserver/{name}"
        if rootless:
            self._create_user()
        self.state_dir = f"{self.install_dir}/state"
        self.write("agent.env", self._agent_env(), mode=0o600)

    def _create_user(self):
        self.machine.run("useradd", "--create-home", self.name)
        self._owner = int(self.machine.run("id", "--user", self.name))
        self.install_dir = f"/home/{self.name}/.config"
        self.machine.run("runuser", "-u", self.name, "--", "mkdir", "-p", f"{self.install_dir}/state")
        self.machine.run("loginctl", "enable-linger", self.name)
        environment = ["env", f"XDG_RUNTIME_DIR=/run/user/{self._owner}"]
        self._manager = ["runuser", "-u", self.name, "--", *environment, *self._manager, "--user"]
        wait_until(
            lambda: self.machine.run(*self._manager, "is-system-running", check=False).strip() == "running",
            f"the service manager of {self.name}",
        )

    def _agent_env(self):
        lines = [f"REDIS_USER={self.agent}", f"REDIS_PASSWORD={password_of(self.agent)}"]
        if self.agent != f"module/{self.name}":
            lines.append(f"AGENT_ID={self.agent}")
        return "\n".join(lines) + "\n"

    def write(self, name, text, mode=0o644):
        """A file of the state directory, or of one beside it: ../events/..."""
        self.machine.write(f"{self.state_dir}/{name}", text, mode, self._owner)

    def read(self, name):
        return self.machine.read(f"{self.state_dir}/{name}")

    def remove(self, name):
        self.machine.path(f"{self.state_dir}/{name}").unlink()

    def systemctl(self, *arguments, check=True):
        return self.machine.run(*self._manager, *arguments, check=check)

    def show(self, property_name, unit=None):
        return self.systemctl("show", "--value", f"--property={property_name}", unit or self.unit).strip()

    def is_in(self, state, unit=None):
        return self.show("ActiveState", unit) == state

    def wait_state(self, state, unit=None):
        wait_until(
            lambda: self.is_in(state, unit),
            lambda: f"{unit or self.unit} {state}:\n{self.systemctl('status', unit or self.unit, check=False)}",
        )

    def pid(self):
        return int(self.show("MainPID"))

    def wait_other_pid(self, former):
        """Waits until it runs in another process than that, and is ready."""
        wait_until(
            lambda: self.pid() not in (0, former) and self.is_in("active"),
            lambda: f"another process than {former}:\n{self.systemctl('status', self.unit, check=False)}",
        )
        return self.pid()

    def journal(self, *matches):
        """Its records: the gateway's, its commands' and those of their service manager about it."""
        return self.machine.journal(f"SYSLOG_IDENTIFIER={self.identifier}", *matches)

    def set(self, name, text):
        """A drop-in of its service, for as long as the machine runs; the service is not restarted."""
        directory = f"{self.install_dir}/systemd/user" if self._owner else "/etc/systemd/system"
        self.machine.write(f"{directory}/{self.unit}.d/{name}.conf", text, owner=self._owner)
        self.systemctl("daemon-reload")

    def unset(self, name):
        directory = f"{self.install_dir}/systemd/user" if self._owner else "/etc/systemd/system"
        self.machine.path(f"{directory}/{self.unit}.d/{name}.conf").unlink()
        self.systemctl("daemon-reload")


class Node:
    """`modules` is {name: whether it is rootless}; the core's own agent, node/1, is there as well."""

    def __init__(self, image, modules):
        self.machine = Machine(image)
        agents = ["node/1", *(f"module/{name}" for name in modules)]
        self.machine.run("systemctl", "disable", "--now", "redis-server")
        self.machine.write("/etc/hosts", f"127.0.0.1 localhost\n{LEADER} cluster-leader\n")
        self.machine.write("/etc/nethserver/agent.env", AGENT_ENV)
        self.machine.write("/etc/redis/leader.conf", _redis_configuration("leader", LEADER, agents))
        self.machine.write("/etc/redis/replica.conf", _redis_configuration("replica", "127.0.0.1", agents, LEADER))
        self.machine.write("/etc/systemd/system/redis@.service", REDIS_UNIT)
        self.machine.run("systemctl", "daemon-reload")
        self.machine.run("systemctl", "start", "redis@leader", "redis@replica")
        self.leader = self._connect("leader")
        self.replica = self._connect("replica")
        wait_until(self._is_in_sync, "the replica in sync")
        self.modules = {name: Module(self.machine, name, rootless) for name, rootless in modules.items()}
        self.modules["node"] = Module(self.machine, "node", False, agent="node/1")

    def _connect(self, role):
        path = str(self.machine.path(f"/run/redis-{role}/redis.sock"))
        return redis.Redis(unix_socket_path=path, username=ADMIN, password=ADMIN_PASSWORD)

    def _is_in_sync(self):
        return self.replica.info("replication").get("master_link_status") == "up"

    def stop_leader(self):
        self.machine.run("systemctl", "stop", "redis@leader")

    def start_leader(self):
        self.machine.run("systemctl", "start", "redis@leader")
        self.leader.connection_pool.disconnect()
        wait_until(self._is_in_sync, "the replica in sync")

    def install(self, package):
        self.machine.path("/root/package.deb").write_bytes(package.read_bytes())
        self.machine.run("dpkg", "--install", "/root/package.deb")
        self.machine.path("/root/package.deb").unlink()

    def tasks(self, module):
        """The tasks of the module's agent, in the order of their pushing."""
        return [Task(raw) for raw in reversed(self.leader.lrange(f"{module.agent}/tasks", 0, -1))]

    def close(self):
        self.machine.close()
