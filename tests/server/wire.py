"""A second implementation of the protocol, made from proto/README.md and the descriptor set alone.

It shares no code with the product and uses no protobuf library, so that an error of ours cannot hide on both sides.
Messages are dictionaries: fields by name, enums as their JSON words (`MARK_LEFT_EARLY` is "left_early"), ids and other
bytes as bytes. Everything blocks, with a timeout.
"""

import collections
import hashlib
import os
import select
import socket
import struct
import time

from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from OpenSSL import SSL, crypto

HELLO, WELCOME, REQUEST, RESPONSE, ERROR, EVENT, PING, PONG, GOAWAY = range(1, 10)
REPLAYED = 1
HEADER_SIZE = 24
METHOD_LOGIN, METHOD_LOGOUT, METHOD_ENROL = 1, 2, 3

ERRORS = {
    0x8001: ("MALFORMED", "not_executed", "stop"),
    0x8002: ("UNSUPPORTED_VERSION", "not_executed", "stop"),
    0x8003: ("UNKNOWN_METHOD", "not_executed", "stop"),
    0x8010: ("UNAUTHENTICATED", "not_executed", "login"),
    0x8011: ("FORBIDDEN", "not_executed", "stop"),
    0x8012: ("LOCKED_OUT", "not_executed", "wait"),
    0x8020: ("INVALID", "not_executed", "fix"),
    0x8021: ("CONFLICT", "not_executed", "fix"),
    0x8022: ("OP_ID_REUSED", "not_executed", "stop"),
    0x8023: ("NOT_FOUND", "not_executed", "fix"),
    0x8030: ("BUSY", "not_executed", "wait"),
    0x8031: ("DEADLINE", "not_executed", "retry"),
    0x8032: ("RATE_LIMITED", "not_executed", "wait"),
    0x8040: ("UNAVAILABLE", "unknown", "retry"),
    0x8041: ("INTERNAL", "unknown", "retry"),
    0x8050: ("SHUTDOWN", None, "wait"),
    0x8051: ("SLOW_CONSUMER", None, "wait"),
    0x8052: ("IDLE", None, "wait"),
    0x8053: ("MAINTENANCE", None, "wait"),
}


# Frames.

def _crc_table():
    table = []
    for byte in range(256):
        for _ in range(8):
            byte = byte >> 1 ^ (0x82F63B78 if byte & 1 else 0)
        table.append(byte)
    return table


CRC_TABLE = _crc_table()


def crc32c(data, crc=0):
    crc ^= 0xFFFFFFFF
    table = CRC_TABLE
    for byte in data:
        crc = crc >> 8 ^ table[(crc ^ byte) & 0xFF]
    return crc ^ 0xFFFFFFFF


Frame = collections.namedtuple("Frame", "type code id flags aux payload")


def encode_frame(type, payload=b"", code=0, id=0, flags=0, aux=0, version=1, reserved=0, length=None):
    length = HEADER_SIZE + len(payload) if length is None else length
    head = struct.pack("<IBBHIHHI", length, version, type, code, id, flags, reserved, aux)
    return head + struct.pack("<I", crc32c(payload, crc32c(head))) + payload


def mend(frame):
    """The same frame with the length and the checksum that its bytes should have."""
    head = struct.pack("<I", len(frame)) + frame[4:20]
    return head + struct.pack("<I", crc32c(frame[HEADER_SIZE:], crc32c(head))) + frame[HEADER_SIZE:]


def decode_frame(data, limit=262144):
    """The first frame of `data` and its length; None: not all of it is here."""
    if len(data) < 8:
        return None
    length, version = struct.unpack_from("<IB", data)
    if version != 1:
        raise ValueError("unsupported version")
    if not HEADER_SIZE <= length <= limit:
        raise ValueError("length")
    if len(data) < length:
        return None
    _, _, type, code, id, flags, reserved, aux, crc = struct.unpack_from("<IBBHIHHII", data)
    payload = bytes(data[HEADER_SIZE:length])
    if crc != crc32c(payload, crc32c(data[:20])):
        raise ValueError("checksum")
    if not 1 <= type <= 9 or reserved or flags & ~(REPLAYED if type == RESPONSE else 0):
        raise ValueError("type, flags or reserved")
    return Frame(type, code, id, flags, aux, payload), length


