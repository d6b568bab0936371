#!/usr/bin/python3 -B
# SPDX-License-Identifier: GPL-3.0-or-later
# Copyright (C) 2026 eventsgw contributors
"""What a running gateway tells of itself: `eventsgw status` and the metrics."""

import contextlib
import http.client
import json
import os
import pathlib
import re
import resource
import shutil
import socket
import stat
import subprocess
import sys
import tempfile
import threading
import time

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[1] / "lib"))

import program
import small_disk
import tap
from case import GatewayTestCase, numbers
from ports import free_port
from waiting import wait_until

CONFIG = """\
[actions]
a/event/b = act
[commands]
a/event/c = true
a/event/* = exit 3
"""
EX_UNAVAILABLE = 69


class UnixConnection(http.client.HTTPConnection):
    """HTTP over a unix socket."""

    def __init__(self, path):
        super().__init__("localhost", timeout=10)
        self._path = path

    def connect(self):
        self.sock = socket.socket(socket.AF_UNIX)
        self.sock.connect(self._path)


class StatusTestCase(GatewayTestCase):
    def status(self, gateway, *options):
        return program.run("status", *options, cwd=gateway.working_directory())

    def report(self, gateway):
        done = self.status(gateway, "--format", "json")
        self.assertEqual((done.status, done.stderr), (0, ""))
        return json.loads(done.stdout)

    def wait_report(self, gateway, condition):
        return wait_until(
            lambda: (lambda report: report if condition(report) else None)(self.report(gateway)),
            lambda: json.dumps(self.report(gateway)),
        )

    def ask(self, path, method, target):
        connection = UnixConnection(path)
        self.addCleanup(connection.close)
        connection.request(method, target)
        response = connection.getresponse()
        return response.status, response.read().decode()


