"""One connection of a sequence, and what the protocol promises of it: checks each frame that comes.

A frame that breaks the order of things dooms the connection: it must end, with this reason and no other. What depends on
whether the daemon has come to an earlier frame yet may end it. Anything else that ends it is a failure, as is a request
that is not answered once while the connection lives.
"""

import collections
import socket
import struct
import time

import harness
import wire
from sequence_plan import DEVICES

ENOUGH_MS = 20000  # a deadline past it is never met in a sequence
PINGS, PINGS_S = 10, 10.0
SESSION = {"Login": 1, "Logout": 2, "Enrol": 3, "Subscribe": 4}
CHANGES = {"Login", "Logout"}  # of the session's caller


class Failure(Exception):
    """The daemon did what it must not."""


class Request:
    def __init__(self, id, item, role, state):
        self.id, self.method, self.payload, self.op, self.aux = id, item.method, item.payload, item.op, item.aux
        self.role, self.state, self.item = role, state, item
        self.allowed = None   # names of answers; None: any that is in order
        self.crowded = False  # sent while a Login or Logout was under way
        self.tells = set()    # what Subscribe asked for
        self.book = self.what = self.after = None  # sequence_books.py's


class Line:
    def __init__(self, run, number, door):
        self.run, self.number, self.door = run, number, door
        self.client = run.centre.unix() if door == "unix" else run.centre.tcp()
        self.town, self.device, self.caller = None, None, None
        self.greeting = self.welcomed = False
        self.doomed = self.ended = self.closed = False  # by whom or what; has ended; we have closed it
        self.may_end = set()  # the errors that can end it; None: without one
        self.error = None  # that ended it
        self.leaving = None  # the id of GOAWAY
        self.credits, self.next_id = 1, 1
        self.under_way, self.done = {}, set()  # requests by id; ids
        self.pings, self.ping_times = [], []
        self.topics, self.seqs = set(), {}
        self.trace = collections.deque(maxlen=60)  # what was said and heard, for whoever looks for a fault
        self.token_login = None  # whom HELLO's token speaks for

    # What is said

    def state(self):
        if self.doomed or self.ended:
            return "ended"
        if self.leaving is not None:
            return "leaving"
        if not self.welcomed:
            return ("greeting device" if self.device else "greeting") if self.greeting else "silent"
        waiting = {request.method for request in self.under_way.values()}
        if waiting & CHANGES:
            return "password" if "Login" in waiting else "logging out"
        if self.caller is None:
            return "device" if self.device else "local" if self.door == "unix" else "stranger"
        if len(self.under_way) >= self.credits:
            return "no credit"
        if any(method in self.run.calls and self.run.calls[method].waits for method in waiting):
            return "barrier"
        return self.caller["role"]

    def doom(self, reason):
        if self.run.terminated:  # it may have ended before this comes
            self.may_end.add(None)
        if not self.doomed or not self.welcomed:  # a HELLO that will be refused takes its time
            self.may_end.add(reason)
        self.doomed = True

    def bytes_of(self, item):
        """The frame; what is expected of it is kept."""
        state = self.state()
        self.run.saw(state, self.kind_of(item), item.method if item.kind == "request" else None)
        self.trace.append(f"{state}: {item.kind} {item.method or ''} {item.how or ''} aux {item.aux} as {self.next_id}")
        if item.kind == "hello":
            return self.hello(item)
        if item.kind == "request":
            return self.request(item, state)
        if item.kind == "ping":
            return self.ping(item)
        if item.kind == "pong":
            if not self.welcomed:
                self.untimely()
            return wire.encode_frame(wire.PONG, aux=item.aux)
        if item.kind == "goaway":
            self.doom(None)
            return wire.encode_frame(wire.GOAWAY, aux=item.aux)
        self.doom("MALFORMED")
        id = 1 if item.method in (wire.RESPONSE, wire.ERROR) else 0
        code = 1 if item.method in (wire.RESPONSE, wire.EVENT) else 0x8001 if item.method == wire.ERROR else 0
        return wire.encode_frame(item.method, item.payload, code=code, id=id)

    def kind_of(self, item):
        if item.kind == "stray":
            return {wire.WELCOME: "WELCOME", wire.RESPONSE: "RESPONSE", wire.ERROR: "ERROR", wire.EVENT: "EVENT"}[item.method]
        if item.kind != "request":
            return item.kind.upper()
        if item.method in SESSION:
            return item.method
        return self.run.calls[item.method].kind if item.method in self.run.calls else "unknown"

    def untimely(self):
        """Before WELCOME: too early, unless it has been sent already."""
        if self.greeting:
            self.may_end.add("MALFORMED")
        else:
            self.doom("MALFORMED")

    def hello(self, item):
        fields, device = dict(item.payload), item.op
        again = self.greeting or self.welcomed
        self.greeting = True
        if item.how == "version":
            fields.update(version_min=2, version_max=3)
        elif item.how == "installation":
            fields.update(installation_id=b"\5" * 16)
        elif item.how == "shape":
            fields.update(device_id=b"short")
        elif item.how == "no_device":
            fields.update(device_id=b"\6" * 16, signature=bytes(64))
        if device is not None and item.how in ("right", "signature"):
            signature = device.key.sign(self.client.transport.export(device.device_id, fields["town_id"]))
            fields.update(device_id=device.device_id, signature=signature if item.how == "right" else bytes(64))
        expected = {"version": "UNSUPPORTED_VERSION", "installation": "FORBIDDEN", "shape": "MALFORMED",
                    "no_device": "UNAUTHENTICATED" if self.door == "tls" else "MALFORMED"}.get(item.how)
        if device is not None and (item.how == "signature" or item.how == "right" and
                                   (device.number == DEVICES - 1 or fields["town_id"] != harness.TOWN)):
            expected = "UNAUTHENTICATED"
        if again:
            self.doom("MALFORMED")
        elif expected:
            self.doom(expected)
        else:
            self.town, self.device = fields["town_id"], device
            token = self.run.plan.tokens.get(fields["token"])
            if token is not None and token[0] == self.town and token[2] == device:
                self.token_login = token[1]
            elif fields["token"] is None and self.town == 0 and self.door == "unix":
                self.token_login = "admin"
        return wire.encode_frame(wire.HELLO, self.run.schema.encode("Hello", fields))

    def part_of(self, item, part):
        """The beginning of a frame that never comes to its end."""
        self.run.saw(self.state(), "a part", None)
        frame = wire.encode_frame(wire.REQUEST, item.payload if item.kind == "request" else b"", code=16, id=self.next_id)
        return frame[:int(part * len(frame))]

    def ping(self, item):
        now = time.monotonic()
        self.ping_times = [t for t in self.ping_times if now - t < 2 * PINGS_S] + [now]
        if not self.welcomed:
            self.untimely()
        if self.doomed:
            return wire.encode_frame(wire.PING, aux=item.aux)
        self.pings.append(item.aux)
        if len(self.ping_times) > PINGS:
            self.may_end.add(None)
        if len(self.ping_times) > 2 * PINGS and now - self.ping_times[0] < PINGS_S / 2:
            self.doom(None)
        return wire.encode_frame(wire.PING, aux=item.aux)

    def request(self, item, state):
        number = item.method if isinstance(item.method, int) else SESSION.get(item.method) or \
            self.run.schema.methods[item.method].number
        if not self.welcomed:
            self.untimely()
        if item.how == "old_id" and self.next_id > 1 and not self.run.terminated:
            self.doom("MALFORMED")
            return wire.encode_frame(wire.REQUEST, item.payload, code=number, id=self.next_id - 1)
        if item.how == "giant" or wire.HEADER_SIZE + len(item.payload) > self.client.max_frame:
            self.doom("MALFORMED")
            return wire.encode_frame(wire.REQUEST, item.payload, code=number, id=self.next_id,
                                     length=max(wire.HEADER_SIZE + len(item.payload), self.client.max_frame + 1))
        id, self.next_id = self.next_id, self.next_id + 1
        request = Request(id, item, self.caller["role"] if self.caller else None, state)
        if not self.doomed and self.leaving is None:
            self.expect(request)
            self.under_way[id] = request
            self.run.books.sent(self, request)
        return wire.encode_frame(wire.REQUEST, item.payload, code=number, id=id, aux=item.aux)

    def expect(self, request):
        before = [r.method for r in self.under_way.values()]
        request.crowded = bool(CHANGES & set(before))
        if len(self.under_way) >= (1 if "Logout" in before else self.credits):
            self.may_end.add("MALFORMED")
        sure = self.welcomed and not request.crowded and self.leaving is None
        call = self.run.calls.get(request.method)
        if request.method == "Subscribe":
            request.tells = set(request.item.how)
        if isinstance(request.method, int):
            request.allowed = {"UNKNOWN_METHOD"} if sure else {"UNKNOWN_METHOD", "BUSY"}
        elif sure and call is not None and self.caller is None:
            anyone = "anyone" in call.by and (self.door == "unix" or self.device)
            request.allowed = None if anyone else {"UNAUTHENTICATED"}
        elif sure and call is not None and not call.by & {"anyone", request.role}:
            request.allowed = {"FORBIDDEN"}
        elif sure and request.method in ("Logout", "Subscribe") and self.caller is None:
            request.allowed = {"UNAUTHENTICATED"}

    # What is heard

    def pump(self, timeout=0):
        """Take what has come."""
        while not self.ended:
            try:
                self.client.buffer += self.client.transport.receive(timeout)
            except wire.Silent:
                return
            except wire.Closed:
                self.end()
                return
            timeout = 0
            while True:
                found = wire.decode_frame(self.client.buffer, 1 << 20)
                if found is None:
                    break
                del self.client.buffer[:found[1]]
                self.hear(found[0])

    def fail(self, what):
        raise Failure(f"line {self.number} ({self.door}, {self.state()}): {what}\n   " + "\n   ".join(self.trace))

    def hear(self, frame):
        self.trace.append(f"heard {frame.type} {frame.code:#x} of {frame.id}")
        if self.error is not None:
            self.fail(f"{frame} after the connection's last word")
        if frame.type == wire.WELCOME:
            self.hear_welcome(frame)
        elif frame.type in (wire.RESPONSE, wire.ERROR) and frame.id != 0:
            self.hear_answer(frame)
        elif frame.type == wire.ERROR:
            self.error = self.name_of(frame)
        elif frame.type == wire.PONG:
            if self.pings[:1] != [frame.aux]:
                self.fail(f"a PONG of {frame.aux}, of PINGs {self.pings}")
            del self.pings[0]
        elif frame.type == wire.EVENT:
            self.hear_event(frame)
        elif frame.type == wire.GOAWAY:
            self.hear_goaway(frame)
        elif frame.type != wire.PING:
            self.fail(f"{frame} from the daemon")

    def hear_welcome(self, frame):
        if self.welcomed or not self.greeting:
            self.fail("WELCOME out of turn")
        self.welcomed = True
        welcome = self.run.schema.decode("Welcome", frame.payload)
        self.caller, self.credits = welcome.get("caller"), welcome["credits"]
        if self.credits != (32 if self.caller else 1):
            self.fail(f"{self.credits} credits")
        login = self.caller["login"] if self.caller else None
        if login != self.token_login and not (login is None and self.run.may_be_nobody(self)):
            self.fail(f"welcomed as {login}, by a token of {self.token_login}")

    def name_of(self, frame):
        error = self.run.schema.decode("Error", frame.payload)
        if frame.code not in wire.ERRORS:
            self.fail(f"error {frame.code:#x}")
        name, outcome, action = wire.ERRORS[frame.code]
        if (error.get("outcome"), error.get("action")) != (outcome, action):
            self.fail(f"{name} with {error}")
        rule = error.get("rule")
        if rule is not None and rule not in harness.sentences():
            self.fail(f"no sentence for {rule}")
        return name

    def hear_answer(self, frame):
        request = self.under_way.pop(frame.id, None)
        if request is None:
            if frame.id in self.done or frame.id >= self.next_id:
                self.fail(f"an answer of {frame.id}, which was answered or never asked")
            self.fail(f"an answer of {frame.id}, which was passed over")
        self.done.add(frame.id)
        if frame.type == wire.RESPONSE:
            name = "REPLAYED" if frame.flags & wire.REPLAYED else "OK"
            self.hear_reply(request, frame)
        else:
            name = self.name_of(frame)
        self.run.answers[name] += 1
        self.run.check_answer(self, request, name)
        self.run.books.answered(self, request, name, frame)

    def hear_reply(self, request, frame):
        if isinstance(request.method, int):
            self.fail(f"method {request.method} was answered")
        reply = {"Login": "LoginReply", "Logout": "LogoutReply", "Enrol": "EnrolReply", "Subscribe": "SubscribeReply"}.get(
            request.method) or self.run.schema.methods[request.method].reply
        values = self.run.schema.decode(reply, frame.payload)
        if request.method in CHANGES:
            self.topics, self.seqs = set(), {}
            self.caller = values.get("caller")
            self.credits = values.get("credits", 1)
        elif request.method == "Subscribe":
            self.topics = request.tells

    def hear_event(self, frame):
        seq = self.run.schema.decode("Event", frame.payload)["seq"]
        asked = set.union(self.topics, *(r.tells for r in self.under_way.values()))
        if frame.code not in asked and not self.doomed:
            self.fail(f"an EVENT of {frame.code}, which was not asked for")
        if seq <= self.seqs.get(frame.code, 0):
            self.fail(f"EVENT {seq} of topic {frame.code} after {self.seqs[frame.code]}")
        self.seqs[frame.code] = seq

    def hear_goaway(self, frame):
        if not self.run.terminated or wire.ERRORS[frame.code][0] != "SHUTDOWN" or self.leaving is not None:
            self.fail(f"GOAWAY {frame.code:#x}")
        self.leaving = frame.id
        self.may_end.add(None)
        self.under_way = {id: request for id, request in self.under_way.items() if id <= frame.id}

    def end(self):
        """The other side has closed."""
        self.ended = True
        if self.closed:
            return
        allowed = set(self.may_end)
        if self.run.terminated and not self.welcomed:
            allowed.add(None)
        if self.error == "UNAUTHENTICATED" and self.welcomed and self.run.books.revokes:
            allowed.add(self.error)
        if self.error not in allowed:
            self.fail(f"ended by {self.error}, where {allowed} could end it")
        promised = self.leaving is not None and self.error is None and not self.doomed and len(self.ping_times) <= PINGS
        if promised and self.under_way:
            self.fail(f"ended before {self.waits_for()}, as GOAWAY had promised")
        self.under_way = {}

    # What is waited for

    def is_settled(self):
        if self.ended or self.doomed or self.run.terminated:
            return self.ended
        return not self.under_way and not self.pings and (self.welcomed or not self.greeting)

    def waits_for(self):
        if self.doomed or self.run.terminated and not self.under_way:
            return f"its end by {self.may_end}"
        return ", ".join(f"{r.id} {r.method}" for r in self.under_way.values()) or f"PONGs {self.pings} or WELCOME"

    def send(self, data):
        try:
            self.client.send_bytes(data)
        except (wire.Closed, OSError):
            pass  # it has ended; what it said before is still to be read
        except wire.Silent:
            self.fail("takes no bytes")

    def close(self, how="close"):
        """From our side. What is under way has no answer then."""
        if how == "half":
            self.doom(None)
            self.may_end.add(None)
            try:
                self.client.transport.socket.shutdown(socket.SHUT_WR)
            except OSError:
                pass  # the other side was quicker
            return
        self.closed = self.ended = True
        if how == "reset" and self.door == "tls":
            self.client.transport.socket.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
        self.client.close()
