"""Every limit and time of server/limits.h is reached, through the protocol, and does what it says.

Most are reached on lvzhid_small, whose limits.h has smaller numbers and differs in nothing else (tests/limits/make_small);
with LVZHI_LONG set the times are waited for on lvzhid itself as well.
"""

import importlib
import os
import re
import resource
import signal
import socket
import subprocess
import threading
import time
import unittest

import harness
import test_attachments
import test_workers
import wire

TOWN = harness.TOWN

# Limit -> the test that reaches it: a method of a class here, FILE.CLASS.TEST of another file, or tests/unit/FILE.c TEST.
REACHED = {
    "LIMIT_CONNECTIONS": "Connections.test_connections",
    "LIMIT_HANDSHAKES": "Connections.test_strangers_make_room",
    "LIMIT_DOOR": "Door.test_how_many_wait",
    "LIMIT_FILES_KEPT": "Files.test_files_kept",
    "LIMIT_CREDITS": "test_order.Credits.test_one_request_too_many",
    "LIMIT_CREDITS_STRANGER": "test_order.Credits.test_second_before_login",
    "LIMIT_UNSENT_PAUSE": "Slow.test_who_does_not_read_is_not_read",
    "LIMIT_UNSENT": "Slow.test_too_much_unsent",
    "LIMIT_PINGS": "Connections.test_pings",
    "LIMIT_PINGS_MS": "Connections.test_pings",
    "LIMIT_READ": "Messages.test_more_than_one_read_takes",
    "LIMIT_MESSAGE_MEMORY": "Messages.test_memory",
    "LIMIT_REPEATED": "Messages.test_repeated",
    "LIMIT_PARAMS": "tests/unit/test_call.c limits",
    "LIMIT_COLUMNS": "tests/unit/test_plan.c too_many_columns",
    "LIMIT_STATEMENTS": "tests/unit/test_call.c limits",
    "LIMIT_PASSWORD_MIN": "Messages.test_passwords",
    "LIMIT_PASSWORD_MAX": "Messages.test_passwords",
    "LIMIT_SEGMENT_OPS": "Segments.test_operations",
    "LIMIT_SEGMENT_BYTES": "Segments.test_bytes",
    "LIMIT_SEGMENT_READS": "Segments.test_reads",
    "LIMIT_SEGMENT_LOGS": "Segments.test_reads_that_leave_a_row",
    "LIMIT_QUEUE": "Segments.test_full_queue",
    "LIMIT_REFUSALS": "tests/unit/test_lane_turns.c the_refused_travel_alone",
    "LIMIT_TURNS": "tests/unit/test_lane_turns.c the_refused_and_the_others_take_turns",
    "LIMIT_REFUSALS_MAX": "tests/unit/test_lane_turns.c the_refused_are_trusted_again",
    "LIMIT_WATCHERS": "Watchers.test_how_many",
    "LIMIT_HASHES": "Passwords.test_memory_of_those_at_once",
    "LIMIT_HASHES_WAITING": "Passwords.test_too_many_wait",
    "TIMEOUT_HANDSHAKE_MS": "Times.test_handshake",
    "TIMEOUT_DOOR_MS": "Door.test_who_dawdles_is_cut_for_those_who_wait",
    "TIMEOUT_SILENT_MS": "Door.test_the_silent_are_cut_for_those_who_come",
    "TIMEOUT_REQUEST_MS": "Times.test_request_without_a_deadline",
    "TIMEOUT_DRAIN_MS": "Times.test_drain",
    "TIMEOUT_CONNECT_MS": "Database.test_silent",
    "TIMEOUT_LINGER_MS": "Times.test_linger",
    "TIMEOUT_UNSENT_MS": "Slow.test_unsent_for_long",
    "INTERVAL_PING_MS": "Times.test_silence",
    "INTERVAL_TICK_MS": "Notices.test_watchdog",
    "TIMEOUT_WATCHER_MS": "Watchers.test_silence",
    "TIMEOUT_READY_MS": "test_metrics.Ready.test_not_while_a_write_waits",
    "TIMEOUT_BEAT_MS": "Standstill.test_a_worker_that_stands_still",
    "INTERVAL_EVENT_MS": "test_feed.Events.test_coalesced_and_never_swallowed",
    "INTERVAL_NOTIFY_MS": "test_feed.TwoDaemons.test_pulls_at_once_through_both",
    "BACKOFF_MIN_MS": "Database.test_refusing",
    "BACKOFF_MAX_MS": "Database.test_refusing",
    "RETRY_AFTER_MS": "Segments.test_full_queue",
}


