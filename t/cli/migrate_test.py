#!/usr/bin/python3 -B
# SPDX-License-Identifier: GPL-3.0-or-later
# Copyright (C) 2026 eventsgw contributors
"""`eventsgw migrate`: which files it writes, what it leaves alone, and what it says."""

import os
import pathlib
import shutil
import subprocess
import sys
import tempfile
import unittest

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[1] / "lib"))

import tap
from program import EX_CANTCREAT, EX_CONFIG, EX_USAGE, run

# What published modules have, and what the specification shows.
CONFIG = """\
[actions]
module/traefik*/event/certificate-renew = renew-certificate
cluster/event/acl-changed = note-acl
[commands]
*/event/account-provider-changed = systemctl --user reload ldapproxy
cluster/event/acl-changed = /usr/local/bin/acl-load
node/[12]/event/acl-changed = cat > "it's"
  exit 3
"""
STEPS = {
    "account-provider-changed/10systemctl": "systemctl --user reload ldapproxy ||\n",
    "acl-changed/10note-acl": "eventsgw submit --retry 5m --data - note-acl ||\n",
    "acl-changed/20acl-load": "/usr/local/bin/acl-load ||\n",
    "acl-changed/30cat": "/bin/sh -c 'cat > \"it'\\''s\"\nexit 3' ||\n",
    "certificate-renew/10renew-certificate": "eventsgw submit --retry 5m --data - renew-certificate ||\n",
}


class MigrateTestCase(unittest.TestCase):
    maxDiff = 4000

    def setUp(self):
        root = tempfile.TemporaryDirectory(prefix="eventsgw-migrate-")
        self.addCleanup(root.cleanup)
        self.directory = pathlib.Path(root.name)
        self.events = self.directory / "events"

    def migrate(self, *options, config=CONFIG, status=0, to="events"):
        (self.directory / "eventsgw.conf").write_bytes(config.encode() if isinstance(config, str) else config)
        done = run("migrate", "--to", to, *options, cwd=self.directory)
        self.assertEqual(done.status, status, done)
        return done

    def steps(self):
        """{path below the events directory: content} of everything in it."""
        return {
            str(path.relative_to(self.events)): path.read_text(encoding="utf-8")
            for path in sorted(self.events.rglob("*"))
            if not path.is_dir()
        }


class Writing(MigrateTestCase):
    def test_each_rule_becomes_a_step(self):
        done = self.migrate()
        steps = self.steps()
        self.assertEqual(list(steps), list(STEPS))
        for name, call in STEPS.items():
            self.assertTrue(steps[name].endswith("\n" + call + '    echo "<3>$0: exit status $?" >&2\n'), steps[name])
        self.assertEqual(done.stderr, "")

    def test_what_it_says(self):
        self.assertEqual(
            self.migrate().stdout,
            """\
wrote events/certificate-renew/10renew-certificate (line 2)
wrote events/acl-changed/10note-acl (line 3)
wrote events/account-provider-changed/10systemctl (line 5)
wrote events/acl-changed/20acl-load (line 6)
wrote events/acl-changed/30cat (line 7)

Next:
1. Read the steps. To try one, in the module's state directory and environment:
     AGENT_EVENT_SOURCE=SOURCE AGENT_EVENT_NAME=certificate-renew events/certificate-renew/10renew-certificate <payload
2. Take lines 2, 3, 5, 6, 7 out of eventsgw.conf, or each event has its effect twice.
   Keep the file, even without a rule: the service starts only where it is.
3. Restart the service. "eventsgw check" and "eventsgw monitor" tell what takes an event now.
""",
        )

    def test_modes_are_such_that_others_cannot_write(self):
        before = os.umask(0)
        try:
            self.migrate(to="deep/er/events")
        finally:
            os.umask(before)
        made = [self.directory / "deep", *(self.directory / "deep").rglob("*")]
        self.assertGreater(len(made), 8)
        self.assertEqual({path.stat().st_mode & 0o777 for path in made}, {0o755})

    def test_a_rule_of_default_has_two_steps(self):
        done = self.migrate(config="[DEFAULT]\na/event/b = x\n[actions]\n[commands]\n")
        self.assertEqual(list(self.steps()), ["b/10x", "b/20x"])
        self.assertIn("Take line 2 out of", done.stdout)

    def test_dry_run(self):
        done = self.migrate("--dry-run")
        self.assertFalse(self.events.exists())
        self.migrate()
        for name, text in self.steps().items():
            self.assertIn(f"==> events/{name} <==\n{text}\n", done.stdout)

    @unittest.skipUnless(shutil.which("shellcheck"), "shellcheck is not installed")
    def test_shellcheck_finds_nothing(self):
        self.migrate(
            config=CONFIG
            + "*ab*/event/e = a $HOME `b` $(c) | d && e\n?/event/e = FOO=1 x\nx[^a]/event/e = exit 3\n"
            + "a/event/e = rm -rf $x/*\ncl*er/event/e = \n\\a*/event/e = read x; echo $x\n"
        )
        files = [str(self.events / name) for name in self.steps()]
        self.assertEqual(len(files), len(STEPS) + 6)
        done = subprocess.run(["shellcheck", *files], stdout=subprocess.PIPE, stderr=subprocess.STDOUT, check=False)
        self.assertEqual((done.returncode, done.stdout.decode()), (0, ""))


