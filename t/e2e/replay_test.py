#!/usr/bin/python3 -B
# SPDX-License-Identifier: GPL-3.0-or-later
# Copyright (C) 2026 eventsgw contributors
"""`eventsgw replay`: an event is taken once more, by the rules and handlers of now."""

import http.client
import json
import pathlib
import signal
import socket
import sys

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[1] / "lib"))

import program
import tap
from handlers import SOURCE, HandlerTestCase
from waiting import wait_until

COMMAND = 'cat > got; printf %%s "$AGENT_EVENT_REPLAY" > mark'
CONFIG = "[actions]\n%s[commands]\n%s[gateway]\nhistory_payload = yes\n"


class Replay(HandlerTestCase):
    def replay(self, run, status=0):
        done = program.run("replay", run, cwd=self.gateway.state_directory)
        self.assertEqual(done.status, status, done.stderr)
        return done

    def started(self, run):
        """{kind: id} of what a replay starts."""
        return dict(line.split()[:2] for line in self.replay(run).stdout.splitlines())

    def runs(self):
        done = program.run("history", "--format", "json", cwd=self.gateway.state_directory)
        return [json.loads(line) for line in done.stdout.splitlines()]

    def wait_run(self, **members):
        """Waits for the run in the history that has these members."""

        def find():
            found = [run for run in self.runs() if all(run[name] == value for name, value in members.items())]
            return found[0] if found else None

        return wait_until(find, lambda: f"{members} in {self.runs()}")

    def show(self, run):
        return program.run("history", "show", run, cwd=self.gateway.state_directory).stdout

    def reload(self, config):
        self.gateway.write("eventsgw.conf", config)
        self.gateway.send_signal(1)
        self.gateway.wait_log("gateway: reloaded")

    def test_a_command(self):
        payload = b'{"a": 1.10, "b":"\xc3\xa9"}\n'
        self.start_handlers(CONFIG % ("", f"a/event/b = {COMMAND}\n"), arguments=[])
        self.publish("a/event/b", payload)
        run = self.wait_run(kind="command")
        self.gateway.wait_content("mark", b"")
        self.gateway.write("got", b"")
        started = self.started(run["id"][:8])
        self.assertEqual(list(started), ["command"])
        self.gateway.wait_content("mark", b"1")
        self.gateway.wait_content("got", payload)
        again = self.wait_run(id=started["command"])
        self.assertEqual((again["replay"], again["channel"], again["result"]), (True, "a/event/b", "succeeded"))
        self.assertEqual((again["replay_of"], run["replay_of"], run["replayed"]), (run["id"], None, False))
        self.wait_run(id=run["id"], replayed=True)
        self.assertRegex(self.show(run["id"]), r"(?m)^replay +replayed since$")
        last = self.started(again["id"])["command"]  # a replay can be replayed
        self.wait_run(id=last, replay_of=again["id"], replayed=False)
        self.wait_run(id=again["id"], replayed=True)
        self.assertRegex(self.show(again["id"]), rf"(?m)^replay +of {run['id']}, and replayed since$")

    def test_a_handler(self):
        self.start_handlers(CONFIG % ("", ""))
        self.write_step("e", "10a", 'cat > got\nprintf %s "$AGENT_EVENT_REPLAY" > mark\nexit 3\n')
        self.fire("e", b'{"x":1}')
        run = self.wait_run(kind="handler", result="failed")
        self.write_step("e", "10a", 'cat > again\nprintf "%s %s" "$AGENT_EVENT_REPLAY" "$AGENT_EVENT_ID" > mark\n')
        started = self.started(run["id"])
        self.assertEqual(self.wait_run(id=started["handler"])["result"], "succeeded")
        self.assertEqual(self.gateway.read("again"), b'{"x":1}')
        self.assertEqual(self.gateway.read("mark").decode(), f"1 {started['handler']}")

    def test_the_rules_of_now_take_it(self):
        self.start_handlers(CONFIG % ("", "a/event/b = true\n"), arguments=[])
        self.publish("a/event/b", b'{"x":1}')
        run = self.wait_run(kind="command")
        self.reload(CONFIG % ("a/event/b = renew\n*/event/b = more\na/event/x = other\n", ""))
        lines = self.replay(run["id"]).stdout.splitlines()
        self.assertEqual([line.split(None, 2)[::2] for line in lines], [["task", "line 2: renew"], ["task", "line 3: more"]])
        tasks = self.wait_tasks(2)
        self.assertEqual([task.id for task in tasks], [line.split()[1] for line in lines])
        for task in tasks:
            self.assertEqual(task.extra["event"], {"channel": "a/event/b", "source": "a", "name": "b", "replay": True})

    def test_only_this_gateway_takes_it(self):
        self.start_handlers(CONFIG % ("", "a/event/b = true\n"), arguments=[])
        self.publish("a/event/b", b"{}")
        run = self.wait_run(kind="command")
        listener = self.redis.admin.pubsub()
        self.addCleanup(listener.close)
        listener.subscribe("a/event/b", "a/event/mark")
        started = self.started(run["id"])
        self.wait_run(id=started["command"])
        self.redis.admin.publish("a/event/mark", b"")
        messages = iter(lambda: listener.get_message(ignore_subscribe_messages=True, timeout=10), object())
        self.assertEqual(next(message for message in messages if message)["channel"], b"a/event/mark")

    def test_a_replay_that_nothing_takes(self):
        self.start_handlers(CONFIG % ("", "a/event/b = true\n"), arguments=[])
        self.publish("a/event/b", b"{}")
        run = self.wait_run(kind="command")
        self.reload(CONFIG % ("", "a/event/c = true\n"))
        self.assertIn("no rule and no handler takes a/event/b", self.replay(run["id"], status=1).stderr)

    def test_one_that_nobody_waits_for_does_not_happen(self):
        self.start_handlers(CONFIG % ("", "a/event/b = true\n"), arguments=[])
        self.publish("a/event/b", b"{}")
        run = self.wait_run(kind="command")
        self.gateway.send_signal(signal.SIGSTOP)
        self.addCleanup(self.gateway.send_signal, signal.SIGCONT)
        done = program.run("replay", run["id"], cwd=self.gateway.state_directory)
        self.assertEqual(done.status, 69)
        self.assertRegex(done.stderr, "does not answer.*may be replayed all the same: see `eventsgw history`")
        half = socket.socket(socket.AF_UNIX)
        self.addCleanup(half.close)
        half.connect(self.gateway.path("eventsgw.sock"))
        half.sendall(f"POST /replay/{run['id']} HTTP/1.0\r\n\r\n".encode())
        half.shutdown(socket.SHUT_WR)
        self.gateway.send_signal(signal.SIGCONT)
        self.gateway.wait_log("^<5>status: request not carried out, the client is gone verb=replay object=" + run["id"], 2)
        self.started(run["id"])
        self.gateway.wait_log("command: exited", 2)
        self.assertEqual(len(self.gateway.log_matching("gateway: replays an event")), 1)

    def test_a_full_queue_is_told_from_nothing_that_takes_it(self):
        config = CONFIG % ("", "a/event/b = true\na/event/c = cat gate\n") + "max_concurrency = 1\nqueue_limit = 1\n"
        self.start_handlers(config, arguments=[])
        self.publish("a/event/b", b"{}")
        run = self.wait_run(kind="command")
        self.gateway.make_gate("gate")
        self.publish("a/event/c", b"1", b"2", b"3")
        refused = self.wait_run(result="refused")
        self.assertIn("queue full; try again later:\nrefused  command line 3: true",
                      self.replay(run["id"], status=1).stderr)
        for count in (2, 3):
            self.gateway.open_gate("gate")
            self.gateway.wait_log("command: exited", count)
        self.wait_run(result="refused", replay=True)
        self.reload(config.replace("cat gate", "cat > got"))
        self.started(refused["id"])
        self.gateway.wait_content("got", b"3")

    def test_another_refusal_says_its_reason(self):
        self.start_handlers(CONFIG % ("", "a/event/.b = true\n"))
        self.publish("a/event/.b", b"{}")
        run = self.wait_run(kind="command")
        line = "refused  handler a/event/.b (no event has such a name)"
        lines = self.replay(run["id"]).stdout.splitlines()
        self.assertEqual((lines[0].split()[0], lines[1:]), ("command", [line]))
        self.reload(CONFIG % ("", ""))
        self.assertIn("nothing was started:\n" + line, self.replay(run["id"], status=1).stderr)

    def test_without_an_id(self):
        self.start_handlers(CONFIG % ("", "a/event/b = true\n"), arguments=[])
        self.publish("a/event/b", b"{}")
        self.wait_run(kind="command")
        connection = http.client.HTTPConnection("localhost", timeout=10)
        self.addCleanup(connection.close)
        connection.sock = socket.socket(socket.AF_UNIX)
        connection.sock.connect(self.gateway.path("eventsgw.sock"))
        connection.request("POST", "/replay/")
        response = connection.getresponse()
        self.assertEqual((response.status, response.read()), (409, b"the id of the run is empty\n"))
        self.assertIn("no id of a run", self.replay("", status=64).stderr)

    def test_without_a_payload_it_says_how_to_keep_one(self):
        self.start_handlers("[commands]\na/event/b = true\n", arguments=[])
        self.publish("a/event/b", b"{}")
        run = self.wait_run(kind="command")
        self.assertIn("set history_payload = yes in [gateway], reload by systemctl reload", self.replay(run["id"], status=1).stderr)

    def test_what_is_no_run(self):
        self.start_handlers(CONFIG % ("", "a/event/b = true\n"), arguments=[])
        self.assertIn("no run", self.replay("1b9d6bcd", status=1).stderr)
        self.publish("a/event/b", *[b"{}"] * 40)
        wait_until(lambda: len(self.runs()) == 40, lambda: self.runs())
        first = {run["id"][0] for run in self.runs()}
        several = next(digit for digit in first if sum(run["id"][0] == digit for run in self.runs()) > 1)
        self.assertIn("several ids", self.replay(several, status=1).stderr)
        self.assertIn("no id of a run", self.replay("../status", status=64).stderr)
        self.gateway.stop()
        self.assertIn("no gateway answers", self.replay("1b9d6bcd", status=69).stderr)

    def test_it_does_not_join_events_that_wait(self):
        self.start_handlers(CONFIG % ("", "") + "[handler e]\ncoalesce = 1s\n")
        self.write_step("e", "10a", 'printf "%s " "$(cat)" "$AGENT_EVENT_COALESCED" "$AGENT_EVENT_REPLAY" >> runs\n')
        self.fire("e", b"old")
        run = self.wait_run(kind="handler")
        self.fire("e", b"new")
        self.replay(run["id"])
        self.wait_end("e", 3)
        self.assertEqual(self.gateway.read("runs"), b"old 1  new 1  old 1 1 ")


if __name__ == "__main__":
    tap.main()