# Protobuf (proto2), as much of it as the protocol uses.

def varint(value):
    value &= (1 << 64) - 1  # a negative number takes ten bytes
    out = bytearray()
    while value > 0x7F:
        out.append(value & 0x7F | 0x80)
        value >>= 7
    out.append(value)
    return bytes(out)


def read_varint(data, at):
    value = shift = 0
    while True:
        byte = data[at]
        at += 1
        value |= (byte & 0x7F) << shift
        if byte < 0x80:
            return value, at
        shift += 7


def fields_of(data):
    """Number, wire type and value of each field, in order."""
    at = 0
    while at < len(data):
        tag, at = read_varint(data, at)
        kind = tag & 7
        if kind == 0:
            value, at = read_varint(data, at)
        elif kind == 2:
            size, at = read_varint(data, at)
            value, at = data[at:at + size], at + size
            if len(value) != size:
                raise ValueError("cut off")
        elif kind in (1, 5):
            size = 8 if kind == 1 else 4
            value, at = data[at:at + size], at + size
        else:
            raise ValueError("wire type")
        yield tag >> 3, kind, value


Field = collections.namedtuple("Field", "name number type repeated type_name")
Method = collections.namedtuple("Method", "name number request reply")

TYPE_DOUBLE, TYPE_INT64, TYPE_UINT64, TYPE_INT32 = 1, 3, 4, 5
TYPE_BOOL, TYPE_STRING, TYPE_MESSAGE, TYPE_BYTES, TYPE_UINT32, TYPE_ENUM = 8, 9, 11, 12, 13, 14


class Schema:
    """What a descriptor set says of messages, enums and methods."""

    def __init__(self, descriptor_set):
        self.messages, self.enums, self.methods = {}, {}, {}
        for number, _, file in fields_of(descriptor_set):
            if number == 1:
                self._file(file)

    @classmethod
    def load(cls, path):
        with open(path, "rb") as file:
            return cls(file.read())

    def _file(self, data):
        parts = collections.defaultdict(list)
        for number, _, value in fields_of(data):
            parts[number].append(value)
        scope = "." + parts[2][0].decode()
        for message in parts[4]:
            self._message(scope, message)
        for enum in parts[5]:
            self._enum(scope, enum)
        for service in parts[6]:
            for number, _, value in fields_of(service):
                if number == 2:
                    self._method(value)

    def _message(self, scope, data):
        parts = collections.defaultdict(list)
        for number, _, value in fields_of(data):
            parts[number].append(value)
        name = scope + "." + parts[1][0].decode()
        fields = {}
        for field in parts[2]:
            f = {number: value for number, _, value in fields_of(field)}
            fields[f[3]] = Field(f[1].decode(), f[3], f[5], f[4] == 3, f.get(6, b"").decode())
        self.messages[name] = dict(sorted(fields.items()))
        for nested in parts[3]:
            self._message(name, nested)
        for enum in parts[4]:
            self._enum(name, enum)

    def _enum(self, scope, data):
        name, values = None, []
        for number, _, value in fields_of(data):
            if number == 1:
                name = value.decode()
            elif number == 2:
                v = {n: x for n, _, x in fields_of(value)}
                values.append((v[1].decode(), v.get(2, 0)))
        prefix = "".join("_" + c if c.isupper() and i else c for i, c in enumerate(name)).upper() + "_"
        words = {number: word.removeprefix(prefix).lower() for word, number in values}
        self.enums[f"{scope}.{name}"] = (words, {word: number for number, word in words.items()})

    def _method(self, data):
        m = {number: value for number, _, value in fields_of(data)}
        number = {n: x for n, _, x in fields_of(m.get(4, b""))}.get(50001)
        name = m[1].decode()
        self.methods[name] = Method(name, number, m[2].decode(), m[3].decode())

    def _name(self, message):
        return message if message.startswith(".") else ".lvzhi.v1." + message

    def encode(self, message, values):
        fields = self.messages[self._name(message)]
        unknown = set(values) - {f.name for f in fields.values()}
        if unknown:
            raise KeyError(f"{message} has no field {unknown}")
        out = bytearray()
        for field in fields.values():
            value = values.get(field.name)
            if value is None:
                continue
            for one in value if field.repeated else [value]:
                out += self._element(field, one)
        return bytes(out)

    def _element(self, field, value):
        if field.type == TYPE_DOUBLE:
            return varint(field.number << 3 | 1) + struct.pack("<d", value)
        if field.type == TYPE_ENUM:
            value = self.enums[field.type_name][1][value] if isinstance(value, str) else value
        if field.type in (TYPE_INT64, TYPE_UINT64, TYPE_INT32, TYPE_UINT32, TYPE_BOOL, TYPE_ENUM):
            return varint(field.number << 3) + varint(int(value))
        if field.type == TYPE_MESSAGE and not isinstance(value, bytes):
            value = self.encode(field.type_name, value)
        elif field.type == TYPE_STRING and isinstance(value, str):
            value = value.encode()
        return varint(field.number << 3 | 2) + varint(len(value)) + value

    def decode(self, message, data):
        fields = self.messages[self._name(message)]
        values = {}
        for number, kind, raw in fields_of(data):
            field = fields.get(number)
            if field is None:
                continue
            if kind == 2 and field.type not in (TYPE_STRING, TYPE_BYTES, TYPE_MESSAGE):  # packed
                at, found = 0, []
                while at < len(raw):
                    one, at = read_varint(raw, at)
                    found.append(self._value(field, one))
            else:
                found = [self._value(field, raw)]
            if field.repeated:
                values.setdefault(field.name, []).extend(found)
            else:
                values[field.name] = found[-1]
        return values

    def _value(self, field, raw):
        if field.type == TYPE_MESSAGE:
            return self.decode(field.type_name, raw)
        if field.type == TYPE_STRING:
            return raw.decode()
        if field.type == TYPE_BYTES:
            return bytes(raw)
        if field.type == TYPE_DOUBLE:
            return struct.unpack("<d", raw)[0]
        if field.type == TYPE_BOOL:
            return bool(raw)
        if field.type == TYPE_ENUM:
            return self.enums[field.type_name][0][raw]
        if field.type in (TYPE_INT64, TYPE_INT32) and raw >= 1 << 63:
            return raw - (1 << 64)
        return raw


