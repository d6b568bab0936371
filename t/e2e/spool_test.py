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
from spool import stored_payloads
from waiting import wait_until

CONFIG = MARK + "[actions]\na/event/* = act\n"


class Spool(GatewayTestCase):
    """The daemon listens on self.redis and pushes to self.leader, through a proxy."""

    def setUp(self):
        super().setUp()
        self.leader = self.start_redis()
        self.proxy = self.start_proxy(self.leader)

    def start(self, settings="", **options):
        gateway = self.start_gateway(CONFIG + "[gateway]\n" + settings, leader=self.proxy, options=options)
        self.spool = gateway.path("eventsgw.spool")
        return gateway

    def stored(self):
        """The payloads of the tasks that are on disk, in their order."""
        return stored_payloads(self.spool)

    def wait_stored(self, payloads):
        wait_until(lambda: self.stored() == payloads, lambda: f"on disk is {len(self.stored())}: {self.stored()[:9]}")

    def publish_all(self, payloads):
        for start in range(0, len(payloads), 500):
            self.publish("a/event/b", *payloads[start : start + 500])

    def assert_arrives(self, payloads):
        self.assert_payloads(self.wait_tasks(len(payloads), server=self.leader), payloads)

    def test_nothing_is_written_while_the_leader_is_well(self):
        gateway = self.start()
        self.publish_all(numbers(0, 2000))
        self.assert_arrives(numbers(0, 2000))
        self.assertEqual(os.stat(self.spool).st_size, 0)
        self.assertFalse(os.path.exists(self.spool + "-wal"))
        self.assertEqual(stat.S_IMODE(os.stat(self.spool).st_mode), 0o600)
        self.assertFalse(gateway.log_matching("^<[34]>"))

    def test_out_to_disk_and_back(self):
        gateway = self.start()
        self.publish_all(numbers(0, 10))
        self.assert_arrives(numbers(0, 10))
        self.proxy.refuse()
        self.publish_all(numbers(10, 3000))
        self.wait_stored(numbers(10, 3000))
        self.proxy.forward()
        self.assert_arrives(numbers(0, 3000))
        gateway.wait_log("none waits any more")
        self.wait_stored([])

    def test_a_leader_that_does_not_answer_in_time(self):
        self.start()
        self.publish_all(numbers(0, 1))
        self.assert_arrives(numbers(0, 1))
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

    def test_always(self):
        gateway = self.start("durability = always\n")
        self.publish_all(numbers(0, 1))
        self.assert_arrives(numbers(0, 1))
        before = os.stat(self.spool + "-wal").st_mtime_ns
        self.publish_all(numbers(1, 2000))
        self.assert_arrives(numbers(0, 2000))
        self.assertGreater(os.stat(self.spool + "-wal").st_mtime_ns, before)
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
