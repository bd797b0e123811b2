"""Marks that contradict each other, and marks of locked meetings: nothing is lost, and who changed what stays."""

import threading
import time

import harness
import test_meetings
import wire
from test_meetings import G01, TOWN, day, person, told

TEN_DAYS_US = 10 * 86_400_000_000


class Marks(test_meetings.Life):
    def attendance(self, id, login="office", **fields):
        reply = self.do(login, "GetAttendance", meeting_id=id, **fields)
        return reply.get("marks", []), reply.get("requests", [])

    def both_groups(self, code):
        """One more mandate, in G02, of someone in G01."""
        self.centre.sql("insert into data.mandate (town_id, mandate_id, code, person_id, level, group_id, starts_on)"
                        f" values ({TOWN}, gen_random_uuid(), 'Y{code}', '{person(code).hex()}', 'county',"
                        f" '{test_meetings.G02.hex()}', '2022-03-01') on conflict do nothing")


class Conflict(Marks):
    def conflict(self, id, code):
        reply = self.get(id)
        line = next(r for r in reply["roll"] if r["code"] == code)
        marks = [m for m in self.attendance(id)[0] if m["person_code"] == code]
        self.assertEqual({m["conflict"] for m in marks}, {line["conflict"]})
        self.assertEqual(reply["meeting"]["conflicts"], sum(r["conflict"] for r in reply["roll"]))
        return line["conflict"]

    def test_one_after_the_other(self):
        """A change without a word by another account is a conflict until somebody says what holds."""
        self.both_groups("D01")
        id = self.opened(told("D01"), group=None)
        for login, mark, note, expected in (
            ("clerk1", "present", None, False), ("clerk1", "late", None, False),  # their own slip
            ("clerk2", "absent", None, True), ("clerk2", "present", None, True),
            ("clerk1", "late", "我看见他进来的", False), ("clerk2", "absent", "", True), ("office", "late", None, False),
            ("clerk1", "late", None, False), ("leader1", "absent", None, True), ("chair", "absent", None, False),
        ):
            self.mark(id, login, note, D01=mark)
            self.assertEqual(self.conflict(id, "D01"), expected, (login, mark, note))
        marks, _ = self.attendance(id)
        self.assertEqual([m["revision"] for m in marks], list(range(1, 11)))
        self.assertEqual([m["author"] for m in marks if m["present"]], ["chair"])

    def test_neither_saw_the_other(self):
        id = self.opened(told("D02"))
        self.mark(id, "clerk1", D02="present")
        self.centre.sql(
            "insert into data.attendance_mark (town_id, meeting_id, person_id, revision, op_id, mark, author_id)"
            f" values ({TOWN}, '{id.hex()}', '{person('D02').hex()}', 1, gen_random_uuid(), 'absent',"
            f" '{harness.base().accounts[TOWN, 'clerk2'].hex()}')")
        self.assertTrue(self.conflict(id, "D02"))
        self.assertEqual([(m["mark"], m["present"]) for m in self.attendance(id)[0]], [("present", False), ("absent", True)])
        self.mark(id, "clerk1", D02="absent")  # agrees with one of them, and says nothing
        self.assertTrue(self.conflict(id, "D02"))
        self.mark(id, "office", "问过本人", D02="present")
        self.assertFalse(self.conflict(id, "D02"))

    def test_two_rooms_and_the_office_at_once(self):
        """Three connections, one of them ten days off: every mark is kept, the office sees the conflict and ends it."""
        self.both_groups("D01")
        own = {"clerk1": [f"D{n:02d}" for n in range(1, 21)], "clerk2": ["D01"] + [f"D{n}" for n in range(21, 41)],
               "office": [f"D{n:02d}" for n in range(2, 41)]}
        says = {"clerk1": "present", "clerk2": "absent", "office": "late"}
        id = self.plan(held=0, group=None)
        self.notify(id, notice="signed", notified_on=day(-9))
        self.move(id, "open")
        clients = {"clerk1": self.clients["clerk1"], "office": self.clients["office"], "clerk2": self.centre.unix()}
        now = time.time_ns() // 1000
        clients["clerk2"].hello(TOWN, token=harness.base().tokens[TOWN, "clerk2"], wall_us=now + TEN_DAYS_US)
        start, failures = threading.Barrier(3), []

        def work(login):
            client = clients[login]
            try:
                start.wait(10)
                for at in range(0, len(own[login]), 10):  # a session has credits for a few
                    sent = [client.send("RecordAttendance", client.payload(
                        "RecordAttendance", meeting_id=id, marks=[{"person_id": person(code), "mark": says[login]}],
                        op=client.op(authored_us=now + (TEN_DAYS_US if login == "clerk2" else 0))))
                        for code in own[login][at:at + 10]]
                    for one in sent:
                        client.reply(one)
            except Exception as error:
                failures.append(error)

        threads = [threading.Thread(target=work, args=(login,)) for login in own]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join(60)
        clients["clerk2"].close()
        self.assertEqual(failures, [])
        marks, _ = self.attendance(id)
        kept = {login: sorted(m["person_code"] for m in marks if (m["author"], m["mark"]) == (login, says[login]))
                for login in own}
        self.assertEqual(kept, {login: sorted(codes) for login, codes in own.items()})
        self.assertEqual(sum(m["present"] for m in marks), 40)
        # The clock that is off is told, beside the centre's own time.
        for m in marks:
            off = m["author"] == "clerk2"
            self.assertEqual(abs(m.get("clock_off_ms", 0)) > 600_000, off)
            self.assertLess(abs(m["recorded_us"] - now), 60_000_000)
            self.assertEqual(m["authored_us"], now + (TEN_DAYS_US if off else 0))
        lines = self.roll(id)
        present = {m["person_code"]: m["author"] for m in marks if m["present"]}
        self.assertEqual({c: x["clock_off"] for c, x in lines.items()}, {c: a == "clerk2" for c, a in present.items()})
        # D01 was marked by both rooms: the office sees it, and both marks; its own word with a note ends it.
        self.assertTrue(self.conflict(id, "D01"))
        self.assertEqual({(m["author"], m["mark"]) for m in marks if m["person_code"] == "D01"},
                         {("clerk1", "present"), ("clerk2", "absent")})
        self.mark(id, "office", "问过两个活动室，到了", D01="present")
        self.assertFalse(self.conflict(id, "D01"))
        self.assertFalse(self.roll(id)["D01"]["clock_off"])
        self.assertEqual(len([m for m in self.attendance(id)[0] if m["person_code"] == "D01"]), 3)

    def test_whose_marks_are_seen(self):
        id = self.opened(told("D05"), told("D21"), group=None)
        self.mark(id, D05="present", D21="absent")
        seen = lambda login, **fields: [m["person_code"] for m in self.attendance(id, login, **fields)[0]]
        self.assertEqual(seen("auditor"), ["D05", "D21"])
        self.assertEqual(seen("clerk1"), ["D05"])
        self.assertEqual(seen("deputy2"), ["D21"])
        self.assertEqual(seen("office", person_id=person("D21")), ["D21"])
        self.no("FORBIDDEN", "not_your_group", "deputy1", "GetAttendance", meeting_id=id)
        self.no("NOT_FOUND", "meeting_unknown", "office", "GetAttendance", code="M999")