# Names.

def uuid7():
    ms = time.time_ns() // 1000000
    random = bytearray(os.urandom(10))
    random[0] = random[0] & 0x0F | 0x70
    random[2] = random[2] & 0x3F | 0x80
    return ms.to_bytes(6, "big") + bytes(random)


def digest(method, payload):
    return hashlib.sha256(struct.pack("<H", method) + payload).digest()


class Device:
    """A machine with its key; `device_id` is there once it is enrolled."""

    def __init__(self):
        self.key = Ed25519PrivateKey.generate()
        self.device_id = None
        self.town_id = None

    def public_key(self):
        return self.key.public_key().public_bytes(serialization.Encoding.Raw, serialization.PublicFormat.Raw)


# Connections.

class Closed(Exception):
    """The other side has closed the connection."""


class Silent(Exception):
    """Nothing came in time."""


class Refused(Exception):
    """An ERROR in place of the answer."""

    def __init__(self, frame, fields):
        self.frame = frame
        self.code = frame.code
        self.aux = frame.aux
        self.name = ERRORS[frame.code][0] if frame.code in ERRORS else hex(frame.code)
        self.fields = fields
        self.rule = fields.get("rule")
        self.named = {a["name"]: a.get("value") for a in fields.get("args", [])}
        super().__init__(f"{self.name} {self.rule or ''} {self.named or ''}")


def spki_sha256(certificate):
    """SHA-256 of a certificate's SubjectPublicKeyInfo, as a profile's `server_key` holds it."""
    return hashlib.sha256(crypto.dump_publickey(crypto.FILETYPE_ASN1, certificate.get_pubkey())).hexdigest()


def connect(address, timeout):
    """Where the door is full, the kernel would try the same line again after 1, 3 and 7 s: a new one comes sooner."""
    until = time.monotonic() + timeout
    while True:
        try:
            return socket.create_connection(address, min(0.25, timeout))
        except TimeoutError:
            if time.monotonic() > until:
                raise


