"""Whatever strangers send: the daemon answers by the book or closes, stores nothing and lives on."""

import json
import os
import random
import resource
import select
import socket
import struct
import time

from OpenSSL import SSL

import harness
import wire

FINAL = {code for code, (name, _, _) in wire.ERRORS.items() if name not in ("INTERNAL", "UNAVAILABLE", "DEADLINE")}


def golden(direction=None):
    with open(os.path.join(harness.SOURCE, "proto/golden/frames.json")) as file:
        return [(g["name"], bytes.fromhex(g["hex"])) for g in json.load(file)
                if direction is None or g["direction"] == direction]


class Malformed(harness.Case):
    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.pid = cls.centre.process.pid
        cls.hello = wire.encode_frame(wire.HELLO, harness.schema().encode(
            "Hello", {"version_min": 1, "version_max": 1, "town_id": harness.TOWN,
                      "token": harness.base().tokens[harness.TOWN, "clerk1"]}))
        # These three take the handshake's whole time, so they begin now and are looked at in the end.
        cls.loris_began = time.monotonic()
        cls.silent = socket.create_connection(("127.0.0.1", cls.centre.port))
        cls.loris = socket.create_connection(("127.0.0.1", cls.centre.port))
        cls.loris.send(b"\x16\x03\x01")
        cls.slow_hello = cls.centre.unix()
        cls.slow_hello.send_bytes(cls.hello[:10])
        for held in (cls.silent, cls.loris, cls.slow_hello):
            cls.addClassCleanup(held.close)

    def setUp(self):
        self.before = self.rows()
        self.random = random.Random(1)

    def tearDown(self):
        self.assertTrue(self.centre.is_alive(), self.centre.tail())
        self.assertEqual(self.centre.process.pid, self.pid)
        self.assertEqual(self.rows(), self.before, "something was stored")
        with self.centre.connect("clerk1") as clerk:
            clerk.call("Health")

    def rows(self):
        """Rows of every table but those that count failed logins and keep tokens."""
        tables = [t for t, in self.centre.sql(
            "select relname from pg_class where relnamespace = 'data'::regnamespace and relkind = 'r'"
            " and relname not in ('login_failure', 'session_token') order by 1")]
        counts = ", ".join(f"(select count(*) from data.{t})" for t in tables)
        return self.centre.sql(f"select {counts}")[0]

    def exchange(self, data, hello=None, timeout=3):
        """Send bytes (after a HELLO that is welcomed), end our side, and read all that comes."""
        with self.centre.unix() as client:
            try:
                if hello is not None:
                    client.send_bytes(hello)
                    self.assertEqual(client.receive_frame().type, wire.WELCOME)
                client.send_bytes(data)
                client.transport.socket.shutdown(socket.SHUT_WR)
            except (wire.Closed, OSError):
                pass
            return client.read_to_end(timeout)

    def test_header_bits(self):
        """Each flipped bit of each header breaks the checksum: MALFORMED or UNSUPPORTED_VERSION and the end, or the
        end alone where the length now promises more."""
        for name, frame in golden():
            for bit in range(24 * 8):
                flipped = bytearray(frame)
                flipped[bit // 8] ^= 1 << bit % 8
                got = self.exchange(bytes(flipped), None if name.startswith("hello") else self.hello)
                what = f"{name}, bit {bit}: {got}"
                length = struct.unpack_from("<I", flipped)[0]
                if bit // 8 == 4:
                    self.assertEqual([(f.type, f.id, f.code) for f in got], [(wire.ERROR, 0, 0x8002)], what)
                elif length > len(frame) and length <= (4096 if name.startswith("hello") else 262144):
                    self.assertEqual(got, [], what)
                else:
                    self.assertEqual([(f.type, f.id, f.code) for f in got], [(wire.ERROR, 0, 0x8001)], what)

    def test_payload_bits_with_a_right_checksum(self):
        """Requests whose bytes say something else: each gets one answer, with its id, and no fault of the server's."""
        for name, frame in golden("client-to-server"):
            if frame[5] != wire.REQUEST or len(frame) == 24:
                continue
            bits = list(range((len(frame) - 24) * 8))
            most = 12 if name == "login" else 250
            for bit in self.random.sample(bits, min(most, len(bits))):
                flipped = bytearray(frame)
                flipped[24 + bit // 8] ^= 1 << bit % 8
                flipped[8:12] = struct.pack("<I", 1)
                got = self.one_answer(wire.mend(bytes(flipped)))
                self.assertIn(got.code, FINAL, f"{name}, bit {bit}: {got}") if got.type == wire.ERROR else None

    def one_answer(self, frame):
        with self.centre.unix() as client:
            client.send_bytes(self.hello)
            client.receive_frame()
            client.send_bytes(frame)
            got = client.receive_frame()
            self.assertIn(got.type, (wire.RESPONSE, wire.ERROR))
            self.assertEqual(got.id, struct.unpack_from("<I", frame, 8)[0], got)
            return got

    def test_hello_bits_with_a_right_checksum(self):
        """A HELLO that says something else is welcomed or refused, never answered with a fault."""
        for name, frame in golden("client-to-server"):
            if frame[5] != wire.HELLO:
                continue
            bits = list(range((len(frame) - 24) * 8))
            for bit in self.random.sample(bits, min(400, len(bits))):
                flipped = bytearray(frame)
                flipped[24 + bit // 8] ^= 1 << bit % 8
                got = self.exchange(wire.mend(bytes(flipped)))
                for f in got:
                    if f.type == wire.ERROR:
                        self.assertIn(f.code, FINAL, f"{name}, bit {bit}: {got}")
                    else:
                        self.assertEqual(f.type, wire.WELCOME)

    def test_truncations(self):
        for name, frame in golden("client-to-server"):
            hello = None if name.startswith("hello") else self.hello
            for size in sorted({*range(0, min(len(frame), 40)), len(frame) // 2, len(frame) - 1}):
                self.assertEqual(self.exchange(frame[:size], hello), [], f"{name} cut to {size}")
            if len(frame) == 24 or hello is None:
                continue
            sizes = range(24, len(frame)) if len(frame) < 120 else self.random.sample(range(24, len(frame)), 60)
            for size in sizes:
                got = self.one_answer(wire.mend(frame[:size]))
                if got.type == wire.ERROR:
                    self.assertIn(got.code, FINAL, f"{name} mended at {size}: {got}")

    def test_sizes(self):
        def malformed(data, hello):
            got = self.exchange(data, hello)
            self.assertEqual([(f.type, f.id, f.code) for f in got], [(wire.ERROR, 0, 0x8001)])

        for length in (0, 1, 23, 4097, 262145, 0xFFFFFFFF):
            malformed(wire.encode_frame(wire.HELLO, length=length), None)
        for length in (0, 23, 262145, 1 << 20, 0xFFFFFFFF):
            malformed(wire.encode_frame(wire.REQUEST, code=16, id=1, length=length), self.hello)
        # The largest that is allowed, filled by a field that nobody knows.
        for size in (4070, 4076, 4080, 4090, 4096, 8192, 262144 - 24):
            payload = wire.varint(99 << 3 | 2) + wire.varint(size - 2 - len(wire.varint(size - 5)))
            payload += bytes(size - len(payload))
            got = self.one_answer(wire.encode_frame(wire.REQUEST, payload, code=16, id=1))
            self.assertIn(got.type, (wire.RESPONSE, wire.ERROR))
            # A text of that size in a field that there is: refused as any other, nothing breaks.
            text = wire.varint(4 << 3 | 2) + wire.varint(size - 5) + b"x" * (size - 5)
            self.one_answer(wire.encode_frame(wire.REQUEST, text, code=25, id=1))
            self.one_answer(wire.encode_frame(wire.REQUEST, wire.varint(1 << 3 | 2) + text[1:], code=1, id=1))

    def test_every_size_around_a_page_of_memory(self):
        """Messages whose parts fill the server's pieces of memory to the last byte."""
        with self.centre.connect("clerk1") as client:
            for size in [*range(4000, 4120), 8191, 8192, 8193]:
                error = self.refused("NOT_FOUND", client.call, "GetMeeting", code="x" * size)
                self.assertEqual(error.rule, "meeting_unknown")

    def test_repeated_fields_in_quantity(self):
        """Many marks, none of which can be recorded; many more numbers than may be."""
        with self.centre.connect("clerk1") as client:
            for count in (100, 341, 512, 513, 2000):
                marks = [{"person_id": wire.uuid7(), "mark": "present"}] * count
                self.refused("INVALID", client.call, "RecordAttendance",
                             meeting_id=harness.imported_id(harness.TOWN, "meetings", "M001"), marks=marks)
        with self.centre.connect("office") as office:
            payload = office.payload("ImportRows", import_id=wire.uuid7(), file="people")
            payload += wire.varint(4 << 3 | 2) + wire.varint(200000) + b"\x01" * 200000
            error = office.error_of(office.wait(office.send("ImportRows", payload)))
            self.assertEqual(error.name, "INVALID")
            empty = b"".join(wire.varint(6 << 3 | 2) + b"\x00" for _ in range(120000))
            error = office.error_of(office.wait(office.send(
                "ImportRows", office.payload("ImportRows", import_id=wire.uuid7(), file="people") + empty)))
            self.assertIn(error.name, ("INVALID", "MALFORMED"))

    def test_versions_types_flags(self):
        cases = [(dict(version=v), 0x8002) for v in (0, 2, 255)]
        cases += [(dict(type=t), 0x8001) for t in (0, 10, 255, wire.WELCOME, wire.RESPONSE, wire.ERROR, wire.EVENT)]
        cases += [(dict(flags=f), 0x8001) for f in (1, 2, 0x8000)] + [(dict(reserved=r), 0x8001) for r in (1, 0x8000)]
        for fields, code in cases:
            with self.subTest(fields):
                fields = {"type": wire.REQUEST, "code": 16, "id": 1, **fields}
                got = self.exchange(wire.encode_frame(**fields), self.hello)
                self.assertEqual([(f.type, f.id, f.code) for f in got], [(wire.ERROR, 0, code)])
        for low, high in ((2, 3), (0, 0), (2, 1), (None, None)):
            fields = {"version_min": low, "version_max": high, "town_id": harness.TOWN}
            got = self.exchange(wire.encode_frame(wire.HELLO, harness.schema().encode("Hello", fields)))
            self.assertEqual([(f.type, f.code) for f in got], [(wire.ERROR, 0x8002)], (low, high))

    def test_goaway_and_ping(self):
        self.assertEqual(self.exchange(wire.encode_frame(wire.GOAWAY), self.hello), [])
        got = self.exchange(b"".join(wire.encode_frame(wire.PING, aux=i) for i in range(50)), self.hello)
        self.assertEqual([f.aux for f in got], list(range(len(got))))
        self.assertLessEqual(len(got), 10, "a ping is not for free")

    def test_unknown_methods(self):
        with self.centre.connect("clerk1") as client:
            for method in (0, 5, 15, 19, 27, 9999, 0xFFFF):
                id = client.send(method, b"")
                self.assertEqual(client.error_of(client.wait(id)).name, "UNKNOWN_METHOD")

    def test_texts_and_enums(self):
        bad = [b"\xff", b"\xc0\x80", b"\xed\xa0\x80", b"\xf4\x90\x80\x80", b"abc\xe4\xb8", b"a\x00b", b"\x00",
               b"\xc1\xbf", b"\xe0\x80\x80", b"\xf8\x88\x80\x80\x80"]
        with self.centre.connect("clerk1") as client:
            for text in bad:
                with self.subTest(text):
                    self.refused("MALFORMED", client.call, "GetMeeting", code=text)
                    self.refused("MALFORMED", client.call, "RecordAttendance", meeting_id=wire.uuid7(),
                                 marks=[{"person_id": wire.uuid7(), "mark": "present", "note": text}])
            for number in (0, 13, -1, 1 << 31, (1 << 32) + 1):
                with self.subTest(number):
                    self.refused("MALFORMED", client.call, "ListMeetings", kind=number)
                    self.refused("MALFORMED", client.call, "RecordAttendance", meeting_id=wire.uuid7(),
                                 marks=[{"person_id": wire.uuid7(), "mark": number}])
            for id in (b"", b"x" * 15, b"x" * 17):
                self.refused("INVALID", client.call, "GetMeeting", meeting_id=id)
            for day in ("2025-02-29", "2025-13-01", "0000-01-01", "2025-1-1", "25-01-01", "", "2025-01-01 "):
                self.refused("INVALID", client.call, "ListMeetings", from_on=day)
            # Valid, if unusual: an empty text, the edges of UTF-8.
            for text in ("", "\U0010ffff", "\ud7ff", "￿"):
                self.refused("NOT_FOUND", client.call, "GetMeeting", code=text)

    def test_deep_and_wrong_wire_types(self):
        groups = [b"\x0b\x0c", b"\x0a", b"\x0a\x05ab", b"\x08" + b"\xff" * 11, b"\x07", b"\x00\x00", b"\x80" * 20,
                  b"\x0a\x80\x80\x80\x80\x08", b"\x09\x01", b"\xf8\xff\xff\xff\x0f"]
        for data in groups:
            got = self.one_answer(wire.encode_frame(wire.REQUEST, data, code=33, id=1))
            self.assertEqual(got.code, 0x8001, data)

    # TLS

    def raw(self, data, timeout=5):
        """What a TCP connection gets for these bytes until its end."""
        with socket.create_connection(("127.0.0.1", self.centre.port), timeout) as s:
            got = b""
            try:
                s.sendall(data)
                while True:
                    piece = s.recv(65536)
                    if not piece:
                        return got
                    got += piece
            except ConnectionError:
                return got

    def test_garbage_in_place_of_tls(self):
        for data in (os.urandom(600), self.hello, b"GET / HTTP/1.1\r\nHost: x\r\n\r\n", b"\x00" * 300,
                     b"\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03" + os.urandom(508)):
            self.assertLess(len(self.raw(data)), 100, "an alert at most")

    def test_other_tls(self):
        self.tls_refused(versions=(SSL.TLS1_2_VERSION, SSL.TLS1_2_VERSION))
        self.tls_refused(versions=(SSL.TLS1_VERSION, SSL.TLS1_2_VERSION))
        self.tls_refused(alpn=(b"h2", b"http/1.1"))
        pin = harness.files().pin
        transport = wire.Transport(("127.0.0.1", self.centre.port), pin, alpn=(b"h2", b"lvzhi/1"))
        transport.close()

    def test_tls_without_alpn(self):
        self.tls_refused(alpn=())

    def tls_refused(self, **options):
        with self.assertRaises((wire.Closed, wire.Silent)):
            transport = wire.Transport(("127.0.0.1", self.centre.port), **options)
            transport.send(self.hello)
            transport.receive(5)

    def test_half_open_handshakes(self):
        """5,000 of them: who was there is served, who comes later too, and the oldest of the half-open are cut."""
        honest = self.centre.connect("clerk1")
        self.addCleanup(honest.close)
        held, slowest = [], 0.0
        try:
            for i in range(5000):
                s = socket.socket()
                s.setblocking(False)
                s.connect_ex(("127.0.0.1", self.centre.port))
                held.append(s)
                if i % 500 == 499:
                    began = time.monotonic()
                    honest.call("Health")
                    slowest = max(slowest, time.monotonic() - began)
            self.assertLess(slowest, 2.0 * harness.SLOWER)
            began = time.monotonic()
            with self.centre.tcp() as client:
                client.hello(harness.TOWN)
            self.assertLess(time.monotonic() - began, 3.0 * harness.SLOWER)
            poll = select.poll()
            for s in held:
                poll.register(s, select.POLLIN)
            harness.wait_until(lambda: len(poll.poll(0)) >= 5000 - 4200, 3, "that the half-open do not fill the house")
        finally:
            for s in held:
                s.close()

    def test_slow_ones_are_cut(self):
        """Half a ClientHello, half a HELLO, and nothing at all: 10 s, whatever trickles in."""
        while time.monotonic() < self.loris_began + 9:
            try:
                self.loris.send(b"\x01")
            except OSError:
                break
            time.sleep(0.3)
        for held in (self.silent, self.loris, self.slow_hello.transport.socket):
            left = max(0.1, self.loris_began + 12 - time.monotonic())
            held.setblocking(False)
            self.assertTrue(select.select([held], [], [], left)[0], "not cut")
            try:
                self.assertEqual(held.recv(1), b"")
            except ConnectionError:
                pass


class Floods(harness.Case):
    """A daemon that may open few files: more connections than it has room for."""

    @classmethod
    def setUpClass(cls):
        cls.centre = harness.copy_of_base("t_floods").start(limits=[(resource.RLIMIT_NOFILE, (300, 300))])
        cls.addClassCleanup(cls.centre.kill)

    def test_connections_are_bounded(self):
        first = self.centre.connect("clerk1")
        self.addCleanup(first.close)
        held = []
        for _ in range(400):
            client = self.centre.unix()
            try:
                client.hello(harness.TOWN)
                held.append(client)
            except (wire.Closed, wire.Silent):
                client.close()
        self.assertGreater(len(held), 150)
        self.assertLess(len(held), 300)
        first.call("RecordAttendance", **harness.mark_fields())
        self.assertTrue(self.centre.is_alive())
        for client in held:
            client.close()

        def room():
            try:
                with self.centre.connect("clerk2") as client:
                    return client.call("Health")
            except wire.Closed:
                return None
        harness.wait_until(room, 5, "room for a new connection")
