#!/usr/bin/python3 -B
# SPDX-License-Identifier: GPL-3.0-or-later
# Copyright (C) 2026 eventsgw contributors
"""`eventsgw submit`: the task is that of a rule, and --wait follows it; the test plays the module's agent."""

import json
import os
import pathlib
import pty
import signal
import sys

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[1] / "lib"))

import tap
from case import AGENT
from gateway import Collector
from ports import free_port
from program import EX_CONFIG, EX_NOINPUT, EX_NOPERM, EX_UNAVAILABLE, run
from redis_server import agent_rules, password_of
from task import strict_json
from tools import ToolTestCase
from waiting import PATIENCE, wait_until


class SubmitTestCase(ToolTestCase):
    def setUp(self):
        super().setUp()
        self.agent = self.redis.connect(AGENT)

    def take_task(self):
        """The oldest task, taken as the agent takes it."""
        popped = self.agent.brpop([AGENT + "/tasks"], timeout=PATIENCE)
        self.assertIsNotNone(popped, "a task in the queue")
        return popped[1]

    def submit(self, *arguments, status=0, **options):
        done = self.run_tool("submit", *arguments, **options)
        self.assertEqual(done.status, status, done)
        return done


class Tasks(SubmitTestCase):
    def assert_data(self, expected, *arguments, **options):
        self.submit("act", *arguments, **options)
        self.assertEqual(strict_json(self.take_task())["data"], expected)

    def test_the_whole_task(self):
        done = self.submit("renew-certificate", stdin=b'{"domain": 1.10}')
        self.assertEqual(
            self.take_task().decode(),
            '{"id":"%s","action":"renew-certificate","data":{"domain": 1.10},"parent":"","extra":{}}'
            % done.stdout.rstrip("\n"),
        )
        self.assertRegex(done.stdout, r"\A[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}\n\Z")
        self.assertEqual(done.stderr, "")

    def test_where_the_data_comes_from(self):
        self.write("data.json", b'{"a":1}')
        self.assert_data({"a": 1}, "--data", "data.json", stdin=b"unread")
        self.assert_data({"b": 2}, "--data", "-", stdin=b'{"b":2}')
        self.assert_data({}, stdin=b"")
        self.assert_data("", "--data", "-", stdin=b"")
        self.assert_data({"c": 3}, "--data", "/dev/stdin", stdin=b'{"c":3}')  # a pipe, as of the shell's <(...)
        self.assert_data("", "--data", "/dev/null", stdin=b"unread")

    def test_data_that_is_no_json_is_a_string(self):
        self.assert_data("cluster/acls", stdin=b"cluster/acls")
        self.submit("act", stdin=b"caf\xe9")
        task = strict_json(self.take_task())
        self.assertEqual((task["data"], task["extra"]), ("caf\ufffd", {"payload_base64": "Y2Fm6Q=="}))

    def test_the_task_of_a_handler_s_step_is_that_of_a_rule(self):
        payloads = [b'{"domain": "example.org"}', b"text", b"\xff", b""]
        self.start_gateway("[actions]\ncluster/event/module-added = note\n")
        for payload in payloads:
            self.publish("cluster/event/module-added", payload)
            self.submit(
                "note",
                "--data",
                "-",
                stdin=payload,
                AGENT_EVENT_SOURCE="cluster",
                AGENT_EVENT_NAME="module-added",
            )
            tasks = [strict_json(self.take_task()) for _ in range(2)]
            for task in tasks:
                task.pop("id")
            self.assertEqual(tasks[0], tasks[1])

    def test_the_task_of_a_replayed_event_says_so(self):
        event = {"AGENT_EVENT_SOURCE": "cluster", "AGENT_EVENT_NAME": "module-added", "AGENT_EVENT_REPLAY": "1"}
        self.submit("note", **event)
        self.assertIs(strict_json(self.take_task())["extra"]["event"]["replay"], True)

    def test_at_a_terminal_nothing_is_waited_for(self):
        control, terminal = pty.openpty()
        self.addCleanup(os.close, control)
        self.addCleanup(os.close, terminal)
        done = run("submit", "act", cwd=self.directory, settings=self.module_environment(), terminal=terminal)
        self.assertEqual(done.status, 0, done)
        self.assertEqual(strict_json(self.take_task())["data"], {})

    def test_a_name_that_no_action_can_have_is_pushed_with_a_warning(self):
        for name, reason in {
            "bin/act": "a name, not a path, is wanted",
            "two words": "a name has no blanks, line ends or control characters",
            '"act"': "the quotes are part of the name",
            "a" * 256: "a name has at most 255 bytes",
            b"act\xff": "a name is UTF-8",
        }.items():
            done = self.submit(name)
            self.assertRegex(done.stderr, f'\\Aeventsgw: warning: no agent can have the action "[^\n]+": {reason}\n\\Z')
            self.take_task()

    def test_the_agent_file_will_do(self):
        self.write("agent.env", f'REDIS_USER="{AGENT}"\nREDIS_PASSWORD={password_of(AGENT)}\n')
        self.submit("act", AGENT_ID=None, REDIS_USER=None, REDIS_PASSWORD=None)
        self.take_task()


