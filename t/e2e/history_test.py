#!/usr/bin/python3 -B
# SPDX-License-Identifier: GPL-3.0-or-later
# Copyright (C) 2026 eventsgw contributors
"""The last work that has ended: `eventsgw history`, and what becomes of it where the disk fails."""

import contextlib
import datetime
import json
import os
import pathlib
import re
import sqlite3
import stat
import sys

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[1] / "lib"))

import program
import small_disk
import tap
from handlers import SOURCE, HandlerTestCase
from journal import rows
from waiting import wait_until

JOURNAL = "eventsgw.journal"
PAYLOADS = "[gateway]\nhistory_payload = yes\n"


class HistoryTestCase(HandlerTestCase):
    def history(self, *arguments, status=0):
        done = program.run("history", *arguments, cwd=self.gateway.working_directory())
        self.assertEqual(done.status, status, done.stderr)
        return done

    def runs(self, *arguments):
        """The runs of the list, oldest first."""
        return [json.loads(line) for line in self.history("--format", "json", *arguments).stdout.splitlines()]

    def wait_runs(self, count):
        wait_until(lambda: len(self.runs()) >= count, lambda: f"{count} runs, there are {self.runs()}")
        runs = self.runs()
        self.assertEqual(len(runs), count)
        return runs

    def logged_ids(self, count=1):
        """The ids of the log's lines about ends, in their order."""
        lines = self.gateway.wait_log(r"^<.>(command: exited|command: not started|Handler of .* exited)", count)
        return [re.search(r" id=([0-9a-f-]{36})( |$)", line).group(1) for line in lines]


