#!/usr/bin/python3 -B
# SPDX-License-Identifier: GPL-3.0-or-later
# Copyright (C) 2026 eventsgw contributors
"""The package on a booted Debian: what its services do for a rootfull and a rootless module."""

import json
import pathlib
import re
import signal
import sys
import tempfile
import unittest

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[1] / "lib"))

import machine
import package
import program
import tap
from node import Node
from waiting import wait_until

CONFIG = """\
[actions]
module/*/event/certificate-renew = renew-certificate
[commands]
cluster/event/ran = cat > payload; (env; pwd) > new; mv new seen; echo '<4>a warning'; echo a word
cluster/event/failed = exit 3
"""
BROKEN = "[actions]\nno sign of a value\n"
DROP_IN = "/usr/share/eventsgw/hardening/actions-only.conf"


def manual(page):
    return pathlib.Path(program.TOP, "man", page).read_text(encoding="utf-8")


HAS_HANDLERS = "--eventsdir" in program.run("run", "--help").stdout
HAS_SPOOL = "journal_limit" in manual("eventsgw.conf.5")
HAS_RELOAD = "SIGHUP does not make it read" not in manual("eventsgw.8")


def setUpModule():
    machine.require()


class NodeTestCase(unittest.TestCase):
    """The tests of a class share a node: rootfull and rootless modules, of which two have a configuration."""

    ROOTLESS = {"samba1": False, "openldap1": True, "mail2": False, "ldapproxy2": True}
    CONFIGURED = ("samba1", "openldap1")
    UNCONFIGURED = ("mail2", "ldapproxy2")

    @classmethod
    def setUpClass(cls):
        cls.package = package.package_file(package.build_package())
        cls.node = Node(machine.make_image(cls.package), cls.ROOTLESS)
        cls.addClassCleanup(cls.node.close)
        for module in cls.configured():
            module.write("eventsgw.conf", CONFIG)

    @classmethod
    def module(cls, name):
        return cls.node.modules[name]

    @classmethod
    def enable_all(cls):
        for module in map(cls.module, cls.ROOTLESS):
            module.systemctl("enable", "--now", module.unit)

    @classmethod
    def configured(cls):
        return [cls.module(name) for name in cls.CONFIGURED]

    @classmethod
    def unconfigured(cls):
        return [cls.module(name) for name in cls.UNCONFIGURED]

    def publish(self, channel, payload=b"{}", server=None):
        (server or self.node.leader).publish(channel, payload)

    def diagnostics(self):
        return self.node.machine.run("journalctl", "--no-pager", "--lines=60").splitlines()

    def stop_leader(self):
        """Until the test starts it again, or ends."""
        self.addCleanup(self.node.start_leader)
        self.node.stop_leader()

    def wait_tasks(self, module, payloads):
        """Waits for the tasks with these payloads, each once and in this order; those of other events do not count."""

        def arrived():
            return [task.data for task in self.node.tasks(module) if task.data in payloads]

        wait_until(lambda: len(arrived()) >= len(payloads), lambda: f"tasks of {module.agent}: {payloads}: {arrived()}")
        self.assertEqual(arrived(), payloads)

    def wait_waiting(self, module, count):
        """Waits until the module's status says that so many tasks, or more, wait for the leader."""
        wait_until(
            lambda: int(re.search(r"; (\d+) tasks? waiting", module.show("StatusText")).group(1)) >= count,
            lambda: f"{count} waiting tasks, not {module.show('StatusText')!r}",
        )

    def assert_forwards(self, module, payload):
        """An event of now becomes a task of the module's agent."""
        self.publish("module/traefik1/event/certificate-renew", payload)
        self.wait_tasks(module, [payload])


