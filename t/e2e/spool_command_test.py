#!/usr/bin/python3 -B
# SPDX-License-Identifier: GPL-3.0-or-later
# Copyright (C) 2026 eventsgw contributors
"""eventsgw spool, beside a running gateway and without one; and dead tasks."""

import contextlib
import fcntl
import json
import pathlib
import re
import sqlite3
import sys
import tempfile
import time

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[1] / "lib"))

import program
import tap
from case import AGENT, GatewayTestCase, numbers
from journal import held, rows, stored_payloads
from task import Task
from waiting import wait_until

CONFIG = "[actions]\na/event/* = act\n"
MIB = 1 << 20


class SpoolCommand(GatewayTestCase):
    def setUp(self):
        super().setUp()
        self.leader = self.start_redis()
        self.proxy = self.start_proxy(self.leader)

    def start(self, **options):
        gateway = self.start_gateway(CONFIG, leader=self.proxy, options=options)
        self.journal = gateway.path("eventsgw.journal")
        return gateway

    def start_with_waiting(self, count):
        gateway = self.start()
        self.proxy.refuse()
        self.publish("a/event/b", *numbers(0, count))
        wait_until(lambda: stored_payloads(self.journal) == numbers(0, count), "all is on disk")
        return gateway

    def listed(self, gateway):
        done = gateway.run("spool", "--format", "json")
        self.assertEqual(done.status, 0, done)
        return json.loads(done.stdout)

    def die(self, gateway):
        """Makes a task die, and returns what the list says of it."""
        self.leader.admin.set(AGENT + "/tasks", "no list")
        self.publish("a/event/b", b'"dead"')
        wait_until(lambda: rows(self.journal, "SELECT * FROM dead"), "a dead task")
        (dead,) = self.listed(gateway)["dead"]
        return dead

    def has_dead_in_file(self):
        """In the file itself, whatever stands in the log of writes."""
        with open(self.journal, "rb") as file:
            return b'"dead"' in file.read()

    def test_what_waits(self):
        gateway = self.start_with_waiting(3)
        found = self.listed(gateway)
        self.assertRegex(found["reason"], "refused|reset")
        self.assertEqual([task["channel"] for task in found["waiting"]], ["a/event/b"] * 3)
        self.assertEqual(found["dead"], [])
        text = gateway.run("spool").stdout
        self.assertRegex(text, r"^waiting for the leader: 3, since 20\d\d-.*Z: .*(refused|reset).*\n")
        for task in found["waiting"]:
            self.assertIn(task["id"], text)
        shown = gateway.run("spool", "show", found["waiting"][1]["id"]).stdout
        self.assertEqual(Task(shown.rstrip("\n").encode()).data, b"1")

    def test_nothing(self):
        gateway = self.start()
        self.assertEqual(gateway.run("spool", "list").stdout, "waiting for the leader: 0\ndead: 0\n")
        self.assertEqual(self.listed(gateway), {"reason": "", "waiting": [], "dead": [], "held": [], "held_runs": []})

    def test_a_file_that_was_named_has_to_be_there(self):
        gateway = self.start()
        for words in (["list"], ["list", "--format", "json"]):
            done = gateway.run("spool", "--journal", "eventsgw.journal.typo", *words)
            self.assertEqual((done.status, done.stdout), (program.EX_IOERR, ""))
            self.assertIn("eventsgw: eventsgw.journal.typo: cannot be opened: No such file", done.stderr)
        gateway.stop()
        gateway.run("spool", "--journal", "eventsgw.journal.typo", "push")
        self.assertFalse(gateway.exists("eventsgw.journal.typo"))
        gateway.write("empty", b"")
        self.assertEqual(gateway.run("spool", "--journal", "empty").stdout, "waiting for the leader: 0\ndead: 0\n")

    def test_wrong_words(self):
        gateway = self.start()
        for words in (["lost"], ["show"], ["list", "x"], ["push", "x"]):
            self.assertEqual(gateway.run("spool", *words).status, program.EX_USAGE)
        self.assertEqual(gateway.run("spool", "show", "no-such-id").status, 1)
        gateway.write("garbage", b"no database at all" * 100)
        done = gateway.run("spool", "--journal", "garbage")
        self.assertEqual(done.status, program.EX_IOERR)
        self.assertIn("not a database", done.stderr)

    def test_the_owner_alone_pushes_and_drops_what_waits(self):
        gateway = self.start_with_waiting(3)
        one = self.listed(gateway)["waiting"][1]["id"]
        self.assertEqual(gateway.run("spool", "push").status, program.EX_TEMPFAIL)
        self.assertEqual(gateway.run("spool", "drop", one).status, program.EX_TEMPFAIL)
        gateway.stop()
        self.assertEqual(gateway.run("spool", "drop", one).status, 0)
        self.proxy.forward()
        done = gateway.run("spool", "push")
        self.assertEqual((done.status, done.stdout), (0, "pushed 2, 0 waiting\n"), done)
        self.assert_payloads(self.wait_tasks(2, server=self.leader), [b"0", b"2"])
        self.assertEqual(gateway.run("spool", "push").stdout, "pushed 0, 0 waiting\n")

    def test_no_other_spool_is_pushed_beside_a_gateway(self):
        """The cursor on the leader is one, and the gateway's."""
        gateway = self.start_with_waiting(3)
        gateway.stop()
        gateway.rename("eventsgw.journal", "other.journal")
        gateway = self.start(predecessor=gateway)
        self.proxy.forward()
        done = gateway.run("spool", "push", "--journal", "other.journal")
        self.assertEqual(done.status, program.EX_TEMPFAIL, done)
        self.assertIn("a gateway is running here: stop it first", done.stderr)
        self.assertEqual(stored_payloads(gateway.path("other.journal")), numbers(0, 3))
        gateway.stop()
        self.assertEqual(gateway.run("spool", "push", "--journal", "other.journal").status, 0)
        self.assert_payloads(self.wait_tasks(3, server=self.leader), numbers(0, 3))

    def test_no_other_spool_is_pushed_before_the_gateways_own(self):
        gateway = self.start_with_waiting(3)
        gateway.stop()
        gateway.rename("eventsgw.journal", "other.journal")
        gateway = self.start(predecessor=gateway)
        self.publish("a/event/b", *numbers(3, 5))
        wait_until(lambda: stored_payloads(self.journal) == numbers(3, 5), "all is on disk")
        gateway.kill()
        self.proxy.forward()
        done = gateway.run("spool", "push", "--journal", "other.journal")
        self.assertEqual(done.status, program.EX_TEMPFAIL, done)
        self.assertIn("go first: run `eventsgw spool push`", done.stderr)
        for words in ([], ["--journal", "other.journal"]):
            self.assertEqual(gateway.run("spool", "push", *words).status, 0)
        self.assert_payloads(self.wait_tasks(5, server=self.leader), [*numbers(3, 5), *numbers(0, 3)])

    def test_two_gateways_on_one_journal(self):
        gateway = self.start_with_waiting(3)
        done = gateway.run("run")
        self.assertEqual(done.status, program.EX_TEMPFAIL)
        self.assertRegex(
            done.stderr,
            rf"(?m)^<3>journal: another gateway runs here, ask it with eventsgw status "
            rf"directory={re.escape(gateway.state_directory)} pid={gateway.pid}$",
        )
        self.proxy.forward()
        self.assert_payloads(self.wait_tasks(3, server=self.leader), numbers(0, 3))

    def test_two_gateways_where_somebody_has_removed_the_lock(self):
        gateway = self.start_with_waiting(3)
        gateway.remove("eventsgw.lock")
        done = gateway.run("run")
        self.assertEqual(done.status, program.EX_TEMPFAIL)
        self.assertIn("another gateway runs here", done.stderr)

    def test_what_is_asked_for_under_traffic(self):
        """The gateway looks for it between two commits, and not only when nothing else is to be done."""
        gateway = self.start_gateway(
            CONFIG + "[gateway]\ndurability = always\n", leader=self.proxy
        )
        self.journal = gateway.path("eventsgw.journal")
        dead = self.die(gateway)
        self.leader.admin.delete(AGENT + "/tasks")
        self.assertEqual(gateway.run("spool", "retry", dead["id"]).status, 0)

        def is_pushed():
            self.publish("a/event/b", b"{}")
            return b'"dead"' in b"".join(self.leader.admin.lrange(AGENT + "/tasks", 0, -1))

        wait_until(is_pushed, "it is pushed while others come")

    def test_a_reader_does_not_hold_the_disk_up(self):
        gateway = self.start_with_waiting(500)
        with contextlib.closing(sqlite3.connect(self.journal, isolation_level=None)) as reader:
            reader.execute("BEGIN")
            reader.execute("SELECT count(*) FROM work").fetchone()
            self.proxy.forward()
            wait_until(lambda: rows(self.journal, "SELECT count(*) FROM work") == [(0,)], "they are erased")
            self.proxy.refuse()
            for number in range(500, 530):  # for longer than a turn, in which the room is to be given back
                began = time.monotonic()
                self.publish("a/event/b", *numbers(number, number + 1))
                wait_until(lambda: stored_payloads(self.journal) == numbers(500, number + 1), "it is on disk")
                self.assertLess(time.monotonic() - began, 3)  # a lock would be waited for five seconds

    def test_from_another_directory_beside_a_gateway(self):
        gateway = self.start_with_waiting(1)
        (task,) = self.listed(gateway)["waiting"]
        with tempfile.TemporaryDirectory() as elsewhere:
            for words in (["push"], ["drop", task["id"]]):
                done = program.run(
                    "spool", *words, "--journal", self.journal, cwd=elsewhere, settings=gateway.environment
                )
                self.assertEqual(done.status, program.EX_TEMPFAIL, done)
        self.assertEqual(stored_payloads(self.journal), numbers(0, 1))

    def test_a_lock_that_something_else_holds(self):
        gateway = self.start_with_waiting(3)
        gateway.stop()
        with open(gateway.path("eventsgw.lock"), "rb") as file:
            fcntl.flock(file, fcntl.LOCK_EX)
            done = gateway.run("run")
        self.assertEqual(done.status, program.EX_TEMPFAIL)
        self.assertRegex(
            done.stderr,
            rf"(?m)^<3>journal: another process has it, and no gateway answers file=eventsgw.journal "
            rf"directory={re.escape(gateway.state_directory)}$",
        )

    def test_a_journal_that_somebody_writes_to_all_the_time(self):
        """Nothing is wrong with it: it is not set aside."""
        gateway = self.start_with_waiting(3)
        gateway.stop()
        with held(self.journal):
            self.assertEqual(gateway.run("run").status, program.EX_TEMPFAIL)
            done = gateway.run("spool", "push")
        self.assertEqual(done.status, program.EX_TEMPFAIL)
        self.assertIn("in use by another process", done.stderr)
        self.assertEqual(stored_payloads(self.journal), numbers(0, 3))

    def test_a_queue_that_is_no_list(self):
        gateway = self.start()
        dead = self.die(gateway)
        self.assertIn("WRONGTYPE", dead["reason"])
        gateway.wait_log(r"^<3>task: dead.*event=a/event/b")
        self.leader.admin.delete(AGENT + "/tasks")
        # The next look at the queue shows that it is in order again.
        wait_until(lambda: self.publish("a/event/b", b'"next"') or self.leader.admin.llen(AGENT + "/tasks"), "a task")
        self.assertEqual(gateway.run("spool", "retry", dead["id"]).status, 0)
        wait_until(lambda: dead["id"] in self.queue(), "the dead task is pushed")
        wait_until(lambda: dead["id"] not in [one["id"] for one in self.listed(gateway)["dead"]], "it is dead no more")
        self.assertEqual(self.queue().count(dead["id"]), 1)

    def queue(self):
        return [Task(raw).id for raw in self.leader.admin.lrange(AGENT + "/tasks", 0, -1)]

    def test_a_dead_task_is_retried_by_the_next_run_or_dropped(self):
        gateway = self.start()
        dead = self.die(gateway)
        gateway.stop()
        self.leader.admin.delete(AGENT + "/tasks")
        self.assertEqual(gateway.run("spool", "retry", dead["id"]).status, 0)
        self.assertIn("will be pushed again", gateway.run("spool").stdout)
        gateway = self.start(predecessor=gateway)
        self.assert_payloads(self.wait_tasks(1, server=self.leader), [b'"dead"'])
        self.leader.admin.delete(AGENT + "/tasks")
        dead = self.die(gateway)
        self.assertEqual(gateway.run("spool", "drop", dead["id"]).status, 0)
        self.assertEqual(self.listed(gateway)["dead"], [])

    def test_what_is_dropped_without_a_gateway_is_gone_at_once(self):
        gateway = self.start()
        dead = self.die(gateway)
        gateway.stop()
        self.assertTrue(self.has_dead_in_file())
        self.assertEqual(gateway.run("spool", "drop", dead["id"]).status, 0)
        self.assertFalse(self.has_dead_in_file())

    def test_a_dead_task_does_not_stay_in_the_log(self):
        gateway = self.start()
        self.die(gateway)
        wait_until(self.has_dead_in_file, "it is brought into the file")

    def test_what_another_process_drops_does_not_stay_in_the_log(self):
        gateway = self.start()
        dead = self.die(gateway)
        wait_until(self.has_dead_in_file, "it is brought into the file")
        self.assertEqual(gateway.run("spool", "drop", dead["id"]).status, 0)
        wait_until(lambda: not self.has_dead_in_file(), "it is gone from the file")

    def test_what_is_dropped_beside_a_gateway_counts_no_more(self):
        gateway = self.start()
        dead = self.die(gateway)
        self.assertEqual(gateway.task_counts()["dead"], 1)
        self.assertEqual(gateway.run("spool", "drop", dead["id"]).status, 0)
        wait_until(lambda: gateway.task_counts()["dead"] == 0, "the gateway has noticed")

    def start_on_copy(self, count=3):
        """A gateway on a copy of another's journal, in which tasks wait."""
        gateway = self.start_with_waiting(count)
        gateway.stop()
        with open(gateway.path("copy"), "xb") as copy:  # while the original is there, for an inode is used again
            copy.write(gateway.read("eventsgw.journal"))
        gateway.rename("copy", "eventsgw.journal")
        gateway = self.start(predecessor=gateway)
        gateway.wait_log(rf"^<4>journal: holds tasks .* tasks={count} reason=\"the journal is a copy, or was restored")
        self.proxy.forward()
        self.publish("a/event/b", b'"new"')
        self.assert_payloads(self.wait_tasks(1, server=self.leader), [b'"new"'])
        self.assertEqual(len(self.listed(gateway)["held"]), count)
        return gateway

    def test_what_waits_in_a_copy_is_held_until_somebody_decides(self):
        gateway = self.start_on_copy()
        text = gateway.run("spool").stdout
        self.assertIn("\nheld: 3; `eventsgw spool push` pushes them, `eventsgw spool drop held` forgets them\n", text)
        self.assertIn("\n          3 held, for the journal is a copy, or was restored or moved\n", gateway.run("status").stdout)
        first = self.listed(gateway)["held"][0]["id"]
        self.assertEqual(gateway.run("spool", "drop", first).status, 0)
        self.assertEqual(gateway.run("spool", "push").stdout, "the gateway will push 2 held tasks within seconds\n")
        self.assert_payloads(self.wait_tasks(3, server=self.leader), [b'"new"', b"1", b"2"])
        wait_until(lambda: self.listed(gateway)["held"] == [], "none is held")
        self.assertEqual(gateway.run("spool", "push").status, program.EX_TEMPFAIL)

    def test_all_that_is_held_can_be_dropped(self):
        gateway = self.start_on_copy()
        self.assertEqual(gateway.run("spool", "drop", "held").status, 0)
        self.assertEqual(self.listed(gateway)["held"], [])
        self.assertEqual(gateway.run("spool", "drop", "held").status, 1)

    def test_what_is_held_can_be_pushed_without_a_gateway(self):
        gateway = self.start_on_copy()
        gateway.stop()
        done = gateway.run("spool", "push")
        self.assertEqual((done.status, done.stdout), (0, "pushed 3, 0 waiting\n"), done)
        self.assert_payloads(self.wait_tasks(4, server=self.leader), [b'"new"', *numbers(0, 3)])

    def test_what_is_held_for_too_long_is_forgotten(self):
        gateway = self.start_on_copy()
        gateway.stop()
        with contextlib.closing(sqlite3.connect(self.journal, isolation_level=None)) as database:
            database.execute("UPDATE dead SET died = died - 3600 * 1000 * 24 * 31 WHERE number = (SELECT min(number) FROM dead)")
        gateway = self.start(predecessor=gateway)
        gateway.wait_log("^<4>task: held tasks have expired tasks=1$")
        wait_until(lambda: gateway.task_counts()["held"] == 2, gateway.task_counts)
        self.assertEqual(len(self.listed(gateway)["held"]), 2)

    def test_an_older_copy_put_back_is_held(self):
        """Over the file, or after it was removed: then its inode's number is most likely used again."""
        for is_removed in (False, True):
            with self.subTest(is_removed=is_removed):
                gateway = self.start_with_waiting(3)
                gateway.stop()
                backup = gateway.read("eventsgw.journal")
                self.leader.admin.delete(AGENT + "/tasks")
                self.proxy.forward()
                gateway = self.start(predecessor=gateway)
                self.assert_payloads(self.wait_tasks(3, server=self.leader), numbers(0, 3))
                gateway.stop()
                if is_removed:
                    gateway.remove("eventsgw.journal")
                gateway.write("eventsgw.journal", backup)
                gateway = self.start(predecessor=gateway)
                gateway.wait_log("^<4>journal: holds tasks .* tasks=3 ")
                self.publish("a/event/b", b'"new"')
                self.assert_payloads(self.wait_tasks(4, server=self.leader), [*numbers(0, 3), b'"new"'])
                gateway.stop()

    def test_a_gateway_without_actions_holds_them_too(self):
        gateway = self.start_with_waiting(3)
        gateway.stop()
        gateway = self.start_gateway("[commands]\na/event/b = true\n", leader=self.proxy,
                                     options={"predecessor": gateway}, AGENT_ID="module/mail2")
        self.assertEqual(gateway.task_counts()["held"], 3)
        done = gateway.run("spool", "push")
        self.assertEqual(done.status, program.EX_TEMPFAIL)
        self.assertIn("pushes no tasks because no rule has an action: stop it first", done.stderr)

    def test_another_agents_journal_is_held(self):
        gateway = self.start_with_waiting(3)
        gateway.stop()
        gateway = self.start_gateway(CONFIG, leader=self.proxy, options={"predecessor": gateway},
                                     AGENT_ID="module/mail2")
        gateway.wait_log(r'^<4>journal: holds tasks .* tasks=3 reason="the journal was written by module/mail1"$')

    def test_a_task_that_is_too_long_for_the_leader(self):
        self.leader.admin.config_set("proto-max-bulk-len", MIB)
        self.proxy = self.leader  # a proxy would lose the server's last words
        gateway = self.start()
        large = b'"%s"' % (b"x" * (2 * MIB))
        self.publish("a/event/b", b"0", large, b"1", large, b"2")
        self.assert_payloads(self.wait_tasks(3, server=self.leader), [b"0", b"1", b"2"])
        found = self.listed(gateway)
        self.assertEqual([one["reason"] for one in found["dead"]], ["ERR Protocol error: invalid bulk length"] * 2)
        gateway.wait_log(r"^<3>task: dead.*dead=2")
        self.leader.admin.config_set("proto-max-bulk-len", 4 * MIB)
        self.assertEqual(gateway.run("spool", "retry", found["dead"][0]["id"]).status, 0)
        self.assertTrue(self.wait_tasks(4, server=self.leader)[-1].data == large)


if __name__ == "__main__":
    tap.main()