class Locked(Marks):
    locked = harness.imported_id(TOWN, "meetings", "M004")

    def ask(self, code, login="clerk1", mark="absent", reason="当天没来", meeting=None, request=None):
        request = request or wire.uuid7()
        self.do(login, "AskCorrection", request_id=request, meeting_id=meeting or self.locked, person_id=person(code),
                mark=mark, reason=reason)
        return request

    def test_the_chair_accepts(self):
        """Example 8 of domain.md E1.8: absent becomes present after the lock, and the figures follow."""
        id = self.plan(held=0)
        self.notify(id, told("D15"), told("D16"))
        self.move(id, "open")
        self.mark(id, D15="absent", D16="absent")
        self.move(id, "close")
        self.do("clerk1", "WriteMinutes", meeting_id=id, text="记录")
        for action, login in (("confirm", "leader1"), ("approve", "office"), ("lock", "office")):
            self.move(id, action, login)
        period = {"from_on": day(-200), "to_on": day()}
        level = lambda: {p["code"]: (p["activities_unexcused"], p["no_activities"])
                         for p in self.do("office", "ThreeNo", **period)["people"] if p["code"] in ("D15", "D16")}
        self.assertEqual(level(), {"D15": (1, 1), "D16": (1, 1)})
        request = self.ask("D15", mark="present", reason="签到表上有他", meeting=id)
        self.assertEqual(level()["D15"], (1, 1), "nothing holds before the chair has said so")
        self.assertEqual(self.do("chair", "DecideCorrection", request_id=request, accepted=True, meeting_id=id),
                         {"request_id": request})
        self.assertEqual(level(), {"D15": (0, 0), "D16": (1, 1)})
        marks, requests = self.attendance(id, person_id=person("D15"))
        self.assertEqual([(m["revision"], m["mark"], m.get("note"), m["author"], m["present"]) for m in marks],
                         [(1, "absent", None, "office", False), (2, "present", "签到表上有他", "chair", True)])
        self.assertEqual(self.centre.count("attendance_mark as a", f"meeting_id = '{id.hex()}' and corrects_id = (select"
                         " o.op_id from data.attendance_mark as o where o.meeting_id = a.meeting_id and o.person_id ="
                         " a.person_id and o.revision = 1)"), 1)
        self.assertEqual([(r["person_code"], r["mark"], r["asked_by"], r["decision"], r["decided_by"]) for r in requests],
                         [("D15", "present", "clerk1", "accepted", "chair")])
        self.assertEqual(self.steps(id)[-2:], ["ask_correction", "decide_correction"])

    def test_the_chair_refuses(self):
        request = self.ask("D02", "leader1")
        self.assertEqual(self.attendance(self.locked, person_id=person("D02"))[1][0].get("decision"), None)
        decide = {"request_id": request}
        for rule, column, more in (("value_missing", "accepted", {}), ("value_missing", "note", {"accepted": False}),
                                   ("value_missing", "note", {"accepted": False, "note": ""})):
            self.assertEqual(self.no("INVALID", rule, "chair", "DecideCorrection", **decide, **more), {"column": column})
        self.do("chair", "DecideCorrection", accepted=False, note="没有证据", **decide)
        marks, requests = self.attendance(self.locked, person_id=person("D02"))
        self.assertEqual([(m["mark"], m["present"]) for m in marks], [("present", True)])
        self.assertEqual((requests[0]["decision"], requests[0]["decision_note"]), ("refused", "没有证据"))
        self.no("CONFLICT", "correction_decided", "chair", "DecideCorrection", accepted=True, **decide)
        self.ask("D02", reason="有签到表")  # once more, with something new

    def test_refused(self):
        fields = {"meeting_id": self.locked, "person_id": person("D03"), "mark": "absent", "reason": "没来"}
        waiting = self.ask("D04", "office")
        for name, rule, login, more in (
            ("NOT_FOUND", "meeting_unknown", "clerk1", {"meeting_id": wire.uuid7()}),
            ("FORBIDDEN", "not_yours", "clerk2", {}),
            ("FORBIDDEN", "not_yours", "leader2", {}),
            ("CONFLICT", "not_in_this_state", "clerk1", {"meeting_id": harness.imported_id(TOWN, "meetings", "M006")}),
            ("INVALID", "value_missing", "clerk1", {"request_id": None}),
            ("INVALID", "not_on_roll", "office", {"person_id": wire.uuid7()}),
            ("INVALID", "mark_missing", "clerk1", {"mark": None}),
            ("INVALID", "reason_missing", "clerk1", {"reason": None}),
            ("INVALID", "reason_missing", "clerk1", {"reason": ""}),
            ("CONFLICT", "mark_unchanged", "clerk1", {"mark": "present"}),
            ("CONFLICT", "correction_waits", "clerk1", {"person_id": person("D04")}),
            ("CONFLICT", "correction_exists", "clerk1", {"request_id": waiting}),
        ):
            self.no(name, rule, login, "AskCorrection", **{"request_id": wire.uuid7(), **fields, **more})
        for more in ({"request_id": wire.uuid7()}, {}, {"request_id": waiting, "meeting_id": wire.uuid7()}):
            self.no("NOT_FOUND", "correction_unknown", "chair", "DecideCorrection", accepted=True, **more)

    def test_nobody_decides_on_their_own(self):
        accounts = ", ".join(f"'{harness.base().accounts[TOWN, login].hex()}'" for login in ("office2", "chair"))
        self.centre.sql(f"update data.account set person_id = '{person('D40').hex()}' where account_id in ({accounts})")
        try:
            with self.centre.connect("chair") as chair:
                request = self.ask("D21", "office2")
                error = self.refused("FORBIDDEN", chair.call, "DecideCorrection", request_id=request, accepted=True)
                self.assertEqual(error.rule, "decide_own_correction")
        finally:
            self.centre.sql(f"update data.account set person_id = null where account_id in ({accounts})")

    def test_rooms_ask_for_their_own_deputies(self):
        """Of the whole town's meeting: those of their group; of their group's: everybody on its roll."""
        self.ask("D06", "leader1")
        self.ask("D22", "clerk2")
        self.assertEqual(self.meeting(self.locked, "clerk1")["actions"], ["ask_correction"])
        self.assertEqual([r["person_code"] for r in self.attendance(self.locked, "clerk2")[1]
                          if r["asked_by"] == "clerk2"], ["D22"])