class Runs(HistoryTestCase):
    def test_a_command(self):
        self.start_handlers("[commands]\na/event/b = cat > got; exit 3\na/event/c = kill -TERM $$\n", arguments=[])
        self.publish("a/event/b", b'{"a":1}')
        self.logged_ids()
        self.publish("a/event/c", b"")
        ids = self.logged_ids(2)
        first, second = self.wait_runs(2)
        self.assertEqual([first["id"], second["id"]], ids)
        self.assertEqual(
            [first[name] for name in ("channel", "kind", "line", "value", "result", "status", "signal", "reason")],
            ["a/event/b", "command", 2, "cat > got; exit 3", "failed", 3, None, None],
        )
        self.assertEqual([second[name] for name in ("result", "status", "signal")], ["failed", None, "SIGTERM"])
        self.assertLessEqual(first["arrived"], first["began"])
        self.assertLessEqual(first["began"], first["ended"])
        self.assertGreater(first["wall"], 0)
        self.assertGreater(first["pid"], 1)
        self.assertEqual((first["coalesced"], first["replay"], first["steps"]), (1, False, []))
        self.assertEqual((first["state"], first["attempts"], first["replayed"]), ("failed", 1, False))

    def test_a_command_that_cannot_be_started(self):
        self.start_handlers("[commands]\na/event/b = true\\0\n".replace("\\0", "\0"), arguments=[])
        self.publish("a/event/b", b"{}")
        (run,) = self.wait_runs(1)
        self.assertEqual((run["result"], run["status"], run["pid"]), ("not started", None, 0))
        self.assertEqual((run["state"], run["attempts"]), ("failed", 1))
        self.assertIn("NUL byte", run["reason"])

    def test_a_handler(self):
        self.start_handlers("[handler e]\nskip_exit_codes = 4\n")
        self.write_step("e", "10a", "true\n")
        self.write_step("e", "20b", "true\n", mode=0o644)
        self.write_step("e", "30c", "exit 4\n")
        self.fire("e")
        (run,) = self.wait_runs(1)
        self.assertEqual([run[name] for name in ("channel", "kind", "result", "status")],
                         [f"{SOURCE}/event/e", "handler", "skipped", 4])
        steps = [(step["name"], step["result"], step["status"]) for step in run["steps"]]
        self.assertEqual(steps, [("10a", "succeeded", 0), ("20b", "skipped", None), ("30c", "skipped", 4)])
        self.assertTrue(run["steps"][1]["reason"])
        self.assertGreater(run["steps"][0]["wall"], 0)
        self.assertGreater(run["wall"], run["steps"][0]["wall"])

    def test_a_handler_that_takes_too_long(self):
        self.start_handlers("[gateway]\nhandler_timeout = 100ms\n")
        self.write_step("e", "10a", "exec sleep 1000\n")
        self.run_handler("e")
        (run,) = self.wait_runs(1)
        self.assertEqual((run["result"], run["signal"]), ("timed out", "SIGTERM"))

    def test_joined_events_are_one_run(self):
        self.start_handlers(PAYLOADS + "[handler e]\ncoalesce = 300ms\ncoalesce_by = event\n")
        self.write_step("e", "10a", "true\n")
        self.fire("e", b"1", b"2", b"3")
        self.wait_end("e")
        (run,) = self.wait_runs(1)
        self.assertEqual(run["coalesced"], 3)
        shown = json.loads(self.history("show", run["id"], "--payload", "--format", "json").stdout)
        self.assertEqual(shown["payload"], 3)

    def test_the_list_for_people(self):
        self.start_handlers("[commands]\n*/event/e = exit 7\n")
        self.write_step("e", "10a", "true\n")
        self.run_handler("e")
        runs = {run["kind"]: run for run in self.wait_runs(2)}
        head, *lines = self.history().stdout.splitlines()
        self.assertEqual(head.split(), ["ID", "ARRIVED", "RESULT", "WALL", "BY", "EVENT"])
        for line in lines:
            self.assertEqual(line.index(f"{SOURCE}/event/e"), head.index("EVENT"))
        (command,) = self.history("--failed").stdout.splitlines()[1:]
        self.assertRegex(command, rf"^{runs['command']['id'][:8]}  2\S+Z +failed \(7\) +\S+ +command \(line 2\) +{SOURCE}/event/e$")

    def test_the_choice(self):
        self.start_handlers("[commands]\na/event/b = true\na/event/c = false\n", arguments=[])
        for channel in ("a/event/b", "a/event/c"):
            self.publish(channel, b"{}")
        self.wait_runs(2)
        for choice, channels in (
            (["--event", "b"], ["a/event/b"]),
            (["--event", "a/event/c"], ["a/event/c"]),
            (["--event", "x"], []),
            (["--failed"], ["a/event/c"]),
            (["--since", "1h"], ["a/event/b", "a/event/c"]),
            (["--since", "2100-01-01T00:00:00Z"], []),
        ):
            with self.subTest(choice=choice):
                self.assertEqual(sorted(run["channel"] for run in self.runs(*choice)), channels)

    def test_all_about_one(self):
        self.start_handlers(PAYLOADS)
        self.write_step("e", "10a", "true\n")
        self.fire("e", b'{"bind_password":"geheim","user":"ann"}')
        self.wait_end("e")
        (run,) = self.wait_runs(1)
        text = self.history("show", run["id"][:6]).stdout
        for pattern in (rf"^id +{run['id']}$", rf"^event +{SOURCE}/event/e$", r"^result +succeeded$",
                        r"^payload +39 bytes", r"^10a +succeeded +\S+ +\S+$", r"^output of 10a:$"):
            self.assertRegex(text, re.compile(pattern, re.MULTILINE))
        self.assertNotIn("ann", text)
        text = self.history("show", run["id"], "--payload").stdout
        self.assertIn('{"bind_password":"***","user":"ann"}', text)
        self.assertNotIn("geheim", text)
        shown = json.loads(self.history("show", run["id"], "--payload", "--format", "json").stdout)
        self.assertEqual(shown["payload"], {"bind_password": "***", "user": "ann"})
        self.assertIsNone(shown["steps"][0]["output"])

    def test_what_cannot_be_shown(self):
        self.start_handlers("[commands]\na/event/b = true\n", arguments=[])
        self.assertIn("nothing that has ended is kept here", self.history("show", "1b9d6bcd", status=1).stderr)
        self.assertIn("nothing that has ended is kept here", self.history().stderr)
        self.publish("a/event/b", b"{}")
        self.wait_runs(1)
        self.assertIn("no run", self.history("show", "nothing", status=1).stderr)
        self.assertIn("needs the ID", self.history("show", status=64).stderr)
        self.assertIn("not list or show", self.history("shwo", "1b9d6bcd", status=64).stderr)
        self.assertIn("neither a duration", self.history("--since", "yesterday", status=64).stderr)

    def test_without_a_file_the_gateway_says_why(self):
        self.gateway = self.start_gateway("[commands]\na/event/b = true\n",
                                          options={"wrapper": small_disk.wrapper("4M")})
        self.assertIn("nothing that has ended is kept here yet: the gateway writes what has ended twice a second",
                      self.history().stderr)
        small_disk.fill(self.gateway)
        self.publish("a/event/b", b"{}")
        self.gateway.wait_log("history: cannot be written, runs wait in memory")
        self.assertIn("the gateway cannot write them: ", self.history().stderr)
        self.gateway.stop()
        self.assertIn("go to the module's state directory", self.history().stderr)

    def test_words_that_do_not_fit(self):
        self.start_handlers("[commands]\na/event/b = true\n", arguments=[])
        self.publish("a/event/b", b"{}")
        (run,) = self.wait_runs(1)
        self.assertEqual(self.history("list").stdout, self.history().stdout)
        for words in (("show", run["id"], "--failed"), ("show", run["id"], "--since", "1h"), ("show", ""),
                      ("show", run["id"], "--event", "b"), ("--payload",), ("list", "--payload"), ("list", "x")):
            self.history(*words, status=64)

    def test_since(self):
        self.start_handlers("[commands]\na/event/b = true\n", arguments=[])
        self.publish("a/event/b", b"{}")
        (run,) = self.wait_runs(1)
        ended = datetime.datetime.fromisoformat(run["ended"].replace("Z", "+00:00")).astimezone()
        later = ended + datetime.timedelta(minutes=2)
        for since, count in (("1d", 1), ("400d", 1), (f"{ended:%Y-%m-%d}", 1), (f"{ended:%Y-%m-%d %H:%M}", 1),
                             (f"{ended:%Y-%m-%dT%H:%M:%S}", 1), (f"{later:%Y-%m-%d %H:%M}", 0),
                             (f"{later + datetime.timedelta(days=1):%Y-%m-%d}", 0)):
            self.assertEqual(len(self.runs("--since", since)), count, since)
        for wrong in ("d", "1.5d", "99999999d", "2026-13-01", "2026-11-24 25:00", "2026-11-24T", "2026-11-24 10:00x"):
            self.history("--since", wrong, status=64)

    def test_a_payload_can_be_copied(self):
        self.start_handlers("[commands]\n* = true\n" + PAYLOADS, arguments=[])
        payload = '{"a":"p\\u0061\\\\ \\n"}'
        self.publish("a/event/b", payload.encode())
        (run,) = self.wait_runs(1)
        self.assertIn(payload + "\n", self.history("show", run["id"], "--payload").stdout)

    def test_c1_controls_in_json(self):
        self.start_handlers("[commands]\n* = true\n" + PAYLOADS, arguments=[])
        self.publish("a/event/\u009b2J", '{"a":"\u009b2J\u00a0"}'.encode())
        (run,) = self.wait_runs(1)
        self.assertEqual(run["channel"], "a/event/\u009b2J")
        for text in (self.history("--format", "json").stdout,
                     self.history("show", run["id"], "--payload", "--format", "json").stdout):
            self.assertNotIn("\u009b", text)
            self.assertIn("\\u009b2J", text)
        self.assertIn('"payload":{"a":"\\u009b2J\u00a0"}', text)

    def test_what_a_terminal_would_obey_is_escaped(self):
        self.start_handlers("[commands]\n* = true\n[gateway]\nhistory_payload = yes\n", arguments=[])
        self.publish("a/event/\x1b[2J\n", b"\x1b[2J")
        (run,) = self.wait_runs(1)
        self.assertEqual(run["channel"], "a/event/\x1b[2J\n")
        for text in (self.history().stdout, self.history("show", run["id"], "--payload").stdout):
            self.assertNotIn("\x1b", text)
            self.assertIn("\\x1B[2J", text.replace("\\x1b", "\\x1B"))