class Waiting(SubmitTestCase):
    def start_waiting(self, **options):
        """The tool, and the id of its task, which the agent has taken."""
        self.write("data", b"{}")
        tool = self.start_tool("submit", "act", "--wait", "--data", "data", **options)
        task = strict_json(self.take_task())
        self.assertEqual(self.redis.subscriptions(), ([f"progress/{AGENT}/task/{task['id']}".encode()], 0))
        return tool, task["id"]

    def say(self, task, status, progress):
        self.agent.publish(f"progress/{AGENT}/task/{task}", json.dumps({"status": status, "progress": progress}))

    def leave_result(self, task, code, output="", error=""):
        for part, value in (("output", output), ("error", error), ("exit_code", code)):
            self.agent.set(f"task/{AGENT}/{task}/{part}", value)

    def test_output_error_and_exit_code_are_the_action_s(self):
        tool, task = self.start_waiting()
        self.say(task, "running", 50)
        self.leave_result(task, 3, '{"result": 1}', "step failed\n")
        self.say(task, "aborted", 50)
        self.assertEqual(tool.wait_exit(), 3)
        self.assertEqual(tool.stdout(), '{"result": 1}\n')
        self.assertEqual(tool.stderr(), f"task {task}\nstep failed\n")

    def test_success(self):
        tool, task = self.start_waiting()
        self.leave_result(task, 0)
        self.say(task, "completed", 100)
        self.assertEqual(tool.wait_exit(), 0)
        self.assertEqual((tool.stdout(), tool.stderr()), ("", f"task {task}\n"))

    def test_the_last_word_before_the_result(self):
        tool, task = self.start_waiting()
        self.say(task, "validation-failed", 0)
        self.leave_result(task, 10)
        self.assertEqual(tool.wait_exit(), 10)

    def test_a_word_that_was_missed(self):
        tool, task = self.start_waiting()
        self.leave_result(task, 7)
        self.assertEqual(tool.wait_exit(), 7)

    def test_words_that_make_no_sense(self):
        tool, task = self.start_waiting()
        for nonsense in (b"", b"\xff{", b"[]", b'{"status":1,"progress":"x"}', b'{"status":"running","progress":1e9}'):
            self.agent.publish(f"progress/{AGENT}/task/{task}", nonsense)
        self.leave_result(task, 0)
        self.say(task, "completed", 100)
        self.assertEqual(tool.wait_exit(), 0)

    def test_servers_that_go_away_and_come_back(self):
        proxy = self.start_proxy(self.redis)
        self.write("agent.env", f"REDIS_ADDRESS={proxy.address}\nREDIS_REPLICA_ADDRESS={proxy.address}\n")
        environment = self.module_environment(REDIS_ADDRESS=None, REDIS_REPLICA_ADDRESS=None)
        self.module_environment = lambda: environment
        tool, task = self.start_waiting()
        tool.wait_stderr(f"task {task}\n")
        proxy.refuse()
        tool.wait_stderr("; still waiting\n")
        self.leave_result(task, 5, "done")
        proxy.forward()
        self.assertEqual(tool.wait_exit(), 5)
        self.assertEqual(tool.stdout(), "done\n")

    def test_a_bar_on_a_terminal(self):
        control, terminal = pty.openpty()
        self.addCleanup(os.close, control)
        screen = Collector(os.fdopen(os.dup(control), "rb", buffering=0), ends_with_error=True)
        tool, task = self.start_waiting(terminal=terminal)
        os.close(terminal)
        self.say(task, "running", 50)
        half = b"[####################....................]  50% running"
        wait_until(lambda: half in screen.data(), lambda: screen.data())
        self.leave_result(task, 0, "the end")
        self.say(task, "completed", 100)
        self.assertEqual(tool.wait_exit(), 0)
        wait_until(lambda: screen.data().endswith(b"\r\x1b[Kthe end\r\n"), lambda: screen.data())

    def test_a_task_that_nobody_takes(self):
        for number, others in ((0, ""), (2, ", behind 2 others")):
            with self.subTest(number=number):
                self.agent.delete(AGENT + "/tasks")
                self.submit_others(number)
                self.write("data", b"{}")
                tool = self.start_tool("submit", "act", "--wait", "--data", "data")
                tool.wait_stderr("Ctrl-C")
                self.assertEqual(
                    tool.stderr().partition("\n")[2],
                    f"eventsgw: the task still waits in {AGENT}/tasks{others}; "
                    "does the agent run? Ctrl-C leaves it there\n",
                )
                tool.send_signal(signal.SIGINT)
                self.assertEqual(tool.wait_exit(), -signal.SIGINT)
                self.assertEqual(self.agent.llen(AGENT + "/tasks"), number + 1)

    def submit_others(self, count):
        for _ in range(count):
            self.submit("other", stdin=b"{}")

    def test_a_task_that_was_taken_and_of_which_nothing_is_heard(self):
        tool, task = self.start_waiting()
        tool.wait_stderr("Ctrl-C")
        self.assertEqual(
            tool.stderr(),
            f"task {task}\neventsgw: the agent has taken the task and says nothing of it yet; Ctrl-C does not end it\n",
        )
        self.leave_result(task, 0)
        self.assertEqual(tool.wait_exit(), 0)

    def test_an_exit_code_that_is_none(self):
        for code in ("", "none", "-1", "1.5"):
            tool, task = self.start_waiting()
            self.leave_result(task, code, "output")
            self.assertEqual(tool.wait_exit(), EX_UNAVAILABLE)
            self.assertEqual(tool.stdout(), "output\n")
            self.assertEqual(
                tool.stderr(), f'task {task}\neventsgw: the agent has left no number as the exit code, but "{code}"\n'
            )

    def test_the_waiting_can_be_ended(self):
        tool, task = self.start_waiting()
        tool.wait_stderr(f"task {task}\n")
        tool.send_signal(signal.SIGINT)
        self.assertEqual(tool.wait_exit(), -signal.SIGINT)
        self.assertEqual(tool.stderr(), f"task {task}\n")


