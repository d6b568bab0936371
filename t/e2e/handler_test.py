#!/usr/bin/python3 -B
# SPDX-License-Identifier: GPL-3.0-or-later
# Copyright (C) 2026 eventsgw contributors
"""One handler: which steps it has, what each of them is given, how it ends, and the words of the log."""

import os
import pathlib
import re
import sys

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[1] / "lib"))

import tap
from case import AGENT
from handlers import SOURCE, HandlerTestCase
from redis_server import password_of
from waiting import wait_until

MIB = 1 << 20
TIMES_AND_ID = r"wall=[\d.]+[mun]?s cpu=[\d.]+[mun]?s id=[0-9a-f]{8}-[0-9a-f-]{27}"


class Steps(HandlerTestCase):
    def setUp(self):
        super().setUp()
        self.start_handlers(arguments=["--eventsdir", "../events", "--eventsdir", "../more"])

    def order(self):
        return self.gateway.read("order").decode().split()

    def note(self, event, name, **options):
        return self.write_step(event, name, f"echo {options.get('base', 'events')}/{name} >> order\n", **options)

    def test_they_run_in_byte_order(self):
        names = ["10handler", "9last", "20configure_ldap", "80Restart", "80reload", "13tmce_plugin", "_x", "Z", "é"]
        for name in names:
            self.note("e", name)
        self.run_handler("e")
        expected = sorted(names, key=str.encode)
        self.assertEqual(self.order(), ["events/" + name for name in expected])

    def test_directories_are_put_together_and_the_later_wins(self):
        self.note("e", "10a")
        self.note("e", "20b")
        self.note("e", "15c", base="more")
        self.note("e", "20b", base="more")
        self.run_handler("e")
        self.assertEqual(self.order(), ["events/10a", "more/15c", "more/20b"])

    def test_an_event_of_the_second_directory_alone(self):
        self.note("e", "10a", base="more")
        self.run_handler("e")
        self.assertEqual(self.order(), ["more/10a"])

    def test_directories_among_the_steps_are_left_out(self):
        self.note("e", "10a")
        os.mkdir(self.step_path("e", "20b"))
        os.symlink(self.step_path("e", "20b"), self.step_path("e", "30c"))
        self.assertIn("at step 10a ", self.run_handler("e"))
        at_the_start = "^<4>handler: an events directory cannot be read "
        self.assertEqual(self.gateway.log_matching("^<[34]>"), self.gateway.log_matching(at_the_start))

    def test_one_that_is_not_executable_is_skipped_with_a_warning(self):
        self.note("e", "10a", mode=0o644)
        self.note("e", "20b")
        self.assertIn('"completed" (0) at step 20b', self.run_handler("e"))
        self.assertEqual(self.order(), ["events/20b"])
        warning = self.gateway.wait_log(rf"^<4>Handler of {SOURCE}/event/e skips step 10a: it is not executable id=")
        self.assertEqual(len(warning), 1)

    def test_one_that_has_vanished_is_skipped_with_a_warning(self):
        self.write_step("e", "10a", 'rm "$(dirname "$0")/20b"\n')
        self.note("e", "20b")
        self.note("e", "30c")
        self.assertIn('"completed" (0) at step 30c', self.run_handler("e"))
        self.assertEqual(self.order(), ["events/30c"])
        self.gateway.wait_log("^<4>.* skips step 20b: No such file")

    def test_the_list_is_made_when_the_event_arrives(self):
        self.gateway.make_gate("gate")
        self.write_step("e", "10a", "read x < gate\n")
        self.fire("e")
        wait_until(lambda: self.gateway.children(), "the first step")
        self.note("e", "20late")
        self.gateway.open_gate("gate")
        self.assertIn("at step 10a ", self.wait_end("e")[0])
        self.assertEqual(self.order(), [])

    def test_one_without_an_interpreter_is_skipped_with_a_warning(self):
        self.write_step("e", "10a", "#!/no/such/interpreter\n")
        self.write_step("e", "15b", "#!\n\x7fbroken")
        self.note("e", "20b")
        self.run_handler("e")
        self.assertEqual(self.order(), ["events/20b"])
        self.assertEqual(len(self.gateway.log_matching("^<4>.* skips step 1")), 2)

    def test_a_symbolic_link_is_run_by_its_own_path(self):
        action = self.write_step("../actions/configure", "30subscription", 'echo "$0" > name\n')
        os.makedirs(os.path.dirname(self.step_path("e", "x")))
        os.symlink(os.path.relpath(action, os.path.dirname(self.step_path("e", "x"))), self.step_path("e", "50link"))
        self.run_handler("e")
        self.gateway.wait_content("name", self.step_path("e", "50link").encode() + b"\n")

    def test_an_event_may_be_a_link_to_its_sibling(self):
        self.note("e", "10a")
        os.symlink("e", os.path.dirname(self.step_path("sibling", "x")))
        self.run_handler("sibling")
        self.assertEqual(self.order(), ["events/10a"])

    def test_an_event_without_a_handler_passes_in_silence(self):
        self.note("e", "10a")
        os.makedirs(os.path.dirname(self.step_path("empty", "x")))
        self.gateway.wait_log("replica: connected")
        before = self.gateway.log()
        self.fire("other")
        self.fire("empty")
        self.run_handler("e")
        self.assertEqual(len(self.gateway.log()), len(before) + 1)