class Report(StatusTestCase):
    def test_what_it_counts(self):
        gateway = self.start_gateway(CONFIG)
        self.publish("a/event/b", *numbers(0, 5))
        self.publish("a/event/c", b"{}")
        self.wait_tasks(5)
        report = self.wait_report(gateway, lambda r: r["commands"]["failed"] == 6 and r["commands"]["succeeded"] == 1)
        self.assertEqual((report["agent"], report["pid"]), ("module/mail1", gateway.pid))
        self.assertEqual((report["replica"]["channels"], report["replica"]["patterns"]), (2, 1))
        self.assertEqual(report["replica"]["messages"], 12)
        self.assertEqual((report["replica"]["connected"], report["leader"]["connected"]), (True, True))
        self.assertEqual((report["tasks"]["pushed"], report["tasks"]["waiting"]), (5, 0))
        self.assertEqual([rule["events"] for rule in report["rules"]], [5, 1, 6])
        self.assertEqual([rule["line"] for rule in report["rules"]], [2, 4, 5])
        self.assertRegex(report["rules"][0]["last"], r"^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z$")
        self.assertEqual(report["commands"]["begun"]["count"], 7)
        self.assertEqual(report["tasks"]["confirmed"]["count"], 5)
        self.assertEqual(report["tasks"]["confirmed"]["steps"][-1], {"up_to": 300, "count": 5})

    def test_where_no_rule_has_an_action_there_is_no_leader(self):
        gateway = self.start_gateway("[commands]\na/event/b = true\n")
        report = self.report(gateway)
        self.assertIsNone(report["leader"])
        self.assertIsNone(report["rules"][0]["last"])

    def test_an_outage_and_a_gap(self):
        proxy = self.start_proxy(self.redis)
        gateway = self.start_gateway(CONFIG, leader=proxy, replica=proxy)
        proxy.refuse()
        self.wait_report(gateway, lambda r: "refused" in r["replica"]["problem"] and not r["leader"]["connected"])
        proxy.forward()
        report = self.wait_report(gateway, lambda r: r["replica"]["gaps"]["count"] == 1)
        self.assertGreater(report["replica"]["gaps"]["last"]["seconds"], 0)
        self.assertIn("1, ", re.search("^gaps .*$", self.status(gateway).stdout, re.MULTILINE).group(0))

    def test_counts_of_a_rule_that_stays_go_on_over_a_reload(self):
        gateway = self.start_gateway(CONFIG)
        self.publish("a/event/b", b"1")
        self.wait_report(gateway, lambda r: r["rules"][0]["events"] == 1)
        gateway.write("eventsgw.conf", "[commands]\na/event/new = true\n[actions]\na/event/b = act\n")
        gateway.send_signal(1)
        report = self.wait_report(gateway, lambda r: len(r["rules"]) == 2)
        self.assertEqual([rule["events"] for rule in report["rules"]], [1, 0])

    def test_text_for_people(self):
        gateway = self.start_gateway(CONFIG)
        self.publish("a/event/b", b"1")
        self.wait_tasks(1)
        done = self.status(gateway)
        self.assertEqual((done.status, done.stderr), (0, ""))
        self.assertRegex(done.stdout, rf"\Aeventsgw \S+ for module/mail1, process {gateway.pid}, up \S+\n\n")
        for line in ("replica .*, connected", "gaps +none", "tasks +1 pushed, 0 waiting", r" +2 +1  .* \[actions\] a/event/b = act"):
            self.assertRegex(done.stdout, rf"(?m)^{line}")


    def test_text_with_its_plurals(self):
        gateway = self.start_gateway("[actions]\na/event/b = act\na/event/* = act\n")
        self.assertRegex(self.status(gateway).stdout, r"(?m)^listening 1 channel, 1 pattern, 0 messages read, ")
        self.publish("a/event/c", b"1")
        self.wait_tasks(1)
        text = self.status(gateway).stdout
        self.assertRegex(text, r"(?m)^listening 1 channel, 1 pattern, 1 message read, 0 refused for their size$")
        self.assertRegex(text, r"(?m)^tasks     1 pushed, 0 waiting, 0 dead, 0 refused$")

    def test_no_more_tasks_are_on_disk_than_wait(self):
        proxy = self.start_proxy(self.start_redis())
        gateway = self.start_gateway(CONFIG, leader=proxy)
        proxy.refuse()
        self.publish("a/event/b", *numbers(0, 105))
        self.wait_report(gateway, lambda r: r["tasks"]["spooled"] == 105)
        self.assertRegex(self.status(gateway).stdout, r"(?m)^tasks     0 pushed, 105 waiting \(105 on disk\), 0 dead, ")
        proxy.forward()
        seen = []  # rows of tasks that the leader has taken stay for a while
        self.wait_report(gateway, lambda r: seen.append(r["tasks"]) or r["tasks"]["pushed"] == 105)
        self.assertEqual([tasks for tasks in seen if tasks["spooled"] > tasks["waiting"]], [])

    def test_trouble_of_the_history(self):
        gateway = self.start_gateway(CONFIG, options={"wrapper": small_disk.wrapper("4M")})
        self.assertEqual(self.report(gateway)["history"], {"on": True, "problem": ""})
        small_disk.fill(gateway)
        self.publish("a/event/c", b"1")
        self.wait_report(gateway, lambda r: "full" in r["history"]["problem"])
        self.assertRegex(self.status(gateway).stdout, r"(?m)^history +not kept: .*full")
        self.assertIn("\neventsgw_history_lost 1\n", self.status(gateway, "--format", "openmetrics").stdout)
        small_disk.make_room(gateway)
        self.wait_report(gateway, lambda r: r["history"]["problem"] == "")
        self.assertRegex(self.status(gateway).stdout, r"(?m)^history +kept$")
        self.assertIn("\neventsgw_history_lost 0\n", self.status(gateway, "--format", "openmetrics").stdout)

    def test_a_history_that_is_off(self):
        gateway = self.start_gateway("[gateway]\nhistory = 0\n" + CONFIG)
        self.assertEqual(self.report(gateway)["history"], {"on": False, "problem": ""})
        self.assertRegex(self.status(gateway).stdout, r"(?m)^history +off$")


