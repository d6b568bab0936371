#!/usr/bin/python3 -B
# SPDX-License-Identifier: GPL-3.0-or-later
# Copyright (C) 2026 eventsgw contributors
"""What the history leaves on disk: how much room it takes, when what it forgets is gone, and who can read it."""

import contextlib
import json
import os
import pathlib
import re
import sqlite3
import stat
import subprocess
import sys

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[1] / "lib"))

import program
import small_disk
import tap
from handlers import HandlerTestCase
from waiting import wait_until

JOURNAL = "eventsgw.journal"
NAMES = (JOURNAL, JOURNAL + "-wal", JOURNAL + "-shm")
RULE = "[commands]\na/event/b = true\n[gateway]\n"
PAYLOADS = RULE + "history_payload = yes\n"
MIB = 1 << 20


class DiskTestCase(HandlerTestCase):
    def start(self, config, **options):
        self.gateway = self.start_gateway(config, options=options)

    def restart(self, config):
        self.gateway.stop()
        self.start(config, predecessor=self.gateway)

    def reload(self, config):
        self.gateway.write("eventsgw.conf", config)
        reloads = len(self.gateway.log_matching("gateway: reloaded"))
        self.gateway.send_signal(1)
        self.gateway.wait_log("gateway: reloaded", reloads + 1)

    def history(self, *arguments):
        return program.run("history", *arguments, cwd=self.gateway.state_directory)

    def ids(self):
        return [json.loads(line)["id"] for line in self.history("--format", "json").stdout.splitlines()]

    def run_some(self, *payloads):
        """Runs a command with each, waits until all have ended, and returns the ids."""
        before = len(self.gateway.log_matching("command: exited"))
        self.publish("a/event/b", *(payloads or (b"{}",)))
        lines = self.gateway.wait_log("command: exited", before + len(payloads or (1,)))[before:]
        return [re.search(r" id=([0-9a-f-]{36})", line).group(1) for line in lines]

    def wait_kept(self, ids):
        wait_until(lambda: self.ids()[-len(ids):] == ids, lambda: f"{ids} in {self.ids()}")

    def keep_some(self, *payloads):
        ids = self.run_some(*payloads)
        self.wait_kept(ids)
        return ids

    def size(self, name):
        return os.stat(self.gateway.path(name)).st_size if self.gateway.exists(name) else 0

    def holds(self, secret):
        """The files beside each other in which the secret still stands."""
        return [name for name in NAMES if self.gateway.exists(name) and secret in self.gateway.read(name)]

    def wait_gone(self, secret):
        wait_until(lambda: not self.holds(secret), lambda: self.holds(secret))


class Room(DiskTestCase):
    def test_the_log_of_writes_does_not_grow(self):
        self.start(PAYLOADS + "history = 5\n")
        largest = 0
        for _ in range(6):
            for _ in range(10):
                self.run_some(*[b'"' + b"x" * 600000 + b'"'] * 2)
            self.keep_some(b"{}")
            largest = max(largest, self.size(NAMES[0]) + self.size(NAMES[1]))
        self.assertLess(largest, (8 + 32) * MIB)
        wait_until(
            lambda: self.size(NAMES[0]) < 8 * MIB and self.size(NAMES[1]) == 0,
            lambda: [self.size(name) for name in NAMES],
        )

    def test_what_is_forgotten_is_gone(self):
        for secret, count in ((b"geheim" * 3, 5), (b"geheim" * 10000, 5), (b"geheim" * 3, 400)):
            with self.subTest(size=len(secret), count=count):
                self.start(PAYLOADS + "history = 2\n")
                ids = self.run_some(*[b'{"secret":"%s"}' % secret] * count)
                self.wait_kept(ids[-2:])
                self.assertTrue(self.holds(b"geheim"))
                self.run_some(b"1", b"2")
                self.wait_gone(b"geheim")
                self.assertEqual(len(self.ids()), 2)
                self.gateway.stop()

    def test_one_who_reads_slowly_does_not_keep_it_from_that(self):
        self.start(PAYLOADS + "history = 3000\n")
        self.keep_some(*[b"1"] * 2000)
        reader = subprocess.Popen([program.PROGRAM, "history", "--format", "json"], cwd=self.gateway.state_directory,
                                  stdout=subprocess.PIPE)
        self.addCleanup(reader.wait)
        self.addCleanup(reader.stdout.close)
        self.addCleanup(reader.kill)
        reader.stdout.readline()
        for _ in range(8):
            self.keep_some(b'"' + b"x" * 900000 + b'"')
        wait_until(lambda: self.size(NAMES[1]) == 0, lambda: self.size(NAMES[1]))