def limits_in(path):
    with open(path, encoding="utf-8") as file:
        found = re.findall(r"^    ((?:LIMIT|TIMEOUT|INTERVAL|BACKOFF|RETRY)_\w+) = ([\d <]+),", file.read(), re.M)
    return {name: int.__lshift__(*map(int, value.split("<<"))) if "<<" in value else int(value) for name, value in found}


REAL = limits_in(os.path.join(harness.SOURCE, "server/limits.h"))
SMALL = limits_in(os.path.join(harness.BUILD, "small/limits.h"))


class Table(unittest.TestCase):
    def test_every_limit_has_its_test(self):
        with open(os.path.join(harness.SOURCE, "server/limits.h"), encoding="utf-8") as file:
            names = re.findall(r"^    ([A-Z_]+) =", file.read(), re.M)
        self.assertEqual(sorted(REACHED), sorted(names))
        self.assertEqual(sorted(REAL), sorted(names))

    def test_those_tests_are_there(self):
        for limit, place in REACHED.items():
            with self.subTest(limit):
                if place.startswith("tests/unit/"):
                    path, name = place.split()
                    with open(os.path.join(harness.SOURCE, path), encoding="utf-8") as file:
                        text = file.read()
                    body = re.search(rf"^Test\(\w+, {name}\b.*?^}}", text, re.M | re.S)
                    self.assertTrue(body)
                    self.assertIn(limit, text)
                else:
                    *module, group, name = place.split(".")
                    module = importlib.import_module(module[0] if module else __name__)
                    self.assertTrue(callable(getattr(getattr(module, group), name)))


# The small daemon gives up after a second or two what takes it longer then: a TLS handshake, a hash, a large answer.
needs_speed = unittest.skipIf(harness.SLOWER > 1, "under valgrind the small daemon's seconds are over before its work is done")


class Small(harness.Case):
    limits, program = SMALL, "lvzhid_small"

    @classmethod
    def setUpClass(cls):
        cls.centre = harness.copy_of_base(f"{cls.__module__}_{cls.__name__}".lower(), **cls.settings)
        cls.centre.program = cls.program
        cls.prepare()
        cls.centre.start()
        cls.addClassCleanup(cls.centre.kill)

    @classmethod
    def prepare(cls):
        pass

    def connect(self, login="clerk1", **more):
        client = self.centre.connect(login, **more)
        self.addCleanup(client.close)
        return client

    def many(self, count, login="clerk1"):
        return [self.connect(login) for _ in range(count)]

    def assert_about(self, seconds, limit_ms, slack_s=1.5):
        """A time that the daemon looks at with each of its ticks; the machine may be busy."""
        self.assertGreaterEqual(seconds, limit_ms / 1000 - 0.01)
        self.assertLess(seconds, limit_ms / 1000 + slack_s * harness.SLOWER)

    def until_closed(self, client, timeout):
        """Seconds until the other side ends, and what came before."""
        began = time.monotonic()
        frames = client.read_to_end(timeout)
        return time.monotonic() - began, frames


class Standstill(Small):
    settings = {"workers": "2"}
    if harness.SLOWER > 1:  # a start takes longer than the small daemon's patience
        limits, program = REAL, "lvzhid"

    def test_a_worker_that_stands_still(self):
        """It is killed and another started; the other one serves meanwhile."""
        pids = harness.wait_until(lambda: len(c := test_workers.children(self.centre.process.pid)) == 2 and c, 10, "both")
        harness.wait_until(lambda: "ready: 2 workers" in self.centre.tail(100), 10, "both to be ready")
        began = time.monotonic()
        os.kill(pids[0], signal.SIGSTOP)
        harness.wait_until(lambda: not test_workers.is_alive(pids[0]), 10, "its end")
        self.assert_about(time.monotonic() - began, self.limits["TIMEOUT_BEAT_MS"] - 300, 2)
        harness.wait_until(lambda: len(c := test_workers.children(self.centre.process.pid)) == 2 and pids[0] not in c, 10,
                           "another")


