#!/usr/bin/python3 -B
# SPDX-License-Identifier: GPL-3.0-or-later
# Copyright (C) 2026 eventsgw contributors
"""What an administrator asks of a running gateway: cancel, pause, resume, wait."""

import contextlib
import json
import os
import pathlib
import re
import signal
import socket
import subprocess
import sys
import tempfile
import threading
import time

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[1] / "lib"))

import program
import tap
from case import AGENT, numbers
from handlers import HandlerTestCase
from journal import rows
from waiting import wait_until

LOG = 'echo "$(cat)" >> log'
CONFIG = f"[rule a/event/b]\nserialize = event\n[commands]\na/event/b = {LOG}\na/event/gate = read x < gate\na/event/fail = exit 3\n"
OK = b"HTTP/1.1 200 OK\r\n\r\n"
NO_WORK = b"HTTP/1.1 404 Not Found\r\n\r\nno such work\n"
UNKNOWN_ID = "00000000-0000-4000-8000-000000000000"


class ControlTestCase(HandlerTestCase):
    def start(self, config=CONFIG, **options):
        self.gateway = self.start_gateway(config, options=options)
        return self.gateway

    def call(self, *words, status=0):
        done = program.run(*words, cwd=self.gateway.state_directory)
        self.assertEqual(done.status, status, done)
        return done

    def report(self):
        return json.loads(self.call("status", "--format", "json").stdout)

    def wait_report(self, condition):
        return wait_until(
            lambda: (lambda report: report if condition(report) else None)(self.report()),
            lambda: json.dumps(self.report()),
        )

    def wait_counts(self, kind="commands", **counts):
        return self.wait_report(lambda r: all(r[kind][name] == count for name, count in counts.items()))

    def history(self):
        return [json.loads(line) for line in self.call("history", "--format", "json").stdout.splitlines()]

    def wait_run(self, **members):
        """Waits for work in the history that has these members."""

        def find():
            found = [run for run in self.history() if all(run[name] == value for name, value in members.items())]
            return found[0] if found else None

        return wait_until(find, lambda: f"{members} in {self.history()}")

    def ids(self, state="waiting"):
        """Of the runs in the journal that are in this state."""
        number = ["waiting", "running", "held"].index(state)
        found = rows(self.gateway.path("eventsgw.journal"), f"SELECT hex(id) FROM run WHERE state = {number} ORDER BY number")
        return [re.sub("(.{8})(.{4})(.{4})(.{4})(.*)", r"\1-\2-\3-\4-\5", text.lower()) for (text,) in found]

    def wait_ids(self, count, state="waiting"):
        return wait_until(lambda: len(self.ids(state)) == count and self.ids(state), lambda: f"{count}: {self.ids(state)}")

    def stored_tasks(self):
        return json.loads(self.call("spool", "--format", "json").stdout)["waiting"]

    def background(self, *words):
        """The program, running; it is expected to end by itself."""
        process = subprocess.Popen(
            [program.PROGRAM, *words],
            cwd=self.gateway.state_directory,
            env=program.environment(),
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
        )
        self.addCleanup(process.communicate)
        self.addCleanup(process.kill)
        return process

    def end_of(self, process):
        out, err = process.communicate(timeout=60)
        return process.returncode, out.decode(), err.decode()

    def start_at_gate(self, config=CONFIG, **options):
        """A gateway with one run at its gate; the run's id."""
        self.start(config, **options)
        self.gateway.make_gate("gate")
        self.publish("a/event/gate", b"{}")
        return self.wait_ids(1, "running")[0]


