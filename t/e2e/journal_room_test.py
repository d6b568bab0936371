#!/usr/bin/python3 -B
# SPDX-License-Identifier: GPL-3.0-or-later
# Copyright (C) 2026 eventsgw contributors
"""How much room the journal takes: where a program reads it for long, where the disk is nearly full, and when nothing
happens."""

import contextlib
import json
import os
import pathlib
import signal
import sqlite3
import sys

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[1] / "lib"))

import program
import small_disk
import tap
from case import GatewayTestCase, numbers
from journal import stored_payloads
from waiting import wait_until

JOURNAL = "eventsgw.journal"
CONFIG = "[actions]\na/event/b = act\n[gateway]\n"
MIB = 1 << 20


class RoomTestCase(GatewayTestCase):
    def start(self, settings="", **options):
        self.leader = self.start_redis()
        self.proxy = self.start_proxy(self.leader)
        self.gateway = self.start_gateway(CONFIG + settings, leader=self.proxy, options=options)

    def status(self, *options):
        return program.run("status", *options, cwd=self.gateway.working_directory()).stdout

    def report(self):
        return json.loads(self.status("--format", "json"))

    def size(self):
        """Of the file and its log of writes."""
        return sum(self.size_of(JOURNAL + suffix) for suffix in ("", "-wal"))

    def size_of(self, name):
        with contextlib.suppress(FileNotFoundError):
            return os.stat(small_disk.path_in(self.gateway, name)).st_size
        return 0


