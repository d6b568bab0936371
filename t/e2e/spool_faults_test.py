#!/usr/bin/python3 -B
# SPDX-License-Identifier: GPL-3.0-or-later
# Copyright (C) 2026 eventsgw contributors
"""A spool that cannot be used: said clearly, set aside where it may be, and tasks wait in memory."""

import contextlib
import json
import os
import pathlib
import shutil
import sqlite3
import stat
import sys

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[1] / "lib"))

import program
import small_disk
import tap
from case import MARK, GatewayTestCase, numbers
from spool import stored_payloads
from waiting import wait_until

CONFIG = MARK + "[actions]\na/event/* = act\n"
SPOOL = "eventsgw.spool"
TASKS = "module/mail1/tasks"


class Faults(GatewayTestCase):
    def setUp(self):
        super().setUp()
        self.leader = self.start_redis()
        self.proxy = self.start_proxy(self.leader)

    def start(self, settings="", **options):
        return self.start_gateway(CONFIG + "[gateway]\n" + settings, leader=self.proxy, options=options)

    def spool_with_waiting(self):
        """A run that has ended and left three tasks on disk."""
        gateway = self.start()
        self.proxy.refuse()
        self.publish("a/event/b", b'"old 1"', b'"old 2"', b'"old 3"')
        wait_until(lambda: len(stored_payloads(gateway.path(SPOOL))) == 3, "all is on disk")
        gateway.stop()
        return gateway

    def set_aside(self, directory):
        return [name for name in os.listdir(directory) if name.startswith(SPOOL + ".2") and "-" not in name]

    def assert_goes_on_in_memory(self, gateway, reason):
        gateway.wait_log(rf"^<3>spool: cannot be used.*{reason}")
        wait_until(
            lambda: any("spool cannot be used, tasks wait in memory" in status for status in gateway.notify.statuses()),
            lambda: gateway.notify.statuses(),
        )
        self.publish("a/event/b", *numbers(0, 100))
        self.proxy.forward()
        self.assert_payloads(self.wait_tasks(100, server=self.leader), numbers(0, 100))

    def test_a_fifo(self):
        gateway = self.start(wrapper=["sh", "-c", 'mkfifo eventsgw.spool && exec "$@"', "sh"])
        self.assert_goes_on_in_memory(gateway, "FIFO, not a regular file")
        for verb in ("list", "push"):
            done = gateway.run("spool", verb)
            self.assertEqual(done.status, 74)
            self.assertIn("FIFO", done.stderr)
        gateway.stop()

    def test_garbage(self):
        garbage = b"no database " * 1000
        gateway = self.start(files={SPOOL: garbage})
        self.assert_goes_on_in_memory(gateway, "not a database.*set aside as eventsgw.spool.2")
        (name,) = self.set_aside(gateway.state_directory)
        self.assertEqual(gateway.read(name), garbage)
        self.assertFalse(gateway.exists(SPOOL))

    def test_none_starts_beside_one_without_a_spool(self):
        gateway = self.start(files={SPOOL: b"no database " * 1000})
        gateway.wait_log("^<3>spool: cannot be used")
        done = gateway.run()
        self.assertEqual(done.status, 75)
        self.assertIn("another gateway runs here", done.stderr)
        self.assertEqual(gateway.run("spool", "push").status, 75)

    def test_a_damaged_page(self):
        gateway = self.spool_with_waiting()
        with contextlib.closing(sqlite3.connect(gateway.path(SPOOL))) as database:
            database.execute("PRAGMA wal_checkpoint(TRUNCATE)")
        damaged = bytearray(gateway.read(SPOOL))
        damaged[100:] = b"\xa5" * (len(damaged) - 100)
        gateway.write(SPOOL, bytes(damaged))
        gateway = self.start(predecessor=gateway)
        self.assert_goes_on_in_memory(gateway, "malformed.*set aside as")
        (name,) = self.set_aside(gateway.state_directory)
        self.assertEqual(gateway.read(name), bytes(damaged))

    def test_killed_while_the_file_was_changed(self):
        """What lies beside it then, a journal here, has to be settled before anything of it can be read."""
        gateway = self.spool_with_waiting()
        spool = gateway.path(SPOOL)
        with contextlib.closing(sqlite3.connect(spool, isolation_level=None)) as database:
            database.execute("PRAGMA journal_mode=DELETE")
            database.execute("PRAGMA cache_size=1")
            database.execute("BEGIN IMMEDIATE")
            database.execute("DELETE FROM tasks")
            for number in range(100):
                database.execute("INSERT INTO tasks VALUES (?, 'a/event/b', zeroblob(20000), 0)", [number + 1])
            for suffix in ("", "-journal"):
                shutil.copy(spool + suffix, spool + ".killed" + suffix)
        for suffix in ("", "-journal"):
            os.rename(spool + ".killed" + suffix, spool + suffix)
        gateway = self.start(predecessor=gateway)
        self.proxy.forward()
        self.assert_payloads(self.wait_tasks(3, server=self.leader), [b'"old 1"', b'"old 2"', b'"old 3"'])
        self.assertEqual(self.set_aside(gateway.state_directory), [])

    def test_a_newer_version(self):
        gateway = self.spool_with_waiting()
        with contextlib.closing(sqlite3.connect(gateway.path(SPOOL))) as database:
            database.execute("PRAGMA user_version = 99")
        gateway = self.start(predecessor=gateway)
        self.assert_goes_on_in_memory(gateway, "newer version.*set aside as")
        (name,) = self.set_aside(gateway.state_directory)
        self.assertEqual(stored_payloads(gateway.path(name)), [b'"old 1"', b'"old 2"', b'"old 3"'])

    def test_damaged_while_it_is_used(self):
        gateway = self.start()
        self.proxy.refuse()
        for start in range(0, 15000, 500):
            self.publish("a/event/b", *numbers(start, start + 500))
        wait_until(lambda: len(stored_payloads(gateway.path(SPOOL))) == 15000, "all is on disk")
        with contextlib.closing(sqlite3.connect(gateway.path(SPOOL))) as database:
            database.execute("PRAGMA wal_checkpoint(TRUNCATE)")
        with open(gateway.path(SPOOL), "r+b") as file:
            file.seek(16384)
            file.write(b"\xa5" * (os.path.getsize(gateway.path(SPOOL)) - 16384))
        self.proxy.forward()
        gateway.wait_log(r"^<3>spool: cannot be used any more.*malformed.*set_aside=eventsgw.spool.2")
        self.assertEqual(len(self.set_aside(gateway.state_directory)), 1)
        self.publish("a/event/b", b'"new"')
        self.wait_newest_task(b'"new"', server=self.leader)
        self.assertGreaterEqual(self.leader.admin.llen(TASKS), 2000)

    def test_what_is_set_aside_can_be_pushed_once_it_is_repaired(self):
        """Nothing that is pushed after the loss is taken for what the file still holds."""
        gateway = self.start()
        spool = gateway.path(SPOOL)
        payloads = [b'"%d %s"' % (number, b"x" * 1000) for number in range(15000)]
        self.proxy.refuse()
        self.publish_all(payloads)
        wait_until(lambda: stored_payloads(spool) == payloads, "all is on disk")
        with contextlib.closing(sqlite3.connect(spool)) as database:
            database.execute("PRAGMA wal_checkpoint(TRUNCATE)")
        sound = gateway.read(SPOOL)
        with open(spool, "r+b") as file:
            file.seek(16384)
            file.write(b"\xa5" * (len(sound) - 16384))
        self.proxy.forward()
        gateway.wait_log("^<3>spool: cannot be used any more")
        self.publish("a/event/b", b'"new"')
        self.wait_newest_task(b'"new"', server=self.leader)
        gateway.stop()
        self.leader.admin.delete(TASKS)
        (name,) = self.set_aside(gateway.state_directory)
        for suffix in ("-wal", "-shm"):
            gateway.remove(name + suffix)
        gateway.write(name, sound)
        done = gateway.run("spool", "push", "--spool", name)
        self.assertEqual(done.status, 0, done)
        self.assert_payloads(self.wait_tasks(15000, server=self.leader), payloads)

    def assert_is_written_anew(self, tamper):
        """Whatever was done to the file, the next run finds all that waited in it, and none starts beside this one."""
        gateway = self.start()
        spool = gateway.path(SPOOL)
        self.proxy.refuse()
        self.publish("a/event/b", *numbers(0, 300))
        wait_until(lambda: stored_payloads(spool) == numbers(0, 300), "all is on disk")
        tamper(spool)
        self.assertEqual(gateway.run().status, 75)
        gateway.wait_log("^<4>spool: was removed or replaced while in use, it is written anew")
        wait_until(lambda: stored_payloads(spool) == numbers(0, 300), "all is on disk again")
        self.assertEqual(stat.S_IMODE(os.stat(spool).st_mode), 0o600)
        self.assertEqual(gateway.run().status, 75)
        self.publish("a/event/b", *numbers(300, 310))
        wait_until(lambda: stored_payloads(spool) == numbers(0, 310), "the new ones are on disk")
        gateway.stop()
        self.start(predecessor=gateway)
        self.proxy.forward()
        self.assert_payloads(self.wait_tasks(310, server=self.leader), numbers(0, 310))
        return gateway

    def test_removed_while_it_is_used(self):
        self.assert_is_written_anew(os.remove)

    def test_removed_with_all_that_belongs_to_it(self):
        self.assert_is_written_anew(lambda spool: [os.remove(spool + suffix) for suffix in ("", "-wal", "-shm")])

    def test_killed_before_the_copy_of_what_was_removed_took_its_place(self):
        gateway = self.spool_with_waiting()
        os.rename(gateway.path(SPOOL), gateway.path(SPOOL + ".new"))
        gateway.write(SPOOL + "-wal", b"of the file that was removed")
        self.proxy.forward()
        self.start(predecessor=gateway)
        self.assert_payloads(self.wait_tasks(3, server=self.leader), [b'"old 1"', b'"old 2"', b'"old 3"'])

    def test_its_log_is_removed_while_it_is_used(self):
        """What SQLite keeps beside it; the CLI, which comes next, would make another."""
        self.assert_is_written_anew(lambda spool: os.remove(spool + "-wal"))

    def test_the_index_of_its_log_is_removed_while_it_is_used(self):
        """Whoever makes another one would write where the gateway writes."""
        self.assert_is_written_anew(lambda spool: os.remove(spool + "-shm"))

    def test_its_log_is_removed_before_the_first_write(self):
        gateway = self.start(predecessor=self.spool_with_waiting())
        os.remove(gateway.path(SPOOL + "-wal"))
        gateway.wait_log("^<4>spool: was removed or replaced while in use, it is written anew")
        self.publish("a/event/b", b'"new"')
        waiting = [b'"old 1"', b'"old 2"', b'"old 3"', b'"new"']
        wait_until(lambda: stored_payloads(gateway.path(SPOOL)) == waiting, "all is on disk")
        gateway.kill()
        self.start(predecessor=gateway)
        self.proxy.forward()
        self.assert_payloads(self.wait_tasks(4, server=self.leader), waiting)

    def test_removed_where_there_is_no_room_to_write_it_anew(self):
        gateway = self.start(wrapper=small_disk.wrapper("4M"))
        self.proxy.refuse()
        payloads = [b'"%d %s"' % (number, b"x" * 1000) for number in range(300)]
        self.publish_all(payloads)
        spool = small_disk.path_in(gateway, SPOOL)
        wait_until(lambda: os.path.exists(spool + "-wal") and os.path.getsize(spool + "-wal") > 300000, "all is on disk")
        small_disk.fill(gateway)
        os.remove(spool)
        gateway.wait_log("^<3>spool: cannot be written.*removed or replaced while in use")
        gateway.stop()
        self.assertTrue(gateway.log_matching("^<3>task: lost at the end.*waiting=300$"))
        self.assertFalse(gateway.log_matching("kept for the next start"))

    def test_replaced_while_it_is_used(self):
        garbage = b"no database " * 1000

        def replace(spool):
            with open(spool + ".new", "wb") as file:
                file.write(garbage)
            os.rename(spool + ".new", spool)

        self.assert_is_written_anew(replace)
        (name,) = self.set_aside(self.gateways[-1].state_directory)
        self.assertEqual(self.gateways[-1].read(name), garbage)

    def test_removed_before_it_was_needed(self):
        gateway = self.start()
        os.remove(gateway.path(SPOOL))
        gateway.wait_log("^<4>spool: was removed or replaced while in use, it is written anew")
        self.assertEqual(gateway.run().status, 75)
        self.proxy.refuse()
        self.publish("a/event/b", *numbers(0, 10))
        wait_until(lambda: stored_payloads(gateway.path(SPOOL)) == numbers(0, 10), "all is on disk")

    def test_a_disk_that_gets_full(self):
        gateway = self.start(wrapper=small_disk.wrapper("4M"))
        small_disk.fill(gateway)
        self.proxy.refuse()
        payloads = [b'"%d %s"' % (number, b"x" * 1000) for number in range(1000)]
        self.publish_all(payloads)
        gateway.wait_log(r"^<3>spool: cannot be written, tasks wait in memory reason=.*full")
        used = gateway.cpu_seconds()
        wait_until(lambda: "tasks wait in memory" in gateway.notify.statuses()[-1], "the status says so")
        small_disk.make_room(gateway)
        self.proxy.forward()
        self.assert_payloads(self.wait_tasks(1000, server=self.leader), payloads)
        self.assertLess(gateway.cpu_seconds() - used, 2)
        gateway.wait_log("spool: can be written again")
        wait_until(lambda: "tasks wait in memory" not in gateway.notify.statuses()[-1], "all is well again")

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
        self.publish("a/event/b", *numbers(0, 300))
        spool = small_disk.path_in(gateway, SPOOL)
        wait_until(lambda: os.path.getsize(spool) > 16384, "the file has what was in the log")
        with small_disk.held_log(gateway, SPOOL, 20):
            wait_until(lambda: self.count_dead(gateway) == 20, "the gateway has looked at it")
            small_disk.fill(gateway)
        self.publish("a/event/b", *numbers(300, 310))
        gateway.wait_log("^<7>task: made", 310)
        gateway.stop()
        self.assertTrue(gateway.log_matching("^<5>task: kept for the next start waiting=310$"))

    def test_a_disk_that_is_full_at_the_start(self):
        before = self.spool_with_waiting()
        gateway = self.start(predecessor=before, wrapper=small_disk.wrapper("1M", "full"))
        self.assert_goes_on_in_memory(gateway, "(full|No space left).*set aside as")
        self.assertEqual(len(self.set_aside(small_disk.path_in(gateway, "."))), 1)

    def test_a_read_only_disk(self):
        before = self.spool_with_waiting()
        gateway = self.start(predecessor=before, wrapper=small_disk.wrapper("1M", "read-only"))
        gateway.wait_log(r"^<3>spool: cannot be used.*Read-only.*stays where it is")
        wait_until(lambda: gateway.notify.statuses(), "a status")
        self.assertIn("tasks wait in memory", gateway.notify.statuses()[-1])
        self.publish("a/event/b", *numbers(0, 100))
        self.proxy.forward()
        self.assert_payloads(self.wait_tasks(100, server=self.leader), numbers(0, 100))

    def test_the_limits_in_memory(self):
        gateway = self.start("task_limit = 10\n", files={SPOOL: b"no database " * 1000})
        self.proxy.refuse()
        self.publish_and_mark(gateway, *numbers(0, 24))
        gateway.wait_log(r"^<3>.*task: refused.*refused=15$")
        gateway.stop()
        self.assertTrue(gateway.log_matching(r"^<3>task: lost at the end.*waiting=10$"))

    def test_the_limit_on_disk(self):
        gateway = self.start("spool_limit = 1M\n")
        self.proxy.refuse()
        payloads = [b'"%d %s"' % (number, b"x" * 1000) for number in range(2000)]
        self.publish_and_mark(gateway, *payloads)
        gateway.wait_log(r"^<3>.*task: refused.*event=a/event/b")
        gateway.wait_log(r"refused=\d+$")
        wait_until(lambda: 500 < len(stored_payloads(gateway.path(SPOOL))) < 1200, "a MiB is on disk")
        self.proxy.forward()
        gateway.wait_log("none waits any more")
        kept = self.leader.admin.llen("module/mail1/tasks")
        self.assert_payloads(self.wait_tasks(kept, server=self.leader), payloads[:kept])
        self.publish("a/event/b", b'"room again"')
        self.assertEqual(self.wait_tasks(kept + 1, server=self.leader)[-1].data, b'"room again"')


if __name__ == "__main__":
    tap.main()
