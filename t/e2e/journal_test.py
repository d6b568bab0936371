#!/usr/bin/python3 -B
# SPDX-License-Identifier: GPL-3.0-or-later
# Copyright (C) 2026 eventsgw contributors
"""Under the journal: each step's own stream, and the fields of the daemon's records."""

import pathlib
import sys

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[1] / "lib"))

import tap
from handlers import HandlerTestCase
from journald import Journald
from oracle import BUILD
from waiting import wait_until


def has_libsystemd():
    return "-DHAVE_LIBSYSTEMD" in pathlib.Path(BUILD, "config.mk").read_text(encoding="utf-8")


class Journal(HandlerTestCase):
    def setUp(self):
        if not has_libsystemd():
            self.skipTest("built without libsystemd")
        super().setUp()

    def start(self, reads=True, **environment):
        self.journald = Journald(reads)
        self.addCleanup(self.journald.close)
        options = {"arguments": ["--eventsdir", "../events"], "wrapper": self.journald.wrapper}
        self.gateway = self.start_gateway(None, options=options, **environment)

    def wait_record(self, text):
        def find():
            return [record for record in self.journald.records() if text in record["MESSAGE"]]

        return wait_until(find, lambda: f"a record with {text!r}: {self.journald.records()}")[0]

    def diagnostics(self):
        return [record["MESSAGE"] for record in self.journald.records()][-50:]

    def wait_streams(self, count):
        streams = self.journald.streams
        wait_until(lambda: len(streams()) == count, lambda: f"{count} streams, there are {len(streams())}")
        return self.journald.streams()

    def test_each_step_has_a_stream_of_its_own(self):
        self.start()
        self.write_step("e", "10a", "echo '<3>bad'; echo 'usual' >&2\n")
        self.write_step("e", "20b", "echo '<7>chatter'; printf 'no end of line'\n")
        self.fire("e")
        first, second = sorted(self.wait_streams(2), key=lambda stream: stream.text)
        self.assertEqual((first.text, second.text), (b"<3>bad\nusual\n", b"<7>chatter\nno end of line"))
        for stream in (first, second):
            self.assertEqual((stream.identifier, stream.priority), ("mail1-eventsgw", 6))
            self.assertTrue(stream.has_level_prefix)
        self.assertEqual((self.gateway.stdout(), self.gateway.stderr()), (b"", b""))

    def test_a_step_is_told_which_stream_is_the_journal(self):
        self.start()
        self.write_step("e", "10a", 'test "$JOURNAL_STREAM" = "$(stat -L -c %d:%i /proc/self/fd/2)" && echo same\n')
        self.fire("e")
        self.assertEqual(self.wait_streams(1)[0].text, b"same\n")

    def test_records_have_fields(self):
        self.start()
        self.write_step("e", "10a", "exit 3\n")
        self.fire("e", source="module/traefik1")
        record = self.wait_record("exited with status")
        self.assertRegex(
            record["MESSAGE"],
            r'^Handler of module/traefik1/event/e exited with status "aborted" \(3\) at step 10a wall=',
        )
        self.assertEqual(record["PRIORITY"], "3")
        self.assertEqual(record["SYSLOG_IDENTIFIER"], "mail1-eventsgw")
        self.assertEqual((record["EVENTSGW_EVENT"], record["EVENTSGW_SOURCE"]), ("e", "module/traefik1"))
        self.assertEqual(record["EVENTSGW_ID"], record["MESSAGE"].rpartition("id=")[2])
        self.assertNotIn("EVENTSGW_EVENT", self.wait_record("gateway: started"))

    def test_a_hostile_name_is_a_field_and_no_other(self):
        self.start()
        self.publish(b"module/a/event/x\nPRIORITY=0\n", b"")
        record = self.wait_record("no event has such a name")
        self.assertEqual((record["PRIORITY"], record["EVENTSGW_EVENT"]), ("3", "x\nPRIORITY=0\n"))

    def test_the_identifier_is_the_units(self):
        self.start(AGENT_ID="node/1")
        self.assertEqual(self.wait_record("gateway: started")["SYSLOG_IDENTIFIER"], "node-eventsgw")

    def test_a_journal_that_reads_nothing_holds_nothing_up(self):
        self.start(reads=False)
        self.write_step("e", "10a", "echo >> ran\n")
        self.fire("e", *[b"{}"] * 600)
        self.gateway.wait_content("ran", b"\n" * 600)
        self.gateway.wait_log('^<6>Handler of module/samba1/event/e exited with status "completed"')

    def test_all_streams_are_closed_after_their_steps(self):
        self.start()
        self.write_step("e", "10a", "echo x\n")
        self.fire("e")
        self.wait_streams(1)
        self.wait_journal_closed()
        before = self.gateway.descriptors()
        self.fire("e", *[b"{}"] * 40)
        self.wait_streams(41)
        wait_until(lambda: len(self.gateway.descriptors()) <= len(before), lambda: f"{self.gateway.descriptors()}")


class NoJournal(HandlerTestCase):
    def test_another_descriptor_is_not_taken_for_the_journal(self):
        self.start_handlers(JOURNAL_STREAM="1:2")
        self.write_step("e", "10a", "echo $JOURNAL_STREAM\n")
        self.run_handler("e")
        wait_until(lambda: self.gateway.stdout() == b"1:2\n", lambda: self.gateway.stdout())


if __name__ == "__main__":
    tap.main()