class Cancel(ControlTestCase):
    def test_one_that_waits_and_one_that_runs(self):
        running = self.start_at_gate(CONFIG + "[gateway]\nmax_concurrency = 1\n")
        self.publish("a/event/b", *numbers(0, 3))
        first, second, _ = self.wait_ids(3)
        done = self.call("cancel", first, second[:13])
        self.assertEqual(done.stdout, f"{first} cancelled\n{second} cancelled\n")
        self.assertEqual(self.wait_run(id=first)["result"], "cancelled")
        run = self.wait_run(id=second)
        self.assertEqual((run["state"], run["attempts"]), ("dead", 0))
        self.assertEqual(self.call("cancel", running).stdout, f"{running} is being ended\n")
        run = self.wait_run(id=running)
        self.assertEqual((run["state"], run["result"], run["attempts"]), ("dead", "cancelled", 1))
        self.gateway.wait_content("log", b"2\n")
        self.assertIn(f"{first} has already ended (dead)", self.call("cancel", first, status=3).stderr)

    def test_one_that_ignores_sigterm_is_killed_and_not_retried(self):
        config = "[commands]\na/event/gate = trap '' TERM; read x < gate; read x < gate\n[gateway]\nretry = 5\nkill_grace = 300ms\n"
        run = self.start_at_gate(config)
        self.assertEqual(self.call("cancel", run[:8]).stdout, f"{run} is being ended\n")
        self.call("cancel", run[:8])  # says the same again, until it has ended
        self.assertEqual(self.wait_run(id=run)["state"], "dead")
        self.wait_counts(running=0, waiting=0, retried=0, dead=1)

    def test_one_that_waits_for_its_retry(self):
        self.start(CONFIG + "[gateway]\nretry = 3\nretry_delay = 1h\nretry_max_delay = 1h\n")
        self.publish("a/event/fail", b"{}")
        (run,) = self.wait_ids(1)
        self.assertEqual(self.call("cancel", run).stdout, f"{run} cancelled\n")
        self.assertEqual(self.wait_run(id=run)["attempts"], 1)

    def test_one_that_is_held(self):
        self.start(CONFIG)
        self.call("pause", "a/event/b")
        self.publish("a/event/b", b"0")
        (run,) = self.wait_ids(1)
        self.gateway.write("eventsgw.conf", "[commands]\na/event/c = true\n")
        self.gateway.send_signal(signal.SIGHUP)
        self.wait_ids(1, "held")
        self.assertEqual(self.call("cancel", run).stdout, f"{run} cancelled\n")
        self.wait_run(id=run, state="dead")
        self.assertRegex(self.call("history", "show", run).stdout, r"(?m)^result +cancelled$")

    def test_what_is_unknown_ambiguous_or_has_ended(self):
        self.start()
        self.assertIn(f'no work has the id "{UNKNOWN_ID}"', self.call("cancel", UNKNOWN_ID, status=3).stderr)
        self.publish("a/event/b", b"0")
        run = self.wait_run(state="done")["id"]
        self.assertEqual(self.call("cancel", run[:12], status=3).stderr, f"eventsgw: {run} has already ended (done)\n")
        self.call("pause", "--all")
        self.publish("a/event/b", *numbers(0, 40))
        ids = self.wait_ids(40)
        digits = [one[0] for one in ids]
        several = next(digit for digit in digits if digits.count(digit) > 1)
        done = self.call("cancel", several, ids[0], status=3)
        self.assertIn("several ids begin with", done.stderr)
        self.assertEqual(done.stdout, f"{ids[0]} cancelled\n")  # the others are carried out all the same
        self.wait_counts(waiting=39)

    def test_a_task(self):
        proxy = self.start_proxy(self.redis)
        config = "[actions]\na/event/b = act\n"
        self.gateway = self.start_gateway(config, leader=proxy)
        proxy.refuse()
        wait_until(lambda: not self.report()["leader"]["connected"], "the leader is away")
        self.publish("a/event/b", b"0")
        task = wait_until(self.stored_tasks, "the task is on disk")[0]["id"]
        done = self.call("cancel", task[:8], status=3)
        self.assertIn(f"the task {task} waits for the leader: stop the gateway, and drop it with", done.stderr)

    def test_wrong_words(self):
        self.start()
        self.assertIn("cancel needs ID", self.call("cancel", status=64).stderr)
        for word in ("", "../status", "1b9d6bcd?x", "1B9D6BCD", "1b9d6bcd-", UNKNOWN_ID + "0"):
            with self.subTest(word=word):
                status = 3 if word == "1b9d6bcd-" else 64
                self.call("cancel", word, status=status)
        self.gateway.stop()
        self.assertIn("no gateway answers", self.call("cancel", "1b9d6bcd", status=69).stderr)