class Erasing(DiskTestCase):
    SECRET = b'{"secret":"%s"}' % (b"geheim" * 5000)

    def keep_secrets(self):
        self.start(PAYLOADS)
        return self.keep_some(self.SECRET, b'{"secret":"geheim"}', b"{}")

    def test_payloads_that_are_not_to_be_kept_any_more(self):
        for change in (self.reload, self.restart):
            with self.subTest(change=change.__name__):
                ids = self.keep_secrets()
                change(RULE + "history_payload = no\n")
                self.wait_gone(b"geheim")
                self.assertEqual(self.ids(), ids)
                self.assertRegex(self.history("show", ids[0]).stdout, r"(?m)^payload +not kept$")
                self.gateway.stop()

    def test_payloads_of_what_is_done(self):
        for change in (self.reload, self.restart):
            with self.subTest(change=change.__name__):
                rule = "[commands]\na/event/b = grep -q keep\n[gateway]\n"
                self.start(rule + "history_payload = yes\n")
                done = self.keep_some(b'{"keep":"geheim"}')[0]
                failed = self.keep_some(b'{"secret":"gehegt"}')[-1]
                change(rule + "history_payload = failed\n")
                self.wait_gone(b"geheim")
                self.assertTrue(self.holds(b"gehegt"))
                self.assertRegex(self.history("show", done).stdout, r"(?m)^payload +not kept$")
                self.assertRegex(self.history("show", failed).stdout, r"(?m)^payload +19 bytes")
                self.gateway.stop()

    def test_a_run_that_a_reload_overtakes_keeps_no_payload(self):
        self.start("[commands]\na/event/b = cat gate\n[gateway]\nhistory_payload = yes\n")
        self.gateway.make_gate("gate")
        self.publish("a/event/b", b'"geheim"')
        wait_until(self.gateway.children, "a command")
        self.reload("[commands]\na/event/b = true\n")
        self.gateway.open_gate("gate")
        self.gateway.wait_log("command: exited")
        wait_until(self.ids, "a run")
        self.assertEqual(self.holds(b"geheim"), [])

    def test_all_where_it_is_turned_off(self):
        for change in (self.reload, self.restart):
            with self.subTest(change=change.__name__):
                self.keep_secrets()
                change(RULE + "history = 0\n")
                self.gateway.wait_log("^<5>history: is off, and the runs that were kept are erased")
                self.wait_gone(b"geheim")
                self.assertIn("history = 0", self.history().stderr)
                self.reload(RULE)
                self.keep_some()
                self.gateway.stop()

    def test_payloads_go_from_a_nearly_full_disk_too(self):
        self.start(PAYLOADS, wrapper=small_disk.wrapper("64M"))
        self.run_some(self.SECRET)
        wait_until(lambda: b"geheim" in self.read_there(), "it is kept")
        small_disk.fill(self.gateway, leave=MIB)
        self.run_some(b"{}")
        self.gateway.wait_log("^<4>history: cannot be written, runs wait in memory .*nearly full")
        with open(small_disk.path_in(self.gateway, "eventsgw.conf"), "w", encoding="ascii") as file:
            file.write(RULE + "history_payload = no\n")
        self.gateway.send_signal(1)
        wait_until(lambda: b"geheim" not in self.read_there(), "it is gone")
        small_disk.make_room(self.gateway)
        self.gateway.wait_log("^<5>history: can be written again")

    def read_there(self):
        """File and log, on the small disk."""
        content = b""
        for name in NAMES[:2]:
            with contextlib.suppress(FileNotFoundError):
                content += pathlib.Path(small_disk.path_in(self.gateway, name)).read_bytes()
        return content

    def test_old_runs_go_without_a_new_one(self):
        self.start(RULE)
        self.keep_some(b"1", b"2")
        self.gateway.stop()
        with sqlite3.connect(self.gateway.path(JOURNAL)) as database:
            database.execute("UPDATE ended SET ended = ended - 7200000000 WHERE number = (SELECT min(number) FROM ended)")
        database.close()
        self.start(RULE + "history_age = 1h\n", predecessor=self.gateway)
        wait_until(lambda: len(self.ids()) == 1, self.ids)


