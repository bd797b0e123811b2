"""What requests are filled with: values that the town knows, values that it does not, and those at the edges."""

import glob
import hashlib
import os
import re

import harness
import wire

TOWNS = (harness.TOWN, harness.TOWN, harness.TOWN, harness.OTHER_TOWN, 0, 1, -1, 999999999)
DAYS = ("2025-06-10", "2025-06-10", "2025-01-01", "2025-12-31", "2024-02-29", "2026-03-05", "2022-03-01", "0001-01-01",
        "9999-12-31", "2025-02-30", "2025-6-1", "明天", "")
TEXTS = ("路不平", "开会", "a", "", " ", "0", "甲" * 300, "😀é", "'; drop table data.town; --", "%_\\", "x\n=\ny", "<b>")
NUMBERS = (1, 1, 2, 3, 10, 0, -1, 100, 500, 501, 2025, 2025, 2026, 1 << 31)
US = 1_750_000_000_000_000
ALIKE = {"deputy_id": "person_id", "mentor_id": "person_id", "helper_id": "person_id", "co_unit_id": "unit_id"}

CALLS_SQL = os.path.join(harness.SOURCE, "sql/calls/*.sql")


class Call:
    """A method as its file says: who may call, and how it travels."""

    def __init__(self, method, text):
        head = dict(re.findall(r"^-- (by|effect|hash): (.*)$", text, re.M))
        self.method = method
        self.by = set(head["by"].split())
        effect = head["effect"].split()
        self.writes = effect[0] == "ledger"
        self.waits = "alone" in effect or "hash" in head
        self.hashed = "hash" in head
        self.kind = "alone" if "alone" in effect else {"none": "read", "log": "log", "ledger": "write"}[effect[0]]


def calls(schema):
    found = {}
    by_file = {re.sub(r"(?<!^)(?=[A-Z])", "_", name).lower(): method for name, method in schema.methods.items()}
    for path in sorted(glob.glob(CALLS_SQL)):
        method = by_file[os.path.basename(path)[:-4]]
        with open(path, encoding="utf-8") as file:
            found[method.name] = Call(method, file.read())
    return found


def made_id(*words):
    """An id that is the same in every run."""
    made = bytearray(hashlib.sha256(" ".join(map(str, words)).encode()).digest()[:16])
    made[6], made[8] = made[6] & 0x0F | 0x70, made[8] & 0x3F | 0x80
    return bytes(made)


class Words:
    def __init__(self, schema, centre):
        self.schema = schema
        self.ids, self.texts = {}, {}
        columns = centre.sql(
            "select table_name, column_name, data_type from information_schema.columns as c join pg_class as t"
            " on t.relname = c.table_name and t.relnamespace = 'data'::regnamespace and t.relkind = 'r'"
            " where table_schema = 'data' and data_type in ('uuid', 'text') and column_name <> 'password_hash' order by 1, 2")
        for table, column, kind in columns:
            found = [value for value, in centre.sql(
                f"select distinct {column}::text from data.{table} where {column} is not null order by 1 limit 8")]
            if kind == "uuid":
                self.ids.setdefault(column, []).extend(bytes.fromhex(v.replace("-", "")) for v in found)
            else:
                self.texts.setdefault(column, []).extend(found)
        self.every_id = [id for name in sorted(self.ids) for id in self.ids[name]]

    def id(self, random, name):
        name = name.removesuffix("s") if name.endswith("_ids") else name
        name = ALIKE.get(name, name)
        known = self.ids.get(name, [])
        dice = random.random()
        if dice < 0.6 and known:
            return random.choice(known)
        if dice < 0.85:
            return made_id(name, random.randrange(4))
        if dice < 0.95:
            return random.choice(self.every_id)
        return random.choice((b"", b"\0" * 16, b"\xff" * 16, b"x" * 15, b"x" * 17, made_id(random.random())))

    def text(self, random, name):
        if name.endswith("_on"):
            return random.choice(DAYS)
        if name == "password":
            return random.choice((harness.PASSWORD, "long enough", "short", "", "x" * 257))
        column = "code" if name.endswith("_code") else name
        known = self.texts.get(column, [])
        dice = random.random()
        if dice < 0.5 and known:
            return random.choice(known)
        if dice < 0.97:
            return random.choice(TEXTS)
        return random.choice(("长" * 10000, "x" * 70000, "\0"))

    def number(self, random, field):
        if field.name.endswith("town_id"):
            return random.choice(TOWNS)
        if field.name.endswith("_us"):
            return random.choice((US, US + 1, 0, -1, (1 << 63) - 1, -(1 << 63)))
        if random.random() < 0.9:
            return random.choice(NUMBERS)
        return random.choice(((1 << 31) - 1, -(1 << 31), (1 << 63) - 1, -(1 << 63)))

    def value(self, random, field, depth):
        if field.type == wire.TYPE_MESSAGE:
            return self.fill(random, field.type_name, 0.8, depth + 1)
        if field.type == wire.TYPE_BYTES:
            if re.search(r"_ids?$", field.name):
                return self.id(random, field.name)
            return random.randbytes(random.choice((32, 32, 32, 0, 1, 1000)))
        if field.type == wire.TYPE_STRING:
            return self.text(random, field.name)
        if field.type == wire.TYPE_ENUM:
            known = sorted(self.schema.enums[field.type_name][0])
            return random.choice(known) if random.random() < 0.97 else random.choice((0, 99, -1, 1 << 31))
        if field.type == wire.TYPE_BOOL:
            return random.random() < 0.5
        if field.type == wire.TYPE_DOUBLE:
            return random.choice((0.0, 1.0, 2.5, -1.0, 1e300, float("inf"), float("nan")))
        return self.number(random, field)

    def fill(self, random, message, chance, depth=0):
        """Fields of a message, its operation left out."""
        values = {}
        for field in self.schema.messages[message].values():
            if field.name == "op" or random.random() > chance:
                continue
            if not field.repeated:
                values[field.name] = self.value(random, field, depth)
                continue
            count = random.choice((0, 1, 1, 2, 3)) if random.random() < 0.98 else 300
            values[field.name] = [self.value(random, field, depth) for _ in range(count)]
        return values

    def request(self, random, method):
        """Fields of a request: of some methods such as are likely to be done."""
        values = self.fill(random, method.request, random.choice((0.3, 0.7, 0.9)))
        recipe = RECIPES.get(method.name)
        if recipe is not None and random.random() < 0.9:
            values.update(recipe(self, random))
        return values