class Connections(Small):
    settings = {"metrics": "127.0.0.1:0"}

    def test_connections(self):
        held, refused = [], "lvzhid_connections_refused_total"
        self.assertEqual(self.centre.metrics()[refused], 0)
        try:
            for _ in range(self.limits["LIMIT_CONNECTIONS"] + 5):
                client = self.centre.unix(5)
                held.append(client)
                client.hello(TOWN)
        except (wire.Closed, OSError):
            pass
        self.assertEqual(len(held) - 1, self.limits["LIMIT_CONNECTIONS"])
        self.assertEqual(self.centre.metrics()[refused], 1)
        for client in held[:-1]:
            self.assertEqual(client.ping(), 7)
        for client in held:
            client.close()
        harness.wait_until(self.centre.answers, 5, "room again")

    def test_strangers_make_room(self):
        friend = self.connect()
        doors = [socket.socket(socket.AF_UNIX) for _ in range(self.limits["LIMIT_HANDSHAKES"] + 1)]
        for door in doors:
            self.addCleanup(door.close)
            door.settimeout(0.2)
            door.connect(self.centre.socket)
            friend.call("Health")  # it has come in
            if door is doors[-2]:
                time.sleep(self.limits["TIMEOUT_SILENT_MS"] / 1000 + 0.1)
        self.assertEqual(doors[0].recv(1), b"")  # the oldest
        for door in doors[1:]:
            with self.assertRaises(TimeoutError):
                door.settimeout(0.01)
                door.recv(1)
        friend.call("Health")

    def test_pings(self):
        client = self.connect()
        for _ in range(2):
            for _ in range(self.limits["LIMIT_PINGS"]):
                client.ping()
            time.sleep(self.limits["LIMIT_PINGS_MS"] / 1000 + 0.2)
        for _ in range(self.limits["LIMIT_PINGS"]):
            client.ping()
        with self.assertRaises(wire.Closed):
            client.ping()


class Watchers(Small):
    """Of health and metrics."""

    settings = {"metrics": "127.0.0.1:0"}

    def watcher(self):
        s = socket.create_connection(("127.0.0.1", self.centre.metrics_port()))
        self.addCleanup(s.close)
        s.settimeout(10)
        return s

    def healthy(self):
        with self.watcher() as s:
            s.send(b"GET /healthz HTTP/1.1\r\nHost: x\r\n\r\n")
            return b"200 OK" in s.recv(1000)

    def test_silence(self):
        """Nothing said, and half a request: cut. The library looks once a second."""
        silent, half = self.watcher(), self.watcher()
        began = time.monotonic()
        half.send(b"GET /metrics HTTP/1.1\r\n")
        for s in (silent, half):
            self.assertEqual(s.recv(1), b"")
        self.assert_about(time.monotonic() - began, self.limits["TIMEOUT_WATCHER_MS"] - 500, 3)

    def test_how_many(self):
        """So many are held that the daemon's own files are safe; those who are silent make way."""
        pid = self.centre.process.pid
        before = len(os.listdir(f"/proc/{pid}/fd"))
        held = [self.watcher() for _ in range(4 * self.limits["LIMIT_WATCHERS"])]
        time.sleep(0.3)
        self.assertLessEqual(len(os.listdir(f"/proc/{pid}/fd")) - before, self.limits["LIMIT_WATCHERS"])
        self.connect().call("Health")
        for s in held:
            s.close()
        harness.wait_until(self.healthy, 15, "an answer")


@needs_speed
class Door(Small):
    """More come over TCP than there is room for."""

    settings = {"metrics": "127.0.0.1:0"}

    def strangers(self, said):
        for _ in range(self.limits["LIMIT_HANDSHAKES"]):
            door = socket.create_connection(("127.0.0.1", self.centre.port))
            self.addCleanup(door.close)
            door.send(said)
        self.friend.call("Health")

    def setUp(self):
        self.friend = self.connect()
        self.device = self.centre.new_device()

    def test_the_silent_are_cut_for_those_who_come(self):
        self.strangers(b"")
        began = time.monotonic()
        with self.centre.connect_tls("clerk1", self.device):
            pass
        self.assertLess(time.monotonic() - began, self.limits["TIMEOUT_SILENT_MS"] / 1000 + 1.5 * harness.SLOWER)

    def test_who_dawdles_is_cut_for_those_who_wait(self):
        """A handshake that has begun is not cut at once: who comes waits."""
        began, before = time.monotonic(), self.centre.metrics()["lvzhid_connections_waited_total"]
        self.strangers(b"\x16")
        with self.centre.tcp() as client:
            client.hello(TOWN)
            self.assert_about(time.monotonic() - began, self.limits["TIMEOUT_DOOR_MS"])
        self.assertEqual(self.centre.metrics()["lvzhid_connections_waited_total"] - before, 1)

    def test_how_many_wait(self):
        """The kernel keeps so many for the daemon, and lets others try again."""
        out = subprocess.run(["ss", "-Hltn", f"sport = :{self.centre.port}"], capture_output=True, text=True, check=True)
        self.assertEqual(int(out.stdout.split()[2]), self.limits["LIMIT_DOOR"])


class Files(harness.Case):
    def test_files_kept(self):
        """A daemon that may open N files serves N - LIMIT_FILES_KEPT clients, and needs no more than it keeps itself."""
        files, valgrinds = 160, harness.FILES_OF_VALGRIND
        self.centre.stop()
        self.centre.start(limits=[(resource.RLIMIT_NOFILE, (files + valgrinds,) * 2)])
        held = []
        try:
            while len(held) < files:
                client = self.centre.unix(5)
                held.append(client)
                client.hello(TOWN)
        except (wire.Closed, OSError):
            pass
        self.assertEqual(len(held) - 1, files - REAL["LIMIT_FILES_KEPT"])
        self.assertLess(len(os.listdir(f"/proc/{self.centre.process.pid}/fd")), files + valgrinds)
        for client in held:
            client.close()


