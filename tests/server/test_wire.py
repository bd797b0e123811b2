"""The second implementation itself: it reads and writes the golden frames."""

import base64
import calendar
import json
import os
import time
import unittest
import uuid

import harness
import wire


def from_json(schema, message, values):
    """The JSON form of proto/README.md to what wire.py takes."""
    out = {}
    for field in schema.messages["." + message.lstrip(".")].values():
        if field.name not in values:
            continue
        value = values[field.name]
        convert = {
            wire.TYPE_MESSAGE: lambda v: from_json(schema, field.type_name, v),
            wire.TYPE_BYTES: lambda v: uuid.UUID(v).bytes if field.name.endswith("_id") else base64.b64decode(v),
            wire.TYPE_INT64: lambda v: microseconds(v) if field.name.endswith("_us") else v,
        }.get(field.type, lambda v: v)
        out[field.name] = [convert(v) for v in value] if field.repeated else convert(value)
    return out


def microseconds(text):
    whole, _, fraction = text.rstrip("Z").partition(".")
    return calendar.timegm(time.strptime(whole, "%Y-%m-%dT%H:%M:%S")) * 1000000 + int((fraction or "0").ljust(6, "0"))


class Golden(unittest.TestCase):
    def test_golden_frames_both_ways(self):
        schema = harness.schema()
        with open(os.path.join(harness.SOURCE, "proto/golden/frames.json")) as file:
            golden = json.load(file)
        self.assertEqual(len(golden), 30)
        for g in golden:
            with self.subTest(g["name"]):
                data = bytes.fromhex(g["hex"])
                frame, size = wire.decode_frame(data)
                self.assertEqual(size, len(data))
                self.assertEqual((frame.code, frame.id, frame.flags, frame.aux),
                                 (g["code"], g["id"], g["flags"], g["aux"]))
                self.assertEqual(frame.type, getattr(wire, g["type"]))
                fields = from_json(schema, g["message"], g["payload"]) if g["message"] else {}
                payload = schema.encode("." + g["message"], fields) if g["message"] else b""
                if g["message"]:
                    self.assertEqual(schema.decode("." + g["message"], frame.payload), fields)
                self.assertEqual(
                    wire.encode_frame(frame.type, payload, frame.code, frame.id, frame.flags, frame.aux).hex(), g["hex"]
                )