class Services(NodeTestCase):
    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.node.install(cls.package)
        cls.enable_all()

    def test_who_runs_and_who_does_not(self):
        for module in self.configured():
            module.wait_state("active")
            self.assertEqual(module.show("ConditionResult"), "yes")
            self.assertIn(module.agent_unit, module.show("After").split())
            self.assertEqual(module.show("WatchdogUSec"), "30s")
        for module in self.unconfigured():
            self.assertEqual(module.show("ActiveState"), "inactive")
            self.assertEqual(module.show("ConditionResult"), "no")
            self.assertEqual(module.show("ActiveState", module.path_unit), "active")

    def test_a_task_and_a_command(self):
        for module in self.configured():
            self.assert_forwards(module, b'{"domain": "%s"}' % module.name.encode())
            self.publish("cluster/event/ran", b"exact\r\n")
            wait_until(lambda: module.read("payload") == "exact\r\n", "the command's file")

    def test_what_a_command_meets(self):
        for module in self.configured():
            self.publish("cluster/event/ran")
            *variables, directory = wait_until(lambda: module.read("seen"), "the command's file").splitlines()
            environment = dict(variable.partition("=")[::2] for variable in variables)
            expected = {
                "AGENT_ID": module.agent,
                "AGENT_INSTALL_DIR": module.install_dir,
                "AGENT_STATE_DIR": module.state_dir,
                "REDIS_ADDRESS": "cluster-leader:6379",
                "REDIS_REPLICA_ADDRESS": "127.0.0.1:6379",
                "REDIS_USER": module.agent,
            }
            self.assertEqual({name: environment.get(name) for name in expected}, expected)
            self.assertEqual([name for name in environment if name.startswith(("NOTIFY_", "WATCHDOG_"))], [])
            self.assertEqual(directory, module.state_dir)

    def test_the_agent_id_can_be_overridden(self):
        node = self.module("node")
        node.write("eventsgw.conf", CONFIG)
        node.systemctl("start", node.unit)
        self.assertEqual(node.agent, "node/1")
        self.assert_forwards(node, b'"node"')
        node.systemctl("stop", node.unit)
        node.remove("eventsgw.conf")

    def test_the_journal(self):
        for module in self.configured():
            self.publish("cluster/event/ran")
            self.publish("cluster/event/failed")
            for priority, pattern in (
                ("5", r"^replica: connected "),
                ("6", r"^command: exited event=cluster/event/ran .*status=0"),
                ("3", r"^command: exited event=cluster/event/failed .*status=3"),
                ("4", r"^a warning$"),
                ("6", r"^a word$"),
            ):
                wait_until(
                    lambda p=priority, t=pattern: any(
                        record["PRIORITY"] == p and re.search(t, record["MESSAGE"]) for record in module.journal()
                    ),
                    f"a record like {pattern} with priority {priority}",
                )
            self.assertEqual({record.get("_COMM") for record in module.journal()} & {"eventsgw"}, {"eventsgw"})

    def test_the_status(self):
        for module in self.configured():
            module.wait_state("active")
            expected = rf"listening to 2 channels and 1 pattern for {module.agent}; 0 tasks waiting; 0 (commands )?running"
            wait_until(
                lambda: re.match(expected, module.show("StatusText")),
                lambda: f"a status like {expected!r}, not {module.show('StatusText')!r}",
            )
            self.assertIn("Status: \"listening to 2 channels", module.systemctl("status", module.unit))

    def test_it_comes_back_after_kill(self):
        for module in self.configured():
            module.wait_state("active")
            former = module.pid()
            self.node.machine.signal(signal.SIGKILL, former)
            module.wait_other_pid(former)
            self.assert_forwards(module, b'"after the kill of %s"' % module.name.encode())

    def test_the_watchdog_ends_a_loop_that_stands_still(self):
        for module in self.configured():
            module.set("watchdog", "[Service]\nWatchdogSec=1s\n")
            module.systemctl("restart", module.unit)
            former = module.pid()
            self.node.machine.signal(signal.SIGSTOP, former)
            module.wait_other_pid(former)
            wait_until(
                lambda: f" {module.unit}: Watchdog timeout" in self.node.machine.run("journalctl", "--no-pager"),
                "the service manager's word",
            )
            self.assert_forwards(module, b'"after the watchdog of %s"' % module.name.encode())
            module.unset("watchdog")
            module.systemctl("restart", module.unit)

    def test_a_configuration_that_appears_broken_and_is_mended(self):
        for module in self.unconfigured():
            module.write("eventsgw.conf", BROKEN)
            module.wait_state("failed")
            self.assertEqual(module.show("ExecMainStatus"), "78")
            self.assertEqual(module.show("NRestarts"), "0")
            self.assertEqual(module.show("SubState"), "failed")
            errors = [record for record in module.journal("PRIORITY=3") if "eventsgw.conf:2:" in record["MESSAGE"]]
            self.assertEqual(len(errors), 1, errors)
            module.write("eventsgw.conf", CONFIG)
            module.wait_state("active")
            self.assert_forwards(module, b'"mended %s"' % module.name.encode())
            module.remove("eventsgw.conf")
            module.systemctl("stop", module.unit)
            self.assertEqual(module.show("ActiveState", module.path_unit), "inactive")
            module.systemctl("start", module.unit)
            self.assertEqual(module.show("ActiveState", module.path_unit), "active")
            self.assertEqual(module.show("ActiveState"), "inactive")

    @unittest.skipUnless(HAS_RELOAD, "SIGHUP ends the daemon as yet")
    def test_reload(self):
        for module in self.configured():
            module.wait_state("active")
            pid = module.pid()
            module.write("eventsgw.conf", CONFIG + "cluster/event/new = touch new\n")
            module.systemctl("reload", module.unit)
            wait_until(lambda: module.show("StatusText").startswith("listening to 3 channels"), "the new channel")
            self.publish("cluster/event/new")
            wait_until(lambda: self.node.machine.path(f"{module.state_dir}/new").exists(), "the new command's file")
            self.assertEqual(module.pid(), pid)
            module.write("eventsgw.conf", BROKEN)
            module.systemctl("reload", module.unit)
            wait_until(
                lambda: any("eventsgw.conf:2:" in record["MESSAGE"] for record in module.journal("PRIORITY=3")),
                "the error in the log",
            )
            self.assert_forwards(module, b'"old rules of %s"' % module.name.encode())
            self.assertEqual(module.pid(), pid)
            module.write("eventsgw.conf", CONFIG)
            module.systemctl("reload", module.unit)
            wait_until(lambda: module.show("StatusText").startswith("listening to 2 channels"), "the old channels")

    @unittest.skipUnless(HAS_HANDLERS, "the events directory is not read as yet")
    def test_a_handler(self):
        for module in self.configured():
            step = "#!/bin/sh\ncat > handled\necho \"<4>word of $AGENT_EVENT_SOURCE\"\n"
            module.write("../events/moved/10step", step, mode=0o755)
            module.write("eventsgw.conf", "[gateway]\neventsdir = ../events\n" + CONFIG)
            module.systemctl("restart", module.unit)
            self.publish("module/mail7/event/moved", b'{"n": 1}')
            wait_until(lambda: module.read("handled") == '{"n": 1}', "the step's file")
            done = wait_until(
                lambda: [
                    record
                    for record in module.journal()
                    if record["MESSAGE"].startswith(
                        'Handler of module/mail7/event/moved exited with status "completed" (0) at step 10step'
                    )
                ],
                "the handler's line",
            )[0]
            self.assertEqual(done.get("EVENTSGW_EVENT"), "moved", done)
            self.assertEqual(done.get("EVENTSGW_SOURCE"), "module/mail7", done)
            self.assertTrue(done.get("EVENTSGW_ID"), done)
            words = [r for r in module.journal("PRIORITY=4") if r["MESSAGE"] == "word of module/mail7"]
            self.assertEqual(len(words), 1, words)
            module.write("eventsgw.conf", CONFIG)
            module.systemctl("restart", module.unit)

    @unittest.skipUnless(HAS_SPOOL, "tasks are not kept on disk as yet")
    def test_an_outage_of_the_leader_across_a_restart(self):
        for module in self.configured():
            module.wait_state("active")
            self.stop_leader()
            payloads = [b'"%s %d"' % (module.name.encode(), number) for number in range(10)]
            for payload in payloads[:5]:
                self.publish("module/traefik1/event/certificate-renew", payload, server=self.node.replica)
            self.wait_waiting(module, 5)
            module.systemctl("restart", module.unit)
            for payload in payloads[5:]:
                self.publish("module/traefik1/event/certificate-renew", payload, server=self.node.replica)
            self.node.start_leader()
            self.wait_tasks(module, payloads)