def imported(random, kind, *codes):
    return harness.imported_id(harness.TOWN, kind, random.choice(codes))


def of_meeting(words, random):
    return {"meeting_id": random.choice((imported(random, "meetings", "M001", "M003", "M005"), made_id("meeting_id", 0)))}


RECIPES = {
    "RecordAttendance": lambda words, random: {**harness.mark_fields(
        meeting=random.choice(("M001", "M001", "M003", "M002")), person=f"D{random.randrange(1, 21):02d}",
        mark=random.choice(("present", "late", "absent")), note="迟到")},
    "PlanMeeting": lambda words, random: {
        "meeting_id": made_id("meeting_id", random.randrange(4)), "kind": random.choice(("training", "group_meeting")),
        "title": "学习", "held_on": "2026-12-20", "group_id": imported(random, "groups", "G01", "G02"), "unit_id": None,
        "document": None, "appraisees": None, "laws": None, "room_no": None},
    "MoveMeeting": of_meeting, "GetMeeting": of_meeting, "WriteMinutes": of_meeting, "AskLeave": of_meeting,
    "RegisterFeedback": lambda words, random: {
        "feedback_id": made_id("feedback_id", random.randrange(4)), "topic": "水", "text": "水压低", "received_on": None,
        "group_id": imported(random, "groups", "G01"), "deputy_id": imported(random, "people", "D01"), "meeting_id": None,
        "resident_name": None, "resident_phone": None, "resident_address": None, "room_no": None},
    "SendNotice": lambda words, random: {
        "notice_id": made_id("notice_id", random.randrange(4)), "title": "通知", "text": "开会", "role": None,
        "person_id": imported(random, "people", "D01", "D02"), "group_id": None, "unit_id": None},
    "ImportStart": lambda words, random: {"import_id": made_id("import_id", random.randrange(4))},
    "ImportRows": lambda words, random: {
        "import_id": made_id("import_id", random.randrange(4)), "file": "villages", "columns": ["code", "name", "kind"],
        "lines": None, "first_line": 2, "cells": ["V03", "村三", random.choice(("village", "镇"))]},
    "ImportCheck": lambda words, random: {"import_id": made_id("import_id", random.randrange(4)), "after": None},
    "ImportCommit": lambda words, random: {"import_id": made_id("import_id", random.randrange(4))},
    "CreateTown": lambda words, random: {"town_id": 533429000 + random.randrange(3), "name": "镇", "term": "一",
                                         "term_starts_on": "2022-03-01"},
    "CreateAccount": lambda words, random: {
        "town_id": harness.TOWN, "login": f"x{random.randrange(4)}", "role": "office", "person_id": None,
        "account_id": made_id("account_id", random.randrange(4)), "group_id": None, "unit_id": None},
    "SetPassword": lambda words, random: {
        "town_id": harness.TOWN, "login": random.choice(("x0", "x1", "d04")), "password": "long enough"},
    "RevokeAccount": lambda words, random: {
        "town_id": harness.TOWN, "login": random.choice(("x0", "x1", "x2", "unit2")), "reason": "x"},
    "CreateDevice": lambda words, random: {
        "town_id": harness.TOWN, "device_id": made_id("device_id", random.randrange(4)), "name": "机",
        "code_hash": hashlib.sha256(b"x").digest()},
    "SetCalendar": lambda words, random: {"days": [{"day_on": random.choice(DAYS[:8]), "working": True, "name": "班"}]},
    "Changes": lambda words, random: {"since": random.choice((0, 1, 5)), "limit": random.choice((1, 500))},
}
