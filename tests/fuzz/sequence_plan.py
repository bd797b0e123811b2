"""A sequence as it is made from its seed, before anything is sent: which connections, which frames, cut where.

Nothing here depends on what the daemon answers: the same seed makes the same frames. What cannot be the same in two runs
(signatures over the TLS session, ids of requests) is filled in as they are sent.
"""

import collections
import hashlib
import random

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

import harness
import wire
from sequence_words import RECIPES, US, made_id

Step = collections.namedtuple("Step", "kind line items cuts how", defaults=((), (), None))
Item = collections.namedtuple("Item", "kind method payload aux op how", defaults=(None, b"", 0, None, None))
Op = collections.namedtuple("Op", "op_id login device method payload fields")

LOGINS = sorted(harness.ROLES) + ["clerk1", "clerk1", "office", "office", "leader1", "chair"]
MARKERS = {"clerk1", "leader1", "office", "chair"}  # who may mark what burst() marks
STRAYS = (wire.WELCOME, wire.RESPONSE, wire.ERROR, wire.EVENT)
DEVICES = 3  # the last is not enrolled


class Device(wire.Device):
    """One of the devices, with the key that it has in every run."""

    def __init__(self, number):
        self.key = Ed25519PrivateKey.from_private_bytes(hashlib.sha256(f"device {number}".encode()).digest())
        self.device_id = made_id("device", number)
        self.number = number
        self.town_id = harness.TOWN


DEVICE_OF = [Device(n) for n in range(DEVICES)]


class Planned:
    """A connection as far as the plan knows it."""

    def __init__(self, number, door):
        self.number, self.door = number, door
        self.town, self.device, self.login = harness.TOWN, None, None
        self.greeted = self.over = False


