#!/usr/bin/env python3
"""Make proto/golden/frames.json: thirty frames, encoded by nothing that the product uses.

    make_golden.py           write the file
    make_golden.py --check   fail if the committed file is not what this script makes

A second implementation on purpose: CRC-32C, header and protobuf encoding are written here from proto/README.md and the
.proto files, so that an error of our C encoder cannot hide in its own test data. Standard library only.
"""

import base64
import calendar
import hashlib
import json
import pathlib
import re
import struct
import sys
import time
import uuid

TARGET = pathlib.Path(__file__).resolve().parents[2] / "proto" / "golden" / "frames.json"

TYPES = {
    "HELLO": 1, "WELCOME": 2, "REQUEST": 3, "RESPONSE": 4, "ERROR": 5, "EVENT": 6, "PING": 7, "PONG": 8, "GOAWAY": 9,
}
REPLAYED = 1

ENUMS = {
    "Role": ["deputy", "clerk", "leader", "office", "chair", "unit", "auditor", "backup", "admin"],
    "Outcome": ["not_executed", "executed", "unknown"],
    "Action": ["fix", "login", "retry", "wait", "stop"],
    "Mark": ["present", "late", "left_early", "absent"],
    "MeetingKind": [
        "congress_session", "presidium_meeting", "group_meeting", "inspection", "law_check", "research",
        "deliberation", "duty_report", "work_review", "training", "voter_reception", "study_visit",
    ],
    "MeetingState": ["planned", "notified", "open", "closed", "approved", "locked", "cancelled", "postponed"],
}

# Fields in order of their numbers, from 1; "*" is a repeated one. No message here leaves a number out.
MESSAGES = {
    "Hello": "uint32 version_min, uint32 version_max, string client, bytes installation_id, int32 town_id,"
             " bytes device_id, bytes signature, bytes token, int64 wall_us, int64 mono_us, bytes boot_id,"
             " uint64 acked_seq",
    "Welcome": "uint32 version, bytes installation_id, bytes epoch_id, uint32 max_frame, uint32 credits,"
               " uint32 ping_interval_ms, int64 now_us, uint64 device_seq, Caller caller, string min_client",
    "Caller": "int32 town_id, bytes account_id, string login, Role role, bytes person_id, bytes group_id,"
              " bytes unit_id, bytes device_id",
    "Op": "bytes op_id, uint64 device_seq, int64 authored_us, bytes device_id, bytes author_id, bytes corrects_id,"
          " bytes proof",
    "Arg": "string name, string value",
    "Error": "Outcome outcome, Action action, string rule, Arg* args, string debug",
    "Event": "uint64 seq",
    "LoginRequest": "string login, string password",
    "LoginReply": "bytes token, Caller caller, uint32 credits, int64 expires_us",
    "LogoutRequest": "",
    "LogoutReply": "",
    "EnrolRequest": "string code, bytes public_key, string name",
    "EnrolReply": "bytes device_id, int32 town_id, bytes installation_id",
    "HealthRequest": "",
    "HealthReply": "int64 now_us, int32 schema_version, string database_version",
    "CreateTownRequest": "Op op, int32 town_id, string name, string term, string term_starts_on",
    "CreateTownReply": "int32 town_id, bool created",
    "ImportRowsRequest": "Op op, bytes import_id, string file, int32* lines, string* columns, string* cells",
    "AttendanceMark": "bytes person_id, Mark mark, string note",
    "RecordAttendanceRequest": "Op op, bytes meeting_id, AttendanceMark* marks",
    "RecordAttendanceReply": "int32 recorded, int32 corrected",
    "ListMeetingsRequest": "string from_on, string to_on, MeetingKind kind, MeetingState state, string group_code,"
                           " int32 limit, string after",
    "Meeting": "bytes meeting_id, string code, MeetingKind kind, string title, string group_code, string unit_code,"
               " string held_on, string place, MeetingState state, string minutes, int32 on_roll, int32 marked",
    "ListMeetingsReply": "Meeting* meetings, string next",
    "ThreeNoRequest": "string from_on, string to_on, int32 limit, string after",
    "ThreeNoSummary": "int32 people, int32 one_no, int32 two_no, int32 three_no, int32 warned, int32 reminded",
    "ThreeNoPerson": "string code, string name, int32 days_in_office, int32 meetings_attended,"
                     " int32 meetings_unexcused, int32 congress_sessions_unexcused, int32 activities_attended,"
                     " int32 activities_unexcused, int32 voices_relayed, int32 voter_contacts, int32 no_meetings,"
                     " int32 no_activities, int32 no_voices, int32 nots",
    "ThreeNoReply": "ThreeNoSummary summary, ThreeNoPerson* people, string next",
}