class Pause(ControlTestCase):
    def start_paused(self, *words, config=CONFIG):
        self.start(config)
        self.call("pause", *words)
        self.publish("a/event/b", *numbers(0, 3))
        self.wait_counts(waiting=3)

    def wait_pause_on_disk(self):
        wait_until(
            lambda: rows(self.gateway.path("eventsgw.journal"), "SELECT 1 FROM meta WHERE key = 'paused' AND value <> ''"),
            "the pause is on disk",
        )

    def test_events_wait_and_run_in_their_order_after_resume(self):
        self.start_paused("a/event/b")
        self.publish("a/event/fail", b"{}")
        self.wait_counts(failed=1, waiting=3)  # another rule goes on
        self.assertEqual(self.report()["paused"], [{"key": "a/event/b", "until": None}])
        self.assertEqual(self.call("resume", "a/event/b").stdout, "resumed: a/event/b\n")
        self.gateway.wait_content("log", b"0\n1\n2\n")
        self.assertEqual(self.report()["paused"], [])

    def test_all_of_them(self):
        self.start_paused("--all")
        self.publish("a/event/fail", b"{}")
        self.wait_counts(waiting=4, running=0)
        self.call("pause", "a/event/fail")
        listed = self.call("pause").stdout.splitlines()
        self.assertEqual(listed, ["until resumed  all rules of [commands] and all handlers", "until resumed  a/event/fail"])
        self.assertIn("eventsgw resume --all", self.call("resume", "a/event/b", status=1).stderr)
        self.assertIn('"a/event/fai" is not paused; did you', self.call("resume", "a/event/fai", status=1).stderr)
        self.call("resume", "--all")
        self.gateway.wait_content("log", b"0\n1\n2\n")
        self.wait_counts(failed=1)
        self.assertEqual(self.call("pause").stdout, "nothing is paused\n")
        self.assertIn("nothing is paused", self.call("resume", "--all", status=1).stderr)

    def test_it_survives_a_stop_and_a_kill(self):
        self.start_paused("a/event/b", config=CONFIG)
        self.wait_pause_on_disk()
        self.wait_ids(3)
        for number in (signal.SIGTERM, signal.SIGKILL):
            self.gateway.stop(number)
            self.start(CONFIG, predecessor=self.gateway)
            self.wait_counts(waiting=3, running=0)
            self.assertEqual(self.report()["paused"], [{"key": "a/event/b", "until": None}])
        self.assertRegex(self.call("status").stdout, r"(?m)^problem +paused: a/event/b until resumed; eventsgw resume a/event/b$")
        self.publish("a/event/b", b"3")
        self.call("resume", "a/event/b")
        self.gateway.wait_content("log", b"0\n1\n2\n3\n")

    def test_it_ends_by_itself_and_its_end_can_be_changed(self):
        self.start_paused("a/event/b", "--for", "1h")
        (paused,) = self.report()["paused"]
        self.assertRegex(paused["until"], r"^20\d\d-.*Z$")
        self.assertEqual(self.call("pause").stdout, f"until {paused['until']}  a/event/b\n")
        self.assertRegex(self.call("status").stdout, rf"(?m)^problem +paused: a/event/b until {paused['until']}; ")
        self.assertEqual(self.call("pause", "a/event/b", "--for", "100ms").stdout, "paused: a/event/b, for 100ms\n")
        self.gateway.wait_content("log", b"0\n1\n2\n")
        self.wait_report(lambda r: r["paused"] == [])

    def test_a_handler(self):
        self.start_handlers(None)
        self.write_step("e", "10a", LOG)
        self.write_step("f", "10a", "true")
        self.call("pause", "e")
        self.fire("e", b"0", b"1")
        self.fire("f")
        self.wait_end("f")
        self.wait_counts("handlers", waiting=2)
        self.call("resume", "e")
        wait_until(lambda: sorted(self.gateway.read("log").split()) == [b"0", b"1"], lambda: self.gateway.read("log"))
        self.assertIn('no event with steps is named "g"', self.call("pause", "g", status=1).stderr)

    def test_keys_that_are_none(self):
        self.start(CONFIG + "both = true\n[actions]\na/event/act = act\nboth = act\n")
        self.assertIn('did you mean "a/event/gate"?', self.call("pause", "a/event/gat", status=1).stderr)
        self.assertIn("is a rule of [actions]: tasks keep their order", self.call("pause", "a/event/act", status=1).stderr)
        self.assertIn("The rule of [actions] with this key is not", self.call("pause", "both").stdout)
        self.assertIn('is not paused; did you mean "both"?', self.call("resume", "botx", status=1).stderr)

    def test_a_key_whose_rule_is_gone_can_be_resumed(self):
        self.start()
        self.call("pause", "a/event/b")
        self.gateway.write("eventsgw.conf", "[commands]\na/event/c = true\n")
        self.gateway.send_signal(signal.SIGHUP)
        self.gateway.wait_log("gateway: reloaded")
        self.call("pause", "a/event/b", "--for", "1h")
        self.call("resume", "a/event/b")
        self.assertIn("no rule of [commands]", self.call("pause", "a/event/b", status=1).stderr)

    def test_any_byte_in_a_key(self):
        key = "a/event/ö %2F?for#*[x]\\"
        self.start(f"[commands]\n{key} = true\n")
        self.call("pause", key)
        self.assertEqual(self.report()["paused"], [{"key": key, "until": None}])
        self.call("resume", key)
        self.assertEqual(self.report()["paused"], [])

    def test_wrong_words(self):
        self.start()
        for words in (["pause", "x", "--all"], ["pause", "x", "y"], ["pause", ""], ["pause", "--for", "1h"], ["resume"],
                      ["pause", "a/event/b", "--for", "0s"], ["pause", "--all", "--for", "8761h"], ["resume", "", "--all"],
                      ["pause", "a/event/b", "--for", "soon"]):
            with self.subTest(words=words):
                self.call(*words, status=64)
        self.assertEqual(self.report()["paused"], [])
        self.gateway.stop()
        for words in (["pause"], ["pause", "x"], ["resume", "x"]):
            self.assertIn("no gateway answers", self.call(*words, status=69).stderr)