class Place(DiskTestCase):
    LOST = "^<3>journal: lost, starting a new one from memory.*removed or replaced while in use"

    def assert_goes_on(self, change, expected_log):
        """Runs that end after the change are kept, in a file of that name that others can read."""
        self.keep_some(b"1")
        change(self.gateway.path(JOURNAL))
        ids = self.run_some(b"2", b"3")
        wait_until(lambda: self.ids() == ids, lambda: f"{ids}, there are {self.ids()}")
        self.gateway.wait_log(expected_log)
        self.gateway.stop()

    def test_a_file_that_is_taken_away(self):
        for change in (os.remove, lambda path: os.rename(path, path + ".old")):
            self.start(RULE)
            self.assert_goes_on(change, self.LOST)

    def test_its_log_of_writes_is_taken_away(self):
        self.start(RULE)
        self.assert_goes_on(lambda path: [os.remove(path + end) for end in ("-wal", "-shm")], self.LOST)

    def test_another_in_its_place_is_set_aside(self):
        self.start(RULE)
        self.keep_some(b"1")
        self.gateway.stop()
        saved = self.gateway.read(JOURNAL)

        def replace(path):
            self.gateway.write("restored", saved)
            os.rename(self.gateway.path("restored"), path)

        self.start(RULE, predecessor=self.gateway)
        self.assert_goes_on(replace, self.LOST)
        line = self.gateway.log_matching(self.LOST)[0]
        self.assertEqual(self.gateway.read(re.search(r"set_aside=(\S+)", line).group(1)), saved)

    def test_a_file_that_is_taken_away_while_it_is_closed(self):
        self.start(RULE)
        self.keep_some(b"1")
        wait_until(self.is_closed, "the file is closed")
        os.remove(self.gateway.path(JOURNAL))
        ids = self.run_some(b"2")
        wait_until(lambda: self.ids() == ids, lambda: f"{ids}, there are {self.ids()}")

    def test_another_in_the_place_of_a_closed_one_is_set_aside(self):
        self.start(RULE)
        self.keep_some(b"1")
        wait_until(self.is_closed, "the file is closed")
        os.remove(self.gateway.path(JOURNAL))
        self.gateway.write(JOURNAL, b"no database " * 1000)
        ids = self.run_some(b"2")
        wait_until(lambda: self.history("--format", "json").status == 0 and self.ids() == ids, "the new run")
        # It may be known as another by its content alone: the number of the inode is used again.
        line = self.gateway.wait_log("^<[34]>journal: (another file was in its place|lost)")[0]
        name = re.search(r"set_aside=(\S+)", line).group(1)
        self.assertEqual(self.gateway.read(name), b"no database " * 1000)

    def test_an_empty_one_in_the_place_of_a_closed_one_is_filled(self):
        self.start(RULE)
        self.keep_some(b"1")
        wait_until(self.is_closed, "the file is closed")
        self.gateway.write(JOURNAL, b"")
        ids = self.run_some(b"2")
        wait_until(lambda: self.ids() == ids, lambda: f"{ids}, there are {self.ids()}")

    def test_an_older_copy_in_the_place_of_a_closed_one_is_set_aside(self):
        self.start(RULE)
        old = self.keep_some(b"1")
        self.gateway.stop()
        saved = self.gateway.read(JOURNAL)
        self.start(RULE, predecessor=self.gateway)
        self.keep_some(b"2")
        wait_until(self.is_closed, "the file is closed")
        self.gateway.write(JOURNAL, saved)  # the same inode
        ids = self.keep_some(b"3")
        self.assertEqual(self.ids(), ids)
        line = self.gateway.wait_log("^<4>journal: another file was in its place")[0]
        name = re.search(r"set_aside=(\S+)", line).group(1)
        with contextlib.closing(sqlite3.connect(self.gateway.path(name))) as database:
            self.assertEqual(database.execute("SELECT id FROM ended").fetchall(), [(old[0].encode(),)])

    def is_closed(self):
        return not [link for link in self.gateway.descriptors() if JOURNAL in link]

    def test_a_closed_file_goes_on(self):
        self.start(RULE)
        ids = []
        for _ in range(3):
            ids += self.keep_some(b"1")
            wait_until(self.is_closed, "the file is closed")
        self.assertEqual([name for name in NAMES if self.size(name) > 0], [JOURNAL])
        self.assertEqual(self.ids(), ids)

    def test_another_program_that_uses_it_rightly(self):
        self.start(RULE)
        ids = self.keep_some(b"1", b"2")
        database = sqlite3.connect(self.gateway.path(JOURNAL), timeout=10)
        self.addCleanup(database.close)
        with database:
            database.execute("UPDATE ended SET value = 'changed'")
        database.execute("PRAGMA wal_checkpoint(TRUNCATE)")
        ids += self.keep_some(b"3")
        self.assertEqual(self.ids(), ids)
        self.assertEqual(self.gateway.log_matching("^<[34]>(history|journal)"), [])

    def test_it_is_made_private(self):
        self.start(RULE)
        self.keep_some(b"1")
        self.gateway.kill()
        for name in NAMES:
            os.chmod(self.gateway.path(name), 0o666)
        self.start(RULE, predecessor=self.gateway)
        self.keep_some(b"2")
        modes = [stat.S_IMODE(os.stat(self.gateway.path(name)).st_mode) for name in NAMES]
        self.assertEqual(modes, [0o600] * 3)


