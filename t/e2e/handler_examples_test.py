#!/usr/bin/python3 -B
# SPDX-License-Identifier: GPL-3.0-or-later
# Copyright (C) 2026 eventsgw contributors
"""The steps that eventsgw-handlers(7) shows do what it says they do."""

import pathlib
import re
import sys

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[1] / "lib"))

import program
import tap
from handlers import HandlerTestCase
from waiting import wait_until

PAGE = pathlib.Path(program.TOP, "man", "eventsgw-handlers.7").read_text(encoding="utf-8")


def displays():
    return [text.replace("\\e", "\\") for text in re.findall(r"^\.Bd -literal[^\n]*\n(.*?)^\.Ed$", PAGE, re.M | re.S)]


def example(interpreter):
    (found,) = [text for text in displays() if text.startswith("#!" + interpreter)]
    return found


class Examples(HandlerTestCase):
    def test_the_step_in_sh(self):
        self.start_handlers()
        self.write_step("certificate-renew", "10handler", example("/bin/sh"))
        self.assertIn('"completed" (0)', self.run_handler("certificate-renew", b'{"fqdn": "www.example.org"}'))
        wait_until(lambda: b"another host, published by module/samba1\n" in self.gateway.stdout(), "what it prints")
        self.assertFalse(self.gateway.exists("certificate-renewed"))
        self.assertIn('"completed" (0)', self.run_handler("certificate-renew", b'{"fqdn": "mail.example.org"}'))
        self.assertTrue(self.gateway.exists("certificate-renewed"))

    def test_the_step_in_python(self):
        self.start_handlers("[handler user-domain-changed]\nskip_exit_codes = 2\n[gateway]\nlog_level = debug\n")
        self.write_step("user-domain-changed", "20configure", example("/usr/bin/python3"))
        self.run_handler("user-domain-changed", b'{"node_id":1,"domain":"a.org","domains":["a.org","b.org"]}')
        self.run_handler("user-domain-changed", b'{"domain":"c.org"}')
        self.assertIn('"skipped" (2)', self.run_handler("user-domain-changed", b"{}"))
        self.assertIn('"aborted" (1)', self.run_handler("user-domain-changed", b"no JSON"))
        self.assertEqual(
            self.gateway.read("domains-changed"), b"a.org module/samba1\nb.org module/samba1\nc.org module/samba1\n"
        )

    def test_the_lines_of_the_log(self):
        self.start_handlers()
        self.write_step("certificate-renew", "80restart", "exit $(cat)\n")
        shown = [re.match(r'<\d>Handler of \S+ exited with status "(\w+)" \((\d)\)', text) for text in displays()]
        shown = {match.group(1): match for match in shown if match}
        self.assertEqual(sorted(shown), ["aborted", "completed"])
        for word, match in shown.items():
            end = self.run_handler("certificate-renew", match.group(2).encode(), source="module/traefik1")
            self.assertEqual(end[: len(match.group())], match.group(), word)

    def test_the_setting(self):
        (setting,) = [text for text in displays() if text.startswith("[gateway]")]
        self.start_handlers(setting, arguments=[])
        self.write_step("e", "10a", "true\n")
        self.run_handler("e")


if __name__ == "__main__":
    tap.main()