class Tasks(HistoryTestCase):
    CONFIG = "[actions]\na/event/b = renew\n"

    def start_tasks(self, config="", leader=None):
        self.gateway = self.start_gateway(self.CONFIG + config, leader=leader)

    def test_one_that_is_pushed(self):
        self.start_tasks()
        self.publish("a/event/b", b'{"secret":"geheim"}')
        (run,) = self.wait_runs(1)
        (task,) = self.wait_tasks(1)
        self.assertEqual(
            [run[name] for name in ("id", "channel", "kind", "value", "result", "state", "attempts", "status", "reason")],
            [task.id, "a/event/b", "task", "renew", "succeeded", "done", 1, None, None],
        )
        self.assertEqual((run["pid"], run["steps"], run["replay"], "line" in run), (0, [], False, False))
        self.assertLessEqual(run["arrived"], run["ended"])
        self.assertLess(0, run["wall"])
        self.assertRegex(self.history().stdout.splitlines()[1], r"Z +pushed +\S+ +task +a/event/b$")
        text = self.history("show", run["id"][:8], "--payload").stdout
        for pattern in (r"^by +task: renew$", r"^result +pushed$", r"^state +done$", r"^payload +not kept$"):
            self.assertRegex(text, re.compile(pattern, re.MULTILINE))
        self.assertNotIn("output", text)
        self.gateway.stop()
        self.assertNotIn(b"geheim", self.gateway.read(JOURNAL))

    def test_the_file_is_closed_when_none_comes(self):
        self.start_tasks()
        self.publish("a/event/b", b"{}")
        self.wait_runs(1)
        self.wait_journal_closed()
        size = os.stat(self.gateway.path(JOURNAL))
        self.publish("a/event/b", b"{}")
        self.wait_runs(2)
        self.wait_journal_closed()
        self.assertEqual(os.stat(self.gateway.path(JOURNAL)).st_ino, size.st_ino)

    def test_a_burst_keeps_the_newest(self):
        self.start_tasks("[gateway]\nhistory = 20\n")
        self.publish("a/event/b", *[b"%d" % number for number in range(3000)])
        tasks = self.wait_tasks(3000)
        ids = [task.id for task in tasks[-20:]]
        wait_until(lambda: [run["id"] for run in self.runs()] == ids, lambda: self.runs())

    def test_an_end_by_signal_keeps_them(self):
        self.start_tasks()
        self.publish("a/event/b", b"{}")
        self.wait_tasks(1)
        self.wait_confirmed(self.gateway)
        self.gateway.stop()
        self.assertEqual(len(self.runs()), 1)

    def test_with_a_payload_it_can_be_replayed(self):
        self.start_tasks("[gateway]\nhistory_payload = yes\n")
        self.publish("a/event/b", b'{"a":1}')
        (run,) = self.wait_runs(1)
        done = program.run("replay", run["id"], cwd=self.gateway.state_directory)
        self.assertEqual(done.status, 0, done.stderr)
        source, replay = self.wait_runs(2)
        self.assertEqual((source["id"], replay["replay_of"]), (run["id"], run["id"]))
        self.assertEqual((source["replayed"], replay["replayed"], replay["replay"]), (True, False, True))
        self.assertEqual([task.data for task in self.wait_tasks(2)], [b'{"a":1}'] * 2)

    def test_a_replay_keeps_its_source_on_disk(self):
        proxy = self.start_proxy(self.redis)
        self.start_tasks("[gateway]\nhistory_payload = yes\n", leader=proxy)
        self.publish("a/event/b", b"{}")
        (run,) = self.wait_runs(1)
        proxy.refuse()
        self.gateway.wait_log("^<4>leader: ")
        program.run("replay", run["id"], cwd=self.gateway.state_directory)
        query = "SELECT replay FROM event JOIN work ON work.event = event.number"
        wait_until(lambda: rows(self.gateway.path(JOURNAL), query) == [(run["id"].encode(),)], "it is on disk")
        self.gateway.kill()
        proxy.forward()
        self.gateway = self.start_gateway(None, leader=proxy, options={"predecessor": self.gateway})
        self.assertEqual(self.wait_runs(2)[1]["replay_of"], run["id"])

    def test_one_that_is_dead(self):
        self.redis.admin.hset("module/mail1/tasks", "a", "b")
        self.start_tasks()
        self.publish("a/event/b", b"{}")
        (run,) = self.wait_runs(1)
        self.assertEqual((run["state"], run["result"]), ("dead", "failed"))
        self.assertIn("WRONGTYPE", run["reason"])
        self.assertEqual(self.runs("--failed"), [run])
        self.assertRegex(self.history().stdout, r"Z +dead +")
        self.redis.admin.delete("module/mail1/tasks")
        done = program.run("spool", "retry", run["id"], cwd=self.gateway.state_directory)
        self.assertEqual(done.status, 0, done.stderr)
        dead, pushed = self.wait_runs(2)
        self.assertEqual((dead, pushed["id"], pushed["state"]), (run, run["id"], "done"))
        self.assertRegex(self.history("show", run["id"]).stdout, r"(?m)^result +pushed$")

    def test_one_that_is_refused(self):
        proxy = self.start_proxy(self.redis)
        proxy.refuse()
        self.start_tasks("[gateway]\njournal_limit = 1M\n", leader=proxy)
        self.publish("a/event/b", *[b"x" * 600000] * 3)
        (run,) = self.wait_runs(1)
        self.assertEqual([run[name] for name in ("kind", "value", "state", "result", "reason", "attempts", "wall")],
                         ["task", "renew", "refused", "refused", "queue full", 0, 0])


