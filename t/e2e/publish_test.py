#!/usr/bin/python3 -B
# SPDX-License-Identifier: GPL-3.0-or-later
# Copyright (C) 2026 eventsgw contributors
"""`eventsgw publish`: as the module's user, by the rules for events, with advice where something is wrong."""

import pathlib
import sys

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[1] / "lib"))

import tap
from case import AGENT
from ports import free_port
from program import EX_CONFIG, EX_DATAERR, EX_NOPERM, EX_UNAVAILABLE, run
from redis_server import password_of
from tools import ToolTestCase
from waiting import wait_until


class PublishTestCase(ToolTestCase):
    def setUp(self):
        super().setUp()
        self.listener = self.redis.connect("default", "any").pubsub()
        self.addCleanup(self.listener.close)
        self.listener.psubscribe("*")
        self.assertEqual(self.next_message()["type"], "psubscribe")

    def next_message(self):
        return wait_until(lambda: self.listener.get_message(timeout=0.1), "a message")

    def assert_published(self, channel, payload):
        message = self.next_message()
        self.assertEqual((message["channel"], message["data"]), (channel.encode(), payload))

    def assert_nothing_published(self):
        self.redis.admin.publish("end", "")
        self.assert_published("end", b"")

    def publish_event(self, *arguments, status=0, **options):
        done = self.run_tool("publish", *arguments, **options)
        self.assertEqual(done.status, status, done)
        return done


class Publishing(PublishTestCase):
    def test_a_name_alone(self):
        done = self.publish_event("tests-changed")
        self.assertEqual(done.stdout, f"published {AGENT}/event/tests-changed, received by 1 subscription on the leader\n")
        self.assertEqual(done.stderr, "")
        self.assert_published(AGENT + "/event/tests-changed", b"{}")

    def test_a_channel(self):
        self.publish_event(AGENT + "/event/tests-changed")
        self.assert_published(AGENT + "/event/tests-changed", b"{}")

    def test_a_payload_is_published_byte_for_byte(self):
        payload = b' {"a":1.10,\n"b":"\xc3\xa9\\u0000"} '
        self.publish_event("tests-changed", "--data", payload)
        self.assert_published(AGENT + "/event/tests-changed", payload)
        self.publish_event("tests-changed", "--data", "-", stdin=payload)
        self.assert_published(AGENT + "/event/tests-changed", payload)

    def test_the_source_is_the_agent_that_was_named(self):
        self.publish_event("tests-changed", "--agentid", AGENT, AGENT_ID=None)
        self.assert_published(AGENT + "/event/tests-changed", b"{}")

    def test_the_client_is_not_taken_for_the_agent(self):
        self.publish_event("tests-changed")
        name = AGENT + "/eventsgw/publish"
        self.assertNotEqual(name, AGENT)
        self.assertEqual(self.redis.clients(AGENT), [])

    def test_a_module_s_agent_file_will_do(self):
        self.write("agent.env", f"# from the cluster\nREDIS_USER={AGENT}\nREDIS_PASSWORD='{password_of(AGENT)}'\n")
        self.publish_event("tests-changed", AGENT_ID=None, REDIS_USER=None, REDIS_PASSWORD=None)
        self.assert_published(AGENT + "/event/tests-changed", b"{}")

    def test_the_environment_wins_over_the_agent_file(self):
        self.write("agent.env", f"REDIS_USER={AGENT}\nREDIS_PASSWORD=wrong\nAGENT_ID=module/other1\n")
        self.publish_event("tests-changed")
        self.assert_published(AGENT + "/event/tests-changed", b"{}")


class Rules(PublishTestCase):
    def assert_refused(self, *arguments, reason):
        done = self.publish_event(*arguments, status=EX_DATAERR)
        self.assertEqual(done.stdout, "")
        self.assertIn(f"eventsgw: not published: {reason}\n", done.stderr)
        self.assertIn("--force", done.stderr)
        self.assert_nothing_published()

    def test_a_payload_that_is_no_object(self):
        self.assert_refused(
            "a-changed", "--data", "[1]", reason='the payload is JSON, but no object: "[1]"'
        )
        self.assert_refused("a-changed", "--data", "NaN", reason='the payload is no JSON: "NaN"')

    def test_a_name_with_other_characters(self):
        self.assert_refused(
            "A_changed", reason='the name of an event is made of a-z, 0-9 and hyphens, unlike "A_changed"'
        )
        self.assert_refused(AGENT + "/event/", reason="the event has no name")

    def test_force(self):
        self.publish_event("A_changed", "--force", "--data", "text")
        self.assert_published(AGENT + "/event/A_changed", b"text")

    def test_a_verb_in_the_present_gets_a_warning(self):
        done = self.publish_event("domain-add")
        self.assertEqual(
            done.stderr, "eventsgw: warning: names of events end in the past tense; added was meant?\n"
        )
        self.assertEqual(self.publish_event("certificate-renew").stderr, "", "a known event")
        self.assertEqual(self.publish_event("test").stderr, "", "nothing is known of it")


