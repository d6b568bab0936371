#!/usr/bin/python3 -B
# SPDX-License-Identifier: GPL-3.0-or-later
# Copyright (C) 2026 eventsgw contributors
"""The fixtures themselves: access rules that do not bite, or a network that is never bad, would prove nothing."""

import pathlib
import socket
import sys
import unittest

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[1] / "lib"))

import redis
import tap
from proxy import Proxy
from redis_server import RedisServer
from waiting import wait_until

MAIL = "module/mail1"


class AccessRules(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.server = RedisServer(agents=(MAIL,))
        cls.addClassCleanup(cls.server.close)

    def assert_refused(self, client, *command):
        with self.assertRaises(redis.exceptions.NoPermissionError, msg=command):
            client.execute_command(*command)

    def test_default_listens_and_no_more(self):
        default = self.server.connect("default", "any password is right")
        default.execute_command("CLIENT SETNAME", MAIL)
        for command in ("PUBLISH module/mail1/event/a x", "INFO", "ROLE", "UNSUBSCRIBE", "PUNSUBSCRIBE", "CLIENT LIST"):
            self.assert_refused(default, *command.split())
        listener = default.pubsub()
        listener.psubscribe("*/event/*")
        self.assertEqual(listener.get_message(timeout=5)["type"], "psubscribe")

    def test_a_module_writes_its_own_keys_and_publishes_its_own_events(self):
        mail = self.server.connect(MAIL)
        mail.lpush(MAIL + "/tasks", "a task")
        mail.publish(MAIL + "/event/anything at all", "")
        for command in ("LPUSH module/samba1/tasks x", "SUBSCRIBE a", "EVAL return 0", "INFO", "ROLE"):
            self.assert_refused(mail, *command.split())
        self.assert_refused(mail, "PUBLISH", "module/samba1/event/a", "")

    def test_a_wrong_password_is_refused_and_counted(self):
        before = self.server.refused_logins()
        with self.assertRaisesRegex(redis.RedisError, "username-password"):
            self.server.connect(MAIL, "wrong").ping()
        self.assertEqual(self.server.refused_logins(), before + 1)


class Servers(unittest.TestCase):
    def start(self, **options):
        server = RedisServer(**options)
        self.addCleanup(server.close)
        return server

    def test_an_event_on_the_leader_reaches_a_listener_of_the_replica(self):
        leader = self.start()
        replica = self.start(replica_of=leader)
        listener = replica.connect("default", "default").pubsub()
        listener.subscribe("cluster/event/a")
        self.assertEqual(listener.get_message(timeout=5)["type"], "subscribe")
        leader.admin.publish("cluster/event/a", "payload")
        self.assertEqual(listener.get_message(timeout=5)["data"], b"payload")

    def test_what_is_saved_is_there_after_a_restart(self):
        server = self.start()
        server.admin.set("a", "value")
        server.admin.config_set("rdb-key-save-delay", 100000)  # us
        server.admin.bgsave()
        server.admin.config_set("rdb-key-save-delay", 0)
        server.admin.set("b", "value")
        server.save()
        server.stop()
        server.start()
        self.assertEqual(server.admin.get("b"), b"value")

    def test_a_restart_keeps_the_port_and_the_rules(self):
        server = self.start()
        address = server.address
        server.stop()
        with self.assertRaises(OSError):
            socket.create_connection(("127.0.0.1", server.port))
        server.start()
        self.assertEqual(server.address, address)
        server.connect(MAIL).lpush(MAIL + "/tasks", "a task")

    def test_a_paused_server_answers_later(self):
        server = self.start()
        with socket.create_connection(("127.0.0.1", server.port)) as client:
            server.pause()
            client.sendall(b"PING\r\n")
            client.settimeout(0.2)
            with self.assertRaises(socket.timeout):
                client.recv(100)
            server.resume()
            client.settimeout(5)
            self.assertTrue(client.recv(100).startswith(b"+PONG"))


class BadNetwork(unittest.TestCase):
    def setUp(self):
        self.server = RedisServer()
        self.addCleanup(self.server.close)
        self.proxy = Proxy("127.0.0.1", self.server.port)
        self.addCleanup(self.proxy.close)

    def dial(self):
        client = socket.create_connection(("127.0.0.1", self.proxy.port), timeout=5)
        self.addCleanup(client.close)
        return client

    def ask(self, client):
        client.sendall(b"PING\r\n")
        return client.recv(100)

    def assert_silent(self, client):
        client.settimeout(0.2)
        with self.assertRaises(socket.timeout):
            client.recv(100)
        client.settimeout(5)

    def test_forwards_and_counts(self):
        for count in (1, 2, 3):
            self.assertEqual(self.ask(self.dial()), b"+PONG\r\n")
            self.assertEqual(self.proxy.accepted, count)

    def test_silence_keeps_all_open_and_loses_nothing(self):
        old = self.dial()
        self.ask(old)
        self.proxy.silence()
        new = self.dial()
        for client in (old, new):
            client.sendall(b"PING\r\n")
            self.assert_silent(client)
        self.proxy.forward()
        for client in (old, new):
            self.assertEqual(client.recv(100), b"+PONG\r\n")

    def test_silence_of_the_open_ones_only(self):
        old = self.dial()
        self.ask(old)
        self.proxy.silence_open()
        old.sendall(b"PING\r\n")
        self.assert_silent(old)
        self.assertEqual(self.ask(self.dial()), b"+PONG\r\n")

    def test_held_replies_leave_the_request_done(self):
        client = self.dial()
        self.ask(client)
        self.proxy.hold_replies()
        client.sendall(b"AUTH test-admin test-admin-password\r\nSET done 1\r\n")
        wait_until(lambda: self.server.admin.get("done") == b"1", "the request is done")
        self.assert_silent(client)

    def test_refuses_and_comes_back_on_its_port(self):
        client = self.dial()
        self.ask(client)
        self.proxy.refuse()
        with self.assertRaises(ConnectionResetError):
            client.recv(100)
        with self.assertRaises(ConnectionRefusedError):
            self.dial()
        self.proxy.forward()
        self.assertEqual(self.ask(self.dial()), b"+PONG\r\n")

    def test_cuts_within_a_request(self):
        self.proxy.cut_after(9, 3)
        first, second, third = self.dial(), self.dial(), self.dial()
        self.assertEqual(self.ask(first), b"+PONG\r\n")
        for client in (first, second):
            client.sendall(b"PING\r\n")
            with self.assertRaises(ConnectionResetError):
                client.recv(100)
        self.assertEqual(self.ask(third), b"+PONG\r\n")
        wait_until(lambda: self.proxy.cuts_left() == 0, "no cut is left")

    def test_delays(self):
        self.proxy.delay(0.3)
        client = self.dial()
        client.sendall(b"PING\r\n")
        self.assert_silent(client)
        self.assertEqual(client.recv(100), b"+PONG\r\n")


if __name__ == "__main__":
    tap.main()