class Refused(HistoryTestCase):
    CONFIG = "[commands]\na/event/b = cat gate\n[gateway]\nmax_concurrency = 1\nqueue_limit = 1\nhistory_payload = yes\n"

    def test_commands(self):
        self.start_handlers(self.CONFIG, arguments=[])
        self.gateway.make_gate("gate")
        self.publish("a/event/b", b"1", b"2", b"3")
        (run,) = self.wait_runs(1)
        self.assertEqual([run[name] for name in ("result", "reason", "status", "pid", "value")],
                         ["refused", "queue full", None, 0, "cat gate"])
        self.assertEqual(self.runs("--failed"), [run])
        shown = json.loads(self.history("show", run["id"], "--payload", "--format", "json").stdout)
        self.assertEqual(shown["payload"], 3)
        self.gateway.open_gate("gate")

    def test_handlers(self):
        self.start_handlers("[gateway]\nmax_concurrency = 1\nqueue_limit = 1\nhistory_payload = yes\n")
        self.write_step("e", "10a", "cat gate\n")
        self.gateway.make_gate("gate")
        self.fire("e", b"1", b"2", b"3")
        (run,) = self.wait_runs(1)
        self.assertEqual([run[name] for name in ("result", "kind", "channel", "steps")],
                         ["refused", "handler", f"{SOURCE}/event/e", []])
        self.assertRegex(self.history("show", run["id"]).stdout, r"(?m)^result +refused: queue full$")
        self.gateway.open_gate("gate")

    def test_a_flood_pushes_nothing_out(self):
        config = self.CONFIG.replace("[gateway]", "a/event/c = true\na/event/d = false\n[gateway]\nhistory = 30\n")
        self.start_handlers(config, arguments=[])
        for channel in ("a/event/c", "a/event/d"):
            self.publish(channel, b"{}")
        others = [run["id"] for run in self.wait_runs(2)]
        self.gateway.make_gate("gate")
        self.publish("a/event/b", *[b"%d" % number for number in range(3000)])
        self.gateway.wait_log("command: refused.* refused=2998")
        shown = lambda: [run["id"] for run in self.runs() if run["state"] != "refused"]
        refused = lambda: [run for run in self.runs("--failed") if run["state"] == "refused"]
        newest = lambda: json.loads(self.history("show", refused()[-1]["id"], "--payload", "--format", "json").stdout)
        wait_until(lambda: refused() and newest()["payload"] == 2999, lambda: self.runs())
        self.assertEqual(len(refused()), 3)
        self.assertEqual(shown(), others)
        self.gateway.open_gate("gate")

    def test_what_is_too_large(self):
        self.start_handlers("[actions]\n*/event/e = act\n[commands]\n*/event/e = true\n*/event/f = true\n"
                            "[gateway]\nmax_payload = 1K\nhistory_payload = yes\n")
        self.write_step("e", "10a", "true\n")
        self.fire("e", b'"%s"' % (b"x" * 2000))
        self.fire("f", b"1")
        runs = {run["kind"]: run for run in self.wait_runs(4) if run["channel"] == f"{SOURCE}/event/e"}
        for kind, value in (("task", "act"), ("command", "true"), ("handler", None)):
            run = runs[kind]
            self.assertEqual((run["state"], run["reason"]), ("refused", "the payload is over max_payload"))
            self.assertEqual(run.get("value"), value)
        self.assertEqual(runs["command"]["line"], 4)
        self.assertRegex(self.history("show", runs["task"]["id"]).stdout, r"(?m)^payload +not kept$")

    def test_what_is_too_large_and_has_no_handler(self):
        self.start_handlers("[gateway]\nmax_payload = 1K\n")
        self.fire("e", b'"%s"' % (b"x" * 2000))
        self.gateway.wait_log("^<3>replica: refused, the payload is over max_payload")
        self.fire(".bad")
        (run,) = self.wait_runs(1)
        self.assertEqual((run["channel"], run["kind"], run["reason"]),
                         (f"{SOURCE}/event/.bad", "handler", "no event has such a name"))


