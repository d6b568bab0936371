#!/usr/bin/python3 -B
# SPDX-License-Identifier: GPL-3.0-or-later
# Copyright (C) 2026 eventsgw contributors
"""How the daemon starts: bare, with options, and when it must not."""

import pathlib
import sys

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[1] / "lib"))

import tap
from case import AGENT, GatewayTestCase
from program import EX_CONFIG, EX_USAGE
from redis_server import password_of
from waiting import wait_until

CONFIG = "[actions]\na/event/b = act\n"


class Starts(GatewayTestCase):
    def assert_works(self, channel="a/event/b", **options):
        self.publish(channel, b"{}")
        self.wait_tasks(1, **options)

    def test_bare(self):
        gateway = self.start_gateway(CONFIG)
        self.assert_works()
        self.assertEqual(gateway.stdout(), b"")
        for line in gateway.log():
            self.assertRegex(line, r"^<[3-7]>[a-z]+: \S")

    def test_agentid_overrides_the_environment(self):
        server = self.start_redis(agents=("module/samba1",))
        self.start_gateway(
            CONFIG,
            leader=server,
            replica=server,
            options={"arguments": ["--agentid", "module/samba1"]},
            REDIS_USER=None,
            REDIS_PASSWORD=password_of("module/samba1"),
        )
        self.publish("a/event/b", b"{}", server=server)
        self.wait_tasks(1, server=server, agent="module/samba1")

    def test_agentid_in_place_of_the_environment(self):
        self.start_gateway(CONFIG, options={"arguments": [f"--agentid={AGENT}"]}, AGENT_ID=None)
        self.assert_works()

    def test_another_configuration(self):
        other = pathlib.Path(self.start_gateway(CONFIG).state_directory) / "other.conf"
        other.write_text("[actions]\nother/event = act\n")
        self.start_gateway(None, options={"arguments": ["--config", str(other)]})
        self.assert_works("other/event")

    def test_sections_that_are_not_ours_do_no_harm(self):
        self.start_gateway("[elsewhere]\nkey = value\n" + CONFIG)
        self.assert_works()


class EventsDirectories(GatewayTestCase):
    def test_one_that_is_not_there_is_told_at_the_start(self):
        for config, arguments in (("", ["--eventsdir", "../none"]), ("[gateway]\neventsdir = ../none\n", [])):
            gateway = self.start_gateway(CONFIG + config, options={"arguments": arguments})
            warnings = gateway.wait_log("^<4>")
            gateway.wait_log("^<5>replica: connected")
            self.assertEqual(gateway.log_matching("^<4>"), warnings)
            self.assertEqual(len(warnings), 1)
            self.assertRegex(
                warnings[0],
                r"^<4>handler: an events directory cannot be read directory=/\S+/none reason=.No such file or directory.$",
            )

    def test_one_that_is_there_is_no_news(self):
        gateway = self.start_gateway(CONFIG, options={"arguments": ["--eventsdir", "."]})
        gateway.wait_log("^<5>replica: connected")
        self.assertEqual(gateway.log_matching("^<4>"), [])


class LogLevel(GatewayTestCase):
    def levels(self, config=CONFIG, arguments=()):
        """The levels at which the daemon tells its start and the good end of a command."""
        gateway = self.start_gateway(
            config + "[commands]\na/event/c = touch $(cat)\n", options={"arguments": arguments}, MAX_CONCURRENCY="1"
        )
        self.publish("a/event/c", b"first", b"second")
        wait_until(lambda: gateway.exists("second"), "the second command, and so the end of the first")
        return {int(line[1]) for line in gateway.log()}

    def test_info_is_the_usual(self):
        self.assertIn(6, self.levels())
        self.assertNotIn(7, self.levels())

    def test_debug(self):
        self.assertIn(7, self.levels(arguments=["--log-level", "debug"]))

    def test_error(self):
        self.assertLessEqual(self.levels(arguments=["--log-level=error"]), {3})

    def test_in_the_file(self):
        self.assertIn(7, self.levels(CONFIG + "[gateway]\nlog_level = debug\n"))

    def test_the_option_overrides_the_file(self):
        config = CONFIG + "[gateway]\nlog_level = debug\n"
        self.assertLessEqual(self.levels(config, ["--log-level", "notice"]), {3, 4, 5})


class Refuses(GatewayTestCase):
    def assert_refuses(self, pattern, config=CONFIG, arguments=(), **environment):
        """It ends by itself with the status that keeps the unit failed, and says why in one place."""
        gateway = self.start_gateway(config, ready=False, options={"arguments": arguments}, **environment)
        self.assertEqual(gateway.wait_exit(), EX_CONFIG)
        self.assertRegex(gateway.stderr().decode(), pattern)
        self.assertNotIn("READY=1", gateway.notify.lines())

    def test_no_configuration(self):
        self.assert_refuses(r"^<3>.*eventsgw\.conf", config=None)

    def test_a_named_configuration_that_is_not_there(self):
        self.assert_refuses(r"no-such\.conf", arguments=["--config", "no-such.conf"])

    def test_no_rules(self):
        for config in ("", "# nothing\n", "[actions]\n", "[gateway]\nlog_level = info\n", "[other]\na = b\n"):
            with self.subTest(config=config):
                self.assert_refuses(r"(?m)^<3>.*eventsgw\.conf", config=config)

    def test_errors_in_the_configuration(self):
        two_errors = "[actions]\nno value\na = b\na = c\n"
        self.assert_refuses(r"eventsgw\.conf:2: .*\n(.*\n)*.*eventsgw\.conf:4: ", two_errors)

    def test_no_environment_and_what_to_do(self):
        advice = "the service of the module sets it; by hand: runagent -m mail1 eventsgw"
        for name in ("AGENT_ID", "REDIS_PASSWORD"):
            self.assert_refuses(rf"(?m)^<3>config: {name} is not set.*\n<3>config: {advice}$", **{name: None})

    def test_no_agent(self):
        self.assert_refuses("AGENT_ID", AGENT_ID=None)
        self.assert_refuses("AGENT_ID", AGENT_ID="")

    def test_no_password_for_pushing(self):
        self.assert_refuses("REDIS_PASSWORD", REDIS_PASSWORD=None)

    def test_an_address_that_is_none(self):
        for address in ("127.0.0.1:port", "127.0.0.1:70000", "[::1:6379", ":", "/" + "x" * 200):
            with self.subTest(address=address):
                self.assert_refuses("REDIS_ADDRESS", REDIS_ADDRESS=address)

    def test_a_setting_that_is_none(self):
        self.assert_refuses(r"eventsgw\.conf:4: .*max_concurrency", CONFIG + "[gateway]\nmax_concurrency = many\n")
        self.assert_refuses(r"eventsgw\.conf:4: .*max_concurrency", CONFIG + "[gateway]\nmax_concurency = 3\n")

    def test_an_environment_that_is_none(self):
        self.assert_refuses("MAX_CONCURRENCY", MAX_CONCURRENCY="many")
        self.assert_refuses("AGENT_POLLING_INTERVAL", AGENT_POLLING_INTERVAL="often")

    def test_an_argument_that_nobody_knows(self):
        gateway = self.start_gateway(CONFIG, ready=False, options={"arguments": ["--bogus"]})
        self.assertEqual(gateway.wait_exit(), EX_USAGE)


if __name__ == "__main__":
    tap.main()
