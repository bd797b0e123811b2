"""First inputs of the fuzzers, made of golden frames, the descriptors and files as people have them."""

import json
import pathlib
import random
import struct
import sys

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


SEEDS = {"message": message_seeds, "frame": frame_seeds, "csv": csv_seeds}


def write(name, folder):
    for number, data in enumerate(SEEDS.get(name, list)()):
        (folder / f"{number:04}").write_bytes(data)