class Foreign(StatusTestCase):
    """What answers is no gateway."""

    REPORT = b'{"version":"1"}'

    def answer(self, response):
        holder = tempfile.TemporaryDirectory()
        self.addCleanup(holder.cleanup)
        directory = holder.name
        server = socket.socket(socket.AF_UNIX)
        self.addCleanup(server.close)
        server.bind(os.path.join(directory, "eventsgw.sock"))
        server.listen(10)

        def serve():
            with contextlib.suppress(OSError):
                while True:
                    connection, _ = server.accept()
                    with connection:
                        connection.recv(4096)
                        connection.sendall(response)

        threading.Thread(target=serve, daemon=True).start()
        return directory

    def test_any_answer(self):
        ok = b"HTTP/1.1 200 OK\r\n"
        for response in (
            ok + b"\r\nnotjson",
            ok + b"\r\n[]",
            ok + b"\r\n" + b"\x1b[2J\n# EOF",
            ok + b"Content-Length: 100\r\n\r\n" + self.REPORT,
            ok + b"content-length: x\r\n\r\n" + self.REPORT,
            b"HTTP/1.1 404 Not Found\r\n\r\nno",
            b"HTTP/1.1 2000 OK\r\n\r\n" + self.REPORT,
            b"SSH-2.0 200 \r\n\r\n" + self.REPORT,
            b"\x00" * 100,
            b"",
        ):
            directory = self.answer(response)
            for words in (("status",), ("status", "--format", "json"), ("status", "--format", "openmetrics"),
                          ("replay", "1b9d6bcd"), ("cancel", "1b9d6bcd"), ("pause", "x"), ("resume", "x"),
                          ("wait", "1b9d6bcd"), ("wait", "--idle")):
                with self.subTest(response=response, words=words):
                    done = program.run(*words, cwd=directory)
                    self.assertEqual((done.status, done.stdout), (EX_UNAVAILABLE, ""))
                    self.assertRegex(done.stderr, r"\Aeventsgw: .*(is no gateway|without an answer)")

    def test_what_a_terminal_would_obey(self):
        directory = self.answer(b"HTTP/1.1 409 Conflict\r\n\r\n\x1b[2J\nsecond\n")
        self.assertEqual(program.run("replay", "1b9d6bcd", cwd=directory).stderr, "eventsgw: \\x1b[2J\nsecond\n")


class Socket(StatusTestCase):
    def test_it_is_the_owners_alone_and_goes_with_the_gateway(self):
        gateway = self.start_gateway(CONFIG)
        path = gateway.path("eventsgw.sock")
        self.assertEqual(stat.S_IMODE(os.stat(path).st_mode), 0o600)
        gateway.stop()
        self.assertFalse(os.path.exists(path))

    def test_one_that_was_left_behind_is_replaced(self):
        gateway = self.start_gateway(CONFIG)
        gateway.send_signal(9)
        gateway.wait_exit()
        self.assertTrue(gateway.exists("eventsgw.sock"))
        successor = self.start_gateway(CONFIG, options={"predecessor": gateway})
        self.assertEqual(self.report(successor)["pid"], successor.pid)

    def test_a_file_in_its_place_is_left_alone(self):
        gateway = self.start_gateway(CONFIG, options={"files": {"eventsgw.sock": "precious"}})
        gateway.wait_log("^<4>status: not served.*in use")
        self.assertEqual(gateway.read("eventsgw.sock"), b"precious")
        self.publish("a/event/b", b"1")
        self.wait_tasks(1)

    def test_nobody_there(self):
        done = program.run("status", cwd="/")
        self.assertEqual((done.status, done.stdout), (EX_UNAVAILABLE, ""))
        self.assertRegex(done.stderr, r"\Aeventsgw: no gateway answers at eventsgw\.sock here: go to ")

    def test_what_it_does_not_know(self):
        gateway = self.start_gateway(CONFIG)
        path = gateway.path("eventsgw.sock")
        self.assertEqual(self.ask(path, "GET", "/nothing")[0], 404)
        self.assertEqual(self.ask(path, "GET", "/status?x=1")[0], 200)
        self.assertNotEqual(self.ask(path, "DELETE", "/status")[0], 200)

    def test_noise_and_idle_connections_do_no_harm(self):
        gateway = self.start_gateway(CONFIG)
        path = gateway.path("eventsgw.sock")
        sockets = []
        for noise in (b"", b"\x00" * 100, b"GET", b"G" * 100000, b"GET /status HTTP/9.9\r\nContent-Length: 99999\r\n\r\n"):
            sockets.append(socket.socket(socket.AF_UNIX))
            self.addCleanup(sockets[-1].close)
            sockets[-1].connect(path)
            try:
                sockets[-1].sendall(noise)
            except BrokenPipeError:
                pass  # it has seen enough
        self.assertEqual(self.report(gateway)["pid"], gateway.pid)

    def test_idle_connections_hold_few_descriptors_and_keep_nobody_out(self):
        port = free_port()
        gateway = self.start_gateway(f"[gateway]\nmetrics_listen = 127.0.0.1:{port}\n" + CONFIG)
        before = len(gateway.descriptors())
        for _ in range(200):
            self.addCleanup(socket.create_connection(("127.0.0.1", port), timeout=10).close)
        for _ in range(2):
            connection = http.client.HTTPConnection("127.0.0.1", port, timeout=10)
            self.addCleanup(connection.close)
            connection.request("GET", "/metrics")
            self.assertEqual(connection.getresponse().status, 200)
            self.assertLessEqual(len(gateway.descriptors()), before + 33)
        self.publish("a/event/b", b"1")
        self.wait_tasks(1)

    def test_out_of_descriptors_it_does_not_spin(self):
        gateway = self.start_gateway(CONFIG)
        used = len(gateway.descriptors())
        resource.prlimit(gateway.pid, resource.RLIMIT_NOFILE, (used, 1024))
        waiting = socket.socket(socket.AF_UNIX)
        self.addCleanup(waiting.close)
        waiting.connect(gateway.path("eventsgw.sock"))
        before = gateway.cpu_seconds()
        begun = time.monotonic()
        wait_until(lambda: time.monotonic() > begun + 1.5, "a while")
        self.assertLess(gateway.cpu_seconds() - before, 0.3)
        resource.prlimit(gateway.pid, resource.RLIMIT_NOFILE, (1024, 1024))
        self.assertEqual(self.report(gateway)["pid"], gateway.pid)


