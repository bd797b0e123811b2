"""Clients that write through a fault and lose nothing by themselves, and the books afterwards.

Each sends what is unanswered again, the same bytes, until it is answered: what a device does with its outbox.
"""

import collections
import os
import sys
import threading
import time

sys.path.insert(0, os.path.join(os.path.dirname(__file__), "../server"))
import harness  # noqa: E402  (the tests' own folder has to be found first)
import wire  # noqa: E402

AGAIN = ("UNAVAILABLE", "INTERNAL", "BUSY", "DEADLINE")
MARKS = ("present", "late", "left_early", "absent")


class Hand(threading.Thread):
    """One client. `connect` gives a wire.Client that is logged in."""

    def __init__(self, crew, number, connect, device_id):
        super().__init__(daemon=True)
        self.crew, self.number, self.connect, self.device_id = crew, number, connect, device_id
        self.seq = 0
        self.left = collections.deque()  # payloads to be sent again, oldest first
        self.under_way = {}              # id -> (op_id, payload)
        self.failure = None
        self.connections = 0
        self.welcomes = []
        self.next_at = time.monotonic()

    def run(self):
        try:
            while not self.crew.over and (not self.crew.finishing or self.left or self.under_way):
                try:
                    with self.connect() as client:
                        self.connections += 1
                        self.welcomes.append(client.welcome)
                        self.work(client)
                except (wire.Closed, wire.Refused, wire.Silent, OSError) as error:
                    self.crew.errors[error.name if isinstance(error, wire.Refused) else "cut"] += 1
                    time.sleep(0.05)
                finally:
                    self.left.extendleft(reversed(self.under_way.values()))
                    self.under_way = {}
        except Exception as failure:  # told by finish(): a thread's traceback alone fails no row
            self.failure = failure

    def make(self):
        self.seq += 1
        op_id = wire.uuid7()
        op = {"op_id": op_id, "device_seq": self.seq, "authored_us": time.time_ns() // 1000,
              "device_id": self.device_id, "author_id": harness.base().accounts[harness.TOWN, "clerk1"]}
        fields = harness.mark_fields(person=f"D{(self.number + self.seq) % 10 + 1:02d}", mark=MARKS[self.seq % 4])
        self.crew.issued.add(op_id)
        return op_id, harness.schema().encode(".lvzhi.v1.RecordAttendanceRequest", {"op": op, **fields})

    def work(self, client):
        while not self.crew.over:
            burst = b""
            while len(self.under_way) < self.crew.window and (self.left or self.is_due()):
                item = self.left.popleft() if self.left else self.make()
                id, data = client.frame("RecordAttendance", item[1], self.crew.deadline_ms)
                self.under_way[id] = item
                burst += data
            if burst:
                client.send_bytes(burst)
            if not self.under_way and self.crew.finishing:
                return
            try:
                self.take(client, client.receive_frame(0.02 if not self.under_way else 0.25))
            except wire.Silent:
                continue

    def is_due(self):
        """At the crew's pace; what was missed while nothing went is not made up for."""
        now = time.monotonic()
        if self.crew.finishing or now < self.next_at:
            return False
        self.next_at = max(self.next_at + self.crew.pause_s, now - self.crew.pause_s)
        return True

    def take(self, client, frame):
        if frame.type == wire.PING:
            client.send_bytes(wire.encode_frame(wire.PONG, aux=frame.aux))
        elif frame.type in (wire.RESPONSE, wire.ERROR) and frame.id in self.under_way:
            op_id, payload = self.under_way.pop(frame.id)
            name = wire.ERRORS[frame.code][0] if frame.type == wire.ERROR else None
            if name in AGAIN:
                self.crew.errors[name] += 1
                self.left.append((op_id, payload))
                time.sleep(0.05)
            elif name is not None:
                self.crew.refused[op_id] = f"{name} {client.error_of(frame)}"
            else:
                self.crew.answer(op_id, frame)
        elif frame.type == wire.ERROR:
            raise client.error_of(frame)