class Hardened(NodeTestCase):
    """A rootfull module under the drop-in for modules that have [actions] only."""

    ROOTLESS = {"samba1": False}
    CONFIGURED = ("samba1",)

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.node.install(cls.package)
        samba = cls.module("samba1")
        samba.write("eventsgw.conf", CONFIG[: CONFIG.index("[commands]")])
        cls.node.machine.run("mkdir", "-p", f"/etc/systemd/system/{samba.unit}.d")
        cls.node.machine.run("ln", "-s", DROP_IN, f"/etc/systemd/system/{samba.unit}.d/")
        cls.node.machine.run("systemctl", "daemon-reload")
        samba.systemctl("enable", "--now", samba.unit)

    def test_it_is_confined(self):
        samba = self.module("samba1")
        status = self.node.machine.run("cat", f"/proc/{samba.pid()}/status")
        for name, value in (("CapBnd", "0000000000000000"), ("NoNewPrivs", "1"), ("Seccomp", "2")):
            self.assertRegex(status, rf"(?m)^{name}:\s+{value}$")
        report = self.node.machine.run("systemd-analyze", "security", "--no-pager", samba.unit)
        self.assertLess(float(re.search(r"exposure level for \S+: (\S+)", report).group(1)), 1.5)

    def test_it_forwards_through_an_outage(self):
        samba = self.module("samba1")
        self.assert_forwards(samba, b'"hardened"')
        self.stop_leader()
        self.publish("module/traefik1/event/certificate-renew", b'"meanwhile"', server=self.node.replica)
        self.wait_waiting(samba, 1)
        if HAS_SPOOL:
            samba.systemctl("restart", samba.unit)
        self.node.start_leader()
        self.wait_tasks(samba, [b'"meanwhile"'])

    def test_it_comes_back_and_reads_its_files(self):
        samba = self.module("samba1")
        former = samba.pid()
        self.node.machine.signal(signal.SIGKILL, former)
        samba.wait_other_pid(former)
        self.assert_forwards(samba, b'"again"')
        self.assertEqual([record["MESSAGE"] for record in samba.journal("PRIORITY=3")], [])