METHODS = {
    "Login": 1, "Logout": 2, "Enrol": 3, "Health": 16, "CreateTown": 17, "ImportRows": 29, "RecordAttendance": 33,
    "ListMeetings": 34, "ThreeNo": 36,
}


def crc32c(data):
    crc = 0xFFFFFFFF
    for byte in data:
        crc ^= byte
        for _ in range(8):
            crc = crc >> 1 ^ (0x82F63B78 if crc & 1 else 0)
    return crc ^ 0xFFFFFFFF


def varint(value):
    value &= (1 << 64) - 1  # a negative int32 or int64 takes ten bytes
    out = bytearray()
    while value > 0x7F:
        out.append(value & 0x7F | 0x80)
        value >>= 7
    out.append(value)
    return bytes(out)


def microseconds(text):
    whole, fraction = re.fullmatch(r"([-0-9]+T[0-9:]+)(?:\.([0-9]{1,6}))?Z", text).groups()
    seconds = calendar.timegm(time.strptime(whole, "%Y-%m-%dT%H:%M:%S"))
    return seconds * 1000000 + int((fraction or "0").ljust(6, "0"))


def element(number, kind, name, value):
    """One field's key and value; `value` is in the JSON form of proto/README.md."""
    if kind in ("uint32", "uint64", "int32"):
        return varint(number << 3) + varint(value)
    if kind == "int64":
        return varint(number << 3) + varint(microseconds(value) if name.endswith("_us") else value)
    if kind == "bool":
        return varint(number << 3) + varint(1 if value else 0)
    if kind in ENUMS:
        return varint(number << 3) + varint(ENUMS[kind].index(value) + 1)
    if kind == "string":
        data = value.encode("utf-8")
    elif kind == "bytes":
        data = uuid.UUID(value).bytes if name.endswith("_id") else base64.b64decode(value, validate=True)
    else:
        data = encode(kind, value)
    return varint(number << 3 | 2) + varint(len(data)) + data


def encode(message, values):
    fields = [field.split() for field in MESSAGES[message].split(",") if field.strip()]
    unknown = set(values) - {name for _, name in fields}
    assert not unknown, f"{message} has no field {unknown}"
    out = b""
    for number, (kind, name) in enumerate(fields, 1):
        if name not in values:
            continue
        for value in values[name] if kind.endswith("*") else [values[name]]:
            out += element(number, kind.rstrip("*"), name, value)
    return out


def entry(name, about, direction, type, code=0, id=0, flags=0, aux=0, message=None, payload=None):
    body = encode(message, payload or {}) if message else b""
    head = struct.pack("<IBBHIHHI", 24 + len(body), 1, TYPES[type], code, id, flags, 0, aux)
    frame = head + struct.pack("<I", crc32c(head + body)) + body
    return {
        "name": name, "about": about, "direction": direction, "valid": True, "type": type, "code": code, "id": id,
        "flags": flags, "aux": aux, "message": message and "lvzhi.v1." + message, "payload": payload or {},
        "hex": frame.hex(),
    }


def request(name, about, method, payload, id, aux=0):
    return entry(name, about, "client-to-server", "REQUEST", METHODS[method], id, 0, aux, method + "Request", payload)


def response(name, about, method, payload, id, flags=0):
    return entry(name, about, "server-to-client", "RESPONSE", METHODS[method], id, flags, 0, method + "Reply", payload)


def error(name, about, code, id, aux, payload):
    return entry(name, about, "server-to-client", "ERROR", code, id, 0, aux, "Error", payload)


def blob(label, size):
    """Bytes that look random and are the same each time."""
    return base64.b64encode(hashlib.sha512(label.encode()).digest()[:size]).decode()


def uuid7(number):
    return f"0193c0de-7a00-7000-8000-{number:012x}"


INSTALLATION, EPOCH, DEVICE, BOOT, ACCOUNT, GROUP = (uuid7(n) for n in range(1, 7))
MEETING, PERSON_1, PERSON_2, IMPORT, MEETING_2 = (uuid7(n) for n in range(16, 21))
TOWN = 532925104

CALLER = {
    "town_id": TOWN, "account_id": ACCOUNT, "login": "shiqiao", "role": "clerk", "group_id": GROUP,
    "device_id": DEVICE,
}


def op(number, **more):
    return {
        "op_id": uuid7(256 + number), "device_seq": number, "authored_us": "2025-03-18T01:32:07.25Z",
        "device_id": DEVICE, "author_id": ACCOUNT, **more,
    }