class Plan:
    def __init__(self, seed, words, calls):
        self.seed, self.words, self.calls = seed, words, calls
        self.random = random.Random(f"sequence {seed}")
        self.names = sorted(calls)
        self.tokens = {}  # token -> town, login, device
        self.code = f"code {seed}"
        self.lines, self.steps, self.ops = [], [], []
        for _ in range(self.random.randrange(12, 40)):
            self.one()

    def drain(self):
        """The daemon is told to end while requests are under way, and spoken to after that."""
        for door, login in (("unix", "office"), ("tls", "clerk1"), ("unix", None)):
            line = self.open(door)
            self.hello(line, login=login, device=DEVICE_OF[0] if door == "tls" else None)
            self.steps.append(Step("settle", line.number))
        living = [line for line in self.lines if not line.over]
        for line in living:
            items = [self.call(line) for _ in range(self.random.randrange(1, 6))]
            if line.login == "office" or line.login is None:
                items = [self.login(line, "office2", harness.PASSWORD)]
            self.send(line, items)
        self.steps.append(Step("terminate", None))
        for _ in range(3):
            for line in living:
                self.send(line, [self.any(line) for _ in range(self.random.randrange(1, 4))])
            self.steps.append(Step("pause", None))
        return self

    # Steps

    def one(self):
        choose = self.random.random()
        open_lines = [line for line in self.lines if not line.over]
        if not open_lines or (choose < 0.08 and len(open_lines) < 4):
            self.begin()
            return
        line = self.random.choice(open_lines)
        if choose < 0.14:
            self.steps.append(Step("settle", line.number))
        elif choose < 0.17:
            self.end(line)
        elif choose < 0.21:
            self.overdraw(line)
        elif choose < 0.25:
            self.frames_of_nobody(line)
        elif choose < 0.32 and line.login in MARKERS and line.town == harness.TOWN:
            self.burst(line)
        elif choose < 0.36:
            self.echo(line)
        elif choose < 0.40 and self.role(line) is not None:
            self.change(line)
        elif choose < 0.5:
            self.send(line, [self.any(line) for _ in range(self.random.randrange(2, 9))])
        else:
            self.send(line, [self.any(line)])

    def open(self, door):
        line = Planned(len(self.lines), door)
        self.lines.append(line)
        self.steps.append(Step("open", line.number, how=door))
        return line

    def begin(self):
        """A new connection, which mostly says HELLO in the right way, and mostly with a token."""
        dice = self.random.random()
        line = self.open("tls" if dice < 0.35 else "unix")
        if self.random.random() < 0.08:
            return  # it speaks out of turn later
        if line.door == "unix" and dice > 0.9:
            line.town = 0
        elif dice > 0.85:
            line.town = harness.OTHER_TOWN
        device = None
        if line.door == "tls" and self.random.random() < 0.8 and line.town == harness.TOWN:
            device = self.random.choice(DEVICE_OF)
        few = ("office", "clerk1", "deputy1")
        login = self.random.choice(LOGINS if line.town == harness.TOWN else few) if self.random.random() < 0.85 else None
        others = [other for other in self.lines[:-1] if other.login is not None and other.town == harness.TOWN]
        if others and line.town == harness.TOWN and self.random.random() < 0.3:  # two of one author's
            other = self.random.choice(others)
            login, device = other.login, other.device if line.door == "tls" else None
        self.hello(line, login if line.town != 0 else None, device)
        if self.random.random() < 0.7:
            self.steps.append(Step("settle", line.number))

    def hello(self, line, login=None, device=None):
        item = self.hello_item(line, login, device)
        line.greeted = True
        behind = [self.any(line)] if self.random.random() < 0.05 else []
        self.send(line, [item, *behind])

    def hello_item(self, line, login=None, device=None, how=None):
        if how is None:
            how = self.random.choice(("version", "installation", "signature", "no_device", "shape")) \
                if self.random.random() < 0.06 else "right"
        token = None
        if login is not None:
            number = device.number if device else "-"
            token = hashlib.sha256(f"token {self.seed} {line.town} {login} {number}".encode()).digest()
            self.tokens[token] = (line.town, login, device)
            if self.random.random() < 0.05:
                token = self.random.choice((b"", token[:31], b"\0" * 32))
        if how == "right":
            line.device, line.login = device, login if token in self.tokens else None
            if line.door == "unix" and line.town == 0 and token is None:
                line.login = "admin"
        fields = {"version_min": 1, "version_max": self.random.choice((1, 1, 2)), "client": "sequences",
                  "town_id": line.town, "token": token, "wall_us": self.random.choice((None, US, -(1 << 63), (1 << 63) - 1)),
                  "mono_us": self.random.choice((None, 1)), "acked_seq": self.random.choice((None, 0, (1 << 64) - 1))}
        return Item("hello", payload=fields, op=device, how=how)

    def send(self, line, items):
        """In one write, or cut at any byte into several."""
        cuts = ()
        if self.random.random() < 0.15:
            cuts = tuple(sorted(self.random.random() for _ in range(self.random.randrange(1, 4))))
        self.steps.append(Step("send", line.number, tuple(items), cuts))

    def end(self, line):
        """A connection is closed in the middle of a frame or after one, and read to its end or not."""
        line.over = True
        part = [self.any(line)] if self.random.random() < 0.6 else []
        cuts = (self.random.random(),) if part else ()
        self.steps.append(Step("end", line.number, tuple(part), cuts, self.random.choice(("close", "half", "reset"))))

    def overdraw(self, line):
        """One request more than there are credits, in one write; or more PINGs than are borne."""
        if self.random.random() < 0.2:
            self.steps.append(Step("send", line.number, tuple(Item("ping", aux=n) for n in range(25)), how="flood"))
        elif self.random.random() < 0.4:
            self.steps.append(Step("settle", line.number))
            self.steps.append(Step("overdraw", line.number))
            line.over = True
        else:  # all of them, and no more
            self.steps.append(Step("settle", line.number))
            self.steps.append(Step("draw", line.number, tuple(self.call(line) for _ in range(32))))

    def burst(self, line):
        """Marks that travel together, with refusals, repeats and ids of others among them."""
        items = []
        for _ in range(self.random.randrange(4, 16)):
            dice = self.random.random()
            if dice < 0.75 or not self.ops:
                items.append(self.made(line, self.calls["RecordAttendance"]))
            else:
                items.append(self.again(line, self.ops[-1] if dice < 0.9 else None))
        self.send(line, items)

    def echo(self, line):
        """One operation on two connections of its author's at the same time."""
        alike = [other for other in self.lines if not other.over and (other.town, other.login, other.device)
                 == (line.town, line.login, line.device)]
        item = self.made(line, self.calls["RecordAttendance"])
        for other in [*alike, line]:
            self.send(other, [item])

    def change(self, line):
        """A Login or Logout, and behind it what takes long or runs alone, and what waits for that."""
        able = [call for call in self.calls.values() if call.writes and self.role(line) in call.by]
        slow = [call for call in able if call.waits] or able
        calls = [self.random.choice(slow), self.random.choice(able)] if able else []
        behind = [self.made(line, call) for call in calls]
        first = self.login(line) if self.random.random() < 0.3 else Item("request", "Logout")
        self.send(line, [first, *behind])
        line.login = line.login if first.method == "Login" else None

    def frames_of_nobody(self, line):
        """What a client never sends, or not now. Mostly the last that is taken from it."""
        dice = self.random.random()
        if dice < 0.3:
            item = Item("stray", method=self.random.choice(STRAYS), payload=self.random.choice((b"", b"\x08\x01")))
        elif dice < 0.5:
            item = self.hello_item(line, self.random.choice(LOGINS), None, how="again")
        elif dice < 0.65:
            item = Item("goaway", aux=self.random.choice((0, 0x8050)))
        elif dice < 0.8:
            item = Item("request", "Health", how="old_id")
        else:
            item = Item("request", "RegisterFeedback", b"", how="giant")
        self.send(line, [item] + ([self.any(line)] if self.random.random() < 0.3 else []))
        line.over = self.random.random() < 0.7

    # Frames

    def any(self, line):
        dice = self.random.random()
        if not line.greeted and dice < 0.5:
            line.greeted = True
            return self.hello_item(line)
        if dice < 0.05:
            return Item("ping", aux=self.random.choice((0, 7, 0xFFFFFFFF)))
        if dice < 0.08:
            return Item("pong", aux=self.random.choice((0, 7)))
        if dice < (0.11 if line.login or not line.greeted else 0.4):
            return self.login(line)
        if dice < 0.13:
            if self.random.random() < 0.6:
                line.login = None
            return Item("request", "Logout")
        if dice < 0.15:
            return self.enrol()
        if dice < 0.19:
            topics = [self.random.choice((1, 2, 3, 4, 5, 6, 7, 7, 7, 9)) for _ in range(self.random.randrange(4))]
            return Item("request", "Subscribe", self.encode("SubscribeRequest", {"topics": topics}), how=tuple(topics))
        if dice < 0.21:
            return Item("request", self.random.choice((0, 5, 15, 19, 999, 65535)), self.random.choice((b"", b"\x08\x01")))
        if dice < 0.33 and self.ops:
            return self.again(line)
        return self.call(line)

    def encode(self, message, fields):
        return self.words.schema.encode(message, fields)

    def login(self, line, login=None, password=None):
        dice = self.random.random()
        right = login is not None or dice < 0.7
        if login is None:
            login = self.random.choice(("office", "clerk1", "deputy1", "leader2")) if right else \
                self.random.choice(("d02", "nobody", "", "x" * 200))
        if right and line.town in (harness.TOWN, harness.OTHER_TOWN):
            line.login = login
        password = harness.PASSWORD if right else self.random.choice(("wrong", "", "x" * 300, harness.PASSWORD))
        return Item("request", "Login", self.encode("LoginRequest", {"login": login, "password": password}))

    def enrol(self):
        fields = {"code": self.random.choice((self.code, self.code, "wrong", "", "x" * 200)), "name": "机",
                  "public_key": self.random.choice((bytes(32), Device(9).public_key(), b"short"))}
        return Item("request", "Enrol", self.encode("EnrolRequest", fields))

    def deadline(self):
        return self.random.choice((0, 0, 0, 0, 30000, 0xFFFFFFFF, 1, 20))

    def account(self, line):
        if line.login == "admin":
            return harness.ADMIN
        return harness.base().accounts.get((line.town, line.login), b"\1" * 16)

    def role(self, line):
        return "admin" if line.login == "admin" else harness.ROLES[line.login][0] if line.login in harness.ROLES else None

    def call(self, line):
        role = self.role(line)
        names = self.names
        if role is not None and self.random.random() < 0.9:
            names = [name for name in self.names if role in self.calls[name].by]
        dice = self.random.random()
        if dice < 0.35:
            names = [name for name in names if name in RECIPES] or names
        elif dice < 0.55:
            names = [name for name in names if self.calls[name].writes] or names
        call = self.calls[self.random.choice(names)]
        if call.waits and self.random.random() < 0.5:
            call = self.calls[self.random.choice(names)]
        return self.made(line, call)

    def made(self, line, call):
        fields = self.words.request(self.random, call.method)
        op = None
        if call.writes:
            op, fields = self.operation(line, call, fields)
        payload = self.encode(call.method.request, fields)
        if op is not None:
            op = op._replace(payload=payload)
            self.ops.append(op)
        dice = self.random.random()
        if dice < 0.01 and payload:
            op, payload = None, payload[:-1]
        elif dice < 0.02:
            payload += b"\xfa\x7f\x02hi"  # a field that nobody knows
            op = op and op._replace(payload=payload)
        return Item("request", call.method.name, payload, self.deadline(), op)

    def operation(self, line, call, fields):
        """With its operation, which is mostly in order. None for one that the ledger can never see."""
        op_id = made_id("op", self.seed, len(self.ops))
        op = {"op_id": op_id, "device_seq": len(self.ops) + 1, "authored_us": US, "author_id": self.account(line),
              "device_id": line.device and line.device.device_id}
        dice = self.random.random()
        if dice < 0.02:
            return None, fields
        if dice < 0.04:
            return None, dict(fields, op=dict(op, op_id=self.random.choice((None, b"", b"short"))))
        if dice < 0.06:
            return None, dict(fields, op=dict(op, author_id=self.random.choice((None, b"\2" * 16))))
        if dice < 0.08:
            return None, dict(fields, op=dict(op, device_id=b"\3" * 16))
        if dice < 0.10:
            op.update(device_seq=self.random.choice((0, (1 << 63) - 1)), corrects_id=b"\4" * 16, proof=b"x")
        elif dice < 0.12:
            op.update(self.random.choice(({"device_seq": (1 << 64) - 1}, {"authored_us": (1 << 63) - 1})))
        return Op(op_id, line.login, line.device, call.method.name, None, fields), dict(fields, op=op)

    def again(self, line, op=None):
        """An operation once more: the same bytes; or its id with other bytes, or of another method."""
        mine = [op for op in self.ops if (op.login, op.device) == (line.login, line.device)]
        op = op or self.random.choice(mine if mine and self.random.random() < 0.9 else self.ops)
        dice = self.random.random()
        if dice < 0.6:
            return Item("request", op.method, op.payload, self.deadline(), op)
        call = self.calls[op.method]
        if dice < 0.75:
            role = self.role(line)
            call = self.calls[self.random.choice([name for name in self.names if self.calls[name].writes and
                                                  (role is None or role in self.calls[name].by)] or [op.method])]
        fields = op.fields if dice < 0.9 and call.method.name == op.method else self.words.request(self.random, call.method)
        changed = dict(fields, op={
            "op_id": op.op_id, "device_seq": self.random.randrange(1, 1000), "authored_us": US + 1,
            "author_id": self.account(line), "device_id": line.device and line.device.device_id})
        payload = self.encode(call.method.request, changed)
        made = Op(op.op_id, line.login, line.device, call.method.name, payload, fields)
        return Item("request", call.method.name, payload, 0, made)