class Crew:
    """Clients over TLS, each a device of its own, on one centre."""

    def __init__(self, centre, clients=6, window=4, rate=20, deadline_ms=0):
        self.centre, self.window, self.pause_s, self.deadline_ms = centre, window, 1 / rate, deadline_ms
        self.issued, self.acknowledged, self.refused = set(), {}, {}
        self.errors = collections.Counter()
        self.answered_at = []
        self.late = 0  # answered a second time otherwise than at first
        self.finishing = self.over = False
        self.began_at = time.monotonic()
        self.before = self.marks()
        devices = [centre.new_device(name=f"机器{n}") for n in range(clients)]
        self.hands = [Hand(self, n, self.connector(device), device.device_id) for n, device in enumerate(devices)]

    def connector(self, device):
        with self.centre.connect_tls("clerk1", device) as client:
            token = client.token

        def connect():
            client = self.centre.tcp(timeout=10)
            try:
                client.hello(harness.TOWN, device, token)
                if client.caller is None:
                    raise AssertionError("the token is gone")
            except BaseException:
                client.close()
                raise
            return client
        return connect

    def __enter__(self):
        self.began_at = time.monotonic()
        for hand in self.hands:
            hand.start()
        return self

    def __exit__(self, *_):
        self.over = True
        for hand in self.hands:
            hand.join(15)

    def answer(self, op_id, frame):
        if self.acknowledged.setdefault(op_id, frame.payload) != frame.payload:
            self.late += 1
        self.answered_at.append(time.monotonic())

    def wait_answers(self, more, timeout=30):
        """Until so many more are answered: it goes on."""
        until = len(self.answered_at) + more
        harness.wait_until(lambda: len(self.answered_at) >= until or self.failures(), timeout, f"{more} answers")

    def failures(self):
        return [hand.failure for hand in self.hands if hand.failure is not None]

    def finish(self, timeout=40):
        """No new operations; all that were issued must be answered."""
        self.finishing = True
        until = time.monotonic() + timeout
        for hand in self.hands:
            hand.join(max(0, until - time.monotonic()))
        for failure in self.failures():
            raise failure
        open_ones = len(self.issued) - len(self.acknowledged) - len(self.refused)
        if open_ones:
            raise AssertionError(f"{open_ones} operations were not answered in {timeout} s; {dict(self.errors)}")

    def marks(self):
        return int(self.centre.one("select count(*) from data.attendance_mark"))

    def outage_s(self, since=None, until=None):
        """The longest time without an answer."""
        times = [since or self.began_at] + [t for t in sorted(self.answered_at)
                                            if (since or 0) <= t <= (until or float("inf"))]
        return max((b - a for a, b in zip(times, times[1:])), default=0.0)

    def books(self, centre=None):
        """lost, doubled, invented: what the clients were told against what the database holds."""
        centre = centre or self.centre
        ids = ", ".join(f"'\\x{hand.device_id.hex()}'" for hand in self.hands)
        rows = centre.sql(
            "select encode(uuid_send(o.op_id), 'hex'), encode(o.reply, 'hex'), count(m.op_id)"
            " from data.operation as o left join data.attendance_mark as m using (town_id, op_id)"
            f" where o.method = 33 and uuid_send(o.device_id) in ({ids}) group by o.op_id, o.reply")
        held = {bytes.fromhex(op_id): (bytes.fromhex(reply), int(effects)) for op_id, reply, effects in rows}
        lost = sum(held.get(op_id) is None or held[op_id][0] != reply or held[op_id][1] == 0
                   for op_id, reply in self.acknowledged.items())
        doubled = sum(effects > 1 for _, effects in held.values()) + self.late
        invented = sum(op_id not in self.issued for op_id in held)
        invented += sum(op_id in held for op_id in self.refused)
        if self.finishing:  # nothing but these have written
            invented += max(0, int(centre.one("select count(*) from data.attendance_mark"))
                            - self.before - len(self.issued) + len(self.refused))
        return lost, doubled, invented
