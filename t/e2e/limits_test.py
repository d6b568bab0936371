#!/usr/bin/python3 -B
# SPDX-License-Identifier: GPL-3.0-or-later
# Copyright (C) 2026 eventsgw contributors
"""Every queue has a limit; what goes beyond it is refused aloud and counted, and the rest keeps its order."""

import pathlib
import re
import resource
import sys
import time

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[1] / "lib"))

import small_disk
import tap
from case import AGENT, MARK, GatewayTestCase, numbers

CONFIG = MARK + "[actions]\na/event/* = act\n"
LARGE = b'"%s"' % (b"x" * (33 << 20))  # more than the C library ever keeps for itself


def on_full_disk():
    """What is on disk leaves room in memory for more."""
    return {"wrapper": small_disk.wrapper("1M", "full")}


class Limits(GatewayTestCase):
    def test_waiting_tasks_by_number(self):
        proxy = self.start_proxy(self.redis)
        proxy.refuse()
        gateway = self.start_gateway(CONFIG + "[gateway]\ntask_limit = 10\n", leader=proxy, options=on_full_disk())
        self.publish_and_mark(gateway, *numbers(0, 24))  # and the mark is the 25th
        gateway.wait_log(r"^<[34]>.*task: refused.*event=a/event/")
        proxy.forward()
        self.assert_payloads(self.wait_tasks(10), numbers(0, 10))
        self.wait_confirmed(gateway)
        gateway.wait_log(r"^<[34]>.*refused=15$")
        self.publish("a/event/b", b'"room again"')
        self.assertEqual(self.wait_tasks(11)[-1].data, b'"room again"')

    def test_waiting_tasks_by_bytes(self):
        proxy = self.start_proxy(self.redis)
        proxy.refuse()
        gateway = self.start_gateway(CONFIG + "[gateway]\ntask_memory = 1M\n", leader=proxy, options=on_full_disk())
        payloads = [b'"%d%s"' % (number, b"x" * 200000) for number in range(20)]
        self.publish_and_mark(gateway, *payloads)
        gateway.wait_log(r"^<[34]>.*task: refused.*event=a/event/")
        proxy.forward()
        # The limit is reached with the sixth.
        self.wait_tasks(6)
        self.wait_confirmed(gateway)
        self.publish("a/event/b", b'"last"')
        self.wait_newest_task(b'"last"')
        tasks = self.wait_tasks(self.redis.admin.llen(AGENT + "/tasks"))
        kept = [task.data for task in tasks if len(task.data) > 100]
        self.assertEqual(len(kept), 6)
        self.assertTrue(kept == payloads[: len(kept)], "the first ones are kept")

    def test_memory_that_the_system_does_not_give(self):
        self.redis.admin.config_set("client-output-buffer-limit", "pubsub 0 0 0")
        proxy = self.start_proxy(self.redis)
        proxy.refuse()
        gateway = self.start_gateway(CONFIG, leader=proxy, options=on_full_disk())
        if gateway.is_sanitized():
            self.skipTest("a sanitizer needs more memory than any limit gives")
        usual = resource.prlimit(gateway.pid, resource.RLIMIT_AS)
        # There is room for what comes from Redis and for the message that is made of it, but not for the task as well.
        room = gateway.virtual_kib() * 1024 + 5 * len(LARGE) // 2
        resource.prlimit(gateway.pid, resource.RLIMIT_AS, (room, usual[1]))
        began = time.monotonic()
        self.publish("a/event/b", *[LARGE] * 6)
        gateway.wait_log(r"^<3>gateway: refused, out of memory event=a/event/b new=\d+ refused=6$")
        ended = time.monotonic()
        lines = gateway.log_matching("^<3>gateway: refused, out of memory")
        self.assertLessEqual(len(lines), 1 + (ended - began))
        self.assertEqual(sum(int(re.search(r" new=(\d+)", line).group(1)) for line in lines), 6)
        resource.prlimit(gateway.pid, resource.RLIMIT_AS, usual)
        proxy.forward()
        self.publish("a/event/b", b'"room again"')
        self.assert_payloads(self.wait_tasks(1), [b'"room again"'])
        gateway.stop()
        self.assertRegex(gateway.log()[-1], "^<5>gateway: ended .* refused=6$")

    def test_waiting_commands(self):
        gateway = self.start_gateway(
            "[gateway]\nmax_concurrency = 1\nqueue_limit = 5\n"
            "[commands]\na/event/b = cat >> seen; read x < gate\n[actions]\na/event/mark = act\n"
        )
        gateway.make_gate("gate")
        self.publish("a/event/b", b"0")
        gateway.wait_content("seen", b"0")
        self.publish("a/event/b", *numbers(1, 9))
        self.publish("a/event/mark", b"{}")
        self.wait_tasks(1)
        gateway.wait_log(r"^<[34]>.*command: refused.*event=a/event/b")
        for done in range(1, 7):
            gateway.open_gate("gate")
            gateway.wait_log("command: exited", done)
        self.assertEqual(gateway.read("seen"), b"012345")
        gateway.wait_log(r"^<[34]>.*refused=3$")


if __name__ == "__main__":
    tap.main()