def session_frames():
    return [
        entry(
            "hello_bare", "HELLO over a Unix socket: no device, no token; an explicit town 0 takes its two bytes",
            "client-to-server", "HELLO", message="Hello",
            payload={"version_min": 1, "version_max": 1, "client": "lvzhi 1.0.0", "town_id": 0},
        ),
        entry(
            "hello_device", "HELLO of an enrolled device that resumes with a token (the signature is no real one)",
            "client-to-server", "HELLO", message="Hello",
            payload={
                "version_min": 1, "version_max": 1, "client": "lvzhi-desk 1.0.0", "installation_id": INSTALLATION,
                "town_id": TOWN, "device_id": DEVICE, "signature": blob("signature", 64), "token": blob("token", 32),
                "wall_us": "2025-03-18T01:30:00.000001Z", "mono_us": "1970-01-01T00:06:40.5Z", "boot_id": BOOT,
                "acked_seq": 300,
            },
        ),
        entry(
            "welcome_bare", "WELCOME to a session without a caller: one credit until Login",
            "server-to-client", "WELCOME", message="Welcome",
            payload={
                "version": 1, "installation_id": INSTALLATION, "epoch_id": EPOCH, "max_frame": 262144, "credits": 1,
                "ping_interval_ms": 45000, "now_us": "2025-03-18T01:30:00.123456Z", "device_seq": 0,
            },
        ),
        entry(
            "welcome_caller", "WELCOME after a token was accepted: whom the session speaks for",
            "server-to-client", "WELCOME", message="Welcome",
            payload={
                "version": 1, "installation_id": INSTALLATION, "epoch_id": EPOCH, "max_frame": 262144, "credits": 32,
                "ping_interval_ms": 45000, "now_us": "2025-03-18T01:30:00.123456Z", "device_seq": 301,
                "caller": CALLER, "min_client": "1.0.0",
            },
        ),
        request("login", "the first request of a connection: id 1", "Login",
                {"login": "shiqiao", "password": "活动室-7 号"}, 1),
        response("login_reply", "a token, the caller and the credits that hold from now on", "Login", {
            "token": blob("token", 32), "caller": CALLER, "credits": 32, "expires_us": "2025-03-18T13:30:00Z",
        }, 1),
        request("enrol", "a new PC makes itself known by a code; the key is Ed25519, 32 bytes", "Enrol", {
            "code": "7QK4-XM2P", "public_key": blob("public key", 32), "name": "石桥村代表活动室",
        }, 1),
        response("enrol_reply", "what the device writes down", "Enrol", {
            "device_id": DEVICE, "town_id": TOWN, "installation_id": INSTALLATION,
        }, 1),
        request("logout", "a payload of zero bytes: a message without fields", "Logout", {}, 9),
        response("logout_reply", "an answer of zero bytes", "Logout", {}, 9),
    ]


def read_frames():
    meetings = [
        {
            "meeting_id": MEETING, "code": "M0007", "kind": "group_meeting", "title": "第一季度代表小组会议",
            "group_code": "G03", "held_on": "2025-03-18", "place": "石桥村活动室", "state": "closed", "on_roll": 5,
            "marked": 5,
        },
        {
            "meeting_id": MEETING_2, "code": "M0008", "kind": "congress_session",
            "title": "第三届人民代表大会第五次会议",
            "held_on": "2025-03-27", "state": "planned", "on_roll": 99, "marked": 0,
        },
    ]
    person = {
        "code": "D014", "name": "杨建国", "days_in_office": 365, "meetings_attended": 3, "meetings_unexcused": 2,
        "congress_sessions_unexcused": 0, "activities_attended": 1, "activities_unexcused": 1, "voices_relayed": 0,
        "voter_contacts": 2, "no_meetings": 2, "no_activities": 1, "no_voices": 2, "nots": 0,
    }
    return [
        request("health", "no fields, so no payload", "Health", {}, 1),
        response("health_reply", "times are microseconds since 1970", "Health", {
            "now_us": "2025-03-18T01:30:01Z", "schema_version": 4, "database_version": "15.14",
        }, 1),
        request("three_no", "a year, with 30 s to answer", "ThreeNo",
                {"from_on": "2025-01-01", "to_on": "2025-12-31", "limit": 500}, 2, aux=30000),
        response("three_no_reply", "a nested message and a repeated one; zeros that are set are sent", "ThreeNo", {
            "summary": {"people": 151, "one_no": 6, "two_no": 1, "three_no": 0, "warned": 11, "reminded": 23},
            "people": [person], "next": "RDAxNA==",
        }, 2),
        request("list_meetings", "an enum; the largest id there is", "ListMeetings", {
            "from_on": "2025-01-01", "to_on": "2025-03-31", "kind": "group_meeting", "limit": 2,
        }, 0xFFFFFFFF),
        response("list_meetings_reply", "two rows; what a row leaves out is NULL at the centre", "ListMeetings",
                 {"meetings": meetings}, 0xFFFFFFFF),
    ]