class Step(HandlerTestCase):
    def setUp(self):
        super().setUp()
        self.start_handlers(FLAVOUR="daemon", OTHER="daemon")

    def variables(self):
        entries = self.gateway.read("env").split(b"\0")[:-1]
        names = [entry.partition(b"=")[0] for entry in entries]
        self.assertEqual(len(names), len(set(names)), "each name once")
        return {name.decode(): value.decode() for name, _, value in (entry.partition(b"=") for entry in entries)}

    def test_its_environment(self):
        self.write_step("user-domain-changed", "10a", "cat /proc/self/environ > env\n")
        self.gateway.write("environment", "FLAVOUR=state\nno variable\nQUOTED=\"a b\"\nAGENT_COMFD=9\nLAST=x=y")
        end = self.run_handler("user-domain-changed", source="module/openldap1")
        variables = self.variables()
        expected = {
            "FLAVOUR": "state",
            "OTHER": "daemon",
            "QUOTED": '"a b"',
            "LAST": "x=y",
            "AGENT_COMFD": "2",
            "AGENT_EVENT_NAME": "user-domain-changed",
            "AGENT_EVENT_SOURCE": "module/openldap1",
            "AGENT_EVENT_CHANNEL": "module/openldap1/event/user-domain-changed",
            "AGENT_EVENT_ID": end.rpartition("id=")[2],
            "AGENT_EVENT_COALESCED": "1",
            "AGENT_ID": AGENT,
            "REDIS_USER": AGENT,
            "REDIS_PASSWORD": password_of(AGENT),
        }
        self.assertEqual({name: variables.get(name) for name in expected}, expected)
        self.assertRegex(variables["AGENT_EVENT_TIME"], r"^20\d\d-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z$")
        self.assertNotIn("NOTIFY_SOCKET", variables)

    def test_the_state_file_is_read_anew_for_each_event(self):
        self.write_step("e", "10a", 'echo "$FLAVOUR" >> seen\n')
        for flavour in ("one", "two"):
            self.gateway.write("environment", f"FLAVOUR={flavour}\n")
            self.run_handler("e")
        os.remove(self.gateway.path("environment"))
        self.run_handler("e")
        self.assertEqual(self.gateway.read("seen"), b"one\ntwo\ndaemon\n")

    def test_a_state_file_that_cannot_be_read(self):
        self.write_step("e", "10a", "true\n")
        os.mkdir(self.gateway.path("environment"))
        self.assertIn('"completed"', self.run_handler("e"))
        self.gateway.wait_log("^<4>handler: runs without the variables of the state file .*directory")

    def test_its_working_directory(self):
        self.write_step("e", "10a", "pwd -P > cwd\n")
        self.run_handler("e")
        self.assertEqual(self.gateway.read("cwd").decode(), os.path.realpath(self.gateway.state_directory) + "\n")

    def test_each_step_reads_the_whole_payload(self):
        for name in ("10a", "20b", "30c"):
            self.write_step("e", name, f"cat > payload-{name}\n")
        payload = os.urandom(4 * MIB)
        self.run_handler("e", payload)
        for name in ("10a", "20b", "30c"):
            self.assertTrue(self.gateway.read(f"payload-{name}") == payload, name)

    def test_its_output_is_the_daemons(self):
        self.write_step("e", "10a", "echo out; echo err >&2; printf 'no end of line'\n")
        self.run_handler("e")
        wait_until(lambda: self.gateway.stdout() == b"out\nno end of line", lambda: self.gateway.stdout())
        self.assertIn(b"err\n", self.gateway.stderr())

    def test_its_output_comes_as_it_is_written(self):
        self.gateway.make_gate("gate")
        self.write_step("e", "10a", "echo early; read x < gate; echo late\n")
        self.fire("e")
        wait_until(lambda: self.gateway.stdout() == b"early\n", lambda: self.gateway.stdout())
        self.gateway.open_gate("gate")
        self.wait_end("e")

    def test_a_large_payload_does_not_stay(self):
        self.write_step("e", "10a", "exec <&-\n")
        self.write_step("e", "20b", "true\n")
        self.run_handler("e")
        before = self.gateway.resident_kib()
        for _ in range(20):
            self.run_handler("e", b"x" * (4 * MIB))
        if not self.gateway.is_sanitized():
            self.assertLess(self.gateway.resident_kib() - before, 30 * 1024)