class Wait(ControlTestCase):
    def test_work_that_ends(self):
        run = self.start_at_gate()
        waiting = self.background("wait", run[:8])
        self.gateway.open_gate("gate")
        self.assertEqual(self.end_of(waiting), (0, f"{run} done\n", ""))
        self.assertEqual(self.call("wait", run).stdout, f"{run} done\n")

    def test_work_that_fails_or_is_dead(self):
        self.start()
        self.publish("a/event/fail", b"{}")
        run = self.wait_run(state="failed")["id"]
        self.assertEqual(self.call("wait", run, status=1).stdout, f"{run} failed\n")
        self.call("pause", "a/event/b")
        self.publish("a/event/b", b"0")
        (run,) = self.wait_ids(1)
        waiting = self.background("wait", run)
        self.call("cancel", run)
        self.assertEqual(self.end_of(waiting), (1, f"{run} dead: cancelled\n", ""))

    def test_an_end_is_known_before_it_is_in_the_history(self):
        """It is looked for again until the history has been written."""
        run = self.start_at_gate()
        for _ in range(3):
            self.gateway.open_gate("gate")
            self.assertEqual(self.call("wait", run).stdout, f"{run} done\n")
            self.publish("a/event/gate", b"{}")
            run = self.wait_ids(1, "running")[0]

    def test_the_time_is_over(self):
        run = self.start_at_gate(CONFIG + "[gateway]\nretry = 3\nretry_delay = 1h\nretry_max_delay = 1h\n")
        done = self.call("wait", run, "--timeout", "100ms", status=2)
        self.assertEqual(done.stderr, "eventsgw: not within 100ms: it is running\n")
        self.publish("a/event/fail", b"{}")
        (later,) = self.wait_ids(1)
        self.assertRegex(self.call("wait", later, "--timeout", "0s", status=2).stderr, r"it is waiting until 20\d\d-.*Z$")
        self.call("pause", "a/event/b")
        self.publish("a/event/b", b"0")
        paused = next(one for one in self.wait_ids(2) if one != later)
        self.assertIn("it is waiting (paused)", self.call("wait", paused, "--timeout", "0s", status=2).stderr)

    def test_what_is_unknown_or_ambiguous(self):
        self.start()
        self.assertEqual(self.call("wait", UNKNOWN_ID, "--timeout", "1s", status=3).stderr,
                         f'eventsgw: no work has the id "{UNKNOWN_ID}"\n')
        self.call("pause", "--all")
        self.publish("a/event/b", *numbers(0, 40))
        digits = [one[0] for one in self.wait_ids(40)]
        several = next(digit for digit in digits if digits.count(digit) > 1)
        self.assertIn("several ids begin with", self.call("wait", several, status=3).stderr)

    def test_without_a_history_nothing_is_known_of_the_end(self):
        run = self.start_at_gate(CONFIG + "[gateway]\nhistory = 0\n")
        waiting = self.background("wait", run)
        self.gateway.open_gate("gate")
        status, _, err = self.end_of(waiting)
        self.assertEqual(status, 3)
        self.assertIn("the gateway keeps no record of what has ended, for history = 0", err)

    def test_a_task(self):
        proxy = self.start_proxy(self.redis)
        self.gateway = self.start_gateway("[actions]\na/event/b = act\n", leader=proxy)
        proxy.refuse()
        wait_until(lambda: not self.report()["leader"]["connected"], "the leader is away")
        self.publish("a/event/b", b"0")
        task = wait_until(self.stored_tasks, "the task is on disk")[0]["id"]
        self.assertIn("it is waiting", self.call("wait", task[:9], "--timeout", "0s", status=2).stderr)

    def test_idle(self):
        self.start_at_gate()
        self.call("pause", "a/event/b")
        self.publish("a/event/b", b"0")
        waiting = self.background("wait", "--idle")
        self.gateway.open_gate("gate")
        self.wait_counts(running=0, waiting=1)
        self.assertEqual(self.call("wait", "--idle", "--timeout", "100ms", status=2).stderr,
                         "eventsgw: not within 100ms: 0 tasks waiting, 0 runs running and 1 waiting\n")
        self.assertIsNone(waiting.poll())
        self.call("resume", "a/event/b")
        self.assertEqual(self.end_of(waiting), (0, "", ""))

    def test_idle_does_not_wait_for_what_is_held(self):
        self.start()
        self.call("pause", "a/event/b")
        self.publish("a/event/b", b"0")
        self.wait_ids(1)
        self.gateway.write("eventsgw.conf", "[commands]\na/event/c = true\n")
        self.gateway.send_signal(signal.SIGHUP)
        self.wait_counts(held=1)
        self.call("wait", "--idle")

    def test_it_does_not_spin(self):
        self.start_at_gate()
        before = os.times()
        self.call("wait", "--idle", "--timeout", "2s", status=2)
        after = os.times()
        spent = after.children_user + after.children_system - before.children_user - before.children_system
        self.assertLess(spent, 1)

    def test_wrong_words(self):
        self.start()
        for words in (["wait"], ["wait", "1b9d", "--idle"], ["wait", "status"], ["wait", "--timeout", "x"], ["wait", ""]):
            with self.subTest(words=words):
                self.call(*words, status=64)
        self.gateway.stop()
        for words in (["wait", "1b9d"], ["wait", "--idle"]):
            self.assertIn("no gateway answers", self.call(*words, status=69).stderr)