class Slow(Small):
    """Clients that do not read. A chunk of an attachment is the largest answer there is."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        data = test_attachments.file(test_attachments.CHUNK)
        with cls.centre.connect("clerk1") as client:
            cls.file = wire.uuid7()
            client.call("AttachmentStart", attachment_id=cls.file, **test_attachments.MEETING,
                        **test_attachments.about(data))
            client.call("AttachmentChunk", attachment_id=cls.file, number=0, bytes=data)
            client.call("AttachmentFinish", attachment_id=cls.file)

    def ask(self, client, count):
        payload = client.payload("ReadAttachment", attachment_id=self.file, number=0)
        return client.send_all([("ReadAttachment", payload)] * count)

    def other_sees(self, condition, seconds):
        """Until it is so, or not within so many seconds."""
        until = time.monotonic() + seconds
        while time.monotonic() < until:
            if condition():
                return True
            time.sleep(0.02)
        return False

    def test_who_does_not_read_is_not_read(self):
        client = self.connect()
        socket_takes = client.transport.socket.getsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF)
        count = (2 * socket_takes + self.limits["LIMIT_UNSENT_PAUSE"]) // test_attachments.CHUNK + 2
        self.assertLess(count * test_attachments.CHUNK, self.limits["LIMIT_UNSENT"], "it is not cut")
        ids = self.ask(client, count)
        time.sleep(0.3)  # they are answered as far as the socket takes it
        write = client.send("RecordAttendance", client.payload("RecordAttendance", **harness.mark_fields(person="D07")))
        marks = "person_id in (select person_id from data.person where code = 'D07') and meeting_id = " \
                f"'{harness.imported_id(TOWN, 'meetings', 'M001').hex()}'"
        self.assertFalse(self.other_sees(lambda: self.centre.count("attendance_mark", marks), 0.3))
        for id in [*ids, write]:
            self.assertEqual(client.wait(id).type, wire.RESPONSE)
        self.assertEqual(self.centre.count("attendance_mark", marks), 1)

    def cut_slow(self):
        """How many the daemon has given up as slow consumers."""
        return self.centre.tail(1000).count("slow consumer")

    def farewell(self, client, ids):
        """What comes until the end: each request has its answer, and the reason is told. Gives the answers' frames."""
        frames = client.read_to_end()
        [goaway] = [f for f in frames if f.type == wire.GOAWAY]
        self.assertEqual((goaway.code, goaway.id), (0x8051, ids[-1]))
        self.assertGreaterEqual(goaway.aux, self.limits["RETRY_AFTER_MS"])
        answers = [f for f in frames if f.type != wire.GOAWAY]
        self.assertEqual(sorted(f.id for f in answers), ids)
        return answers

    @needs_speed
    def test_too_much_unsent(self):
        """Only what LIMIT_UNSENT holds is sent, and each of the other requests is told that its answer is lost; so that
        memory is bounded, and no request stays open."""
        client, other = self.connect(), self.connect()
        count, before = REAL["LIMIT_CREDITS"], self.cut_slow()
        self.assertGreater(count * test_attachments.CHUNK, self.limits["LIMIT_UNSENT"] + (1 << 20))
        ids = self.ask(client, count)
        harness.wait_until(lambda: self.cut_slow() > before, 5, "the daemon to see it")
        time.sleep(0.3)  # all are answered
        other.call("Health")
        answers = self.farewell(client, ids)
        whole = [f for f in answers if f.type == wire.RESPONSE]
        lost = [client.error_of(f) for f in answers if f.type == wire.ERROR]
        self.assertEqual({(e.name, e.fields["outcome"], e.fields["action"]) for e in lost},
                         {("UNAVAILABLE", "unknown", "retry")})
        self.assertGreaterEqual(min(e.aux for e in lost), self.limits["RETRY_AFTER_MS"])
        self.assertGreater((len(whole) + 1) * test_attachments.CHUNK, self.limits["LIMIT_UNSENT"], "what there is room for")
        self.assertEqual(self.cut_slow(), before + 1, "said once")
        other.call("Health")

    def more_than_the_socket_takes(self, client):
        return client.transport.socket.getsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF) // test_attachments.CHUNK + 5

    def test_unsent_for_long(self):
        """The reason waits behind what is unsent, for as long again; then the connection is cut."""
        client, other = self.connect(), self.connect()
        before, pid = self.cut_slow(), self.centre.process.pid
        began, files = time.monotonic(), len(os.listdir(f"/proc/{pid}/fd"))
        count = self.more_than_the_socket_takes(client)
        self.ask(client, count)
        harness.wait_until(lambda: self.cut_slow() > before, 60, "the daemon to see it")
        self.assert_about(time.monotonic() - began, self.limits["TIMEOUT_UNSENT_MS"])
        with Alive(other):
            harness.wait_until(lambda: len(os.listdir(f"/proc/{pid}/fd")) < files, 60, "the cut")
        self.assert_about(time.monotonic() - began, 2 * self.limits["TIMEOUT_UNSENT_MS"])
        self.assertLess(len(client.read_to_end()), count)
        other.call("Health")

    def test_who_reads_late_learns_why(self):
        client = self.connect()
        self.read_late(client, self.more_than_the_socket_takes(client))

    @needs_speed
    def test_who_reads_late_learns_why_over_tls(self):
        client = self.centre.connect_tls("clerk1", self.centre.new_device())
        self.addCleanup(client.close)
        client.transport.socket.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 1 << 16)  # or the kernel takes it all
        self.read_late(client, REAL["LIMIT_CREDITS"])

    def read_late(self, client, count):
        before = self.cut_slow()
        ids = self.ask(client, count)
        harness.wait_until(lambda: self.cut_slow() > before, 60, "the daemon to see it")
        self.assertEqual({f.type for f in self.farewell(client, ids)}, {wire.RESPONSE})

    def test_who_reads_slowly_is_not_idle(self):
        """While the daemon does not read a client it cannot say that it is silent."""
        client, limit = self.connect(), self.limits["INTERVAL_PING_MS"] / 1000
        until, ids = time.monotonic() + 3.5 * limit, []
        while time.monotonic() < until:
            ids += self.ask(client, self.more_than_the_socket_takes(client) + 1 - len(ids))
            self.assertEqual(client.wait(ids.pop(0)).type, wire.RESPONSE)
            time.sleep(limit / 20)
        for id in ids:
            client.wait(id)
        self.assertEqual(client.others, [])


