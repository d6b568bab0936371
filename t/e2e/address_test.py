#!/usr/bin/python3 -B
# SPDX-License-Identifier: GPL-3.0-or-later
# Copyright (C) 2026 eventsgw contributors
"""Where Redis is: every form of address, and names that change their meaning."""

import pathlib
import socket
import sys
import types

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[1] / "lib"))

import tap
from case import GatewayTestCase, numbers
from namespace import NameService

CONFIG = "[actions]\na/event/* = act\n[commands]\na/event/mark = cat > mark\n"


def at(address):
    return types.SimpleNamespace(address=address)


class Forms(GatewayTestCase):
    def assert_works_at(self, address):
        self.start_gateway(CONFIG, leader=at(address), replica=at(address))
        self.publish("a/event/b", b"{}")
        self.wait_tasks(1)

    def test_ipv4(self):
        self.assert_works_at(f"127.0.0.1:{self.redis.port}")

    def test_ipv6(self):
        try:
            socket.create_connection(("::1", self.redis.port)).close()
        except OSError as problem:
            self.skipTest(f"no IPv6 here: {problem}")
        self.assert_works_at(f"[::1]:{self.redis.port}")

    def test_unix_socket(self):
        self.assert_works_at(self.redis.socket_path)

    def test_name(self):
        self.assert_works_at(f"localhost:{self.redis.port}")

    def test_the_replica_is_the_leader_where_no_other_is_named(self):
        self.start_gateway(CONFIG, REDIS_REPLICA_ADDRESS=None)
        self.publish("a/event/b", b"{}")
        self.wait_tasks(1)


class Names(GatewayTestCase):
    """The leader is called cluster-leader, with or without more addresses behind it."""

    def setUp(self):
        super().setUp()
        self.leader = self.start_redis(bind="127.0.0.1")
        self.names = NameService()
        self.addCleanup(self.names.close)

    def start(self, hosts):
        self.names.set_hosts(hosts)
        address = at(f"cluster-leader:{self.leader.port}")
        return self.start_gateway(CONFIG, leader=address, options={"wrapper": self.names.wrapper})

    def test_a_name_is_looked_up_at_each_connect(self):
        gateway = self.start("127.0.0.9 cluster-leader\n")
        self.publish("a/event/b", *numbers(0, 10))
        gateway.wait_log("(refused|ECONNREFUSED)")
        self.names.set_hosts("127.0.0.1 cluster-leader\n")
        self.assert_payloads(self.wait_tasks(10, server=self.leader), numbers(0, 10))

    def test_a_name_that_is_not_known_yet(self):
        gateway = self.start("127.0.0.1 localhost\n")
        self.publish("a/event/b", *numbers(0, 10))
        gateway.wait_log("^<[34]>.*cluster-leader")
        self.names.set_hosts("127.0.0.1 cluster-leader\n")
        self.assert_payloads(self.wait_tasks(10, server=self.leader), numbers(0, 10))

    def test_all_addresses_of_a_name_are_tried(self):
        self.start("127.0.0.8 cluster-leader\n127.0.0.9 cluster-leader\n127.0.0.1 cluster-leader\n")
        self.publish("a/event/b", b"{}")
        self.wait_tasks(1, server=self.leader)


class SlowLookup(GatewayTestCase):
    NAMESERVER = "127.0.0.153"

    def setUp(self):
        super().setUp()
        self.nameserver = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
        self.addCleanup(self.nameserver.close)
        try:
            self.nameserver.bind((self.NAMESERVER, 53))
        except PermissionError as problem:
            self.skipTest(f"no name server of our own: {problem}")
        self.names = NameService(self.NAMESERVER)
        self.addCleanup(self.names.close)

    def test_a_lookup_without_an_answer_holds_nothing_up(self):
        gateway = self.start_gateway(CONFIG, leader=at("slow.example:6379"), options={"wrapper": self.names.wrapper})
        self.publish("a/event/b", b"{}")
        self.nameserver.settimeout(20)
        self.nameserver.recv(1000)  # the lookup goes on from here, for 30 s
        self.publish("a/event/mark", b"while it lasts")
        gateway.wait_content("mark", b"while it lasts")
        gateway.send_signal(15)
        self.assertEqual(gateway.wait_exit(5), -15)


if __name__ == "__main__":
    tap.main()
