"""Sign-in sheets: a roll frozen under a code that checks itself, and the paper keyed in by the rules of every mark."""

import hashlib
import itertools

import harness
import wire

TOWN = harness.TOWN
ALPHABET = "23456789ABCDEFGHJKMNPQRSTUVWXYZ"


def imported(file, key):
    return harness.imported_id(TOWN, file, key)


def check(six):
    """The seventh character, by the definition: the weights 7 to 1 times the places sum up to a multiple of 31."""
    return next(c for c in ALPHABET
                if sum((7 - n) * ALPHABET.index(x) for n, x in enumerate(six + c)) % 31 == 0)


class Case(harness.Case):
    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.clients = {}

    @classmethod
    def tearDownClass(cls):
        for client in cls.clients.values():
            client.close()
        super().tearDownClass()

    def do(self, login, method, /, **fields):
        if login not in self.clients:
            self.clients[login] = self.centre.connect(login)
        return self.clients[login].call(method, **fields)

    def no(self, name, rule, login, method, /, **fields):
        error = self.refused(name, self.do, login, method, **fields)
        self.assertEqual(error.rule, rule, error)
        return error

    def make(self, login="clerk1", meeting="M001"):
        return self.do(login, "MakeSheet", sheet_id=wire.uuid7(), meeting_id=imported("meetings", meeting))["sheet_code"]

    def sheet(self, login, code, marks=(), **fields):
        return self.do(login, "GetSheet", sheet_code=code, marks=self.lines(marks), **fields)

    def lines(self, marks):
        return [{"row_no": row, "mark": mark} for row, mark in marks]

    def fields(self, code, marks=(), meeting="M001", **fields):
        return {"entry_id": wire.uuid7(), "sheet_code": code, "meeting_id": imported("meetings", meeting),
                "marks": self.lines(marks), **fields}

    def enter(self, login, code, marks=(), meeting="M001", **fields):
        return self.do(login, "EnterSheet", **self.fields(code, marks, meeting, **fields))

    def marks(self, meeting="M001"):
        """Everybody's marks, oldest first, with their notes."""
        return self.centre.sql(
            "select p.code, a.mark, a.note from data.attendance_mark as a join data.person as p using (town_id, person_id)"
            f" where a.meeting_id = '{imported('meetings', meeting).hex()}' order by p.code, a.revision")

    def move(self, login, meeting, action, **fields):
        return self.do(login, "MoveMeeting", meeting_id=meeting, action=action, **fields)

    def meeting(self, people=("D01", "D02", "D04"), login="clerk1", state="open"):
        """A new meeting of group G01 with this roll."""
        id = wire.uuid7()
        self.do(login, "PlanMeeting", meeting_id=id, kind="group_meeting", title="组务会", held_on=self.today(), place="活动室")
        if state != "planned":
            self.do(login, "NotifyMeeting", meeting_id=id, people=[
                {"person_id": imported("people", p), "notice": "signed"} for p in people])
        if state not in ("planned", "notified"):
            self.move(login, id, "open")
        return id

    def today(self):
        return self.centre.one("select (now() at time zone 'Asia/Shanghai')::date")

    def make_of(self, meeting, login="clerk1"):
        return self.do(login, "MakeSheet", sheet_id=wire.uuid7(), meeting_id=meeting)


class Codes(Case):
    def test_the_check_character(self):
        codes = [self.make_of(self.meeting())["sheet_code"] for _ in range(20)]
        self.assertEqual(len(set(codes)), 20)
        for code in codes:
            self.assertRegex(code, f"^[{ALPHABET}]{{7}}$")
            self.assertEqual(check(code[:6]), code[6])

    def read(self, texts):
        values = ", ".join(f"('{t}')" for t in texts)
        return [row[0] for row in self.centre.sql(
            f"select lv.sheet_code_read(c) from (values {values}) as v (c)", settings={"app.town": TOWN})]

    def test_every_single_error_and_every_swap_is_found(self):
        code = self.make_of(self.meeting())["sheet_code"]
        wrong = [code[:at] + other + code[at + 1:] for at in range(7) for other in ALPHABET if other != code[at]]
        for a, b in itertools.combinations(range(7), 2):
            if code[a] != code[b]:
                swapped = list(code)
                swapped[a], swapped[b] = code[b], code[a]
                wrong.append("".join(swapped))
        self.assertGreater(len(wrong), 7 * 30)
        self.assertEqual(set(self.read(wrong)), {None})

    def test_as_it_is_typed(self):
        code = self.make_of(self.meeting())["sheet_code"]
        for typed in (code, code.lower(), f"{code[:3]} {code[3:]}", f" {code[:3]}-{code[3:]} "):
            self.assertEqual(self.sheet("clerk1", typed)["sheet"]["code"], code)
        for typed in ("", None, code[:6], code + code[-1], "0" + code[1:], "中" * 7, "x" * 500, code[:3] + "." + code[3:]):
            self.no("INVALID", "sheet_code_wrong", "clerk1", "GetSheet", sheet_code=typed)
        unknown = "222222" + check("222222")
        self.no("NOT_FOUND", "sheet_unknown", "clerk1", "GetSheet", sheet_code=unknown)
        with self.centre.connect("office", harness.OTHER_TOWN) as office:
            self.assertEqual(self.refused("NOT_FOUND", office.call, "GetSheet", sheet_code=code).rule, "sheet_unknown")