class Leaving(MigrateTestCase):
    def test_a_file_that_is_there_is_never_overwritten(self):
        path = self.events / "acl-changed" / "20acl-load"
        path.parent.mkdir(parents=True)
        path.write_text("mine")
        done = self.migrate(status=EX_CANTCREAT)
        self.assertEqual(self.steps(), {"acl-changed/20acl-load": "mine"})
        self.assertEqual(
            done.stderr,
            "eventsgw: events/acl-changed/20acl-load is there already, with something else in it\n"
            "Nothing was written. Move these files away, or let --force replace them.\n",
        )
        self.assertEqual(done.stdout, "")
        self.migrate("--force")
        self.assertEqual(list(self.steps()), list(STEPS))
        self.assertIn("\n/usr/local/bin/acl-load ||\n", path.read_text())

    def test_a_link_is_replaced_and_not_followed(self):
        other = self.directory / "other"
        other.write_text("mine")
        path = self.events / "acl-changed" / "20acl-load"
        path.parent.mkdir(parents=True)
        path.symlink_to(other)
        self.migrate(status=EX_CANTCREAT)
        self.migrate("--force")
        self.assertEqual(other.read_text(), "mine")
        self.assertFalse(path.is_symlink())

    def test_a_second_time_nothing_changes(self):
        self.migrate()
        before = {name: (self.events / name).stat().st_ino for name in STEPS}
        done = self.migrate()
        self.assertEqual(done.stdout.count("unchanged events/"), len(STEPS))
        self.assertEqual({name: (self.events / name).stat().st_ino for name in STEPS}, before)

    def test_other_files_stay(self):
        path = self.events / "acl-changed" / "15mine"
        path.parent.mkdir(parents=True)
        path.write_text("mine")
        self.migrate()
        self.assertEqual(path.read_text(), "mine")
        self.assertEqual(len(self.steps()), len(STEPS) + 1)

    def test_a_directory_that_cannot_be_made(self):
        (self.directory / "file").write_text("")
        done = self.migrate(to="file/events", status=EX_CANTCREAT)
        self.assertRegex(done.stderr, r"\Aeventsgw: file/events/certificate-renew: cannot be made: Not a directory\n\Z")


class Inexpressible(MigrateTestCase):
    CONFIG = "[actions]\nmodule/* = a\ncluster/event/acl-changed = note\n[commands]\ncluster/event/* = b\n"
    PROBLEMS = (
        'eventsgw.conf:2: no step can replace the rule of "module/*": '
        "no /event/ in it, which every event of a directory has\n"
        'eventsgw.conf:5: no step can replace the rule of "cluster/event/*": '
        "a glob in the event's name, which is a directory's\n"
    )

    def test_nothing_is_written(self):
        done = self.migrate(config=self.CONFIG, status=1)
        self.assertFalse(self.events.exists())
        self.assertEqual(done.stdout, "")
        self.assertEqual(
            done.stderr,
            self.PROBLEMS + "Nothing was written. --partial writes the other rules; these stay in eventsgw.conf.\n",
        )

    def test_partial(self):
        done = self.migrate("--partial", config=self.CONFIG)
        self.assertEqual(list(self.steps()), ["acl-changed/10note"])
        self.assertEqual(done.stderr, self.PROBLEMS)
        self.assertIn("Take line 3 out of eventsgw.conf", done.stdout)

    def test_nothing_at_all(self):
        done = self.migrate("--partial", config="[actions]\n* = a\n")
        self.assertIn("nothing to do: no rule of eventsgw.conf can become a step\n", done.stderr)
        self.assertFalse(self.events.exists())

    def test_a_broken_configuration(self):
        done = self.migrate(config="[actions]\nbroken\n", status=EX_CONFIG)
        self.assertIn("eventsgw.conf:2: ", done.stderr)

    def test_the_directory_must_be_named(self):
        done = run("migrate", cwd=self.directory)
        self.assertEqual(done.status, EX_USAGE, done)
        self.assertIn("migrate needs --to DIR", done.stderr)
        self.migrate(to="", status=EX_USAGE)


class Steps(MigrateTestCase):
    """The steps by themselves; what they do beside real rules is in t/e2e/migration_test.py."""

    def run_step(self, source, value, payload=b"{}", pattern="module/mail[0-9]"):
        self.migrate("--force", config=f"[commands]\n{pattern}/event/x = {value}\n")
        (step,) = (self.events / "x").iterdir()
        environment = {"PATH": os.environ["PATH"], "AGENT_EVENT_SOURCE": source, "AGENT_EVENT_NAME": "x"}
        done = subprocess.run(
            [step], cwd=self.directory, env=environment, input=payload, stdout=subprocess.PIPE, stderr=subprocess.PIPE
        )
        step.unlink()
        return done.returncode, done.stdout, done.stderr

    def test_the_payload_is_the_command_s_input(self):
        self.assertEqual(self.run_step("module/mail1", "cat", b"a\0\xff\n"), (0, b"a\0\xff\n", b""))

    def test_another_source_is_left_alone(self):
        self.assertEqual(self.run_step("module/mailx", "cat"), (0, b"", b""))

    def test_a_failure_is_seen_and_does_not_end_the_handler(self):
        for value, code in {"exit 3": 3, "false": 1, "kill $$": 143, "cat nowhere": 1}.items():
            status, _, log = self.run_step("module/mail1", value)
            self.assertEqual(status, 0, value)
            self.assertRegex(log.decode(), rf"(?m)^<3>/.*/events/x/10\w+: exit status {code}$")

    def test_a_program_that_is_missing_is_seen_too(self):
        status, _, log = self.run_step("module/mail1", "no-such-program")
        self.assertEqual(status, 0)
        self.assertIn(b": exit status 127\n", log)


if __name__ == "__main__":
    tap.main()
