#!/usr/bin/python3 -B
# SPDX-License-Identifier: GPL-3.0-or-later
# Copyright (C) 2026 eventsgw contributors
"""Tasks go to disk while the leader does not take them, and from there to the leader, in order, each once."""

import os
import pathlib
import stat
import sys

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[1] / "lib"))

import tap
from case import MARK, GatewayTestCase, numbers
from journal import held, stored_payloads
from waiting import wait_until

CONFIG = MARK + "[actions]\na/event/* = act\n"
CURSOR = "module/mail1/eventsgw/cursor"


class Spool(GatewayTestCase):
    """The daemon listens on self.redis and pushes to self.leader, through a proxy."""

    def setUp(self):
        super().setUp()
        self.leader = self.start_redis()
        self.proxy = self.start_proxy(self.leader)

    def start(self, settings="", **options):
        gateway = self.start_gateway(CONFIG + "[gateway]\n" + settings, leader=self.proxy, options=options)
        self.journal = gateway.path("eventsgw.journal")
        return gateway

    def stored(self):
        """The payloads of the tasks that are on disk, in their order."""
        return stored_payloads(self.journal)

    def wait_stored(self, payloads):
        wait_until(lambda: self.stored() == payloads, lambda: f"on disk is {len(self.stored())}: {self.stored()[:9]}")

    def publish_all(self, payloads):
        for start in range(0, len(payloads), 500):
            self.publish("a/event/b", *payloads[start : start + 500])

    def assert_arrives(self, payloads):
        self.assert_payloads(self.wait_tasks(len(payloads), server=self.leader), payloads)

    def test_nothing_is_written_while_the_leader_is_well(self):
        gateway = self.start("history = 0\n")
        gateway.wait_log("^<5>leader: connected")
        self.publish_all(numbers(0, 2000))
        self.assert_arrives(numbers(0, 2000))
        self.assertFalse(os.path.exists(self.journal))
        lock = os.stat(gateway.path("eventsgw.lock"))
        self.assertEqual((lock.st_size, stat.S_IMODE(lock.st_mode)), (0, 0o600))
        self.assertFalse(gateway.log_matching("^<[34]>"))

    def test_out_to_disk_and_back(self):
        gateway = self.start()
        self.publish_all(numbers(0, 10))
        self.assert_arrives(numbers(0, 10))
        self.wait_confirmed(gateway)
        self.proxy.refuse()
        self.publish_all(numbers(10, 3000))
        self.wait_stored(numbers(10, 3000))
        self.proxy.forward()
        self.assert_arrives(numbers(0, 3000))
        gateway.wait_log("backlog empty")
        self.wait_stored([])

    def restart_in_an_outage_under_traffic(self, settings):
        """What a former run has left on disk goes before what comes now, while the disk still settles what is confirmed."""
        gateway = self.start(settings)
        self.publish_all(numbers(0, 10))
        self.assert_arrives(numbers(0, 10))
        self.wait_confirmed(gateway)  # what is in the queue is confirmed when its answer has arrived
        published = 10
        for _ in range(4):
            self.proxy.refuse()
            self.publish_all(numbers(published, published + 100))
            self.wait_stored(numbers(published, published + 100))
            published += 100
            gateway.stop()
            gateway = self.start(settings, predecessor=gateway)
            self.proxy.forward()
            self.proxy.delay(0.002)
            for _ in range(150):
                self.publish_all(numbers(published, published + 5))
                published += 5
            self.assert_arrives(numbers(0, published))
            self.wait_confirmed(gateway)
            self.wait_stored([])

    def test_a_restart_in_an_outage_under_traffic(self):
        self.restart_in_an_outage_under_traffic("")

    def test_a_restart_in_an_outage_under_traffic_with_always(self):
        self.restart_in_an_outage_under_traffic("durability = always\n")

    def restart_while_the_disk_is_slow(self, settings):
        """The disk settles what the former run has pushed in one commit with what comes now, and before the leader
        has answered again."""
        gateway = self.start(settings)
        self.publish_all(numbers(0, 10))
        self.wait_pushed(gateway, 10)
        self.proxy.refuse()
        self.publish_all(numbers(10, 110))
        self.wait_stored(numbers(10, 110))
        gateway.kill()
        gateway = self.start(settings, predecessor=gateway)
        self.leader.admin.expire(CURSOR, 1000)  # until it is written, which the gateway does once it has read it
        with held(self.journal):
            self.publish_all(numbers(110, 111))
            self.wait_given_to_disk(gateway, 101)
            self.proxy.forward(delay=0.5)
            wait_until(lambda: self.leader.admin.ttl(CURSOR) == -1, "the cursor is read")
            self.proxy.hold_replies()
            self.publish_all(numbers(111, 150))
            self.wait_given_to_disk(gateway, 140)
        self.wait_stored(numbers(10, 150))
        self.proxy.forward()
        self.assert_arrives(numbers(0, 150))
        self.wait_stored([])

    def wait_pushed(self, gateway, count):
        wait_until(lambda: gateway.task_counts()["pushed"] == count, lambda: f"{count}: {gateway.task_counts()}")

    def wait_given_to_disk(self, gateway, count):
        wait_until(lambda: gateway.task_counts()["spooled"] == count, lambda: f"{count}: {gateway.task_counts()}")

    def test_a_restart_while_the_disk_is_slow(self):
        self.restart_while_the_disk_is_slow("")

    def test_a_restart_while_the_disk_is_slow_with_always(self):
        self.restart_while_the_disk_is_slow("durability = always\n")

    def test_a_leader_that_does_not_answer_in_time(self):
        gateway = self.start()
        self.publish_all(numbers(0, 1))
        self.assert_arrives(numbers(0, 1))
        self.wait_confirmed(gateway)
        self.proxy.silence()
        self.publish_all(numbers(1, 50))
        self.wait_stored(numbers(1, 50))
        self.proxy.forward()
        self.assert_arrives(numbers(0, 50))
        self.wait_stored([])

    def test_more_than_memory_is_meant_for(self):
        self.start()
        self.proxy.refuse()
        self.publish_all(numbers(0, 30000))
        self.wait_stored(numbers(0, 30000))
        self.proxy.forward()
        for start in range(30000, 33000, 100):  # new ones come meanwhile
            self.publish("a/event/b", *numbers(start, start + 100))
        self.assert_arrives(numbers(0, 33000))
        self.wait_stored([])

    def test_what_was_kept_at_the_end_is_pushed_first_by_the_next_run(self):
        gateway = self.start()
        self.proxy.refuse()
        self.publish_all(numbers(0, 300))
        self.publish_and_mark(gateway, b'"last"')
        gateway.stop()
        self.assertTrue(gateway.log_matching(r"^<5>task: kept for the next start waiting=302$"))
        self.assertEqual(self.stored(), [*numbers(0, 300), b'"last"', b'"mark"'])
        self.start(predecessor=gateway)
        self.publish_all(numbers(300, 310))
        self.proxy.forward()
        self.assert_arrives([*numbers(0, 300), b'"last"', b'"mark"', *numbers(300, 310)])
        self.wait_stored([])

    def test_kill_in_an_outage(self):
        gateway = self.start()
        self.proxy.refuse()
        self.publish_all(numbers(0, 300))
        self.wait_stored(numbers(0, 300))
        gateway.kill()
        self.start(predecessor=gateway)
        self.proxy.forward()
        self.assert_arrives(numbers(0, 300))

    def test_what_others_could_read_is_closed_to_them(self):
        """A copy that an administrator has put back, say; and what SQLite keeps beside it."""
        gateway = self.start()
        self.proxy.refuse()
        self.publish("a/event/b", *numbers(0, 3))
        wait_until(lambda: stored_payloads(self.journal) == numbers(0, 3), "all is on disk")
        gateway.kill()
        files = [self.journal + suffix for suffix in ("", "-wal", "-shm")]
        for file in files:
            os.chmod(file, 0o644)
        gateway = self.start(predecessor=gateway)
        self.assertEqual([stat.S_IMODE(os.stat(file).st_mode) for file in files], [0o600] * 3)

    def test_always(self):
        gateway = self.start("durability = always\n")
        self.publish_all(numbers(0, 1))
        self.assert_arrives(numbers(0, 1))
        before = os.stat(self.journal + "-wal").st_mtime_ns
        self.publish_all(numbers(1, 2000))
        self.assert_arrives(numbers(0, 2000))
        self.assertGreater(os.stat(self.journal + "-wal").st_mtime_ns, before)
        self.wait_stored([])
        self.proxy.silence()
        self.publish_all(numbers(2000, 2010))
        self.wait_stored(numbers(2000, 2010))
        gateway.kill()
        self.proxy.forward()
        self.start(predecessor=gateway)
        self.assert_arrives(numbers(0, 2010))


if __name__ == "__main__":
    tap.main()