class Metrics(StatusTestCase):
    # Families that are of no use on a dashboard.
    NOT_SHOWN = {
        "eventsgw_start_time_seconds",
        "eventsgw_rule_last_event_seconds",
        "eventsgw_gaps_total",
        "eventsgw_runs_refused_total",
        "eventsgw_history_lost",
        "eventsgw_journal_log_bytes",
    }
    HOSTILE = "[commands]\na\\\\\"\\n{/event/b = true\n"

    def test_promtool_finds_nothing(self):
        promtool = shutil.which("promtool")
        if not promtool:
            self.skipTest("promtool is not here")
        gateway = self.start_gateway(CONFIG + self.HOSTILE.partition("\n")[2])
        self.publish("a/event/b", *numbers(0, 5))
        self.wait_report(gateway, lambda r: r["commands"]["failed"] == 5 and r["tasks"]["pushed"] == 5)
        metrics = self.status(gateway, "--format", "openmetrics").stdout
        self.assertRegex(metrics, r'(?m)^eventsgw_rule_events_total\{.*channel="a/event/b".*\} 5$')
        done = subprocess.run([promtool, "check", "metrics"], input=metrics.encode(), stdout=-1, stderr=-2, check=False)
        self.assertEqual((done.returncode, done.stdout.decode()), (0, ""))

    def test_the_dashboard_shows_what_there_is(self):
        gateway = self.start_gateway(CONFIG)
        text = pathlib.Path(program.TOP, "conf", "grafana-dashboard.json").read_text(encoding="utf-8")
        shown = set(re.findall(r"\beventsgw_\w+", json.dumps([panel["targets"] for panel in json.loads(text)["panels"]])))
        metrics = self.status(gateway, "--format", "openmetrics").stdout
        there = set(re.findall(r"^(eventsgw_\w+)(?:\{| )", metrics, re.MULTILINE))
        families = set(re.findall(r"^# TYPE (eventsgw_\w+)", metrics, re.MULTILINE))
        self.assertEqual(shown - there, set())
        self.assertEqual(families - {name.removesuffix("_bucket") for name in shown}, self.NOT_SHOWN)

    def test_over_tcp_there_are_only_metrics(self):
        port = free_port()
        gateway = self.start_gateway(f"[gateway]\nmetrics_listen = 127.0.0.1:{port}\n" + CONFIG)
        for target, status in (("/metrics", 200), ("/status", 404)):
            connection = http.client.HTTPConnection("127.0.0.1", port, timeout=10)
            self.addCleanup(connection.close)
            connection.request("GET", target)
            self.assertEqual(connection.getresponse().status, status)
        self.assertEqual(gateway.log_matching("^<[34]>"), [])

    def test_on_a_socket(self):
        gateway = self.start_gateway("[gateway]\nmetrics_listen = ./metrics.sock\n" + CONFIG)
        self.assertEqual(self.ask(gateway.path("metrics.sock"), "GET", "/metrics")[0], 200)

    def test_a_place_that_is_taken_is_told_and_the_work_goes_on(self):
        with socket.create_server(("127.0.0.1", 0)) as taken:
            place = f"127.0.0.1:{taken.getsockname()[1]}"
            gateway = self.start_gateway(f"[gateway]\nmetrics_listen = {place}\n" + CONFIG)
            gateway.wait_log(f"^<4>status: not served address={place} ")
        self.publish("a/event/b", b"1")
        self.wait_tasks(1)


if __name__ == "__main__":
    tap.main()