class Sheets(Case):
    def test_the_same_roll_is_the_same_sheet(self):
        meeting = self.meeting(("D04", "D01"))
        one = self.make_of(meeting)
        self.assertEqual(one["rows"], 2)
        for login in ("clerk1", "leader1", "office"):
            self.assertEqual(self.make_of(meeting, login), one)
        rows = self.sheet("clerk1", one["sheet_code"])["rows"]
        self.assertEqual([(r["row_no"], r["code"], r["name"]) for r in rows], [(1, "D01", "代表D01"), (2, "D04", "代表D04")])
        self.do("clerk1", "NotifyPeople", meeting_id=meeting, people=[
            {"person_id": imported("people", "D02"), "notice": "call"}])
        old = self.sheet("clerk1", one["sheet_code"])
        self.assertTrue(old["sheet"]["outdated"])
        self.assertEqual([(r.get("row_no"), r["code"]) for r in old["rows"]], [(1, "D01"), (2, "D04"), (None, "D02")])
        two = self.make_of(meeting)
        self.assertNotEqual(two["sheet_code"], one["sheet_code"])
        self.assertEqual([r["code"] for r in self.sheet("clerk1", two["sheet_code"])["rows"]], ["D01", "D02", "D04"])
        listed = self.do("clerk1", "GetMeeting", meeting_id=meeting)["sheets"]
        self.assertEqual([(s["sheet_code"], s["rows"], s["outdated"], s["entries"]) for s in listed],
                         [(one["sheet_code"], 2, True, 0), (two["sheet_code"], 3, False, 0)])

    def test_when_and_by_whom(self):
        self.no("CONFLICT", "sheet_not_now", "clerk1", "MakeSheet", sheet_id=wire.uuid7(),
                meeting_id=self.meeting(state="planned"))
        self.make_of(self.meeting(state="notified"))
        for meeting in ("M004", "M005"):  # locked, planned
            self.no("CONFLICT", "sheet_not_now", "office", "MakeSheet", sheet_id=wire.uuid7(),
                    meeting_id=imported("meetings", meeting))
        for login in ("clerk2", "leader2"):
            self.no("FORBIDDEN", "not_your_group", login, "MakeSheet", sheet_id=wire.uuid7(),
                    meeting_id=imported("meetings", "M001"))
        for login in ("deputy1", "chair", "unit1", "auditor", "backup"):
            self.no("FORBIDDEN", "role_may_not", login, "MakeSheet", sheet_id=wire.uuid7(),
                    meeting_id=imported("meetings", "M001"))
        self.no("NOT_FOUND", "meeting_unknown", "clerk1", "MakeSheet", sheet_id=wire.uuid7(), meeting_id=wire.uuid7())
        self.no("INVALID", "value_missing", "clerk1", "MakeSheet", meeting_id=imported("meetings", "M001"))

    def test_of_a_whole_towns_meeting_each_room_has_its_own(self):
        codes = {login: self.make(login, "M003") for login in ("clerk1", "clerk2", "office")}
        self.assertEqual(len(set(codes.values())), 3)
        self.assertEqual(self.make("leader1", "M003"), codes["clerk1"])
        sizes = {login: len(self.sheet("office", code)["rows"]) for login, code in codes.items()}
        self.assertEqual(sizes, {"clerk1": 20, "clerk2": 20, "office": 40})
        self.no("FORBIDDEN", "not_your_group", "clerk1", "GetSheet", sheet_code=codes["clerk2"])
        # On the town's own sheet a room sees, and enters, its own lines.
        self.assertEqual([r["row_no"] for r in self.sheet("clerk2", codes["office"])["rows"]], list(range(21, 41)))
        self.no("INVALID", "row_unknown", "clerk2", "EnterSheet", **self.fields(
            codes["office"], [(1, "present")], "M003"))
        self.assertEqual(self.enter("clerk2", codes["office"], rest="present", meeting="M003")["recorded"], 20)
        self.assertEqual(len(self.marks("M003")), 20)

    def test_who_sees_a_sheet(self):
        code = self.make()
        for login in ("clerk1", "leader1", "office", "chair", "auditor"):
            self.assertEqual(self.sheet(login, code)["sheet"]["meeting_code"], "M001")
        for login in ("clerk2", "leader2"):
            self.no("FORBIDDEN", "not_your_group", login, "GetSheet", sheet_code=code)
        for login in ("deputy1", "unit1", "backup"):
            self.no("FORBIDDEN", "role_may_not", login, "GetSheet", sheet_code=code)