class Bounds(HistoryTestCase):
    def test_the_last_ones_are_kept(self):
        self.start_handlers("[commands]\na/event/b = true\n[gateway]\nhistory = 5\n", arguments=[])
        self.publish("a/event/b", *[b"{}"] * 12)
        ids = self.logged_ids(12)
        wait_until(lambda: [run["id"] for run in self.runs()] == ids[-5:], lambda: self.runs())

    def test_failures_have_a_number_of_their_own(self):
        self.start_handlers("[commands]\na/event/b = exit $(cat)\n[gateway]\nhistory = 2\nhistory_failures = 3\n",
                            arguments=[])
        self.publish("a/event/b", *[b"1", b"0"] * 8)
        ids = self.logged_ids(16)
        wait_until(lambda: len(self.runs()) == 5, lambda: self.runs())
        failed = self.runs("--failed")
        self.assertEqual({run["state"] for run in failed}, {"failed"})
        self.assertEqual(len(failed), 3)
        wait_until(lambda: {run["id"] for run in self.runs()} <= set(ids[-12:]), lambda: self.runs())

    def test_payloads_of_failures_alone(self):
        self.start_handlers("[commands]\na/event/b = true\na/event/c = false\n[gateway]\nhistory_payload = failed\n",
                            arguments=[])
        for channel in ("a/event/b", "a/event/c"):
            self.publish(channel, b"{}")
        runs = {run["state"]: run["id"] for run in self.wait_runs(2)}
        self.assertRegex(self.history("show", runs["done"]).stdout, r"(?m)^payload +not kept$")
        self.assertRegex(self.history("show", runs["failed"]).stdout, r"(?m)^payload +2 bytes")
        done = program.run("replay", runs["done"], cwd=self.gateway.state_directory)
        self.assertIn("history_payload = failed keeps none of what has ended well", done.stderr)

    def test_old_ones_are_forgotten(self):
        self.start_handlers("[commands]\na/event/b = true\n[gateway]\nhistory_age = 1h\n", arguments=[])
        for count in (1, 2):
            self.publish("a/event/b", b"{}")
            self.wait_runs(count)
        with contextlib.closing(sqlite3.connect(self.gateway.path(JOURNAL), timeout=10)) as database, database:
            database.execute("UPDATE ended SET ended = ended - 3600000000 WHERE number = 1")
        self.publish("a/event/b", b"{}")
        ids = self.logged_ids(3)
        wait_until(lambda: [run["id"] for run in self.runs()] == ids[1:], lambda: self.runs())

    def test_payloads_are_kept_only_on_request(self):
        self.start_handlers("[commands]\na/event/b = true\n", arguments=[])
        self.publish("a/event/b", b'{"secret":"geheim"}')
        (run,) = self.wait_runs(1)
        self.assertRegex(self.history("show", run["id"], "--payload").stdout, r"(?m)^payload +not kept$")
        self.gateway.stop()
        self.assertNotIn(b"geheim", self.gateway.read(JOURNAL))

    def test_a_large_payload_is_not_kept(self):
        self.start_handlers("[commands]\na/event/b = wc -c > size\n" + PAYLOADS, arguments=[])
        self.publish("a/event/b", b"x" * ((1 << 20) + 1))
        (run,) = self.wait_runs(1)
        self.assertRegex(self.history("show", run["id"]).stdout, r"(?m)^payload +not kept$")
        self.gateway.wait_content("size", b"1048577\n")

    def test_where_it_is_off_there_is_none(self):
        self.start_handlers("[commands]\na/event/b = true\n[gateway]\nhistory = 0\n", arguments=[])
        self.publish("a/event/b", b"{}")
        self.logged_ids()
        descriptors = self.gateway.descriptors()
        self.assertEqual([link for link in descriptors if JOURNAL in link], [])
        self.gateway.stop()
        self.assertEqual([name for name in os.listdir(self.gateway.state_directory) if JOURNAL in name], [])

    def test_a_reload_turns_it_off_and_on(self):
        config = "[commands]\na/event/b = true\n[gateway]\nhistory = "
        self.start_handlers(config + "10\n", arguments=[])
        for number, count in (("10", 1), ("0", 0), ("5", 1)):
            self.gateway.write("eventsgw.conf", config + number + "\n")
            reloads = len(self.gateway.log_matching("gateway: reloaded"))
            self.gateway.send_signal(1)
            self.gateway.wait_log("gateway: reloaded", reloads + 1)
            ends = len(self.gateway.log_matching("command: exited"))
            self.publish("a/event/b", b"{}")
            self.logged_ids(ends + 1)
            if number == "0":
                wait_until(lambda: not [link for link in self.gateway.descriptors() if JOURNAL in link], "it is closed")
            self.wait_runs(count)

    def test_before_the_first_run_nothing_is_opened(self):
        self.start_handlers("[commands]\na/event/b = true\n", arguments=[])
        self.publish("a/event/b", b"{}")
        self.wait_runs(1)
        self.assertEqual(stat.S_IMODE(os.stat(self.gateway.path(JOURNAL)).st_mode), 0o600)
        self.gateway.stop()
        again = self.start_gateway(None, options={"predecessor": self.gateway})
        wait_until(lambda: not [link for link in again.descriptors() if JOURNAL in link], "it is not kept open")


