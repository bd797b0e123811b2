"""First inputs of the fuzzers, made of golden frames, the descriptors and files as people have them."""

import base64
import contextlib
import json
import pathlib
import random
import re
import sqlite3
import struct
import subprocess
import sys
import tempfile
import uuid
import zlib

HERE = pathlib.Path(__file__).resolve().parent
TOP = HERE.parents[1]
sys.path.insert(0, str(TOP / "tests" / "server"))

import wire  # noqa: E402

DESCRIPTORS = TOP / "build-fuzz" / "lvzhi.desc"
TEXTS = ["", "a", "外山口", "2025-02-28", "D001", "x" * 130, "\u00e9\U0001f600"]


def golden():
    with open(TOP / "proto" / "golden" / "frames.json", encoding="utf-8") as file:
        return [bytes.fromhex(frame["hex"]) for frame in json.load(file)]


def value_of(schema, field, rng, depth=0):
    if field.type == wire.TYPE_MESSAGE:
        return values_of(schema, field.type_name, rng, depth + 1)
    if field.type == wire.TYPE_ENUM:
        return rng.choice(list(schema.enums[field.type_name][0]))
    if field.type == wire.TYPE_BOOL:
        return rng.random() < 0.5
    if field.type == wire.TYPE_DOUBLE:
        return rng.choice([0.0, -1.5, 1e300])
    if field.type == wire.TYPE_STRING:
        return rng.choice(["2025-02-28", "0001-01-01"]) if field.name.endswith("_on") else rng.choice(TEXTS)
    if field.type == wire.TYPE_BYTES:
        return rng.randbytes(16 if field.name.endswith(("_id", "_ids")) else rng.choice([0, 1, 16, 40]))
    if field.name.endswith("_us"):
        return 1740000000000000 + rng.randrange(10**9)
    return rng.choice([0, 1, 7, 127, 128, 2**31 - 1])


def values_of(schema, message, rng, depth=0):
    """Values for every field of a message, and now and then for none of one."""
    made = {}
    for field in schema.messages[message].values():
        if rng.random() < 0.9:
            one = [value_of(schema, field, rng, depth) for _ in range(rng.choice([1, 2, 3]) if field.repeated else 1)]
            made[field.name] = one if field.repeated else one[0]
    return made


def message_seeds():
    schema = wire.Schema.load(DESCRIPTORS)
    rng = random.Random(1)
    for method in sorted(schema.methods.values(), key=lambda m: m.number):
        for reply in (0, 1):
            message = method.reply if reply else method.request
            yield struct.pack("<HB", method.number, reply) + schema.encode(message, values_of(schema, message, rng))


def frame_seeds():
    frames = golden()
    for frame in frames:
        yield b"\x04" + frame[:600]
    yield b"\x06" + b"".join(frame for frame in frames if len(frame) < 200)


def csv_seeds():
    for path in sorted((TOP / "sql" / "sample").rglob("*.csv")):
        yield path.read_bytes()[:400]
    yield "\ufeffa,\"b \"\"c\"\" 外\nx\"\r\n,,\r\n\n\"\"\n1,2\"3\n\"open".encode()


def json_seeds():
    schema = wire.Schema.load(DESCRIPTORS)
    for path in sorted((TOP / "README.md", TOP / "proto" / "golden" / "frames.json")):
        for text in re.findall(r"\{\\?\"[^{}\n]*\}", path.read_text(encoding="utf-8"))[:20]:
            yield struct.pack("<HB", 33, 0) + text.encode()
    for method in sorted(schema.methods.values(), key=lambda m: m.number):
        made = values_of(schema, method.request, random.Random(method.number))
        yield struct.pack("<HB", method.number, 0) + json.dumps(plain(made), ensure_ascii=False).encode()


def plain(value):
    """As JSON has it, but for enums and times: the fuzzer finds their words in its dictionary."""
    if isinstance(value, dict):
        return {key: plain(one) for key, one in value.items()}
    if isinstance(value, list):
        return [plain(one) for one in value]
    if isinstance(value, bytes):
        return str(uuid.UUID(bytes=value)) if len(value) == 16 else base64.b64encode(value).decode()
    return value


def call_seeds():
    schema = wire.Schema.load(DESCRIPTORS)
    for method in sorted(schema.methods.values(), key=lambda m: m.number):
        path = TOP / "sql" / "calls" / (re.sub(r"(?<!^)(?=[A-Z])", "_", method.name).lower() + ".sql")
        if path.exists() and path.stat().st_size < 1500:
            yield struct.pack("<H", method.number) + path.read_bytes()
    yield struct.pack("<H", 33) + b"""-- by: clerk leader
-- effect: ledger alone
-- changes: meeting of meeting_id
select e'it\\'s', 'a'':b', "c:d", $$ :e $$, $x$ :f $x$, :op::text, /* :g /* :h */ */ :caller, :marks.mark -- :i
"""


def config_seeds():
    text = b"# lvzhid\nlisten = 127.0.0.1:7440\nunix_path = run/sock\nwrite_connections = 3\nrequire_device = no\nlog = debug\n"
    yield b"\0" + text
    flags = [b"--max_frame=65536", b"--migrate", b"--log=warn", b"--sql=/tmp/sql"]
    yield bytes([len(flags)]) + b"".join(bytes([len(f)]) + f for f in flags) + text