def write_frames():
    marks = [
        {"person_id": PERSON_1, "mark": "present"},
        {"person_id": PERSON_2, "mark": "left_early", "note": "家中急事，十点离会"},
    ]
    rows = 150
    cells = []
    for n in range(1, rows + 1):
        cells += [f"G{n:03d}", f"第{n}代表小组", "石桥村委会二楼" if n % 4 == 0 else ""]
    return [
        request("record_attendance", "two marks and the operation that names them, with a deadline of 5 s",
                "RecordAttendance", {"op": op(301), "meeting_id": MEETING, "marks": marks}, 3, aux=5000),
        response("record_attendance_reply", "done now", "RecordAttendance", {"recorded": 2, "corrected": 0}, 3),
        response("record_attendance_replayed", "the same bytes again: REPLAYED, the first answer", "RecordAttendance",
                 {"recorded": 2, "corrected": 0}, 4, flags=REPLAYED),
        request("create_town", "an operation that corrects another and carries a proof", "CreateTown", {
            "op": op(1, corrects_id=uuid7(255), proof=blob("proof", 64)), "town_id": TOWN, "name": "清石镇",
            "term": "第三届", "term_starts_on": "2022-01-01",
        }, 5),
        response("create_town_reply", "a bool that is set and false", "CreateTown",
                 {"town_id": TOWN, "created": False}, 5),
        request("import_rows", "several KiB; repeated numbers are not packed, empty strings are elements",
                "ImportRows", {
                    "op": op(2), "import_id": IMPORT, "file": "groups", "lines": list(range(2, 2 + rows)),
                    "columns": ["code", "name", "room_address"], "cells": cells,
                }, 6),
    ]


def other_frames():
    return [
        error("error_refused", "CONFLICT: a rule said no; the client has the sentence for the rule", 0x8021, 7, 0, {
            "outcome": "not_executed", "action": "fix", "rule": "mark_without_reason", "args": [
                {"name": "meeting", "value": "M0007"}, {"name": "person", "value": "杨建国"},
            ],
        }),
        error("error_unavailable", "UNAVAILABLE: not known whether it was done; the same bytes again after 1.5 s",
              0x8040, 8, 1500, {"outcome": "unknown", "action": "retry", "debug": "database connection lost"}),
        error("error_connection", "MALFORMED, of the connection: id 0, then it is closed", 0x8001, 0, 0,
              {"outcome": "not_executed", "action": "stop"}),
        entry("event", "topic 33 changed: pull it; seq needs more than 32 bits", "server-to-client", "EVENT", 33,
              message="Event", payload={"seq": 1 << 40}),
        entry("ping", "any aux", "either", "PING", aux=0xDEADBEEF),
        entry("pong", "the PING's aux", "either", "PONG", aux=0xDEADBEEF),
        entry("goaway_shutdown", "SHUTDOWN: everything up to id 41 is answered; come back after 20 s",
              "server-to-client", "GOAWAY", 0x8050, 41, aux=20000),
        entry("goaway_idle", "IDLE: nothing was asked, so nothing is owed", "server-to-client", "GOAWAY", 0x8052),
    ]


def main():
    assert crc32c(b"123456789") == 0xE3069283
    frames = session_frames() + read_frames() + write_frames() + other_frames()
    assert len(frames) == 30 and len({frame["name"] for frame in frames}) == 30
    assert {frame["type"] for frame in frames} == set(TYPES)
    text = json.dumps(frames, ensure_ascii=False, indent=1) + "\n"
    digest = hashlib.sha256(text.encode()).hexdigest()
    if sys.argv[1:] == ["--check"]:
        if not TARGET.exists() or TARGET.read_text(encoding="utf-8") != text:
            print(f"{TARGET} is not what this script makes (sha256 {digest})")
            return 1
    elif sys.argv[1:]:
        print(__doc__)
        return 2
    else:
        TARGET.write_text(text, encoding="utf-8")
    print(f"{len(frames)} frames, sha256 {digest}")
    return 0


if __name__ == "__main__":
    sys.exit(main())