class Faults(HistoryTestCase):
    CONFIG = "[commands]\na/event/b = true\n"

    def start(self, **options):
        self.gateway = self.start_gateway(self.CONFIG, options=options)
        return self.gateway

    def run_one(self, count=1):
        self.publish("a/event/b", b"{}")
        return self.logged_ids(count)

    def test_it_goes_on_after_a_kill(self):
        self.start()
        self.run_one()
        self.wait_runs(1)
        self.gateway.kill()
        self.start(predecessor=self.gateway)
        self.run_one()
        self.wait_runs(2)

    def test_an_end_by_signal_writes_what_there_is(self):
        self.start()
        ids = self.run_one()
        self.gateway.stop()
        self.assertEqual([run["id"] for run in self.runs()], ids)

    def test_garbage_is_set_aside(self):
        garbage = b"no database " * 1000
        self.start(files={JOURNAL: garbage})
        self.run_one()
        line = self.gateway.wait_log("^<3>journal: cannot be used.*not a database; it was set aside as")[0]
        name = re.search(r"set aside as (\S+?)\"", line).group(1)
        self.assertEqual(self.gateway.read(name), garbage)
        self.assertEqual([run["id"] for run in self.wait_runs(1)], self.logged_ids())

    def test_a_damaged_page(self):
        self.start()
        self.run_one()
        self.gateway.stop()
        damaged = bytearray(self.gateway.read(JOURNAL))
        damaged[100:] = b"\xa5" * (len(damaged) - 100)
        self.gateway.write(JOURNAL, bytes(damaged))
        self.assertIn("malformed", self.history(status=74).stderr)
        self.start(predecessor=self.gateway)
        self.gateway.wait_log("^<3>journal: cannot be used.*malformed; it was set aside")
        self.run_one()
        self.wait_runs(1)

    def test_a_disk_that_gets_full(self):
        self.start(wrapper=small_disk.wrapper("4M"))
        small_disk.fill(self.gateway)
        self.run_one()
        self.gateway.wait_log("^<4>history: cannot be written, runs wait in memory.*full")
        for count in range(2, 5):
            self.run_one(count)
        small_disk.make_room(self.gateway)
        self.gateway.wait_log("^<5>history: can be written again")
        done = small_disk.run_there(self.gateway, program.PROGRAM, "history", "--format", "json")
        self.assertEqual([json.loads(line)["id"] for line in done.splitlines()], self.logged_ids(4))
        self.assertEqual(len(self.gateway.log_matching("history: cannot be written")), 1)

    def test_a_read_only_disk(self):
        self.start(wrapper=small_disk.wrapper("1M", "read-only"))
        self.run_one()
        self.gateway.wait_log("^<4>history: cannot be written, runs wait in memory.*Read-only")
        self.run_one(2)
        self.gateway.stop()
        self.assertEqual(len(self.gateway.log_matching("history: ")), 2)
        self.assertTrue(self.gateway.log_matching("^<4>history: runs are lost at the end .*Read-only"))


if __name__ == "__main__":
    tap.main()