def profile_seeds():
    yield (b"; a profile\naddress = 127.0.0.1:7440\nserver_key = " + b"0a" * 32 + b"\ninstallation = "
           b"0190a0b1-c2d3-7e4f-8a5b-6c7d8e9f0a1b\ntown = 533421121\nlogin = office\ntoken = " + b"fF" * 32 +
           b"\ndevice = 0190a0b1-c2d3-7e4f-8a5b-6c7d8e9f0a1c\ndevice_key = office.pem\noutbox = o/office.db\n")
    yield b"address = unix:/run/lvzhi/sock\ntown = 0\npassword = pass word\n[desk]\nport = 1\n"


def text_seeds():
    for text in ("0190a0b1-c2d3-7e4f-8a5b-6c7d8e9f0a1b", "2024-02-29", "2025-02-18T09:30:00.5+08:00", "aGVsbG8=",
                 "00ffAA", "234-5678", "../a/\\照片.JPG", "9999-12-31T23:59:59.999999Z"):
        yield b"\1" + text.encode()


def picture_seeds():
    exif = b"Exif\0\0II*\0\x08\0\0\0\x02\0\x12\x01\x03\0\x01\0\0\0\x06\0\0\0\x25\x88\x04\0\x01\0\0\0\x99\0\0\0\0\0\0\0"

    def segment(marker, body):
        return bytes([0xFF, marker]) + struct.pack(">H", len(body) + 2) + body

    scan = segment(0xDA, b"\x01\x01\0\0\x3f\0") + b"\x12\xff\0\xff\xd0\x34"
    head = segment(0xE0, b"JFIF\0\x01\x01\0\0\x01\0\x01\0\0") + segment(0xE1, exif) + segment(0xFE, b"hello")
    yield b"\xff\xd8" + head + segment(0xE2, b"ICC_PROFILE\0\x01\x01") + b"\xff" + scan + b"\xff\xd9later"

    def chunk(name, body):
        return struct.pack(">I", len(body)) + name + body + struct.pack(">I", zlib.crc32(name + body))

    yield (b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", struct.pack(">IIBBBBB", 1, 1, 8, 0, 0, 0, 0)) + chunk(b"tEXt", b"a\0b") +
           chunk(b"gAMA", b"\0\0\xb1\x8f") + chunk(b"IDAT", zlib.compress(b"\0\0")) + chunk(b"IEND", b"") + b"more")
    yield b"%PDF-1.4\n%%EOF\n"


def sentence_seeds():
    for rule in range(0, 400, 40):
        pairs = [b"subject", b"meeting", b"state", b"open", b"roles", b"clerk leader", b"name", "外\u009b\n".encode()]
        yield struct.pack("<H", rule) + b"".join(bytes([len(text)]) + text for text in pairs)


def outbox_seeds():
    with tempfile.TemporaryDirectory(prefix="lvzhi-fuzz-seed.") as place:
        path = pathlib.Path(place, "o.db")
        for schema in ("create table operation (number integer primary key, op_id, town_id, author_id, device_id, device_seq,"
                       " method, payload, digest, summary, secret, created_us, attempts, state, answered_us, code, reply);"
                       "insert into operation (op_id, state) values (null, 0);"
                       "insert into operation values (2, 'x', 'y', 1.5, 2, 'z', 70000, 1, 2, 3, 4, 5, 6, 0, 7, 8, 9)",
                       "create view operation as select 1 as state"):
            path.unlink(missing_ok=True)
            with contextlib.closing(sqlite3.connect(path)) as db:
                db.execute("pragma page_size = 512")
                db.executescript(schema)
            yield b"\0" + path.read_bytes()
    yield b"\1\0"
    yield b"\1\3\1\x20\0\4\1\2\3\4\0\0\1\x40\0\2\1\2\0\x10"


def connection_seeds():
    yield b"\x0f\x08\x00\x02\x00\x01\x07\x00\x00\x20\x05\xe8\x03" + b"\x04\x21" + b"\x00\x34\x21\x01\x00\x00"


def catalogue_seeds():
    with tempfile.TemporaryDirectory(prefix="lvzhi-fuzz-seed.") as place:
        for number, text in enumerate(SMALL_LANGUAGES):
            source, made = pathlib.Path(place, f"t{number}.proto"), pathlib.Path(place, "set")
            source.write_text(text)
            subprocess.run(["protoc", f"-I{place}", f"--descriptor_set_out={made}", str(source)], check=True)
            yield made.read_bytes()


SMALL_LANGUAGES = (
    '''syntax = "proto2"; package t; enum E { E_A = 0; E_B = 5; E_C = -1; }
    message In { optional bytes x_id = 1; repeated string s = 2; optional E e = 3; }
    message Ask { optional In in = 1; repeated In many = 2; optional int64 at_us = 200; optional string on_on = 4; }
    message Got { optional bool b = 1; optional double d = 2; repeated E es = 3 [packed = true]; }
    service S { rpc DoIt(Ask) returns (Got) { option deprecated = true; } }''',
    '''syntax = "proto2"; package t; message A { optional B b = 1; message C { optional int32 n = 1; } }
    message B { optional A.C c = 1; optional fixed32 f = 2; optional sint64 s = 3; }''',
    '''syntax = "proto2"; message R { optional R r = 1; required int32 q = 2; oneof o { int32 a = 3; string b = 4; } }''',
)

SEEDS = {name.removesuffix("_seeds"): made for name, made in list(globals().items()) if name.endswith("_seeds")}


def write(name, folder):
    for number, data in enumerate(SEEDS.get(name, list)()):
        (folder / f"{number:04}").write_bytes(data)