class Ends(HandlerTestCase):
    def setUp(self):
        super().setUp()
        self.start_handlers(arguments=["--eventsdir", "../events", "--log-level", "debug"])

    def test_the_line_of_a_good_end(self):
        self.write_step("e", "10a", "true\n")
        self.write_step("e", "20b", "true\n")
        self.assertRegex(
            self.run_handler("e"),
            rf'^<6>Handler of {SOURCE}/event/e exited with status "completed" \(0\) at step 20b {TIMES_AND_ID}$',
        )
        lines = self.gateway.log_matching("is starting step")
        self.assertEqual(
            [line.partition(" id=")[0] for line in lines],
            [f"<7>Handler of {SOURCE}/event/e is starting step {name}" for name in ("10a", "20b")],
        )

    def test_a_failing_step_aborts(self):
        self.write_step("e", "10a", "exit 3\n")
        self.write_step("e", "20b", "touch reached\n")
        self.assertRegex(
            self.run_handler("e"),
            rf'^<3>Handler of {SOURCE}/event/e exited with status "aborted" \(3\) at step 10a {TIMES_AND_ID}$',
        )
        self.assertFalse(self.gateway.exists("reached"))

    def test_a_death_by_signal_aborts_and_is_named(self):
        self.write_step("e", "10a", "kill -SEGV $$\n")
        self.write_step("e", "20b", "touch reached\n")
        self.assertRegex(self.run_handler("e"), r'"aborted" \(-1\) at step 10a ')
        self.gateway.wait_log(rf"^<3>Handler of {SOURCE}/event/e lost step 10a to SIGSEGV id=")
        self.assertFalse(self.gateway.exists("reached"))

    def test_the_name_of_a_step_forges_no_line(self):
        for name, script in (("05a", "#!/no/such/interpreter\n"), ("07a", "true\n"), ("10a", "exit 1\n")):
            self.write_step("e", name + "\n<3>forged", script)
        os.chmod(self.step_path("e", "07a\n<3>forged"), 0o644)
        self.assertIn(r"at step 10a\n<3>forged wall=", self.run_handler("e"))
        self.write_step("f", "10a\n<3>forged", "true\n", mode=0o777)
        self.assertIn(r"at step 10a\n<3>forged wall=", self.run_handler("f"))
        self.assertEqual(self.gateway.log_matching("^<3>forged"), [])

    def test_no_payload_in_the_log(self):
        self.write_step("e", "10a", "cat >/dev/null; exit 1\n")
        self.run_handler("e", b'{"session_id": "secret-of-a-session"}')
        self.assertNotIn(b"secret-of-a-session", self.gateway.stderr())


class Names(HandlerTestCase):
    def test_only_good_names_get_in(self):
        self.start_handlers()
        self.write_step("e", "10a", 'echo "$AGENT_EVENT_SOURCE $AGENT_EVENT_NAME" >> seen\n')
        outside = self.write_step("../outside", "10a", "touch got-in\n")
        self.write_step(".hidden", "10a", "touch got-in\n")
        bad = [
            "module/samba1/event/../outside",
            "module/samba1/event/e/../../outside",
            "module/samba1/event/" + os.path.dirname(outside),
            "module/samba1/event/.hidden",
            "module/samba1/event/..",
            "module/samba1/event/.",
            "module/samba1/event/",
            "module/samba1/event/e/",
            "module/samba1/event/e/event/e",
            "module/samba1/event/e\n<3>forged",
            "module/samba1/event/e e",
            "module/samba1/event/é",
            "module/samba1/event/" + "e" * 256,
            b"module/samba1/event/e\x00",
            "/event/e",
            "module//event/e",
            "/module/event/e",
            "module/../event/e",
            "module/sam ba/event/e",
        ]
        for channel in bad:
            self.publish(channel, b"{}")
        for source in ("module/samba1", "cluster", "node/1", "a.b_c-D/9"):
            self.run_handler("e", source=source)
        self.gateway.wait_content("seen", b"module/samba1 e\ncluster e\nnode/1 e\na.b_c-D/9 e\n")
        self.assertFalse(self.gateway.exists("got-in"))
        lines = self.gateway.wait_log(rf"^<3>handler: refused, no event has such a name .*refused={len(bad)}$")
        self.assertEqual(len(lines), 1)
        self.assertRegex(self.gateway.stop() and self.gateway.log()[-1], rf"handlers=4 failed=0 refused={len(bad)}$")
        self.assertEqual(self.gateway.log_matching("^<3>forged"), [])

    def test_the_longest_name(self):
        self.start_handlers()
        name = "e" * 255
        self.write_step(name, "10a", "true\n")
        self.run_handler(name)