class WellKnown(PublishTestCase):
    def warnings(self, name, payload):
        lines = self.publish_event(name, "--data", payload, "--force").stderr.splitlines()
        self.assertEqual([line for line in lines if not line.startswith("eventsgw: warning: ")], [])
        return [line[len("eventsgw: warning: ") :] for line in lines]

    def test_a_payload_as_expected(self):
        for name, payload in {
            "user-domain-changed": '{"domains":["example.org"],"more":true}',
            "module-added": '{"module":"dokuwiki1","node":1}',
            "hosts-changed": '{"node_id":"1"}',
            "metrics-target-changed": "{}",
        }.items():
            self.assertEqual(self.warnings(name, payload), [], name)

    def test_a_payload_that_cannot_be_looked_into(self):
        for value in ("[" * 2000 + "]" * 2000, r'"\ud800"'):
            self.assertEqual(
                self.warnings("user-domain-changed", '{"domains":["example.org"],"x":' + value + "}"),
                ["the payload was not compared with what listeners of user-domain-changed expect: its nesting, or an "
                 "escape or a number in it, is beyond this program"],
            )

    def test_a_member_that_is_missing(self):
        self.assertEqual(
            self.warnings("user-domain-changed", "{}"),
            ["the payload lacks a member that listeners of user-domain-changed expect: domains, an array of strings"],
        )

    def test_a_member_of_another_type(self):
        begin = "a member of the payload is not what listeners of "
        self.assertEqual(
            self.warnings("hosts-changed", '{"node_id":1}'), [begin + "hosts-changed expect: node_id, a string"]
        )
        self.assertEqual(
            self.warnings("module-added", '{"module":1,"node":"1"}'),
            [begin + "module-added expect: module, a string", begin + "module-added expect: node, an integer"],
        )
        for number, faults in (("1e400", 1), ("-1e400", 1), ("1e4", 0)):
            payload = '{"module":"a1","node":%s}' % number
            self.assertEqual(
                self.warnings("module-added", payload), [begin + "module-added expect: node, an integer"] * faults
            )
        self.assertEqual(
            self.warnings("user-domain-changed", '{"node_id":1.5,"domains":["a",1]}'),
            [
                begin + "user-domain-changed expect: node_id, an integer",
                begin + "user-domain-changed expect: domains, an array of strings",
            ],
        )

    def test_an_event_that_is_not_json(self):
        self.assertEqual(
            self.warnings("acl-changed", "{}"), ["listeners of acl-changed expect plain text: cluster/acls"]
        )
        self.assertEqual(self.warnings("acl-changed", "cluster/acls"), [])


class Trouble(PublishTestCase):
    def test_a_server_that_is_not_there(self):
        done = self.publish_event("a-changed", REDIS_ADDRESS=f"127.0.0.1:{free_port()}", status=EX_UNAVAILABLE)
        self.assertRegex(
            done.stderr, r"\Aeventsgw: the leader at 127.0.0.1:\d+ cannot be reached: Connection refused\nIs REDIS_ADDR"
        )

    def test_a_server_that_says_nothing_before_the_answer(self):
        proxy = self.start_proxy(self.redis)
        proxy.cut_after(150)
        done = self.publish_event(
            "a-changed", "--data", '{"a":"%s"}' % ("a" * 1000), REDIS_ADDRESS=proxy.address, status=EX_UNAVAILABLE
        )
        self.assertIn("cannot be reached", done.stderr)

    def test_a_wrong_password(self):
        done = self.publish_event("a-changed", REDIS_PASSWORD="wrong", status=EX_NOPERM)
        self.assertRegex(
            done.stderr,
            r'\Aeventsgw: the leader at \S+ refuses "module/mail1": WRONGPASS .*\nREDIS_USER and REDIS_PASSWORD must be ',
        )
        self.assertIn("runagent -m mail1 eventsgw publish", done.stderr)

    def test_the_event_of_another_module(self):
        done = self.publish_event("cluster/event/module-added", "--data", '{"module":"a1","node":1}', status=EX_NOPERM)
        self.assertEqual(
            done.stderr,
            'eventsgw: not published: the access rules let "module/mail1" publish below module/mail1/event/ only, '
            'not on "cluster/event/module-added"\n',
        )
        self.assert_nothing_published()

    def test_no_environment(self):
        done = run("publish", "a-changed", cwd=self.directory)
        self.assertEqual(done.status, EX_CONFIG, done)
        self.assertIn("AGENT_ID is not set", done.stderr)
        self.assertIn("state directory", done.stderr)
        done = self.publish_event("a-changed", REDIS_PASSWORD=None, status=EX_CONFIG)
        self.assertIn("REDIS_PASSWORD is not set\n", done.stderr)


if __name__ == "__main__":
    tap.main()