class Transport:
    """Bytes both ways over a Unix socket (a path) or TLS (host and port)."""

    def __init__(self, address, pin=None, alpn=(b"lvzhi/1",), versions=(SSL.TLS1_3_VERSION, None), timeout=10):
        self.tls = None
        if isinstance(address, str):
            self.socket = socket.socket(socket.AF_UNIX)
            self.socket.settimeout(timeout)
            self.socket.connect(address)
            self.socket.setblocking(False)
            return
        self.socket = connect(address, timeout)
        self.socket.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        self.socket.setblocking(False)
        context = SSL.Context(SSL.TLS_METHOD)
        context.set_min_proto_version(versions[0])
        if versions[1] is not None:
            context.set_max_proto_version(versions[1])
        if alpn:
            context.set_alpn_protos(list(alpn))
        self.tls = SSL.Connection(context, self.socket)
        self.tls.set_connect_state()
        self._retry(self.tls.do_handshake, time.monotonic() + timeout)
        if alpn and self.tls.get_alpn_proto_negotiated() != b"lvzhi/1":
            raise Closed("no ALPN")
        if pin is not None and spki_sha256(self.tls.get_peer_certificate()) != pin:
            raise Closed("another server's key")

    def _wait(self, events, until):
        poll = select.poll()
        poll.register(self.socket, events)
        if not poll.poll(max(0, (until - time.monotonic()) * 1000)):
            raise Silent()

    def _retry(self, action, until):
        """Run a TLS action until it needs nothing more from the socket."""
        while True:
            try:
                return action()
            except SSL.WantReadError:
                self._wait(select.POLLIN, until)
            except SSL.WantWriteError:
                self._wait(select.POLLOUT, until)
            except (SSL.ZeroReturnError, SSL.SysCallError, SSL.Error, ConnectionError) as error:
                raise Closed(repr(error)) from None

    def send(self, data, timeout=10):
        until = time.monotonic() + timeout
        view = memoryview(data)
        while view:
            if self.tls is not None:
                sent = self._retry(lambda: self.tls.send(view[:16384]), until)
            else:
                try:
                    sent = self.socket.send(view)
                except BlockingIOError:
                    self._wait(select.POLLOUT, until)
                    continue
                except ConnectionError as error:
                    raise Closed(repr(error)) from None
            view = view[sent:]

    def receive(self, timeout):
        """Some bytes; Closed at the end, Silent when nothing came in time."""
        until = time.monotonic() + timeout
        if self.tls is not None:
            return self._retry(lambda: self.tls.recv(65536), until)
        while True:
            try:
                data = self.socket.recv(65536)
            except BlockingIOError:
                self._wait(select.POLLIN, until)
                continue
            except ConnectionError as error:
                raise Closed(repr(error)) from None
            if not data:
                raise Closed("end")
            return data

    def export(self, device_id, town_id):
        return self.tls.export_keying_material(
            b"EXPORTER-lvzhi-device", 32, device_id + struct.pack("<I", town_id)
        )

    def close(self):
        self.socket.close()