class Life(NodeTestCase):
    """Installation, upgrade and removal, in this order."""

    # What changes by itself on a machine that runs, or belongs to dpkg.
    TRANSIENT = r"^/(dev|proc|run|sys|tmp|root|var/(cache|log|tmp|lib/(dpkg|systemd|private)))(/|$)"

    def files(self):
        """All paths that are not a module's own."""
        listed = self.node.machine.run("find", "/", "-xdev").splitlines()
        modules = tuple(module.install_dir for module in self.node.modules.values())
        return {path for path in listed if not re.search(self.TRANSIENT, path) and not path.startswith(modules)}

    def unit_states(self):
        listed = self.node.machine.run("systemctl", "list-unit-files", "--output=json", "eventsgw*", check=False)
        return {entry["unit_file"]: entry["state"] for entry in json.loads(listed or "[]")}

    def test_1_installing_enables_and_starts_nothing(self):
        type(self).before = self.files()
        self.node.install(self.package)
        self.assertEqual(self.unit_states(), {"eventsgw@.service": "disabled", "eventsgw@.path": "static"})
        for module in self.node.modules.values():
            self.assertEqual(module.show("ActiveState"), "inactive")
            self.assertEqual(module.show("ActiveState", module.path_unit), "inactive")
        openldap = self.module("openldap1")
        self.assertEqual(openldap.systemctl("is-enabled", openldap.unit, check=False).strip(), "disabled")
        self.assertEqual({path for path in self.files() - self.before if path.startswith("/etc")}, set())

    def test_2_what_runs_is_restarted_by_an_upgrade(self):
        self.enable_all()
        former = {module.name: module.pid() for module in self.configured()}
        if HAS_SPOOL:
            self.stop_leader()
            self.publish("module/traefik1/event/certificate-renew", b'"kept"', server=self.node.replica)
            self.wait_waiting(self.module("samba1"), 1)
        with tempfile.TemporaryDirectory(prefix="eventsgw-") as directory:
            self.node.install(package.repack(self.package, "0.1.0-2", directory))
        for module in self.configured():
            self.assertNotEqual(module.pid(), former[module.name])
            module.wait_state("active")
        for module in self.unconfigured():
            self.assertEqual(module.show("ActiveState"), "inactive")
        if HAS_SPOOL:
            self.node.start_leader()
            self.wait_tasks(self.module("samba1"), [b'"kept"'])

    def test_3_removing_leaves_the_modules_files_and_nothing_else(self):
        own = {module.name: module.read("eventsgw.conf") for module in self.node.modules.values()}
        pids = [module.pid() for module in self.configured()]
        self.node.machine.run("dpkg", "--remove", "eventsgw")
        self.assertEqual([pid for pid in pids if self.node.machine.path(f"/proc/{pid}").exists()], [])
        self.assertEqual(self.files() ^ self.before, set())
        self.assertEqual(self.unit_states(), {})
        for module in self.node.modules.values():
            self.assertEqual(module.show("LoadState"), "not-found")
            self.assertEqual(module.read("eventsgw.conf"), own[module.name])
        openldap = self.module("openldap1")
        self.assertEqual(list(self.node.machine.path(openldap.install_dir).rglob("*.wants/*")), [])
        self.node.machine.run("dpkg", "--purge", "eventsgw")
        self.assertEqual(self.files() ^ self.before, set())


if __name__ == "__main__":
    tap.main()