class StrictModes(HandlerTestCase):
    def setUp(self):
        super().setUp()
        self.start_handlers("[gateway]\neventsdir = ../events\n", arguments=[])

    def assert_refused(self, component, mode):
        """The step is refused for that component of its path, and what follows it does not run."""
        self.write_step("e", "20b", "touch reached\n")
        self.assertIn('"aborted" (-1) at step 10a ', self.run_handler("e"))
        self.assertFalse(self.gateway.exists("ran") or self.gateway.exists("reached"))
        line = self.gateway.log_matching("refuses step 10a")[0]
        self.assertRegex(line, rf"^<3>Handler of {SOURCE}/event/e refuses step 10a: {re.escape(component)} .*{mode}")

    def test_a_step_that_all_can_write(self):
        path = self.write_step("e", "10a", "touch ran\n", mode=0o757)
        self.assert_refused(path, "0757")

    def test_a_step_that_its_group_can_write(self):
        path = self.write_step("e", "10a", "touch ran\n", mode=0o775)
        self.assert_refused(path, "0775")

    def test_a_directory_above_that_all_can_write(self):
        self.write_step("e", "10a", "touch ran\n")
        events = os.path.dirname(os.path.dirname(self.step_path("e", "10a")))
        os.chmod(events, 0o777)
        self.assert_refused(events, "0777")

    def test_a_link_into_a_directory_that_all_can_write(self):
        real = self.write_step("../open/e", "10a", "touch ran\n")
        os.makedirs(os.path.dirname(self.step_path("e", "10a")))
        os.symlink(real, self.step_path("e", "10a"))
        os.chmod(os.path.dirname(real), 0o777)
        self.assert_refused(os.path.dirname(real), "0777")

    def test_a_file_of_somebody_else(self):
        if os.geteuid() != 0:
            self.skipTest("only root can give a file away")
        path = self.write_step("e", "10a", "touch ran\n")
        os.chown(path, 54321, 0)
        self.assert_refused(path, "0755")

    def test_a_sticky_directory_is_like_tmp(self):
        real = self.write_step("../open", "10a", "touch ran\n")
        os.chmod(os.path.dirname(real), 0o1777)
        os.makedirs(os.path.dirname(self.step_path("e", "10a")))
        os.symlink(real, self.step_path("e", "10a"))
        self.run_handler("e")
        self.assertTrue(self.gateway.exists("ran"))

    def test_it_is_looked_at_when_the_step_is_due(self):
        self.write_step("e", "10a", 'chmod 777 "$(dirname "$0")/20b"\n')
        self.write_step("e", "20b", "touch ran\n")
        self.assertIn('"aborted" (-1) at step 20b ', self.run_handler("e"))
        self.assertFalse(self.gateway.exists("ran"))


class Loose(HandlerTestCase):
    def test_strict_modes_can_be_turned_off(self):
        self.start_handlers("[gateway]\nstrict_modes = no\n")
        self.write_step("e", "10a", "touch ran\n", mode=0o777)
        self.assertIn('"completed"', self.run_handler("e"))
        self.assertTrue(self.gateway.exists("ran"))


class BesideRules(HandlerTestCase):
    def test_rules_and_handlers_take_the_same_event(self):
        self.start_handlers("[actions]\nmodule/*/event/e = act\n[commands]\nmodule/samba1/event/e = touch command\n")
        self.write_step("e", "10a", "echo >> handler\n")
        self.run_handler("e")
        self.wait_tasks(1)
        wait_until(lambda: self.gateway.exists("command"), "the command")
        self.assertEqual(self.gateway.read("handler"), b"\n")

    def test_one_subscription_serves_a_rule_and_the_handlers(self):
        self.start_handlers("[actions]\n*/event/* = act\n")
        self.wait_subscribed([], 1)
        self.write_step("e", "10a", "echo >> handler\n")
        self.run_handler("e")
        self.wait_tasks(1)
        self.assertEqual(self.gateway.read("handler"), b"\n")

    def test_without_an_events_directory_nothing_is_handled(self):
        gateway = self.start_gateway("[actions]\na/event/b = act\n")
        self.wait_subscribed([b"a/event/b"], 0)
        self.gateway = gateway

    def test_the_setting_takes_several_lines(self):
        self.start_handlers("[gateway]\neventsdir = ../events\n    ../more\n", arguments=[])
        self.write_step("e", "10a", "true\n")
        self.write_step("e", "20b", "true\n", base="more")
        self.assertIn("at step 20b ", self.run_handler("e"))

    def test_the_option_wins_over_the_setting(self):
        self.start_handlers("[gateway]\neventsdir = ../elsewhere\n")
        self.write_step("e", "10a", "true\n")
        self.run_handler("e")


if __name__ == "__main__":
    tap.main()