class Socket(ControlTestCase):
    """What speaks to the socket, or answers there, may be anything."""

    def serve(self, directory, answer):
        """Answers each request, by its path, until answer() gives nothing."""
        path = os.path.join(directory, "eventsgw.sock")
        server = socket.socket(socket.AF_UNIX)
        self.addCleanup(server.close)
        server.bind(path)
        server.listen(10)

        def run():
            with contextlib.suppress(OSError):
                while True:
                    connection, _ = server.accept()
                    with connection:
                        response = answer(connection.recv(4096).split()[1].decode())
                        if response is None:
                            break
                        connection.sendall(response)
                os.unlink(path)
                server.close()

        thread = threading.Thread(target=run, daemon=True)
        thread.start()
        return thread

    def directory(self):
        holder = tempfile.TemporaryDirectory()
        self.addCleanup(holder.cleanup)
        return holder.name

    def test_to_wait_outlasts_a_restart(self):
        """The gateway that answered is away for a moment, and then knows no more of the work."""
        directory = self.directory()
        live = f'{{"id":"{UNKNOWN_ID}","state":"running"}}\n'.encode()
        answers = [OK + live]
        first = self.serve(directory, lambda path: answers.pop() if answers else None)
        waiting = subprocess.Popen([program.PROGRAM, "wait", UNKNOWN_ID], cwd=directory, env=program.environment(),
                                   stdout=subprocess.PIPE, stderr=subprocess.PIPE)
        self.addCleanup(waiting.kill)
        first.join(60)
        self.serve(directory, lambda path: OK + b'{"version":"1"}' if path == "/status" else NO_WORK)
        status, _, err = self.end_of(waiting)
        self.assertEqual((status, err), (3, f"eventsgw: {UNKNOWN_ID} has ended, and how is not known\n"))

    def ask(self, request):
        with socket.socket(socket.AF_UNIX) as client:
            client.settimeout(60)
            client.connect(self.gateway.path("eventsgw.sock"))
            client.sendall(request)
            return b"".join(iter(lambda: client.recv(65536), b""))

    def test_requests_that_are_none(self):
        self.start()
        for request, status in (
            (b"POST /cancel/ HTTP/1.0\r\n\r\n", 409),
            (b"GET /state/ HTTP/1.0\r\n\r\n", 409),
            (b"GET /state/zzz HTTP/1.0\r\n\r\n", 404),
            (b"GET /cancel/1b9d HTTP/1.0\r\n\r\n", 404),
            (b"POST /pause/a%2 HTTP/1.0\r\n\r\n", 400),
            (b"POST /pause/?for=x HTTP/1.0\r\n\r\n", 409),
            (b"POST /pause/?for=-1s HTTP/1.0\r\n\r\n", 409),
            (b"POST /pause/?for=99999h HTTP/1.0\r\n\r\n", 409),
            (b"POST /pause/%00 HTTP/1.0\r\n\r\n", 409),
            (b"POST /pause HTTP/1.0\r\n\r\n", 404),
        ):
            with self.subTest(request=request):
                self.assertEqual(int(self.ask(request).split()[1]), status)
        self.assertEqual(self.report()["paused"], [])

    def test_a_pause_that_nobody_waits_for_does_not_happen(self):
        self.start()
        self.gateway.send_signal(signal.SIGSTOP)
        self.addCleanup(self.gateway.send_signal, signal.SIGCONT)
        with socket.socket(socket.AF_UNIX) as client:
            client.connect(self.gateway.path("eventsgw.sock"))
            client.sendall(b"POST /pause/a%2fevent%2fb HTTP/1.0\r\n\r\n")
        self.gateway.send_signal(signal.SIGCONT)
        self.gateway.wait_log("^<5>status: request not carried out, the client is gone verb=pause object=a/event/b")
        self.assertEqual(self.report()["paused"], [])

    def test_hostile_answers(self):
        directory = self.directory()
        bodies = []
        self.serve(directory, lambda path: bodies[-1])
        for body in (b"", b"\x1b[2J", b"cancelled \x1b[2J\n", b"cancelled 1b9d\n", b"ending " + UNKNOWN_ID.encode() + b"\n",
                     b'{"id":"' + UNKNOWN_ID.encode() + b'","state":"running"}\n', b'{"id":"1b9d","state":"\\u001b[2J"}',
                     b"paused", b"pausedx\n", b"[]", b"HTTP", b"\xff" * 100):
            bodies.append(OK + body)
            for words in (["cancel", "1b9d"], ["pause", "x"], ["resume", "x"], ["wait", "1b9d"], ["wait", "--idle"], ["pause"]):
                with self.subTest(body=body, words=words):
                    done = program.run(*words, cwd=directory)
                    self.assertEqual((done.status, done.stdout), (69, ""))
                    self.assertRegex(done.stderr, r"\Aeventsgw: .*is no gateway")
        bodies.append(OK + b"paused\n\x1b[2Jmore\n")
        self.assertEqual(program.run("pause", "x", cwd=directory).stdout.splitlines()[1:], ["\\x1b[2Jmore"])
        bodies.append(b"HTTP/1.1 404 Not Found\r\n\r\nno such\x1b[2J work\n")
        self.assertEqual(program.run("cancel", "1b9d", cwd=directory).status, 69)
        bodies.append(b"HTTP/1.1 409 Conflict\r\n\r\n\x1b[2J\n")
        for words, status in ((["cancel", "1b9d"], 3), (["wait", "1b9d"], 3), (["pause", "x"], 1), (["resume", "x"], 1)):
            done = program.run(*words, cwd=directory)
            self.assertEqual((done.status, done.stderr), (status, "eventsgw: \\x1b[2J\n"))


if __name__ == "__main__":
    tap.main()
