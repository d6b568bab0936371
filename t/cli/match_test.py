#!/usr/bin/python3 -B
# SPDX-License-Identifier: GPL-3.0-or-later
# Copyright (C) 2026 eventsgw contributors
"""`eventsgw match`: which rules take an event, and why the others do not."""

import pathlib
import sys
import unittest

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[1] / "lib"))

import tap
from program import EX_CONFIG, run_with

CONFIG = b"""\
[actions]
module/traefik*/event/certificate-renew = renew-certificate
cluster/event/module-added = note-module
[commands]
*/event/account-provider-changed = systemctl --user reload ldapproxy
cluster/event/acl-changed = /usr/local/bin/acl-load
node/[12]/event/fqdn-changed = set-name
"""


class Match(unittest.TestCase):
    maxDiff = 4000

    def match(self, channel, status, config=CONFIG, options=(), **settings):
        done = run_with(config, "match", *options, channel, settings=settings)
        self.assertEqual(done.status, status, done)
        self.assertEqual([line for line in done.stderr.splitlines() if ": warning: " not in line], [])
        return done.stdout

    def explain(self, key, channel):
        """The remark on a single rule that does not take an event on the channel."""
        lines = self.match(channel, 1, b"[commands]\n" + key + b" = true\n").splitlines()
        self.assertEqual(lines[3:5], ["", "  line 2  [commands]  " + key.decode()])
        return lines[5].strip()

    def test_the_whole_output(self):
        output = self.match("module/traefik1/event/certificate-renew", 0, options=["--agentid", "module/mail1"])
        self.assertEqual(
            output,
            """\
module/traefik1/event/certificate-renew is taken by

  line 2  [actions]   module/traefik*/event/certificate-renew
          pushes {"action":"renew-certificate"} to module/mail1/tasks

and not by

  line 3  [actions]   cluster/event/module-added
          at the start it wants "cluster/event/module-added", the channel has "module/traefik1/event/certificate-renew"
  line 5  [commands]  */event/account-provider-changed
          after "*/event/" it wants "account-provider-changed", the channel has "certificate-renew"
  line 6  [commands]  cluster/event/acl-changed
          at the start it wants "cluster/event/acl-changed", the channel has "module/traefik1/event/certificate-renew"
  line 7  [commands]  node/[12]/event/fqdn-changed
          at the start it wants "node/[12]/event/fqdn-changed", the channel has "module/traefik1/event/certificate-renew"
""",
        )

    def test_a_command(self):
        output = self.match("cluster/event/acl-changed", 0)
        self.assertIn("  line 6  [commands]  cluster/event/acl-changed\n          runs /usr/local/bin/acl-load\n", output)

    def test_a_command_of_several_lines_stays_on_one(self):
        self.assertIn("          runs a\\nb\n", self.match("x", 0, b"[commands]\nx = a\n  b\n"))

    def test_the_queue_is_named_when_the_agent_is_known(self):
        effect = 'pushes {"action":"note-module"} to '
        self.assertIn(effect + "the agent's queue\n", self.match("cluster/event/module-added", 0))
        self.assertIn(
            effect + "module/x1/tasks\n", self.match("cluster/event/module-added", 0, options=["--agentid=module/x1"])
        )
        self.assertIn(
            effect + "module/y1/tasks\n", self.match("cluster/event/module-added", 0, AGENT_ID="module/y1")
        )

    def test_rules_stand_in_the_order_of_their_effect(self):
        config = b"[commands]\na* = second-pattern\nab = second\n[actions]\n*b = first-pattern\nab = first\n"
        lines = self.match("ab", 0, config).splitlines()
        self.assertEqual([line.split()[1] for line in lines if line.startswith("  line ")], ["6", "3", "5", "2"])

    def test_line_numbers_are_aligned(self):
        config = b"[commands]\na = b\n" + b"\n" * 100 + b"a* = c\n"
        output = self.match("a", 0, config)
        self.assertIn("\n  line   2  [commands]  a\n            runs b\n", output)
        self.assertIn("\n  line 103  [commands]  a*\n            runs c\n", output)

    def test_none(self):
        self.assertIn("cluster/event/leader-changed is taken by no rule\n", self.match("cluster/event/leader-changed", 1))
        self.assertIn('"" is taken by no rule\n', self.match("", 1))
        self.assertEqual(self.match("x/y", 1, b""), "x/y is taken by no rule\n")

    def test_why_a_channel_differs(self):
        self.assertEqual(
            self.explain(b"cluster/event/acl-changed", "cluster/event/acl-removed"),
            'after "cluster/event/acl-" it wants "changed", the channel has "removed"',
        )
        self.assertEqual(self.explain(b"ab", "abc"), 'after "ab" it ends, the channel has "c"')
        self.assertEqual(self.explain(b"abc", "ab"), 'after "ab" it wants "c", the channel ends')

    def test_why_a_pattern_differs(self):
        self.assertEqual(
            self.explain(b"node/[12]/event/x", "node/3/event/x"),
            'after "node/" it wants "[12]/event/x", the channel has "3/event/x"',
        )
        self.assertEqual(
            self.explain(b"module/*/event/x", "module/a/Event/x2"),
            'after "module/*/" it wants "event/x", the channel has "Event/x2"',
        )

    def test_case_alone_is_called_so(self):
        remark = "differs in case only, which Redis takes for different"
        self.assertEqual(self.explain(b"Module/Mail1/event/x", "module/mail1/event/x"), remark)
        self.assertEqual(self.explain(b"module/*/event/x", "module/mail1/Event/X"), remark)

    def test_long_names_are_cut_in_the_remark(self):
        remark = self.explain(b"a" * 200, "b" * 200)
        self.assertEqual(remark, f'at the start it wants "{"a" * 40}...", the channel has "{"b" * 40}..."')

    def test_globs(self):
        for channel, status in {
            "node/1/event/fqdn-changed": 0,
            "node/3/event/fqdn-changed": 1,
            "node/[12]/event/fqdn-changed": 1,
            "module/traefik/event/certificate-renew": 0,
            "module/traefik1/x/event/certificate-renew": 0,
            "xmodule/traefik1/event/certificate-renew": 1,
            "module/traefik1/event/certificate-renewal": 1,
            "/event/account-provider-changed": 0,
            "event/account-provider-changed": 1,
        }.items():
            with self.subTest(channel=channel):
                self.match(channel, status)

    def test_a_pattern_in_the_place_of_the_channel_gets_a_hint(self):
        hint = "The channel of an event is compared, not a pattern"
        self.assertIn(hint, self.match("node/[12]/event/fqdn-changed", 1))
        self.assertIn(hint, self.match("module/traefik*/event/certificate-renew", 0))
        self.assertNotIn(hint, self.match("node/1/event/fqdn-changed", 0))

    def test_a_name_alone_gets_a_hint(self):
        hint = "has its source before the name: module/traefik1/event/certificate-renew\n"
        self.assertIn(hint, self.match("certificate-renew", 1))

    def test_a_hostile_channel_is_escaped(self):
        output = self.match("a\n<3>forged\x1b[2J/event/account-provider-changed", 0)
        self.assertNotIn("\x1b", output)
        self.assertTrue(output.startswith("a\\n<3>forged\\x1b[2J/event/account-provider-changed is taken by\n"))

    def test_a_channel_that_is_not_utf8(self):
        self.assertIn("caf\\xe9 is taken by no rule\n", self.match(b"caf\xe9", 1))

    def test_a_channel_that_looks_like_an_option(self):
        done = run_with(b"[actions]\n--help = a\n", "match", "--", "--help")
        self.assertEqual(done.status, 0, done)

    def test_another_file(self):
        done = run_with(CONFIG, "match", "--config", "./eventsgw.conf", "cluster/event/acl-changed")
        self.assertEqual(done.status, 0, done)

    def test_warnings_are_those_of_check(self):
        config = b"[action]\n[commands]\na? = b\n"
        done = run_with(config, "match", "a?")
        self.assertEqual(done.status, 0, done)
        self.assertRegex(done.stderr, r"\Aeventsgw\.conf:1: warning: .*\neventsgw\.conf:3: warning: .*\n\Z")
        self.assertEqual(done.stderr, run_with(config, "check").stderr)

    def test_a_file_without_a_rule(self):
        done = run_with(b"[actions]\n", "match", "a/b")
        self.assertEqual((done.status, done.stdout), (1, "a/b is taken by no rule\n"))
        self.assertRegex(done.stderr, r"\Aeventsgw\.conf: warning: no rule in .*\n\Z")

    def test_a_broken_file(self):
        done = run_with(b"[actions]\na = b\nbroken\n=\n", "match", "a")
        self.assertEqual(done.status, EX_CONFIG, done)
        self.assertRegex(done.stderr, r"\Aeventsgw\.conf:3: .*\neventsgw\.conf:4: .*\n\Z")
        self.assertEqual(done.stdout, "")

    def test_a_missing_file(self):
        done = run_with(CONFIG, "match", "--config=nowhere.conf", "a")
        self.assertEqual(done.status, EX_CONFIG, done)
        self.assertRegex(done.stderr, r"\Anowhere\.conf: .*No such file.*\n\Z")


if __name__ == "__main__":
    tap.main()