class Odd(DiskTestCase):
    def test_a_fifo(self):
        self.start(RULE)
        os.mkfifo(self.gateway.path(JOURNAL))
        done = self.history()
        self.assertEqual(done.status, program.EX_IOERR)
        self.assertIn("FIFO", done.stderr)
        self.keep_some(b"1")
        self.gateway.wait_log("^<4>journal: another file was in its place")

    def test_a_file_that_is_cut_off(self):
        self.start(RULE, files={JOURNAL: b"SQLite format 3\0"})
        wait_until(lambda: self.gateway.log_matching("set aside"), "it is set aside")
        self.gateway.stop()
        self.gateway.write(JOURNAL, b"SQLite format 3\0")
        done = self.history()
        self.assertEqual(done.status, program.EX_IOERR)
        self.assertIn("cut off after 16 bytes", done.stderr)

    def read_in_read_only_directory(self):
        wrapper = small_disk.wrapper("8M", "read-only")
        return subprocess.run([*wrapper, program.PROGRAM, "history"], cwd=self.gateway.state_directory,
                              capture_output=True, text=True, check=False, timeout=60)

    def test_in_a_directory_that_cannot_be_written(self):
        self.start(RULE)
        (run,) = self.keep_some(b"1")
        self.gateway.stop()
        done = self.read_in_read_only_directory()
        self.assertEqual(done.returncode, 0, done.stderr)
        self.assertIn(run[:8], done.stdout, done.stderr)

    def test_there_with_a_log_of_writes(self):
        self.start(RULE)
        self.keep_some(b"1")
        ids = self.run_some(b"2")
        self.wait_kept(ids)
        self.gateway.kill()
        os.remove(self.gateway.path(JOURNAL + "-shm"))
        done = self.read_in_read_only_directory()
        self.assertEqual(done.returncode, program.EX_IOERR)
        self.assertIn("a part of it is in eventsgw.journal-wal", done.stderr)


if __name__ == "__main__":
    tap.main()
