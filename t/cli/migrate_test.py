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
3. The module's agent runs the steps, if it knows events directories. If not, this gateway does, with
     [gateway]
     eventsdir = events
   in that file. With neither rules nor eventsdir in it there is nothing for the service to do.
4. Restart the service. "eventsgw check" and "eventsgw monitor" tell what takes an event now.
""",
        )

    def test_a_path_in_advice_can_be_pasted(self):
        done = self.migrate(to="my events")
        self.assertIn(" 'my events/certificate-renew/10renew-certificate' <payload\n", done.stdout)

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
        for options in ((), ("--force",)):
            done = self.migrate(*options, status=EX_CANTCREAT)
            self.assertEqual(self.steps(), {"acl-changed/20acl-load": "mine"})
            self.assertEqual(
                done.stderr,
                "eventsgw: events/acl-changed/20acl-load is there already, with something else in it\n"
                "Nothing was written. Move these files away, or take the lines out of eventsgw.conf whose place they "
                "take.\n",
            )
            self.assertEqual(done.stdout, "")

    def test_a_link_is_not_followed(self):
        other = self.directory / "other"
        other.write_text("mine")
        path = self.events / "acl-changed" / "20acl-load"
        path.parent.mkdir(parents=True)
        path.symlink_to(other)
        for options in ((), ("--force",)):
            self.migrate(*options, status=EX_CANTCREAT)
            self.assertEqual(other.read_text(), "mine")
            self.assertTrue(path.is_symlink())

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

    def test_an_event_s_directory_on_another_file_system(self):
        if not os.access("/dev/shm", os.W_OK) or os.stat("/dev/shm").st_dev == self.directory.stat().st_dev:
            self.skipTest("there is no other file system here")
        with tempfile.TemporaryDirectory(prefix="eventsgw-migrate-", dir="/dev/shm") as elsewhere:
            self.events.mkdir()
            (self.events / "acl-changed").symlink_to(elsewhere)
            self.migrate()
            self.assertEqual(sorted(os.listdir(elsewhere)), ["10note-acl", "20acl-load", "30cat"])

    def test_a_directory_that_cannot_be_made(self):
        (self.directory / "file").write_text("")
        done = self.migrate(to="file/events", status=EX_CANTCREAT)
        self.assertEqual(
            done.stderr,
            "eventsgw: file/events/certificate-renew: cannot be made: Not a directory\nNothing was written.\n",
        )


class Again(MigrateTestCase):
    """A second run, after the configuration or the steps have changed."""

    OLD = "[commands]\na/event/x = one\nb/event/x = two\n"

    def setUp(self):
        super().setUp()
        self.migrate(config=self.OLD)
        self.before = self.steps()
        self.assertEqual(list(self.before), ["x/10one", "x/20two"])

    def add(self, line, before="a/event/x"):
        return self.OLD.replace(before, line + "\n" + before) if before else self.OLD + line + "\n"

    def test_a_new_rule_has_its_place_and_the_others_stay(self):
        for before, name in (("a/event/x", "05new"), ("b/event/x", "15new"), ("", "30new")):
            with self.subTest(before=before):
                done = self.migrate(config=self.add("c/event/x = new", before))
                self.assertEqual({**self.before, "x/" + name: self.steps()["x/" + name]}, self.steps())
                self.assertIn(f"wrote events/x/{name} (line ", done.stdout)
                self.assertEqual(done.stdout.count("unchanged events/x/"), 2)
                self.assertEqual(done.stderr, "")
                (self.events / "x" / name).unlink()

    def test_several_new_rules_keep_their_order(self):
        config = self.OLD.replace("b/", "c/event/x = new\nd/event/x = newer\nb/") + "".join(
            f"e{i}/event/x = last{i}\n" for i in range(9)
        )
        self.migrate(config=config)
        self.assertEqual(
            [name[4:] for name in self.steps()], ["one", "new", "newer", "two", *(f"last{i}" for i in range(9))]
        )
        self.assertEqual(self.migrate(config=config).stdout.count("unchanged"), 13)

    def test_without_room_for_a_number_only_force_gives_new_ones(self):
        (self.events / "x" / "20two").rename(self.events / "x" / "11two")
        config = self.add("c/event/x = new", "b/event/x")
        before = self.steps()
        done = self.migrate(config=config, status=EX_CANTCREAT)
        self.assertEqual(self.steps(), before)
        self.assertIn("eventsgw: events/x/11two must become 30two, for the order of the rules (line 4)\n", done.stderr)
        self.assertIn("--force", done.stderr)
        self.migrate("--force", config=config)
        self.assertEqual(list(self.steps()), ["x/10one", "x/20new", "x/30two"])
        self.assertEqual(self.migrate(config=config).stdout.count("unchanged"), 3)

    def test_rules_in_another_order(self):
        config = "[commands]\nb/event/x = two\na/event/x = one\n"
        done = self.migrate(config=config, status=EX_CANTCREAT)
        self.assertEqual(self.steps(), self.before)
        self.assertIn("eventsgw: events/x/20two must become 10two, for the order of the rules (line 2)\n", done.stderr)
        self.migrate("--force", config=config)
        self.assertEqual(list(self.steps()), ["x/10two", "x/20one"])

    def test_steps_of_the_same_program_in_another_order(self):
        rules = ["a/event/y = p 1\n", "b/event/y = p 2\n"]
        self.migrate(config="[commands]\n" + "".join(rules))
        self.migrate("--force", config="[commands]\n" + "".join(reversed(rules)))
        steps = self.steps()
        self.assertIn("\np 2 ||", steps["y/10p"])
        self.assertIn("\np 1 ||", steps["y/20p"])

    def test_a_rule_that_has_changed(self):
        config = self.OLD.replace("two", "three")
        done = self.migrate(config=config, status=EX_CANTCREAT)
        self.assertEqual(self.steps(), self.before)
        self.assertEqual(
            done.stderr,
            "eventsgw: events/x/20two is the step of another form of the rule (line 3)\n"
            "Nothing was written. These steps are as eventsgw has made them, and --force puts the new ones in their "
            "place.\nOne that is to stay beside the new one needs another head: take its second line out.\n",
        )
        done = self.migrate("--force", config=config)
        self.assertEqual(list(self.steps()), ["x/10one", "x/20three"])
        self.assertIn("wrote events/x/20three in the place of 20two (line 3)\n", done.stdout)

    def test_all_are_replaced_or_none(self):
        (self.events / "y").write_text("in the place of a directory")
        before = self.steps()
        config = self.OLD.replace("two", "three") + "c/event/y = four\n"
        done = self.migrate("--force", config=config, status=EX_CANTCREAT)
        self.assertEqual(self.steps(), before)
        self.assertEqual(done.stdout, "")
        self.assertEqual(done.stderr, "eventsgw: events/y: cannot be made: Not a directory\nNothing was written.\n")

    def test_one_that_was_edited_is_never_replaced(self):
        path = self.events / "x" / "20two"
        path.write_text(path.read_text() + "echo mine\n")
        before = self.steps()
        for config in (self.OLD, self.OLD.replace("two", "three")):
            for options in ((), ("--force",)):
                done = self.migrate(*options, config=config, status=EX_CANTCREAT)
                self.assertEqual(self.steps(), before)
                self.assertIn(
                    "eventsgw: events/x/20two is the step of the rule, but has been edited (line 3)\n", done.stderr
                )

    def test_one_that_lost_its_head_is_anybodys(self):
        path = self.events / "x" / "20two"
        lines = path.read_text().splitlines(keepends=True)
        path.write_text("".join(lines[:1] + lines[2:]))
        self.migrate("--force", config=self.OLD.replace("two", "three"))
        self.assertEqual(list(self.steps()), ["x/10one", "x/20three", "x/20two"])

    def test_of_rules_that_were_taken_out_the_steps_stay(self):
        for options in ((), ("--force",)):
            done = self.migrate(*options, config="[commands]\nc/event/x = new\nd/event/y = other\n")
            self.assertEqual(list(self.steps()), ["x/10one", "x/20two", "x/30new", "y/10other"])
            self.assertEqual(
                done.stderr,
                "eventsgw: events/x/10one stays: its rule is not in eventsgw.conf\n"
                "eventsgw: events/x/20two stays: its rule is not in eventsgw.conf\n"
                "Those that have taken the place of rules do their work. Delete what is left of one that is not "
                "wanted; --prune\ndeletes them all, but what somebody has edited.\n",
            )

    def test_prune_deletes_what_nobody_has_edited(self):
        edited = self.events / "x" / "20two"
        edited.write_text(edited.read_text() + "echo mine\n")
        mine = self.events / "x" / "30mine"
        mine.write_text("#!/bin/sh\n")
        config = "[commands]\nc/event/x = new\n"
        before = self.steps()
        done = self.migrate("--prune", "--dry-run", config=config)
        self.assertEqual(self.steps(), before)
        self.assertIn("==> events/x/10one would be deleted <==\n", done.stdout)
        done = self.migrate("--prune", config=config)
        self.assertEqual(list(self.steps()), ["x/20two", "x/30mine", "x/30new"])
        self.assertIn("\ndeleted events/x/10one\n", done.stdout)
        self.assertEqual(
            done.stderr,
            "eventsgw: events/x/20two stays: its rule is not in eventsgw.conf, but somebody has edited it\n",
        )

    def test_prune_without_a_rule(self):
        done = self.migrate("--prune", config="[commands]\n")
        self.assertEqual(self.steps(), {})
        self.assertEqual(done.output, "deleted events/x/10one\ndeleted events/x/20two\n")

    def test_nothing_is_pruned_where_something_is_in_the_way(self):
        (self.events / "y").write_text("in the place of a directory")
        before = self.steps()
        self.migrate("--prune", config="[commands]\na/event/x = one\na/event/y = two\n", status=EX_CANTCREAT)
        self.assertEqual(self.steps(), before)

    def test_a_rule_of_another_event(self):
        done = self.migrate(config=self.OLD.replace("b/event/x", "b/event/y"))
        self.assertEqual(list(self.steps()), ["x/10one", "x/20two", "y/10two"])
        self.assertIn("eventsgw: events/x/20two stays: its rule is not in eventsgw.conf\n", done.stderr)

    def test_another_line_or_file_is_no_change(self):
        done = self.migrate(config="# comment\n" + self.OLD)
        self.assertEqual(self.steps(), self.before)
        self.assertEqual(done.stdout.count("unchanged"), 2)
        self.assertIn("unchanged events/x/10one (line 3)\n", done.stdout)

    def test_dry_run_tells_what_force_would_do(self):
        config = self.OLD.replace("two", "three")
        self.migrate("--dry-run", config=config, status=EX_CANTCREAT)
        done = self.migrate("--dry-run", "--force", config=config)
        self.assertIn("==> events/x/20three, in the place of 20two <==\n", done.stdout)
        self.assertEqual(self.steps(), self.before)

    def test_steps_that_an_older_version_has_made(self):
        for path in (self.events / "x").iterdir():
            text = path.read_text()
            path.write_text("".join(line for line in text.splitlines(keepends=True) if "checksum" not in line))
            self.assertNotEqual(path.read_text(), text)
        done = self.migrate(config=self.add("c/event/x = new", ""))
        self.assertEqual(done.stdout.count("unchanged"), 2)
        self.migrate("--force", config=self.OLD.replace("two", "three"), status=EX_CANTCREAT)


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

    def test_an_action_without_a_name(self):
        done = self.migrate(config="[actions]\na/event/b =\n", status=1)
        self.assertIn('the rule of "a/event/b": the name of the action is missing\n', done.stderr)

    def test_a_rule_of_default_is_named_once(self):
        done = self.migrate(config="[DEFAULT]\nname = x\n[actions]\n[commands]\na/event/b = c\n", status=1)
        self.assertEqual(done.stderr.count("eventsgw.conf:2: "), 1)

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