class Entries(Case):
    def setUp(self):
        self.id = self.meeting()
        self.code = self.make_of(self.id)["sheet_code"]

    def held(self):
        return [(r[0], r[1], r[2]) for r in self.centre.sql(
            "select p.code, a.mark, a.note from data.attendance_mark as a join data.person as p using (town_id, person_id)"
            f" where a.meeting_id = '{self.id.hex()}' order by p.code, a.revision")]

    def put(self, login, marks=(), **fields):
        return self.do(login, "EnterSheet", **{**self.fields(self.code, marks, **fields), "meeting_id": self.id})

    def stop(self, name, rule, login, marks=(), **fields):
        before = self.held(), self.centre.count("sheet_entry")
        error = self.no(name, rule, login, "EnterSheet", **{**self.fields(self.code, marks), "meeting_id": self.id,
                                                            **fields})
        self.assertEqual((self.held(), self.centre.count("sheet_entry")), before)
        return error

    def changes(self, login, marks=(), **fields):
        return [(r.get("row_no"), r.get("change"), r.get("rule"))
                for r in self.sheet(login, self.code, marks, **fields)["rows"]]

    def test_shown_before_it_is_done(self):
        ledger = self.centre.count("operation")
        self.assertEqual(self.changes("clerk1", [(1, "present"), (3, "absent")]),
                         [(1, "new", None), (2, None, None), (3, "new", None)])
        self.assertEqual(self.changes("clerk1", [(2, "late")], rest="present"),
                         [(1, "new", None), (2, "new", None), (3, "new", None)])
        self.assertEqual((self.held(), self.centre.count("operation")), ([], ledger))
        self.assertEqual(self.put("clerk1", [(2, "late")], rest="present"),
                         {"recorded": 3, "corrected": 0, "unchanged": 0, "differing": 0})
        note = "签到表 " + self.code
        self.assertEqual(self.held(), [("D01", "present", note), ("D02", "late", note), ("D04", "present", note)])
        self.assertEqual(self.changes("clerk1", [(2, "absent")], rest="present"),
                         [(1, "same", None), (2, "changed", None), (3, "same", None)])

    def test_what_is_the_same_is_left_as_it_is(self):
        self.put("clerk1", rest="present")
        before = self.held()
        self.assertEqual(self.put("clerk1", rest="present"),
                         {"recorded": 0, "corrected": 0, "unchanged": 3, "differing": 0})
        self.assertEqual(self.held(), before)
        self.assertEqual(self.put("clerk1", [(1, "left_early")])["corrected"], 1)
        self.assertEqual([m[:2] for m in self.held()],
                         [("D01", "present"), ("D01", "left_early"), ("D02", "present"), ("D04", "present")])

    def test_wrong_rows(self):
        self.assertEqual(self.changes("clerk1", [(1, "present"), (4, "present"), (0, "late"), (-1, "late")]),
                         [(-1, "refused", "row_unknown"), (0, "refused", "row_unknown"), (1, "new", None), (2, None, None),
                          (3, None, None), (4, "refused", "row_unknown")])
        self.assertEqual(self.stop("INVALID", "row_unknown", "clerk1", [(1, "present"), (9, "late")]).named["row"], "9")
        self.assertEqual(self.stop("INVALID", "row_twice", "clerk1", [(2, "present"), (2, "late")]).named["row"], "2")
        self.assertIn((2, "refused", "row_twice"), self.changes("clerk1", [(2, "present"), (2, "present")]))
        self.stop("INVALID", "no_marks", "clerk1")
        self.stop("INVALID", "value_missing", "clerk1", [(1, None)])
        self.stop("INVALID", "row_unknown", "clerk1", [(None, "present")])
        self.stop("INVALID", "value_missing", "clerk1", [(1, "present")], entry_id=None)
        for meeting in (None, imported("meetings", "M001")):
            self.stop("NOT_FOUND", "sheet_unknown", "clerk1", [(1, "present")], meeting_id=meeting)

    def test_the_rules_are_those_of_every_mark(self):
        self.put("clerk1", rest="present")
        self.move("clerk1", self.id, "close")
        self.assertEqual(self.changes("clerk1", [(1, "absent"), (2, "present")]),
                         [(1, "refused", "reason_missing"), (2, "same", None), (3, None, None)])
        self.assertEqual(self.changes("clerk1", [(1, "absent")], reason="看错了"),
                         [(1, "changed", None), (2, None, None), (3, None, None)])
        self.stop("INVALID", "reason_missing", "clerk1", [(1, "absent")])
        self.stop("INVALID", "reason_missing", "clerk1", [(1, "absent")], reason="  ")
        self.assertEqual(self.put("clerk1", [(1, "absent")], reason="看错了")["corrected"], 1)
        self.assertEqual(self.held()[1], ("D01", "absent", f"签到表 {self.code}：看错了"))
        self.stop("FORBIDDEN", "role_may_not", "deputy1", [(1, "late")])
        for login in ("clerk2", "leader2"):
            self.stop("FORBIDDEN", "not_your_group", login, [(1, "late")])
        self.centre.sql(f"update data.meeting set state = 'locked' where meeting_id = '{self.id.hex()}'")
        self.stop("FORBIDDEN", "locked_chair_only", "office", [(1, "late")], reason="查对")
        self.assertEqual(self.put("office", [(1, "absent")])["unchanged"], 1)
        self.assertEqual(self.put("chair", [(1, "late")], reason="查对")["corrected"], 1)

    def test_before_it_is_open(self):
        self.id = self.meeting(state="notified")
        self.code = self.make_of(self.id)["sheet_code"]
        self.stop("CONFLICT", "meeting_not_open", "clerk1", rest="present")
        self.assertEqual(self.changes("clerk1", [(1, "present")])[0], (1, "refused", "meeting_not_open"))

    def test_a_second_reader(self):
        self.put("clerk1", [(2, "late")], rest="present")
        self.assertEqual(self.put("clerk1", [(2, "present")])["differing"], 0)  # the same person, again
        rows = self.sheet("office", self.code, [(1, "present"), (3, "absent")], rest="late")["rows"]
        self.assertEqual([(r["entered"], r["entered_by"], r["differs"]) for r in rows],
                         [("present", "clerk1", False), ("present", "clerk1", True), ("present", "clerk1", True)])
        reply = self.put("office", [(1, "present"), (2, "present"), (3, "absent")])
        self.assertEqual(reply, {"recorded": 1, "corrected": 1, "unchanged": 2, "differing": 1})
        entries = self.sheet("clerk1", self.code)["entries"]
        self.assertEqual([(e["entered_by"], e["marks"]) for e in entries], [("clerk1", 3), ("clerk1", 1), ("office", 3)])
        self.assertEqual(self.do("clerk1", "GetMeeting", meeting_id=self.id)["sheets"][0]["entries"], 3)

    def scan(self, login, record):
        data = b"%PDF-1.4 " + wire.uuid7()
        id = wire.uuid7()
        self.do(login, "AttachmentStart", attachment_id=id, subject="meeting", record_id=record, name="签到表.pdf", type="pdf",
                size=len(data), sha256=hashlib.sha256(data).digest())
        self.do(login, "AttachmentChunk", attachment_id=id, number=0, bytes=data)
        return id, self.do(login, "AttachmentFinish", attachment_id=id)["code"]

    def test_with_its_scan(self):
        scan, code = self.scan("clerk1", self.id)
        self.put("clerk1", rest="present", scan_id=scan, reason="收齐")
        entry = self.sheet("clerk1", self.code)["entries"][0]
        self.assertEqual((entry["scan_code"], entry["reason"]), (code, "收齐"))
        other, _ = self.scan("clerk1", imported("meetings", "M001"))
        for id in (other, wire.uuid7()):
            self.stop("NOT_FOUND", "attachment_unknown", "clerk1", rest="late", scan_id=id)

    def test_once(self):
        self.sheet("clerk1", self.code)
        client = self.clients["clerk1"]
        payload = client.payload("EnterSheet", **{**self.fields(self.code, rest="present"), "meeting_id": self.id})
        replies = [client.reply(client.send("EnterSheet", payload)) for _ in range(2)]
        self.assertEqual(replies[0], replies[1])
        self.assertEqual((replies[1]["recorded"], len(self.held())), (3, 3))
        self.assertEqual(len(self.sheet("clerk1", self.code)["entries"]), 1)

    def test_who_came_later_is_not_touched(self):
        self.do("clerk1", "NotifyPeople", meeting_id=self.id, people=[
            {"person_id": imported("people", "D05"), "notice": "call"}])
        self.put("clerk1", rest="present")
        self.assertEqual({m[0] for m in self.held()}, {"D01", "D02", "D04"})
        self.assertEqual(self.changes("clerk1", rest="present")[-1], (None, None, None))