class Reader(RoomTestCase):
    LIMIT = 100 * MIB
    HELD = "^<4>journal: another program keeps reading it, so its log of writes cannot shrink"

    def publish_more(self, count):
        """So many of 64 KiB, each of which has been taken or refused when this returns."""
        before = self.report()["replica"]["messages"]
        for _ in range(count // 20):
            self.publish("a/event/b", *[b'"' + b"x" * 65000 + b'"'] * 20)
        wait_until(lambda: self.report()["replica"]["messages"] == before + count, lambda: f"{self.report()}")

    def test_the_log_of_writes_counts_towards_the_limit(self):
        self.start(f"journal_limit = {self.LIMIT}\n")
        self.proxy.refuse()
        self.publish_more(20)
        wait_until(lambda: self.gateway.exists(JOURNAL) and stored_payloads(self.gateway.path(JOURNAL)), "some on disk")
        with contextlib.closing(sqlite3.connect(self.gateway.path(JOURNAL), isolation_level=None)) as reader:
            reader.execute("BEGIN")
            reader.execute("SELECT count(*) FROM work").fetchone()
            # What the leader takes leaves the file, but not the log.
            self.proxy.forward()
            for _ in range(3):
                self.publish_more(400)
                wait_until(lambda: self.report()["tasks"]["waiting"] == 0, lambda: f"{self.report()}")
                self.proxy.refuse()
                self.publish_more(400)
                self.proxy.forward()
            self.gateway.wait_log(self.HELD)
            self.assertLess(self.size(), self.LIMIT + 12 * MIB)
            self.gateway.wait_log("^<3>task: refused, queue full")
            wait_until(lambda: self.report()["journal"]["log_held"], lambda: f"{self.report()}")
            self.assertRegex(self.status(), r"(?m)^journal +another program keeps reading it, .*: \d+ bytes$")
            self.assertEqual(len(self.gateway.log_matching(self.HELD)), 1)
        wait_until(lambda: self.size() < 8 * MIB, self.size)
        wait_until(lambda: not self.report()["journal"]["log_held"], lambda: f"{self.report()}")
        refused = self.report()["tasks"]["refused"]
        self.proxy.refuse()
        self.publish_more(200)
        self.assertEqual(self.report()["tasks"]["refused"], refused)


class Disk(RoomTestCase):
    def test_the_last_of_a_disk_is_left_to_others(self):
        self.start("task_limit = 1000\n", wrapper=small_disk.wrapper("64M"))
        small_disk.fill(self.gateway, leave=3 * MIB)
        self.proxy.refuse()
        self.publish("a/event/b", *numbers(0, 100))
        self.gateway.wait_log("^<3>journal: cannot be written, .* reason=\"the disk is nearly full: less than 512 MiB")
        for start in range(100, 1500, 100):
            self.publish("a/event/b", *numbers(start, start + 100))
        self.gateway.wait_log("^<3>task: refused, disk nearly full and no room in memory")
        tasks = self.report()["tasks"]
        self.assertGreaterEqual(tasks["waiting"], 1000)
        self.assertLess(tasks["spooled"], 200)
        small_disk.make_room(self.gateway)
        self.gateway.wait_log("^<5>journal: can be written again")
        wait_until(lambda: self.report()["tasks"]["spooled"] == tasks["waiting"], lambda: f"{self.report()}")
        self.proxy.forward()
        waiting = tasks["waiting"]
        self.assert_payloads(self.wait_tasks(waiting, server=self.leader), numbers(0, waiting))


    def test_what_fills_the_disk_leaves_it_again(self):
        self.start(wrapper=small_disk.wrapper("64M"))
        small_disk.fill(self.gateway, leave=30 * MIB)
        for _ in range(2):
            self.proxy.refuse()
            before = self.report()["replica"]["messages"]
            for _ in range(30):
                self.publish("a/event/b", *[b'"' + b"x" * 65000 + b'"'] * 20)
            wait_until(lambda: self.report()["replica"]["messages"] == before + 600, lambda: f"{self.report()}")
            self.gateway.wait_log("^<3>journal: cannot be written, .* reason=\"the disk is nearly full")
            self.assertGreater(self.report()["tasks"]["spooled"], 100)
            self.proxy.forward()
            wait_until(lambda: self.report()["tasks"]["waiting"] == 0, lambda: f"{self.report()}")
            self.gateway.wait_log("^<5>journal: can be written again")
            wait_until(lambda: self.size() < 8 * MIB, self.size)

    def test_a_disk_that_is_nearly_full_for_a_while(self):
        """Also while nothing waits, and the file would be closed."""
        self.start(wrapper=small_disk.wrapper("64M"))
        self.proxy.refuse()
        self.publish("a/event/b", *numbers(0, 3))
        wait_until(lambda: self.report()["tasks"]["spooled"] == 3, lambda: f"{self.report()}")
        small_disk.fill(self.gateway, leave=2 * MIB)
        self.gateway.wait_log("^<3>journal: cannot be written, .* reason=\"the disk is nearly full")
        self.proxy.forward()
        wait_until(lambda: self.report()["tasks"]["waiting"] == 0, lambda: f"{self.report()}")
        wait_until(lambda: self.size() < MIB, self.size)  # it has been tidied up
        small_disk.make_room(self.gateway)
        self.gateway.wait_log("^<5>journal: can be written again")
        self.proxy.refuse()
        self.publish("a/event/b", *numbers(0, 50))
        wait_until(lambda: self.report()["tasks"]["spooled"] == 50, lambda: f"{self.report()}")

    def execute(self, sql):
        """As another program's hand."""
        script = (
            "import sqlite3, sys; database = sqlite3.connect(sys.argv[1], timeout=10, isolation_level=None);"
            " print(*database.execute(sys.argv[2]).fetchall())"
        )
        return small_disk.run_there(self.gateway, sys.executable, "-c", script, JOURNAL, sql)

    def test_a_run_that_is_held_meanwhile_is_not_taken_for_dropped(self):
        def wait_counts(**counts):
            commands = lambda: self.report()["commands"]
            wait_until(lambda: all(commands()[name] == count for name, count in counts.items()), lambda: f"{commands()}")

        def reload(config):
            with open(small_disk.path_in(self.gateway, "eventsgw.conf"), "w", encoding="ascii") as file:
                file.write(config)
            self.gateway.send_signal(signal.SIGHUP)

        one, two = "[commands]\na/event/c = true\n", "[commands]\na/event/c = true\na/event/b = true\n"
        self.gateway = self.start_gateway(two, options={"wrapper": small_disk.wrapper("64M")})
        program.run("pause", "--all", cwd=self.gateway.working_directory())
        self.publish("a/event/b", *numbers(0, 2))
        wait_until(lambda: self.size_of(JOURNAL) > 0, "the journal")
        wait_until(lambda: self.execute("SELECT count(*) FROM run") == b"(2,)\n", "both are in it")
        small_disk.fill(self.gateway, leave=2 * MIB)
        self.gateway.wait_log("^<3>journal: cannot be written, .* reason=\"the disk is nearly full")
        reload(one)
        wait_counts(held=2, waiting=0)
        self.execute("INSERT INTO meta VALUES ('another', 'hand')")
        small_disk.make_room(self.gateway)
        self.gateway.wait_log("^<5>journal: can be written again")
        reload(two)
        wait_counts(held=0, waiting=2)
        program.run("resume", "--all", cwd=self.gateway.working_directory())
        wait_counts(waiting=0, succeeded=2)


class Idle(RoomTestCase):
    def test_after_an_outage_the_file_is_closed_and_small(self):
        self.start()
        self.proxy.refuse()
        payloads = [b'"%d %s"' % (number, b"x" * 60000) for number in range(300)]
        for start in range(0, 300, 20):
            self.publish("a/event/b", *payloads[start : start + 20])
        wait_until(lambda: len(stored_payloads(self.gateway.path(JOURNAL))) == 300, "all is on disk")
        self.proxy.forward()
        self.assert_payloads(self.wait_tasks(300, server=self.leader), payloads)
        wait_until(lambda: not [link for link in self.gateway.descriptors() if JOURNAL in link], "it is closed")
        self.assertLess(os.stat(self.gateway.path(JOURNAL)).st_size, MIB)
        self.assertNotIn(b"x" * 100, self.gateway.read(JOURNAL) + self.gateway.read(JOURNAL + "-wal"))


if __name__ == "__main__":
    tap.main()