class Client:
    """One connection. Answers that come before they are asked for are kept by id."""

    def __init__(self, schema, address, pin=None, timeout=20):
        self.schema = schema
        self.timeout = timeout
        self.transport = Transport(address, pin, timeout=timeout)
        self.buffer = bytearray()
        self.next_id = 1
        self.device = None
        self.device_seq = 0
        self.caller = None
        self.token = None
        self.welcome = None
        self.answers = {}
        self.methods = {}  # of requests under way
        self.others = []   # EVENT, GOAWAY, ERROR of the connection
        self.max_frame = 262144

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.close()

    def close(self):
        self.transport.close()

    # Frames

    def send_bytes(self, data):
        self.transport.send(data, self.timeout)

    def receive_frame(self, timeout=None):
        timeout = self.timeout if timeout is None else timeout
        until = time.monotonic() + timeout
        while True:
            found = decode_frame(self.buffer, self.max_frame)
            if found is not None:
                del self.buffer[:found[1]]
                return found[0]
            self.buffer += self.transport.receive(max(0, until - time.monotonic()))

    def error_of(self, frame):
        return Refused(frame, self.schema.decode("Error", frame.payload))

    # The handshake

    def hello(self, town_id, device=None, token=None, **more):
        fields = {"version_min": 1, "version_max": 1, "client": "wire.py", "town_id": town_id, "token": token}
        if device is not None:
            signature = device.key.sign(self.transport.export(device.device_id, town_id))
            fields.update(device_id=device.device_id, signature=signature)
        fields.update(more)
        self.send_bytes(encode_frame(HELLO, self.schema.encode("Hello", fields)))
        frame = self.receive_frame()
        if frame.type == ERROR:
            raise self.error_of(frame)
        if frame.type != WELCOME:
            raise ValueError(f"frame {frame.type} in place of WELCOME")
        self.welcome = self.schema.decode("Welcome", frame.payload)
        self.device = device
        self.device_seq = self.welcome.get("device_seq", 0)
        self.caller = self.welcome.get("caller")
        self.token = token
        return self.welcome

    def login(self, login, password):
        reply = self.call("Login", login=login, password=password)
        self.caller, self.token = reply["caller"], reply["token"]
        return reply

    def logout(self):
        self.call("Logout")
        self.caller = self.token = None

    def enrol(self, device, code, name=None):
        reply = self.call("Enrol", code=code, public_key=device.public_key(), name=name)
        device.device_id, device.town_id = reply["device_id"], reply["town_id"]
        return reply

    # Requests

    def op(self, op_id=None, **more):
        self.device_seq += 1
        fields = {
            "op_id": op_id or uuid7(), "device_seq": self.device_seq, "authored_us": time.time_ns() // 1000,
            "device_id": self.device and self.device.device_id, "author_id": self.caller["account_id"],
        }
        fields.update(more)
        return fields

    def payload(self, method, **fields):
        """A request's bytes; a write gets its operation unless one is given."""
        request = self.schema.methods[method].request
        has_op = any(f.name == "op" for f in self.schema.messages[request].values())
        if has_op and "op" not in fields:
            fields["op"] = self.op()
        return self.schema.encode(request, fields)

    def frame(self, method, payload, deadline_ms=0):
        """The bytes of a request and its id, for whoever sends several at once."""
        id, self.next_id = self.next_id, self.next_id + 1
        number = self.schema.methods[method].number if isinstance(method, str) else method
        self.methods[id] = method
        return id, encode_frame(REQUEST, payload, code=number, id=id, aux=deadline_ms)

    def send(self, method, payload, deadline_ms=0):
        id, data = self.frame(method, payload, deadline_ms)
        self.send_bytes(data)
        return id

    def send_all(self, requests):
        """Several requests in one write, so that they travel together. Gives their ids."""
        made = [self.frame(method, payload) for method, payload in requests]
        self.send_bytes(b"".join(data for _, data in made))
        return [id for id, _ in made]

    def wait(self, id, timeout=None):
        """The answer's frame, whatever it is; Closed, Silent."""
        until = time.monotonic() + (self.timeout if timeout is None else timeout)
        while id not in self.answers:
            frame = self.receive_frame(max(0, until - time.monotonic()))
            if frame.type in (RESPONSE, ERROR) and frame.id != 0:
                self.answers[frame.id] = frame
            elif frame.type == PING:
                self.send_bytes(encode_frame(PONG, aux=frame.aux))
            else:
                self.others.append(frame)
                if frame.type == ERROR:
                    raise self.error_of(frame)
        return self.answers.pop(id)

    def reply(self, id, timeout=None):
        """The answer as a dictionary, or Refused."""
        frame = self.wait(id, timeout)
        method = self.methods.pop(id)
        if frame.type == ERROR:
            raise self.error_of(frame)
        return self.schema.decode(self.schema.methods[method].reply, frame.payload)

    def call(self, method, timeout=None, deadline_ms=0, **fields):
        return self.reply(self.send(method, self.payload(method, **fields), deadline_ms), timeout)

    def ping(self, aux=7):
        self.send_bytes(encode_frame(PING, aux=aux))
        while True:
            frame = self.receive_frame()
            if frame.type == PONG:
                return frame.aux
            if frame.type in (RESPONSE, ERROR) and frame.id != 0:
                self.answers[frame.id] = frame
            else:
                self.others.append(frame)

    def read_to_end(self, timeout=5):
        """All frames until the other side closes."""
        frames = []
        try:
            while True:
                frames.append(self.receive_frame(timeout))
        except Closed:
            return frames
