#!/usr/bin/python3 -B
# SPDX-License-Identifier: GPL-3.0-or-later
# Copyright (C) 2026 eventsgw contributors
"""One command: what it is given, what becomes of its output, and what is told of its end."""

import os
import pathlib
import re
import sys

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[1] / "lib"))

import tap
from case import GatewayTestCase
from redis_server import password_of
from waiting import wait_until

MIB = 1 << 20
SIGNALS_OF_LIBC = 1 << 31 | 1 << 32  # 32 and 33, which glibc's posix_spawn ignores in every child
MILLISECONDS = {"us": 0.001, "ms": 1, "s": 1000}


class Command(GatewayTestCase):
    def run_command(self, line, payload=b"", **environment):
        """Runs one command for one event, to its end."""
        gateway = self.start_gateway(f"[commands]\na/event/b = {line}\n", **environment)
        self.publish("a/event/b", payload)
        self.end = gateway.wait_log("command: exited")[0]
        return gateway

    def test_shell_syntax(self):
        gateway = self.run_command("x='a ; b' && { echo $x | tr a-z A-Z; echo two # no comment of the file\n  } > out")
        self.assertEqual(gateway.read("out"), b"A ; B\ntwo\n")

    def test_several_lines_are_one_script(self):
        gateway = self.run_command("if true\n    then echo yes > out\n    fi")
        self.assertEqual(gateway.read("out"), b"yes\n")

    def test_a_percent_sign_is_doubled_in_the_file(self):
        gateway = self.run_command("printf '%%s' 100%% > out")
        self.assertEqual(gateway.read("out"), b"100%")

    def test_it_runs_in_the_state_directory(self):
        gateway = self.run_command("pwd -P > out")
        self.assertEqual(gateway.read("out").decode(), os.path.realpath(gateway.state_directory) + "\n")

    def test_it_has_the_environment_of_the_daemon(self):
        gateway = self.run_command("env -0 > out", FLAVOUR="two\nlines", EMPTY="")
        variables = dict(entry.split(b"=", 1) for entry in gateway.read("out").split(b"\0") if entry)
        self.assertEqual(variables[b"FLAVOUR"], b"two\nlines")
        self.assertEqual(variables[b"EMPTY"], b"")
        self.assertEqual(variables[b"AGENT_ID"], b"module/mail1")
        self.assertEqual(variables[b"REDIS_PASSWORD"].decode(), password_of("module/mail1"))

    def test_it_starts_with_a_clean_slate(self):
        lines = [f"cat /proc/self/{name} > {name}" for name in ("status", "stat")]
        gateway = self.run_command("\n  ".join([*lines, "ls -l /proc/self/fd > fds"]))
        status = dict(line.split(b":", 1) for line in gateway.read("status").splitlines() if b":" in line)
        for name in (b"SigBlk", b"SigIgn"):
            self.assertEqual(int(status[name], 16) & ~SIGNALS_OF_LIBC, 0, name)
        links = [line.split(b" -> ")[1] for line in gateway.read("fds").splitlines() if b" -> " in line]
        self.assertEqual(len(links), 4, f"the three of every program, and the directory that ls reads: {links}")
        self.assertEqual([link for link in links if b"socket" in link or b"eventpoll" in link], [])
        group = int(gateway.read("stat").rpartition(b")")[2].split()[2])
        self.assertNotEqual(group, os.getpgid(gateway.pid))

    def test_its_output_is_the_daemons(self):
        gateway = self.run_command("echo to the output; echo to the error output >&2")
        wait_until(lambda: gateway.stdout() == b"to the output\n", lambda: gateway.stdout())
        self.assertIn(b"to the error output\n", gateway.stderr())

    def test_its_end_is_told(self):
        self.run_command("exit 3")
        self.assertRegex(self.end, r"^<[3-7]>command: exited .*event=a/event/b .*status=3 wall=\S+ cpu=\S+ id=[0-9a-f-]{36}$")

    def test_its_times_are_told(self):
        self.run_command("sleep 0.2; i=0; while [ $i -lt 100000 ]; do i=$((i+1)); done")
        wall, cpu = (self.milliseconds(name) for name in ("wall", "cpu"))
        self.assertGreaterEqual(wall, 200)
        self.assertGreater(cpu, 5)
        self.assertLess(cpu, wall)

    def milliseconds(self, name):
        number, unit = re.search(rf" {name}=([\d.]+)([a-z]+)\b", self.end).groups()
        return float(number) * MILLISECONDS[unit]

    def test_a_death_by_signal_is_told(self):
        self.run_command("kill -9 $$")
        self.assertRegex(self.end, r"signal|status=137|KILL")

    def test_a_program_that_is_not_there(self):
        gateway = self.run_command("no-such-program-anywhere")
        self.assertRegex(self.end, r"^<[34]>.*status=127")
        self.assertIn(b"no-such-program-anywhere", gateway.stderr())


class Input(GatewayTestCase):
    def assert_received(self, payload):
        gateway = self.start_gateway("[commands]\na/event/b = cat > got.part && mv got.part got\n")
        self.publish("a/event/b", payload)
        wait_until(lambda: gateway.exists("got"), "the command has read its input")
        self.assertTrue(gateway.read("got") == payload, f"{len(gateway.read('got'))} of {len(payload)} bytes")

    def test_nothing(self):
        self.assert_received(b"")

    def test_one_byte(self):
        self.assert_received(b"\x00")

    def test_every_byte(self):
        self.assert_received(bytes(range(256)) * 300)

    def test_1_mib(self):
        self.assert_received(os.urandom(MIB))

    def test_16_mib(self):
        self.assert_received(os.urandom(16 * MIB))

    def test_a_slow_reader_holds_nothing_up(self):
        gateway = self.start_gateway(
            "[commands]\na/event/slow = read x < gate; wc -c > slow\na/event/quick = wc -c > quick\n"
        )
        gateway.make_gate("gate")
        self.publish("a/event/slow", b"x" * (4 * MIB))
        self.publish("a/event/quick", b"y" * MIB)
        gateway.wait_content("quick", b"%d\n" % MIB)
        gateway.open_gate("gate")
        gateway.wait_content("slow", b"%d\n" % (4 * MIB))

    def test_input_that_is_not_read(self):
        for line in ("true", "head -c 1 > one", "exec <&-; echo closed > closed"):
            with self.subTest(line=line):
                gateway = self.start_gateway(f"[commands]\na/event/b = {line}\n")
                self.publish("a/event/b", b"z" * MIB)
                end = gateway.wait_log("command: exited")[0]
                self.assertIn("status=0", end)
                self.assertEqual(gateway.log_matching("^<[34]>"), [])


if __name__ == "__main__":
    tap.main()
