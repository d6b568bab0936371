#!/usr/bin/python3 -B
# SPDX-License-Identifier: GPL-3.0-or-later
# Copyright (C) 2026 eventsgw contributors
"""A journal that cannot be used: said clearly, set aside where it is there, and another one begun; until that can be written,
tasks wait in memory."""

import contextlib
import json
import os
import pathlib
import re
import resource
import shutil
import sqlite3
import stat
import sys

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[1] / "lib"))

import program
import small_disk
import tap
from case import MARK, GatewayTestCase, numbers
from journal import stored_payloads
from waiting import wait_until

CONFIG = MARK + "[actions]\na/event/* = act\n"
JOURNAL = "eventsgw.journal"
TASKS = "module/mail1/tasks"


class Faults(GatewayTestCase):
    def setUp(self):
        super().setUp()
        self.leader = self.start_redis()
        self.proxy = self.start_proxy(self.leader)

    def start(self, settings="", **options):
        return self.start_gateway(CONFIG + "[gateway]\n" + settings, leader=self.proxy, options=options)

    def journal_with_waiting(self):
        """A run that has ended and left three tasks on disk."""
        gateway = self.start()
        self.proxy.refuse()
        self.publish("a/event/b", b'"old 1"', b'"old 2"', b'"old 3"')
        wait_until(lambda: len(stored_payloads(gateway.path(JOURNAL))) == 3, "all is on disk")
        gateway.stop()
        return gateway

    def set_aside(self, directory):
        return [name for name in os.listdir(directory) if name.startswith(JOURNAL + ".2") and "-" not in name]

    def assert_begins_anew(self, gateway, reason):
        gateway.wait_log(rf"^<3>journal: cannot be used, another one is begun when it is needed.*{reason}")
        self.proxy.refuse()
        self.publish("a/event/b", *numbers(0, 100))
        wait_until(lambda: stored_payloads(gateway.path(JOURNAL)) == numbers(0, 100), "all is on disk")
        self.proxy.forward()
        self.assert_payloads(self.wait_tasks(100, server=self.leader), numbers(0, 100))

    def assert_goes_on_in_memory(self, gateway):
        wait_until(
            lambda: any("cannot be used, tasks wait in memory" in status for status in gateway.notify.statuses()),
            lambda: gateway.notify.statuses(),
        )
        self.proxy.forward()
        self.assert_payloads(self.wait_tasks(100, server=self.leader), numbers(0, 100))

    def test_a_fifo(self):
        gateway = self.start(wrapper=["sh", "-c", 'mkfifo eventsgw.journal other && exec "$@"', "sh"])
        self.assert_begins_anew(gateway, "FIFO, not a regular file.*set aside as")
        gateway.stop()
        for verb in ("list", "push"):
            done = gateway.run("spool", verb, "--journal", "other")
            self.assertEqual(done.status, 74)
            self.assertIn("FIFO", done.stderr)

    def test_garbage(self):
        garbage = b"no database " * 1000
        gateway = self.start(files={JOURNAL: garbage})
        self.assert_begins_anew(gateway, "not a database.*set aside as eventsgw.journal.2")
        (name,) = self.set_aside(gateway.state_directory)
        self.assertEqual(gateway.read(name), garbage)

    def test_none_starts_beside_one_without_a_journal(self):
        gateway = self.start(files={JOURNAL: b"no database " * 1000})
        gateway.wait_log("^<3>journal: cannot be used")
        done = gateway.run()
        self.assertEqual(done.status, 75)
        self.assertIn("another gateway runs here", done.stderr)
        self.assertEqual(gateway.run("spool", "push").status, 75)

    def test_a_damaged_page(self):
        gateway = self.journal_with_waiting()
        with contextlib.closing(sqlite3.connect(gateway.path(JOURNAL))) as database:
            database.execute("PRAGMA wal_checkpoint(TRUNCATE)")
        damaged = bytearray(gateway.read(JOURNAL))
        damaged[100:] = b"\xa5" * (len(damaged) - 100)
        gateway.write(JOURNAL, bytes(damaged))
        gateway = self.start(predecessor=gateway)
        self.assert_begins_anew(gateway, "malformed.*set aside as")
        (name,) = self.set_aside(gateway.state_directory)
        self.assertEqual(gateway.read(name), bytes(damaged))

    def test_killed_while_the_file_was_changed(self):
        """What lies beside it then, a journal here, has to be settled before anything of it can be read."""
        gateway = self.journal_with_waiting()
        journal = gateway.path(JOURNAL)
        with contextlib.closing(sqlite3.connect(journal, isolation_level=None)) as database:
            database.execute("PRAGMA journal_mode=DELETE")
            database.execute("PRAGMA cache_size=1")
            database.execute("BEGIN IMMEDIATE")
            database.execute("DELETE FROM event")
            for number in range(100):
                database.execute("INSERT INTO event VALUES (?, 0, x'', 'a/event/b', zeroblob(20000))", [number + 1])
            for suffix in ("", "-journal"):
                shutil.copy(journal + suffix, journal + ".killed" + suffix)
        for suffix in ("", "-journal"):
            shutil.copyfile(journal + ".killed" + suffix, journal + suffix)  # another inode would be that of a copy
        gateway = self.start(predecessor=gateway)
        self.proxy.forward()
        self.assert_payloads(self.wait_tasks(3, server=self.leader), [b'"old 1"', b'"old 2"', b'"old 3"'])
        self.assertEqual(self.set_aside(gateway.state_directory), [])

    def test_a_log_of_writes_without_its_file(self):
        gateway = self.start()
        self.proxy.refuse()
        self.publish("a/event/b", *numbers(0, 3))
        wait_until(lambda: stored_payloads(gateway.path(JOURNAL)) == numbers(0, 3), "all is on disk")
        gateway.kill()
        log = gateway.read(JOURNAL + "-wal")
        gateway.remove(JOURNAL)
        gateway = self.start(predecessor=gateway)
        line = gateway.wait_log("^<3>journal: cannot be used, .* its log of writes is still there; it was set aside as")[0]
        name = re.search(r"set aside as (\S+?)\"", line).group(1)
        self.assertEqual(gateway.read(name + "-wal"), log)

    def test_a_newer_version(self):
        gateway = self.journal_with_waiting()
        with contextlib.closing(sqlite3.connect(gateway.path(JOURNAL))) as database:
            database.execute("PRAGMA user_version = 99")
        gateway = self.start(predecessor=gateway)
        self.assert_begins_anew(gateway, "newer version.*set aside as")
        (name,) = self.set_aside(gateway.state_directory)
        self.assertEqual(stored_payloads(gateway.path(name)), [b'"old 1"', b'"old 2"', b'"old 3"'])

    def test_damaged_while_it_is_used(self):
        gateway = self.start()
        self.proxy.refuse()
        for start in range(0, 15000, 500):
            self.publish("a/event/b", *numbers(start, start + 500))
        wait_until(lambda: len(stored_payloads(gateway.path(JOURNAL))) == 15000, "all is on disk")
        with contextlib.closing(sqlite3.connect(gateway.path(JOURNAL))) as database:
            database.execute("PRAGMA wal_checkpoint(TRUNCATE)")
        with open(gateway.path(JOURNAL), "r+b") as file:
            file.seek(16384)
            file.write(b"\xa5" * (os.path.getsize(gateway.path(JOURNAL)) - 16384))
        self.proxy.forward()
        gateway.wait_log(r"^<3>journal: lost.*malformed.*set_aside=eventsgw.journal.2\S*$")
        gateway.wait_log(r"^<3>task: lost with the journal waiting=\d+ dead=0$")
        self.assertEqual(len(self.set_aside(gateway.state_directory)), 1)
        self.publish("a/event/b", b'"new"')
        self.wait_newest_task(b'"new"', server=self.leader)
        self.assertGreaterEqual(self.leader.admin.llen(TASKS), 2000)

    def test_what_is_set_aside_can_be_pushed_once_it_is_repaired(self):
        """Nothing that is pushed after the loss is taken for what the file still holds."""
        gateway = self.start()
        journal = gateway.path(JOURNAL)
        payloads = [b'"%d %s"' % (number, b"x" * 1000) for number in range(15000)]
        self.proxy.refuse()
        self.publish_all(payloads)
        wait_until(lambda: stored_payloads(journal) == payloads, "all is on disk")
        with contextlib.closing(sqlite3.connect(journal)) as database:
            database.execute("PRAGMA wal_checkpoint(TRUNCATE)")
        sound = gateway.read(JOURNAL)
        with open(journal, "r+b") as file:
            file.seek(16384)
            file.write(b"\xa5" * (len(sound) - 16384))
        self.proxy.forward()
        gateway.wait_log("^<3>journal: lost")
        self.publish("a/event/b", b'"new"')
        self.wait_newest_task(b'"new"', server=self.leader)
        gateway.stop()
        self.leader.admin.delete(TASKS)
        (name,) = self.set_aside(gateway.state_directory)
        for suffix in ("-wal", "-shm"):
            gateway.remove(name + suffix)
        gateway.write(name, sound)
        done = gateway.run("spool", "push", "--journal", name)
        self.assertEqual(done.status, 0, done)
        self.assert_payloads(self.wait_tasks(15000, server=self.leader), payloads)

    def assert_is_begun_anew(self, tamper):
        """Whatever is done to the file, the next run finds all that was in memory, and none starts beside this one."""
        gateway = self.start()
        journal = gateway.path(JOURNAL)
        self.proxy.refuse()
        self.publish("a/event/b", *numbers(0, 300))
        wait_until(lambda: stored_payloads(journal) == numbers(0, 300), "all is on disk")
        tamper(journal)
        gateway.wait_log("^<3>journal: lost.*removed or replaced while in use")
        wait_until(lambda: stored_payloads(journal) == numbers(0, 300), "all is on disk again")
        self.assertEqual(stat.S_IMODE(os.stat(journal).st_mode), 0o600)
        self.assertEqual(gateway.run().status, 75)
        self.publish("a/event/b", *numbers(300, 310))
        wait_until(lambda: stored_payloads(journal) == numbers(0, 310), "the new ones are on disk")
        gateway.stop()
        self.start(predecessor=gateway)
        self.proxy.forward()
        self.assert_payloads(self.wait_tasks(310, server=self.leader), numbers(0, 310))
        return gateway

    def test_removed_while_it_is_used(self):
        self.assert_is_begun_anew(os.remove)

    def test_removed_with_all_that_belongs_to_it(self):
        self.assert_is_begun_anew(lambda journal: [os.remove(journal + suffix) for suffix in ("", "-wal", "-shm")])

    def test_its_log_is_removed_while_it_is_used(self):
        """What SQLite keeps beside it; the CLI, which comes next, would make another."""
        self.assert_is_begun_anew(lambda journal: os.remove(journal + "-wal"))

    def test_the_index_of_its_log_is_removed_while_it_is_used(self):
        """Whoever makes another one would write where the gateway writes."""
        self.assert_is_begun_anew(lambda journal: os.remove(journal + "-shm"))

    def test_replaced_while_it_is_used(self):
        garbage = b"no database " * 1000

        def replace(journal):
            with open(journal + ".new", "wb") as file:
                file.write(garbage)
            os.rename(journal + ".new", journal)

        self.assert_is_begun_anew(replace)
        (name,) = self.set_aside(self.gateways[-1].state_directory)
        self.assertEqual(self.gateways[-1].read(name), garbage)

    def test_something_in_its_place_before_it_is_needed(self):
        gateway = self.start()
        gateway.write(JOURNAL, b"no database " * 1000)
        self.proxy.refuse()
        self.publish("a/event/b", *numbers(0, 10))
        wait_until(lambda: len(self.set_aside(gateway.state_directory)) == 1, "it is set aside")
        wait_until(lambda: stored_payloads(gateway.path(JOURNAL)) == numbers(0, 10), "all is on disk")

    def test_a_disk_that_gets_full(self):
        gateway = self.start(wrapper=small_disk.wrapper("4M"))
        small_disk.fill(gateway)
        self.proxy.refuse()
        payloads = [b'"%d %s"' % (number, b"x" * 1000) for number in range(1000)]
        self.publish_all(payloads)
        gateway.wait_log(r"^<3>journal: cannot be written, tasks and runs wait in memory reason=.*full")
        used = gateway.cpu_seconds()
        wait_until(lambda: "tasks wait in memory" in gateway.notify.statuses()[-1], "the status says so")
        small_disk.make_room(gateway)
        self.proxy.forward()
        self.assert_payloads(self.wait_tasks(1000, server=self.leader), payloads)
        self.assertLess(gateway.cpu_seconds() - used, 2)
        gateway.wait_log("journal: can be written again")
        wait_until(lambda: "tasks wait in memory" not in gateway.notify.statuses()[-1], "all is well again")

    def test_a_lack_of_threads(self):
        """A thread's stack is memory that there is none of; it starts with the first task that is to be written."""
        gateway = self.start()
        if gateway.is_sanitized():
            self.skipTest("a sanitizer needs more memory than any limit gives")
        usual = resource.prlimit(gateway.pid, resource.RLIMIT_AS)
        resource.prlimit(gateway.pid, resource.RLIMIT_AS, (gateway.virtual_kib() * 1024 + (4 << 20), usual[1]))
        self.proxy.refuse()
        self.publish("a/event/b", *numbers(0, 10))
        gateway.wait_log("^<3>journal: cannot be written, tasks and runs wait in memory reason=.its thread cannot be started")
        resource.prlimit(gateway.pid, resource.RLIMIT_AS, usual)
        gateway.wait_log("^<5>journal: can be written again")
        wait_until(lambda: stored_payloads(gateway.path(JOURNAL)) == numbers(0, 10), "all is on disk")

    def publish_all(self, payloads):
        for start in range(0, len(payloads), 100):
            self.publish("a/event/b", *payloads[start : start + 100])

    def count_dead(self, gateway):
        status = program.run("status", "--format", "json", cwd=small_disk.path_in(gateway, ""))
        return json.loads(status.stdout)["tasks"]["dead"]

    def test_a_disk_that_is_full_of_the_log(self):
        """Other processes make it longer, and one that reads keeps it so; then its room is used again."""
        gateway = self.start("log_level = debug\n", wrapper=small_disk.wrapper("4M"))
        self.proxy.refuse()
        self.publish("a/event/b", *numbers(0, 100))
        journal = small_disk.path_in(gateway, JOURNAL)
        wait_until(lambda: os.path.exists(journal) and os.path.getsize(journal) > 16384, "the file has what was in the log")
        with small_disk.held_log(gateway, JOURNAL, 20):
            wait_until(lambda: self.count_dead(gateway) == 20, "the gateway has looked at it")
            small_disk.fill(gateway)
        self.publish("a/event/b", *numbers(100, 110))
        gateway.wait_log("^<7>task: made", 110)
        gateway.stop()
        self.assertTrue(gateway.log_matching("^<5>task: kept for the next start waiting=110$"))

    def test_a_disk_that_is_full_at_the_start(self):
        before = self.journal_with_waiting()
        gateway = self.start(predecessor=before, wrapper=small_disk.wrapper("1M", "full"))
        gateway.wait_log("^<3>journal: cannot be used.*(full|No space left).*set aside as")
        self.publish("a/event/b", *numbers(0, 100))
        self.assert_goes_on_in_memory(gateway)
        self.assertEqual(len(self.set_aside(small_disk.path_in(gateway, "."))), 1)

    def test_a_read_only_disk(self):
        before = self.journal_with_waiting()
        gateway = self.start(predecessor=before, wrapper=small_disk.wrapper("1M", "read-only"))
        gateway.wait_log(r"^<3>journal: cannot be used.*Read-only.*stays in place")
        self.publish("a/event/b", *numbers(0, 100))
        self.assert_goes_on_in_memory(gateway)

    def test_the_limits_in_memory(self):
        gateway = self.start("task_limit = 10\n", wrapper=small_disk.wrapper("1M", "full"))
        self.proxy.refuse()
        self.publish_and_mark(gateway, *numbers(0, 24))
        gateway.wait_log(r"^<3>.*task: refused.*refused=15$")
        gateway.stop()
        self.assertTrue(gateway.log_matching(r"^<3>task: lost at the end.*waiting=10$"))

    def test_the_limit_on_disk(self):
        gateway = self.start("journal_limit = 1M\n")
        self.proxy.refuse()
        payloads = [b'"%d %s"' % (number, b"x" * 1000) for number in range(2000)]
        self.publish_and_mark(gateway, *payloads)
        gateway.wait_log(r"^<3>.*task: refused.*event=a/event/b")
        gateway.wait_log(r"refused=\d+$")
        wait_until(lambda: 500 < len(stored_payloads(gateway.path(JOURNAL))) < 1200, "a MiB is on disk")
        self.proxy.forward()
        gateway.wait_log("backlog empty")
        kept = self.leader.admin.llen("module/mail1/tasks")
        self.assert_payloads(self.wait_tasks(kept, server=self.leader), payloads[:kept])
        self.publish("a/event/b", b'"room again"')
        self.assertEqual(self.wait_tasks(kept + 1, server=self.leader)[-1].data, b'"room again"')


if __name__ == "__main__":
    tap.main()