class Messages(Small):
    def test_more_than_one_read_takes(self):
        """A frame of several reads' size comes whole, and another client is served while it comes."""
        text = "长" * (3 * self.limits["LIMIT_READ"] // 3 // 2)
        client, other = self.connect("office"), self.connect()
        import_id = wire.uuid7()
        client.call("ImportStart", import_id=import_id)
        id, data = client.frame("ImportRows", client.payload("ImportRows", import_id=import_id, file="people", lines=[2],
                                                             columns=["code"], cells=[text]))
        self.assertGreater(len(data), self.limits["LIMIT_READ"])
        client.send_bytes(data[:-1])
        other.call("Health")
        client.send_bytes(data[-1:])
        self.assertEqual(client.wait(id).type, wire.RESPONSE)
        kept = self.centre.one(f"select cells::text from data.import_row where import_id = '{import_id.hex()}'")
        self.assertIn(text, kept)

    def test_memory(self):
        """Few bytes on the wire that are many once unpacked."""
        client = self.connect("office")
        start = client.payload("ImportRows", import_id=wire.uuid7(), file="people")
        for count in (self.limits["LIMIT_MESSAGE_MEMORY"] // 8 + 1, self.limits["LIMIT_MESSAGE_MEMORY"] // 16 + 1):
            cells = (wire.varint(6 << 3 | 2) + b"\0") * count
            self.assertLess(len(cells), self.limits["LIMIT_MESSAGE_MEMORY"])
            error = client.error_of(client.wait(client.send("ImportRows", start + cells)))
            self.assertEqual(error.name, "MALFORMED")
        client.call("Health")

    def test_repeated(self):
        client = self.connect("office")
        import_id = wire.uuid7()
        client.call("ImportStart", import_id=import_id)
        for count, rule in ((self.limits["LIMIT_REPEATED"], None), (self.limits["LIMIT_REPEATED"] + 1, "field_invalid")):
            payload = client.payload("ImportRows", import_id=import_id, file="people", columns=["code"],
                                     lines=range(2, 2 + count), cells=[""] * count)
            frame = client.wait(client.send("ImportRows", payload))
            error = client.error_of(frame) if frame.type == wire.ERROR else None
            self.assertEqual(error and error.rule, rule, error)

    @needs_speed
    def test_passwords(self):
        least, most = self.limits["LIMIT_PASSWORD_MIN"], self.limits["LIMIT_PASSWORD_MAX"]
        with self.centre.admin() as admin:
            def change(password):
                admin.call("SetPassword", town_id=TOWN, login="office2", password=password)
            for bad in ("", "密" * (least - 1), "x" * (most + 1), "密" * (most // 3 + 1)):
                error = self.refused("INVALID", change, bad)
                self.assertEqual(error.named.get("least"), str(least))
            for good in ("密" * least, "x" * most):
                change(good)
                with self.centre.unix() as client:
                    client.hello(TOWN)
                    client.login("office2", good)
        with self.centre.unix() as client:
            client.hello(TOWN)
            self.refused("INVALID", client.login, "office2", "x" * (most + 1))


class Segments(Small):
    """How much travels together: what has waited while PostgreSQL stood still, by the transactions that it became."""

    settings = {"write_connections": "1", "read_connections": "1"}

    def sent_at_once(self, clients, requests):
        """Answers of requests (of each client the same) that were all there before PostgreSQL saw one."""
        harness.postgres().pause()
        try:
            ids = [client.send_all([(method, client.payload(method, **fields)) for method, fields in requests])
                   for client in clients]
            for client in clients:
                client.ping()
        finally:
            harness.postgres().resume()
        return [client.wait(id) for client, all in zip(clients, ids) for id in all]

    def sizes(self, table, of="1", where="true"):
        """Of each transaction: the sum of something over its rows."""
        return [int(n) for n, in self.centre.sql(
            f"select sum({of}) from data.{table} where {where} group by xmin::text order by 1 desc")]

    def test_operations(self):
        most = self.limits["LIMIT_SEGMENT_OPS"]
        self.centre.sql("delete from data.attendance_mark")
        answers = self.sent_at_once(self.many(2), [
            ("RecordAttendance", harness.mark_fields(person=f"D{n:02d}")) for n in range(1, most // 2 + 4)])
        self.assertEqual({a.type for a in answers}, {wire.RESPONSE})
        self.assertEqual(max(self.sizes("operation", where="method = 33")), most)

    def test_bytes(self):
        most, size = self.limits["LIMIT_SEGMENT_BYTES"], self.limits["LIMIT_SEGMENT_BYTES"] // 4
        clients = self.many(2, "office")
        import_id = wire.uuid7()
        clients[0].call("ImportStart", import_id=import_id)
        answers = self.sent_at_once(clients, [
            ("ImportRows", {"import_id": import_id, "file": "people", "lines": [2 + n], "columns": ["code"],
                            "cells": ["x" * size]}) for n in range(6)])
        self.assertEqual({a.type for a in answers}, {wire.RESPONSE})
        sizes = self.sizes("import_row", "length(cells::text)")
        self.assertLessEqual(max(sizes), most)
        self.assertGreater(max(sizes), most - 2 * size, "as many as fit")

    def test_reads(self):
        """(A read-only transaction shows itself by its time.)"""
        most = self.limits["LIMIT_SEGMENT_READS"]
        answers = self.sent_at_once(self.many(2), [("Health", {})] * (most + 4))
        reply = harness.schema().methods["Health"].reply
        times = [harness.schema().decode(reply, a.payload)["now_us"] for a in answers]
        self.assertEqual(max(times.count(t) for t in times), most)

    def test_reads_that_leave_a_row(self):
        most = self.limits["LIMIT_SEGMENT_LOGS"]
        feedback = harness.imported_id(TOWN, "feedback", "F01")
        clients = self.many(2, "office")
        answers = self.sent_at_once(clients, [("RevealIdentity", {"feedback_id": feedback, "reason": "核实"})] * (most + 3))
        self.assertEqual([clients[0].error_of(a) for a in answers if a.type != wire.RESPONSE], [])
        self.assertEqual(max(self.sizes("identity_look")), most)

    def test_full_queue(self):
        credits = self.limits["LIMIT_CREDITS"]
        clients = self.many(self.limits["LIMIT_QUEUE"] // credits + 1)
        answers = self.sent_at_once(clients, [("RecordAttendance", harness.mark_fields())] * credits)
        busy = [clients[0].error_of(a) for a in answers if a.type == wire.ERROR]
        self.assertEqual({(e.name, e.fields["outcome"]) for e in busy}, {("BUSY", "not_executed")})
        self.assertEqual(len(busy), credits)
        waits = [e.aux for e in busy]
        self.assertGreaterEqual(min(waits), self.limits["RETRY_AFTER_MS"])
        self.assertLess(max(waits), 3 * self.limits["RETRY_AFTER_MS"])
        self.assertGreater(len(set(waits)), 1, "they do not come back all at once")
        clients[0].call("Health")


@needs_speed
class Passwords(Small):
    def strangers(self, count):
        clients = []
        for _ in range(count):
            clients.append(self.centre.unix())
            self.addCleanup(clients[-1].close)
            clients[-1].hello(TOWN)
        return clients

    def resident(self):
        with open(f"/proc/{self.centre.process.pid}/status", encoding="ascii") as file:
            return int(re.search(r"VmRSS:\s+(\d+)", file.read())[1]) / 1024

    def test_memory_of_those_at_once(self):
        """64 MiB each, and no more than LIMIT_HASHES of them, however many log in."""
        clients, before, most = self.strangers(self.limits["LIMIT_HASHES"] + 4), self.resident(), 0.0
        ids = [c.send("Login", c.payload("Login", login=f"nobody{n}", password="x")) for n, c in enumerate(clients)]
        for client, id in zip(clients, ids):
            while not select_readable(client):
                most = max(most, self.resident())
            client.wait(id)
        self.assertGreater(most - before, 64 * self.limits["LIMIT_HASHES"] - 40)
        self.assertLess(most - before, 64 * self.limits["LIMIT_HASHES"] + 40)

    def test_too_many_wait(self):
        inside = self.limits["LIMIT_HASHES"] + self.limits["LIMIT_HASHES_WAITING"]
        clients = self.strangers(inside + 4)
        ids = [c.send("Login", c.payload("Login", login=f"nobody{n}", password="x")) for n, c in enumerate(clients)]
        names = [client.error_of(client.wait(id)).name for client, id in zip(clients, ids)]
        self.assertGreaterEqual(names.count("BUSY"), 1)
        self.assertGreaterEqual(names.count("UNAUTHENTICATED"), inside)


def select_readable(client):
    try:
        client.transport._wait(1, time.monotonic() + 0.005)
        return True
    except wire.Silent:
        return False


class Times(Small):
    def test_handshake(self):
        with socket.socket(socket.AF_UNIX) as door:
            door.settimeout(30)
            began = time.monotonic()
            door.connect(self.centre.socket)
            self.assertEqual(door.recv(1), b"")
            self.assert_about(time.monotonic() - began, self.limits["TIMEOUT_HANDSHAKE_MS"])

    def test_request_without_a_deadline(self):
        client = self.connect()
        limit = self.limits["TIMEOUT_REQUEST_MS"]
        with Alive(client):
            harness.postgres().pause()
            try:
                began = time.monotonic()
                id = client.send("ListGroups", b"")
                error = client.error_of(client.wait(id, 2 * limit / 1000))
                self.assertEqual(error.name, "DEADLINE")
                self.assert_about(time.monotonic() - began, limit)
            finally:
                harness.postgres().resume()

    def test_linger(self):
        """After the daemon's own end it waits for the peer's, but not for ever."""
        client = self.connect()
        began = time.monotonic()
        client.send_bytes(wire.encode_frame(wire.WELCOME))
        self.assertEqual([f.type for f in client.read_to_end()], [wire.ERROR])
        with self.assertRaises(wire.Closed):
            while time.monotonic() < began + 10:
                client.send_bytes(b"x")
                time.sleep(0.02)
        self.assert_about(time.monotonic() - began, self.limits["TIMEOUT_LINGER_MS"])

    def test_silence(self):
        limit = self.limits["INTERVAL_PING_MS"]
        silent, alive = self.connect(), self.connect()
        self.assertEqual(silent.welcome["ping_interval_ms"], limit)
        with Alive(alive):
            seconds, frames = self.until_closed(silent, 4 * limit / 1000)
        self.assertEqual([(f.type, f.code) for f in frames], [(wire.GOAWAY, 0x8052)])
        self.assert_about(seconds, 2.5 * limit)
        alive.call("Health")

    def test_drain(self):
        client = self.connect()
        payload = client.payload("RecordAttendance", **harness.mark_fields())
        harness.postgres().pause()
        try:
            client.send("RecordAttendance", payload)
            client.ping()
            began = time.monotonic()
            self.centre.process.send_signal(signal.SIGTERM)
            self.assertEqual(self.centre.process.wait(30), 0, self.centre.tail())
            self.assert_about(time.monotonic() - began, self.limits["TIMEOUT_DRAIN_MS"])
        finally:
            harness.postgres().resume()
        self.centre.start()


class Alive(threading.Thread):
    """Pings for a client that has nothing to say."""

    def __init__(self, client):
        super().__init__(daemon=True)
        self.client, self.ended = client, threading.Event()
        self.interval = client.welcome["ping_interval_ms"] / 1000

    def __enter__(self):
        self.start()

    def __exit__(self, *_):
        self.ended.set()
        self.join()

    def run(self):
        while not self.ended.wait(self.interval):
            self.client.send_bytes(wire.encode_frame(wire.PING))


if os.environ.get("LVZHI_LONG"):
    class LongTimes(Times):
        limits, program = REAL, "lvzhid"

    class LongConnections(Connections):
        limits, program = REAL, "lvzhid"
        test_connections = test_strangers_make_room = None  # test_malformed.py fills the house


class Notices(Small):
    """What the daemon tells systemd, and how often."""

    @classmethod
    def prepare(cls):
        path = os.path.join(cls.centre.directory, "notify")
        cls.notify = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM)
        cls.notify.bind(path)
        cls.notify.settimeout(10)
        cls.centre.environment = {"NOTIFY_SOCKET": path}

    def said(self):
        return self.notify.recv(1000).decode()

    def test_watchdog(self):
        self.assertEqual(self.said(), "READY=1")
        self.notify.setblocking(False)
        with self.assertRaises(BlockingIOError):  # what has been said so far
            while True:
                self.notify.recv(1000)
        self.notify.settimeout(10)
        self.assertEqual(self.said(), "WATCHDOG=1")
        began, count = time.monotonic(), 10
        for _ in range(count):
            self.assertEqual(self.said(), "WATCHDOG=1")
        self.assert_about(time.monotonic() - began, count * self.limits["INTERVAL_TICK_MS"])
        self.centre.process.send_signal(signal.SIGTERM)
        harness.wait_until(lambda: self.said() == "STOPPING=1", 5, "the word of the end")
        self.centre.process.wait()
        self.centre.environment = {}
        self.centre.start()


class Database(Small):
    """PostgreSQL behind a socket of the test's own."""

    settings = {"write_connections": "1", "read_connections": "1"}
    CONNECTIONS = 4  # and one each for what runs alone and what leaves a row

    @classmethod
    def prepare(cls):
        cls.place = os.path.join(cls.centre.directory, "pg")
        os.mkdir(cls.place)
        cls.name = os.path.join(cls.place, ".s.PGSQL.5432")
        os.symlink(os.path.join(harness.postgres().directory, ".s.PGSQL.5432"), cls.name)
        cls.centre.settings["postgres"] = f"host={cls.place} dbname={cls.centre.database} user=lvzhid"

    def cut(self):
        """Another listens where PostgreSQL was, and the daemon's connections are gone."""
        os.unlink(self.name)
        listener = socket.socket(socket.AF_UNIX)
        self.addCleanup(listener.close)
        listener.bind(self.name)
        listener.listen(100)
        self.centre.sql("select pg_terminate_backend(pid) from pg_stat_activity where usename = 'lvzhid'"
                        f" and datname = '{self.centre.database}'")
        return listener

    def heal(self):
        os.unlink(self.name)
        os.symlink(os.path.join(harness.postgres().directory, ".s.PGSQL.5432"), self.name)

    def attempts(self, listener, seconds, held=None):
        """When the daemon tried to connect. Each is closed at once, or held."""
        times, began = [], time.monotonic()
        while (left := began + seconds - time.monotonic()) > 0:
            listener.settimeout(left)
            try:
                connection = listener.accept()[0]
            except TimeoutError:
                break
            times.append(time.monotonic() - began)
            if held is None:
                connection.close()
            else:
                held.append(connection)
        return times

    def served(self):
        with self.centre.connect("clerk1") as client:
            return client.call("ListGroups")["groups"]

    def test_refusing(self):
        """It tries again after 50 ms, 100, 200, ..., and then as often as BACKOFF_MAX_MS says."""
        least, most = self.limits["BACKOFF_MIN_MS"] / 1000, self.limits["BACKOFF_MAX_MS"] / 1000
        listener = self.cut()
        early = self.attempts(listener, 7 * least)
        late = self.attempts(listener, 5 * most)
        self.assertGreaterEqual(early[0], least - 0.02)
        # After 1, 3 and (the next: 7) times the least.
        self.assertGreaterEqual(len(early), self.CONNECTIONS)
        self.assertLessEqual(len(early), 3 * self.CONNECTIONS)
        self.assertGreaterEqual(len(late), 3 * self.CONNECTIONS)
        self.assertLessEqual(len(late), 7 * self.CONNECTIONS)
        self.heal()
        began = time.monotonic()
        harness.wait_until(lambda: self.try_served(), 10, "PostgreSQL again")
        self.assertLess(time.monotonic() - began, most + 2 * harness.SLOWER)

    def try_served(self):
        try:
            return self.served()
        except (wire.Refused, AssertionError):
            return None

    def test_silent(self):
        """One that accepts and says nothing is left after TIMEOUT_CONNECT_MS."""
        listener, held = self.cut(), []
        self.attempts(listener, 0.4, held)
        self.assertTrue(held)
        held[0].settimeout(30)
        began = time.monotonic()
        while held[0].recv(4096):
            pass
        self.assertLess(time.monotonic() - began, self.limits["TIMEOUT_CONNECT_MS"] / 1000 + 1.5 * harness.SLOWER)
        self.assertIn("no answer in time", self.centre.tail(100))
        for connection in held:
            connection.close()
        self.heal()
        listener.close()
        harness.wait_until(self.try_served, 10, "PostgreSQL again")