class Trouble(SubmitTestCase):
    def test_a_leader_that_is_not_there(self):
        address = f"127.0.0.1:{free_port()}"
        done = self.submit("act", REDIS_ADDRESS=address, status=EX_UNAVAILABLE)
        self.assertRegex(done.stderr, rf"\Aeventsgw: the leader at {address} cannot be reached: Connection refused\n")
        self.assertEqual(done.stdout, "")

    def test_retry_until_the_leader_is_there(self):
        proxy = self.start_proxy(self.redis)
        proxy.refuse()
        self.write("data", b"{}")
        environment = self.module_environment(REDIS_ADDRESS=proxy.address)
        self.module_environment = lambda: environment
        tool = self.start_tool("submit", "act", "--retry", "5m", "--data", "data")
        self.assertEqual(tool.stdout(), "")
        proxy.forward()
        self.assertEqual(tool.wait_exit(), 0)
        self.take_task()

    def test_retry_comes_to_an_end(self):
        address = f"127.0.0.1:{free_port()}"
        done = self.submit("act", "--retry", "300ms", REDIS_ADDRESS=address, status=EX_UNAVAILABLE)
        self.assertIn("cannot be reached: Connection refused", done.stderr)

    def test_a_leader_that_takes_nothing_yet(self):
        self.redis.set_user(AGENT, agent_rules(AGENT) + " -lpush")
        self.assertIn("NOPERM", self.submit("act", status=EX_NOPERM).stderr)
        self.write("data", b"{}")
        tool = self.start_tool("submit", "act", "--retry", "5m", "--data", "data")
        wait_until(lambda: len(self.redis.admin.acl_log()) >= 1 and self.denied() >= 3, "refusals")
        self.redis.set_user(AGENT, agent_rules(AGENT))
        self.assertEqual(tool.wait_exit(), 0)
        self.take_task()
        self.assertEqual(self.redis.admin.llen(AGENT + "/tasks"), 0)

    def denied(self):
        return sum(int(entry["count"]) for entry in self.redis.admin.acl_log() if entry["reason"] == "command")

    def test_an_answer_that_does_not_come_is_told_and_not_guessed(self):
        proxy = self.start_proxy(self.redis)
        proxy.cut_after(1000)
        payload = b'"%s"' % (b"x" * 5000)
        done = self.submit("act", "--retry=5m", stdin=payload, REDIS_ADDRESS=proxy.address, status=EX_UNAVAILABLE)
        self.assertRegex(done.stderr, r"There was no answer to the task \S{36}: it may be in the queue, or not\.")
        self.assertEqual(proxy.accepted, 1)

    def test_a_replica_that_is_not_there(self):
        address = f"127.0.0.1:{free_port()}"
        done = self.submit("act", "--wait", REDIS_REPLICA_ADDRESS=address, status=EX_UNAVAILABLE)
        self.assertIn(f"not submitted: the replica at {address} cannot be listened to: Connection refused", done.stderr)
        self.assertEqual(self.redis.admin.llen(AGENT + "/tasks"), 0)

    def test_a_wrong_password(self):
        done = self.submit("act", REDIS_PASSWORD="wrong", status=EX_NOPERM)
        self.assertIn("WRONGPASS", done.stderr)
        self.assertIn("runagent -m mail1 eventsgw submit", done.stderr)

    def test_a_file_that_is_not_there(self):
        done = self.submit("act", "--data", "nowhere", status=EX_NOINPUT)
        self.assertEqual(done.stderr, "eventsgw: nowhere: cannot be opened: No such file or directory\n")

    def test_no_environment(self):
        done = run("submit", "act", cwd=self.directory)
        self.assertEqual(done.status, EX_CONFIG, done)
        self.assertIn("runagent -m mail1 eventsgw submit", done.stderr)


if __name__ == "__main__":
    tap.main()
